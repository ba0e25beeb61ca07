use std::fmt;

use jiff::Timestamp;
use passid_core::Environment;
use serde_json::{Map, Value};

use crate::credential::{CredentialState, Parts};

/// D17: the published default; an age of exactly 48 hours is still fresh.
const FRESH_UP_TO_HOURS: u64 = 48;
const VERIFIED: &str = "verified";

/// A credential that was issued, and cannot change any more.
pub(crate) struct Credential {
    pub(crate) environment: Environment,
    pub(crate) claims: Map<String, Value>,
    pub(crate) expires_at: Timestamp,
    state: CredentialState,
    status: Option<String>,
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
    pub(super) fn new(parts: Parts, default_expiry: Timestamp) -> Self {
        Self {
            environment: parts.environment,
            claims: parts.claims,
            expires_at: parts.expires_at.unwrap_or(default_expiry),
            state: parts.state,
            status: parts.status,
        }
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

    pub(crate) fn freshness_hours(&self) -> Option<u64> {
        self.claims.get("freshness_hours")?.as_u64()
    }

    /// D17: advisory; rejects nothing by itself. A credential of unknown age is not called fresh.
    pub(crate) fn freshness_status(&self) -> &'static str {
        match self.freshness_hours() {
            Some(hours) if hours <= FRESH_UP_TO_HOURS => "fresh",
            _ => "stale",
        }
    }
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

    fn credential(new: NewCredential) -> Credential {
        Credential::new(new.into_checked_parts().unwrap(), Timestamp::from_second(1_000).unwrap())
    }

    fn verdict_at(new: NewCredential, second: i64) -> Verdict {
        credential(new).verdict(Timestamp::from_second(second).unwrap())
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
        let status = |new: NewCredential| credential(new).freshness_status();
        assert_eq!(status(NewCredential::new().freshness_hours(48)), "fresh");
        assert_eq!(status(NewCredential::new().freshness_hours(49)), "stale");
        assert_eq!(status(NewCredential::new().without_claim("freshness_hours")), "stale");
        assert_eq!(status(NewCredential::new().claim("freshness_hours", "2")), "stale");
    }
}
