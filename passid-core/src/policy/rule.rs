use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use super::Violation;
use crate::{ClaimName, VerificationClaims, VerifiedCredential};

/// What a rule looks at.
#[derive(Clone, Copy, Debug)]
pub struct RuleContext<'a> {
    credential: &'a VerifiedCredential,
    now: SystemTime,
}

impl<'a> RuleContext<'a> {
    pub(super) fn new(credential: &'a VerifiedCredential, now: SystemTime) -> Self {
        Self { credential, now }
    }

    /// The credential under examination.
    pub fn credential(&self) -> &'a VerifiedCredential {
        self.credential
    }

    /// Its claims.
    pub fn claims(&self) -> &'a VerificationClaims {
        self.credential.claims()
    }

    /// The time of the examination.
    pub fn now(&self) -> SystemTime {
        self.now
    }
}

/// What a rule finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// The requirement is met.
    Satisfied,
    /// The requirement is not met.
    Violated,
    /// The credential does not say. Refuses, also under a negation.
    Undecidable,
}

impl Outcome {
    /// `Some(true)` is satisfied, `Some(false)` violated, `None` undecidable.
    pub fn from_known(known: Option<bool>) -> Self {
        match known {
            Some(true) => Self::Satisfied,
            Some(false) => Self::Violated,
            None => Self::Undecidable,
        }
    }

    fn negated(self) -> Self {
        match self {
            Self::Satisfied => Self::Violated,
            Self::Violated => Self::Satisfied,
            Self::Undecidable => Self::Undecidable,
        }
    }
}

/// A requirement of one's own. Synchronous and pure; facts from elsewhere belong into a
/// [`Verify`](crate::Verify).
///
/// Closures of the form `Fn(&RuleContext<'_>) -> Outcome` are rules.
pub trait Rule: Send + Sync + 'static {
    /// Examines a credential.
    fn evaluate(&self, context: &RuleContext<'_>) -> Outcome;
}

impl<F> Rule for F
where
    F: Fn(&RuleContext<'_>) -> Outcome + Send + Sync + 'static,
{
    fn evaluate(&self, context: &RuleContext<'_>) -> Outcome {
        self(context)
    }
}

/// A rule of the application, with what is said when it is not met.
pub(super) struct CustomRule {
    pub(super) name: String,
    pub(super) message: String,
    pub(super) rule: Box<dyn Rule>,
}

#[derive(Clone)]
pub(super) enum Node {
    VerifiedOnly,
    Claim(ClaimName),
    MaxAgeHours(u32),
    FraudChecksPassed,
    SanctionsClear,
    AllOf(Vec<Node>),
    AnyOf(Vec<Node>),
    Not(Box<Node>),
    Custom(Arc<CustomRule>),
}

impl Node {
    /// Three-valued: a conjunction is as bad as its worst part, a disjunction as good as its best.
    pub(super) fn outcome(&self, context: &RuleContext<'_>) -> Outcome {
        let holds = |claim| Outcome::from_known(context.claims().holds(claim));
        match self {
            Self::VerifiedOnly => Outcome::Satisfied,
            Self::Claim(claim) => holds(claim),
            Self::MaxAgeHours(limit) => {
                let age = context.credential().age_hours(context.now());
                Outcome::from_known(age.map(|age| age <= u64::from(*limit)))
            }
            Self::FraudChecksPassed => holds(&ClaimName::IdentityAndFraudChecksPassed),
            Self::SanctionsClear => holds(&ClaimName::SanctionsScreeningClear),
            Self::AllOf(nodes) => fold(nodes, context, Outcome::Satisfied, Outcome::Violated),
            Self::AnyOf(nodes) => fold(nodes, context, Outcome::Violated, Outcome::Satisfied),
            Self::Not(node) => node.outcome(context).negated(),
            Self::Custom(custom) => custom.rule.evaluate(context),
        }
    }

    /// Adds what stands in the way, in the order of the tree.
    pub(super) fn report(&self, context: &RuleContext<'_>, violations: &mut Vec<Violation>) {
        if let Self::AllOf(nodes) = self {
            for node in nodes {
                node.report(context, violations);
            }
            return;
        }
        let undecidable = match self.outcome(context) {
            Outcome::Satisfied => return,
            Outcome::Violated => false,
            Outcome::Undecidable => true,
        };
        violations.push(Violation::of(self, undecidable));
    }

    /// Whether naming this requirement in a refusal could tip off the person concerned (D2).
    pub(super) fn is_sensitive(&self) -> bool {
        match self {
            Self::VerifiedOnly | Self::MaxAgeHours(_) | Self::Custom(_) => false,
            Self::FraudChecksPassed | Self::SanctionsClear => true,
            Self::Claim(claim) => claim.is_sensitive(),
            Self::AllOf(nodes) | Self::AnyOf(nodes) => nodes.iter().any(Self::is_sensitive),
            Self::Not(node) => node.is_sensitive(),
        }
    }
}

/// `absorbing` wins over everything, `Undecidable` over `neutral`.
fn fold(
    nodes: &[Node],
    context: &RuleContext<'_>,
    neutral: Outcome,
    absorbing: Outcome,
) -> Outcome {
    let mut result = neutral;
    for node in nodes {
        let outcome = node.outcome(context);
        if outcome == absorbing {
            return absorbing;
        }
        if outcome == Outcome::Undecidable {
            result = Outcome::Undecidable;
        }
    }
    result
}

impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::VerifiedOnly => f.write_str("verifiedOnly"),
            Self::Claim(claim) => write!(f, "requireClaims({claim})"),
            Self::MaxAgeHours(limit) => write!(f, "maxCredentialAgeHours({limit})"),
            Self::FraudChecksPassed => f.write_str("requireFraudChecksPassed"),
            Self::SanctionsClear => f.write_str("requireSanctionsClear"),
            Self::AllOf(nodes) => f.debug_set().entries(nodes).finish(),
            Self::AnyOf(nodes) => {
                f.write_str("anyOf")?;
                f.debug_list().entries(nodes).finish()
            }
            Self::Not(node) => write!(f, "not({node:?})"),
            Self::Custom(custom) => f.write_str(&custom.name),
        }
    }
}
