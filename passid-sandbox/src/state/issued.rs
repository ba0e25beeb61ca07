use std::fmt;

use jiff::{SignedDuration, Timestamp};
use passid_core::{ClaimName, Environment, Permission};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::table::Row;
use crate::credential::{CredentialState, Parts, environment_name};
use crate::timestamp::last_second;

/// D17: the published default; an age of exactly 48 hours is still fresh.
const FRESH_UP_TO_HOURS: u64 = 48;
/// The time between `verified_at` and `expires_at` in the sample on the verifier page.
const LIFETIME: SignedDuration = SignedDuration::from_hours(83 * 24);
/// Printed in the guide's webhook.
pub(crate) const PROOF_TYPE: &str = "groth16/bn254";
const VERIFIED: &str = "verified";
const FRESHNESS_HOURS: &str = "freshness_hours";
/// Section 6.2 of the API reference: no permission is said to bring these, and the age policy needs
/// the first, so every answer has them.
const CONTEXT: [ClaimName; 4] = [
    ClaimName::DataWindowDays,
    ClaimName::FreshnessHours,
    ClaimName::LinkedAccounts,
    ClaimName::Corridor,
];
/// What decides how well a credential covers a person.
const COVERAGE: [ClaimName; 6] = [
    ClaimName::IdentityVerified,
    ClaimName::IncomeVerified,
    ClaimName::SanctionsScreeningClear,
    ClaimName::IdentityAndFraudChecksPassed,
    ClaimName::PaymentBehaviorVerified,
    ClaimName::SavingsBehaviorVerified,
];

/// A credential that was issued under a token.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Credential {
    #[serde(with = "environment_name")]
    pub(crate) environment: Environment,
    claims: Map<String, Value>,
    /// P25: what `freshness_hours` counts from. A demo credential has none: the same token always gives
    /// the same claims (guide, step 10).
    issued_at: Option<Timestamp>,
    pub(crate) expires_at: Timestamp,
    state: CredentialState,
    status: Option<String>,
    /// Set when a customer's wallet made the token.
    pub(crate) share: Option<Share>,
}

/// What a wallet gave away.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Share {
    pub(crate) id: String,
    pub(crate) customer: String,
    pub(crate) permissions: Vec<String>,
    pub(crate) created_at: Timestamp,
    /// A share approves one session (guide, step 3: a one-time share token).
    pub(crate) fulfilled: bool,
}

impl Row for Credential {
    const TABLE: &'static str = "tokens";
}

/// What checking a credential comes to. Every variant but the first is a rejection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Valid,
    BadSignature,
    SanctionsDenied,
    Revoked,
    Expired,
    NotFound,
}

impl Credential {
    /// A credential whose age goes on with the clock.
    pub(super) fn new(parts: Parts, now: Timestamp) -> Self {
        let issued_at = parts
            .claims
            .get(FRESHNESS_HOURS)
            .and_then(Value::as_i64)
            .and_then(|hours| now.checked_sub(SignedDuration::try_from_hours(hours)?).ok());
        let expires_at = now.checked_add(LIFETIME).unwrap_or_else(|_| last_second());
        Self { issued_at, ..Self::of_fixed_age(parts, expires_at) }
    }

    /// A credential that is as old today as it will be in ten years.
    pub(super) fn of_fixed_age(parts: Parts, default_expiry: Timestamp) -> Self {
        Self {
            environment: parts.environment,
            claims: parts.claims,
            issued_at: None,
            expires_at: parts.expires_at.unwrap_or(default_expiry),
            state: parts.state,
            status: parts.status,
            share: None,
        }
    }

    /// The same credential, as far as a customer lets it be seen.
    pub(super) fn shared(&self, share: Share, expires_at: Option<Timestamp>) -> Self {
        Self {
            claims: narrowed(&self.claims, &share.permissions),
            expires_at: expires_at.map_or(self.expires_at, |end| end.min(self.expires_at)),
            share: Some(share),
            ..self.clone()
        }
    }

    /// Shows from now on no more than these permissions allow.
    pub(super) fn narrow(&mut self, permissions: &[String]) {
        self.claims = narrowed(&self.claims, permissions);
    }

    pub(super) fn revoke(&mut self) {
        // A sanctions denial or a bad signature is not undone by a revocation.
        if matches!(self.state, CredentialState::Active | CredentialState::Expired) {
            self.state = CredentialState::Revoked;
        }
    }

    pub(super) fn is_revoked(&self) -> bool {
        self.state == CredentialState::Revoked
    }

