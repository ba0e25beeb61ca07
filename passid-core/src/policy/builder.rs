use std::sync::Arc;

use super::rule::{CustomRule, Node};
use super::{Policy, Rule};
use crate::{ClaimName, Permission};

/// Puts a [`Policy`] together; made by [`Policy::builder`].
#[derive(Default)]
#[must_use]
pub struct PolicyBuilder {
    claims: Vec<ClaimName>,
    max_age_hours: Option<u32>,
    fraud_checks_passed: bool,
    sanctions_clear: bool,
    groups: Vec<Group>,
    rules: Vec<Arc<CustomRule>>,
}

enum Group {
    AllOf(Vec<Policy>),
    AnyOf(Vec<Policy>),
    Not(Policy),
}

impl PolicyBuilder {
    /// Longest name of a claim or a rule, in bytes. Ours.
    pub const MAX_NAME_LEN: usize = 128;

    /// `requireClaims`: refuses if any of these claims is missing or false (guide, step 2).
    ///
    /// A claim that is no boolean is required to be present and not empty; a name that the guide
    /// does not list is looked up among the unknown claims (decision D19).
    pub fn require_claims<I>(mut self, claims: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<ClaimName>,
    {
        for claim in claims {
            let claim = claim.into();
            if !self.claims.contains(&claim) {
                self.claims.push(claim);
            }
        }
        self
    }

    /// `maxCredentialAgeHours`: refuses credentials older than this many hours (guide, step 2). An
    /// equal age passes; a credential of unknown age is refused (decision D17).
    pub fn max_credential_age_hours(mut self, hours: u32) -> Self {
        self.max_age_hours = Some(hours);
        self
    }

    /// `requireFraudChecksPassed`: refuses unless `identity_and_fraud_checks_passed` is true (guide,
    /// step 2); missing refuses too (decision D18).
    pub fn require_fraud_checks_passed(mut self) -> Self {
        self.fraud_checks_passed = true;
        self
    }

    /// `requireSanctionsClear`: refuses unless `sanctions_screening_clear` is true; "always
    /// recommended for financial applications" (guide, step 2). Missing refuses too (decision D18).
    pub fn require_sanctions_clear(mut self) -> Self {
        self.sanctions_clear = true;
        self
    }

    /// All of these policies must hold as well.
    pub fn all_of(mut self, policies: impl IntoIterator<Item = Policy>) -> Self {
        self.groups.push(Group::AllOf(policies.into_iter().collect()));
        self
    }

    /// At least one of these policies must hold.
    pub fn any_of(mut self, policies: impl IntoIterator<Item = Policy>) -> Self {
        self.groups.push(Group::AnyOf(policies.into_iter().collect()));
        self
    }

    /// This policy must not hold. What cannot be decided refuses here too.
    pub fn not(mut self, policy: Policy) -> Self {
        self.groups.push(Group::Not(policy));
        self
    }

    /// A rule of one's own: `name` for machines, `message` for people. Neither may hold personal
    /// data: both can appear in refusals and logs.
    ///
    /// ```
    /// use passid_core::{Outcome, Policy};
    ///
    /// let policy = Policy::builder()
    ///     .rule("minDataWindow", "At least 90 days of data are needed.", |context: &passid_core::RuleContext<'_>| {
    ///         Outcome::from_known(context.claims().data_window_days.map(|days| days >= 90))
    ///     })
    ///     .build()?;
    /// # Ok::<(), passid_core::PolicyError>(())
    /// ```
    pub fn rule(
        mut self,
        name: impl Into<String>,
        message: impl Into<String>,
        rule: impl Rule,
    ) -> Self {
        let (name, message) = (name.into(), message.into());
        self.rules.push(Arc::new(CustomRule { name, message, rule: Box::new(rule) }));
        self
    }

    /// The policy.
    ///
    /// # Errors
    ///
    /// [`PolicyError`] when nothing is required, when a permission stands in the place of a claim,
    /// when a name is blank or too long, or when a composition is empty or negates a requirement on
    /// sanctions or fraud.
    pub fn build(self) -> Result<Policy, PolicyError> {
        let mut nodes = Vec::new();
        for claim in self.claims {
            check_claim(&claim)?;
            nodes.push(Node::Claim(claim));
        }
        nodes.extend(self.max_age_hours.map(Node::MaxAgeHours));
        nodes.extend(self.fraud_checks_passed.then_some(Node::FraudChecksPassed));
        nodes.extend(self.sanctions_clear.then_some(Node::SanctionsClear));
        for group in self.groups {
            nodes.push(group.into_node()?);
        }
        for rule in self.rules {
            check_name(&rule.name).ok_or(PolicyError::RuleName)?;
            nodes.push(Node::Custom(rule));
        }
        if nodes.is_empty() {
            return Err(PolicyError::Empty);
        }
        Ok(Policy { root: Arc::new(Node::AllOf(nodes)) })
    }
}

impl Group {
    fn into_node(self) -> Result<Node, PolicyError> {
        let nodes = |policies: Vec<Policy>| -> Result<Vec<Node>, PolicyError> {
            if policies.is_empty() {
                return Err(PolicyError::EmptyComposition);
            }
            Ok(policies.iter().map(|policy| (*policy.root).clone()).collect())
        };
        match self {
            Self::AllOf(policies) => nodes(policies).map(Node::AllOf),
            Self::AnyOf(policies) => nodes(policies).map(Node::AnyOf),
            // P12: it would demand a match.
            Self::Not(policy) if policy.root.is_sensitive() => Err(PolicyError::NegatedSensitive),
            Self::Not(policy) => Ok(Node::Not(Box::new((*policy.root).clone()))),
        }
    }
}

fn check_name(name: &str) -> Option<()> {
    (!name.trim().is_empty() && name.len() <= PolicyBuilder::MAX_NAME_LEN).then_some(())
}

fn check_claim(claim: &ClaimName) -> Result<(), PolicyError> {
    check_name(claim.as_str()).ok_or(PolicyError::ClaimName)?;
    let Some(permission) = Permission::mistaken_for_claim(claim) else { return Ok(()) };
    Err(match permission.claims() {
        [meant] => PolicyError::PermissionForClaim { permission, claim: meant.clone() },
        _ => PolicyError::PermissionForClaims { permission },
    })
}

impl std::fmt::Debug for PolicyBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PolicyBuilder").field("claims", &self.claims).finish_non_exhaustive()
    }
}

