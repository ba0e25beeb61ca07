use std::borrow::Cow;
use std::error::Error;
use std::fmt;

use super::rule::Node;
use crate::ClaimName;

/// One requirement that a credential does not meet.
///
/// Neither the rule nor the message repeats the value of a claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    rule: Cow<'static, str>,
    claim: Option<ClaimName>,
    message: String,
    undecidable: bool,
    sensitive: bool,
}

impl Violation {
    /// The requirement, for machines: the guide's option (`requireClaims`,
    /// `maxCredentialAgeHours`, `requireFraudChecksPassed`, `requireSanctionsClear`), `anyOf`,
    /// `not`, `expiresAt`, or the name of a rule of one's own.
    pub fn rule(&self) -> &str {
        &self.rule
    }

    /// The claim concerned, if it is one.
    pub fn claim(&self) -> Option<&ClaimName> {
        self.claim.as_ref()
    }

    /// A sentence for a person.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Whether the credential does not say, rather than say no.
    pub fn is_undecidable(&self) -> bool {
        self.undecidable
    }

    /// Whether it concerns sanctions or fraud: naming it to the person concerned can be unlawful
    /// tipping-off (decision D2).
    pub fn is_sensitive(&self) -> bool {
        self.sensitive
    }

    pub(super) fn expired() -> Self {
        Self {
            rule: "expiresAt".into(),
            claim: None,
            message: "The credential has expired.".into(),
            undecidable: false,
            sensitive: false,
        }
    }

    pub(super) fn of(node: &Node, undecidable: bool) -> Self {
        // Not every provider can give every claim: then no other credential of it would do either.
        let absent = |why: &str| if undecidable { format!("; {why}") } else { String::new() };
        let (rule, claim, message): (Cow<'static, str>, _, String) = match node {
            Node::Claim(claim) => (
                "requireClaims".into(),
                Some(claim.clone()),
                format!(
                    "The claim {claim} must be present and true{}.",
                    absent("this credential does not have it")
                ),
            ),
            Node::MaxAgeHours(limit) => (
                "maxCredentialAgeHours".into(),
                Some(ClaimName::FreshnessHours),
                format!(
                    "The credential must not be older than {limit} hours{}.",
                    absent("it does not tell its age")
                ),
            ),
            Node::FraudChecksPassed => (
                "requireFraudChecksPassed".into(),
                Some(ClaimName::IdentityAndFraudChecksPassed),
                format!(
                    "Identity and fraud checks must be passed{}.",
                    absent("this credential says nothing of them")
                ),
            ),
            Node::SanctionsClear => (
                "requireSanctionsClear".into(),
                Some(ClaimName::SanctionsScreeningClear),
                format!(
                    "Sanctions screening must be clear{}.",
                    absent("this credential says nothing of it")
                ),
            ),
            Node::AnyOf(nodes) => (
                "anyOf".into(),
                None,
                format!("At least one of {} alternatives must be met.", nodes.len()),
            ),
            Node::Not(_) => ("not".into(), None, "An excluded condition must not hold.".into()),
            Node::Custom(custom) => (custom.name.clone().into(), None, custom.message.clone()),
            Node::VerifiedOnly | Node::AllOf(_) => {
                ("allOf".into(), None, "All requirements must be met.".into())
            }
        };
        Self { rule, claim, message, undecidable, sensitive: node.is_sensitive() }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// Everything that stands between a credential and a policy, in a fixed order; never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyViolation {
    violations: Vec<Violation>,
}

impl PolicyViolation {
    pub(super) fn new(violations: Vec<Violation>) -> Self {
        Self { violations }
    }

    /// The single requirements.
    pub fn violations(&self) -> &[Violation] {
        &self.violations
    }
}

impl fmt::Display for PolicyViolation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the credential does not meet the policy:")?;
        for (index, violation) in self.violations.iter().enumerate() {
            let separator = if index == 0 { " " } else { ", " };
            write!(f, "{separator}{}", violation.rule)?;
            let absent = if violation.undecidable { ", absent" } else { "" };
            if let Some(claim) = &violation.claim {
                write!(f, " ({claim}{absent})")?;
            }
        }
        Ok(())
    }
}

impl Error for PolicyViolation {}