    /// A signature that does not verify makes everything else about a credential meaningless, and a
    /// sanctions denial must not be hidden behind an expiry or a revocation: hence the order.
    pub(crate) fn verdict(&self, now: Timestamp) -> Verdict {
        match self.state {
            CredentialState::BadSignature => Verdict::BadSignature,
            CredentialState::SanctionsDenied => Verdict::SanctionsDenied,
            CredentialState::Revoked => Verdict::Revoked,
            CredentialState::Expired => Verdict::Expired,
            CredentialState::Active if now >= self.expires_at => Verdict::Expired,
            CredentialState::Active => Verdict::Valid,
        }
    }

    /// The `status` of a redemption of a good credential.
    pub(crate) fn status(&self) -> &str {
        self.status.as_deref().unwrap_or(VERIFIED)
    }

    /// Whether a redemption of it counts as a verification that succeeded (decision D16).
    pub(crate) fn is_called_verified(&self) -> bool {
        self.status() == VERIFIED
    }

    /// The claims with their age of this moment.
    pub(crate) fn claims(&self, now: Timestamp) -> Map<String, Value> {
        let mut claims = self.claims.clone();
        if let (Some(issued_at), Some(age)) = (self.issued_at, claims.get_mut(FRESHNESS_HOURS)) {
            *age = now.duration_since(issued_at).as_hours().max(0).into();
        }
        claims
    }

    pub(crate) fn disclosed(&self, now: Timestamp) -> Disclosed {
        Disclosed { claims: self.claims(now) }
    }
}

/// What an institution gets to see of a credential at one moment.
#[derive(Clone, PartialEq)]
pub(crate) struct Disclosed {
    pub(crate) claims: Map<String, Value>,
}

impl Disclosed {
    pub(crate) fn freshness_hours(&self) -> Option<u64> {
        self.claims.get(FRESHNESS_HOURS)?.as_u64()
    }

    /// D17: advisory; rejects nothing by itself. A credential of unknown age is not called fresh.
    pub(crate) fn freshness_status(&self) -> &'static str {
        match self.freshness_hours() {
            Some(hours) if hours <= FRESH_UP_TO_HOURS => "fresh",
            _ => "stale",
        }
    }

    /// P19: the guide's demo table speaks of high and partial coverage without saying how it comes
    /// about. Ours: high when all six checks are true, none when none is.
    pub(crate) fn coverage(&self) -> Coverage {
        let is_true =
            |name: &&ClaimName| self.claims.get(name.as_str()) == Some(&Value::Bool(true));
        match COVERAGE.iter().filter(is_true).count() {
            0 => Coverage::None,
            checks if checks == COVERAGE.len() => Coverage::High,
            _ => Coverage::Partial,
        }
    }
}

/// How much of a person a credential covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Coverage {
    High,
    Partial,
    None,
}

impl Coverage {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::High => "high",
            Self::Partial => "partial",
            Self::None => "none",
        }
    }
}

fn narrowed(claims: &Map<String, Value>, permissions: &[String]) -> Map<String, Value> {
    let permissions: Vec<_> = permissions.iter().map(|name| Permission::from(&**name)).collect();
    if permissions.is_empty() || permissions.contains(&Permission::VerifiedCredentialSummary) {
        return claims.clone();
    }
    let allowed = |name: &str| {
        let shared = permissions.iter().flat_map(Permission::claims).chain(&CONTEXT);
        shared.into_iter().any(|claim| claim.as_str() == name)
    };
    let kept = claims.iter().filter(|(name, _)| allowed(name));
    kept.map(|(name, value)| (name.clone(), value.clone())).collect()
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credential")
            .field("environment", &self.environment)
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}