/// Why a policy cannot be built.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PolicyError {
    /// Nothing is required.
    #[error(
        "the policy requires nothing; if a valid credential is enough, say so with \
         Policy::verified_only() or \"verifiedOnly\": true"
    )]
    Empty,
    /// `verifiedOnly` stands beside other options.
    #[error("verifiedOnly says that nothing else is required, but other options are given")]
    VerifiedOnlyAndMore,
    /// A permission stands where a claim is meant (decision D19).
    #[error("{permission} is a permission, not a claim; require the claim {claim} instead")]
    PermissionForClaim {
        /// What was given.
        permission: Permission,
        /// What was meant.
        claim: ClaimName,
    },
    /// A permission for many claims stands where claims are meant.
    #[error("{permission} is a permission for many claims; name the claims that are required")]
    PermissionForClaims {
        /// What was given.
        permission: Permission,
    },
    /// The name of a claim is blank or too long.
    #[error(
        "the name of a claim must not be blank or longer than {} bytes",
        PolicyBuilder::MAX_NAME_LEN
    )]
    ClaimName,
    /// The name of a rule is blank or too long.
    #[error(
        "the name of a rule must not be blank or longer than {} bytes",
        PolicyBuilder::MAX_NAME_LEN
    )]
    RuleName,
    /// `allOf` or `anyOf` without members.
    #[error("allOf and anyOf need at least one policy")]
    EmptyComposition,
    /// `not` around a requirement on sanctions or fraud: it would demand a match.
    #[error("a requirement on sanctions or fraud checks cannot be negated")]
    NegatedSensitive,
}
