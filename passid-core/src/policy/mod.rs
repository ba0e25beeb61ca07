//! What a service demands of a credential: [`Policy`].
//!
//! The four options are the guide's (step 2), with its names. Around them: composition
//! ([`all_of`](PolicyBuilder::all_of), [`any_of`](PolicyBuilder::any_of),
//! [`not`](PolicyBuilder::not)) and rules of one's own. Evaluation is pure and synchronous; the time
//! comes in as an argument. Inside it is three-valued: what cannot be decided refuses.

mod builder;
mod config;
mod rule;
mod violation;

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

pub use builder::{PolicyBuilder, PolicyError};
pub use rule::{Outcome, Rule, RuleContext};
pub use violation::{PolicyViolation, Violation};

use crate::VerifiedCredential;
use rule::Node;

/// A set of requirements on a credential. Cheap to clone.
///
/// ```
/// use passid_core::Policy;
///
/// let policy = Policy::builder()
///     .require_claims(["income_verified", "sanctions_screening_clear"])
///     .max_credential_age_hours(72)
///     .build()?;
///
/// let same: Policy = serde_json::from_str(
///     r#"{"requireClaims": ["income_verified", "sanctions_screening_clear"], "maxCredentialAgeHours": 72}"#,
/// )?;
/// # let _ = (policy, same);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// A `Policy` can be deserialised from the guide's camelCase form; `snake_case` is taken too, unknown
/// options are refused. Beyond the guide it has `allOf` and `anyOf` (lists of policies), `not` (a
/// policy) and `verifiedOnly`.
///
/// # Sanctions
///
/// A token that the API rejects with `HARD_DENY_SANCTIONS_MATCH` never becomes a
/// [`VerifiedCredential`], so no policy sees it and none can let it pass.
#[derive(Clone)]
pub struct Policy {
    root: Arc<Node>,
}

impl Policy {
    /// Starts a policy.
    pub fn builder() -> PolicyBuilder {
        PolicyBuilder::default()
    }

    /// The policy that demands nothing but a valid credential. Said explicitly, because an empty
    /// policy is more often a mistake than a wish.
    pub fn verified_only() -> Self {
        Self { root: Arc::new(Node::VerifiedOnly) }
    }

    /// Checks a credential at a point in time.
    ///
    /// A credential that has ended violates every policy.
    ///
    /// # Errors
    ///
    /// [`PolicyViolation`] with every violated or undecidable requirement, always in the same
    /// order (decision D20): the guide's options in the guide's order, then compositions, then own
    /// rules.
    pub fn evaluate(
        &self,
        credential: &VerifiedCredential,
        now: SystemTime,
    ) -> Result<(), PolicyViolation> {
        let context = RuleContext::new(credential, now);
        if !credential.is_expired(now) && self.root.outcome(&context) == Outcome::Satisfied {
            return Ok(());
        }
        let mut violations = Vec::new();
        if credential.is_expired(now) {
            violations.push(Violation::expired());
        }
        self.root.report(&context, &mut violations);
        Err(PolicyViolation::new(violations))
    }
}

impl fmt::Debug for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Policy").field(&self.root).finish()
    }
}

#[cfg(test)]
mod tests;