/// The reasons, in the spelling in which they are published; ours are in upper snake case, like the
/// guide's own (section 7 of the API reference).
impl Verdict {
    pub(crate) fn reason(self) -> Option<&'static str> {
        match self {
            Self::Valid => None,
            Self::BadSignature => Some("invalid_signature"),
            Self::SanctionsDenied => Some("HARD_DENY_SANCTIONS_MATCH"),
            Self::Expired => Some("TOKEN_EXPIRED"),
            Self::Revoked => Some("TOKEN_REVOKED"),
            Self::NotFound => Some("TOKEN_NOT_FOUND"),
        }
    }

    /// The reason as webhooks spell it: upper snake case (guide, step 7).
    pub(crate) fn deny_reason(self) -> Option<String> {
        self.reason().map(str::to_ascii_uppercase)
    }

    pub(crate) fn message(self) -> &'static str {
        match self {
            Self::Valid => "The credential is valid.",
            Self::BadSignature => "The signature does not verify against the issuer key.",
            Self::SanctionsDenied => "Denied by sanctions screening. This is final.",
            Self::Expired => "The credential is past its expiry.",
            Self::Revoked => "The credential was revoked.",
            Self::NotFound => "The token cannot be resolved.",
        }
    }

    /// `active` and `invalid` are published; the others are ours.
    pub(crate) fn credential_status(self) -> &'static str {
        match self {
            Self::Valid => "active",
            Self::BadSignature | Self::NotFound => "invalid",
            Self::SanctionsDenied => "denied",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credential::NewCredential;

    const HOUR: i64 = 3_600;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn credential(new: NewCredential) -> Credential {
        Credential::of_fixed_age(new.into_checked_parts().unwrap(), at(1_000))
    }

    fn verdict_at(new: NewCredential, second: i64) -> Verdict {
        credential(new).verdict(at(second))
    }

    #[test]
    fn a_credential_ends_at_the_second_of_its_expiry() {
        assert_eq!(verdict_at(NewCredential::new(), 999), Verdict::Valid);
        assert_eq!(verdict_at(NewCredential::new(), 1_000), Verdict::Expired);
    }

    #[test]
    fn a_sanctions_denial_stays_one_after_the_expiry() {
        let denied = NewCredential::new().state(CredentialState::SanctionsDenied);
        assert_eq!(verdict_at(denied, 2_000), Verdict::SanctionsDenied);
    }

    #[test]
    fn forty_eight_hours_are_fresh_and_an_unknown_age_is_not() {
        let status = |new: NewCredential| credential(new).disclosed(at(0)).freshness_status();
        assert_eq!(status(NewCredential::new().freshness_hours(48)), "fresh");
        assert_eq!(status(NewCredential::new().freshness_hours(49)), "stale");
        assert_eq!(status(NewCredential::new().without_claim("freshness_hours")), "stale");
        assert_eq!(status(NewCredential::new().claim("freshness_hours", "2")), "stale");
    }

    #[test]
    fn an_issued_credential_grows_older_and_a_demo_one_does_not() {
        let parts = || NewCredential::new().freshness_hours(5).into_checked_parts().unwrap();
        let issued = Credential::new(parts(), at(100 * HOUR));
        let age =
            |credential: &Credential, second| credential.disclosed(at(second)).freshness_hours();
        assert_eq!(age(&issued, 100 * HOUR), Some(5));
        assert_eq!(age(&issued, 101 * HOUR - 1), Some(5));
        assert_eq!(age(&issued, 101 * HOUR), Some(6));
        assert_eq!(age(&issued, 0), Some(0));
        let demo = Credential::of_fixed_age(parts(), at(1_000));
        assert_eq!(age(&demo, 1_000 * HOUR), Some(5));
    }

    #[test]
    fn permissions_narrow_the_claims_and_always_bring_the_context() {
        let names = |permissions: &[&str]| {
            let permissions: Vec<_> = permissions.iter().map(|&name| name.to_owned()).collect();
            let mut credential = credential(NewCredential::new());
            credential.narrow(&permissions);
            credential.disclosed(at(0)).claims.keys().cloned().collect::<Vec<_>>()
        };
        assert_eq!(names(&[]).len(), 11);
        assert_eq!(names(&["verified_credential_summary"]).len(), 11);
        assert_eq!(
            names(&["income_verified", "sanctions_clear"]),
            [
                "corridor",
                "data_window_days",
                "freshness_hours",
                "income_band",
                "income_verified",
                "linked_accounts",
                "sanctions_screening_clear",
            ]
        );
    }

    #[test]
    fn coverage_is_high_partial_or_none() {
        let coverage = |new: NewCredential| credential(new).disclosed(at(0)).coverage();
        assert_eq!(coverage(NewCredential::new()), Coverage::High);
        assert_eq!(
            coverage(NewCredential::new().claim("identity_verified", false)),
            Coverage::Partial
        );
        assert_eq!(coverage(NewCredential::new().claims(Map::new())), Coverage::None);
    }

    #[test]
    fn a_revocation_hides_no_sanctions_denial() {
        let mut denied = credential(NewCredential::new().state(CredentialState::SanctionsDenied));
        denied.revoke();
        assert_eq!(denied.verdict(at(0)), Verdict::SanctionsDenied);
        let mut good = credential(NewCredential::new());
        good.revoke();
        assert_eq!(good.verdict(at(0)), Verdict::Revoked);
    }
}
