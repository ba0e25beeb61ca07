use std::sync::Arc;
use std::time::SystemTime;

use serde_json::{Map, Value};

use super::{
    CredentialStatus, Details, FreshnessStatus, RevocationStatus, Served, SignatureStatus,
    VerifiedCredential,
};
use crate::{DenyReason, Environment, Subject, Token, VerificationClaims};

/// Puts a [`VerifiedCredential`] together; made by [`VerifiedCredential::builder`].
#[derive(Clone, Debug)]
#[must_use]
pub struct CredentialBuilder {
    credential: VerifiedCredential,
    deny_reason: Option<DenyReason>,
}

impl CredentialBuilder {
    pub(super) fn new(
        provider: &'static str,
        environment: Environment,
        claims: VerificationClaims,
        received_at: SystemTime,
    ) -> Self {
        let details = Details {
            claims,
            provider,
            environment,
            received_at,
            status: CredentialStatus::Verified,
            audit_id: None,
            freshness_status: None,
            verified_at: None,
            expires_at: None,
            signature_status: None,
            revocation_status: None,
            proof_type: None,
            issuer: None,
            decisioning_note: None,
            subject: None,
            token: None,
            token_withheld: false,
            api_version: None,
            extra: Map::new(),
        };
        let credential = VerifiedCredential {
            details: Arc::new(details),
            presented: None,
            served: Served::Live,
        };
        Self { credential, deny_reason: None }
    }

    fn with(mut self, change: impl FnOnce(&mut Details)) -> Self {
        change(Arc::make_mut(&mut self.credential.details));
        self
    }

    /// The state of the credential; `verified` unless set.
    pub fn status(self, status: CredentialStatus) -> Self {
        self.with(|details| details.status = status)
    }

    /// The reference for the audit trail.
    pub fn audit_id(self, id: impl Into<String>) -> Self {
        self.with(|details| details.audit_id = Some(id.into()))
    }

    /// The provider's judgement of freshness.
    pub fn freshness_status(self, status: FreshnessStatus) -> Self {
        self.with(|details| details.freshness_status = Some(status))
    }

    /// When the provider verified the credential.
    pub fn verified_at(self, time: SystemTime) -> Self {
        self.with(|details| details.verified_at = Some(time))
    }

    /// When the credential ends.
    pub fn expires_at(self, time: SystemTime) -> Self {
        self.with(|details| details.expires_at = Some(time))
    }

    /// What the provider says of the issuer's signature.
    pub fn signature_status(self, status: SignatureStatus) -> Self {
        self.with(|details| details.signature_status = Some(status))
    }

    /// What the provider says of revocation.
    pub fn revocation_status(self, status: RevocationStatus) -> Self {
        self.with(|details| details.revocation_status = Some(status))
    }

    /// The kind of proof.
    pub fn proof_type(self, kind: impl Into<String>) -> Self {
        self.with(|details| details.proof_type = Some(kind.into()))
    }

    /// Who issued the credential.
    pub fn issuer(self, issuer: impl Into<String>) -> Self {
        self.with(|details| details.issuer = Some(issuer.into()))
    }

    /// The provider's advisory note.
    pub fn decisioning_note(self, note: impl Into<String>) -> Self {
        self.with(|details| details.decisioning_note = Some(note.into()))
    }

    /// Whom or what the provider verified: for a provider that tells by it what no longer holds.
    pub fn subject(self, subject: Subject) -> Self {
        self.with(|details| details.subject = Some(subject))
    }

    /// The token of this credential.
    pub fn token(self, token: Token) -> Self {
        self.with(|details| details.token = Some(token))
    }

    /// The version of the API that answered.
    pub fn api_version(self, version: impl Into<String>) -> Self {
        self.with(|details| details.api_version = Some(version.into()))
    }

    /// A reason to deny, if the answer gave one: [`build`](Self::build) then refuses.
    pub fn deny_reason(mut self, reason: DenyReason) -> Self {
        self.deny_reason = Some(reason);
        self
    }

    /// Fields of the answer that are not known.
    pub fn extra(self, extra: Map<String, Value>) -> Self {
        self.with(|details| details.extra = extra)
    }

    /// The credential.
    ///
    /// # Errors
    ///
    /// [`CredentialError`] when anything in it says that it is not verified: a reason to deny, a
    /// status other than `verified` or `active` (decision D16), a revocation, a signature that is
    /// not the issuer's.
    pub fn build(self) -> Result<VerifiedCredential, CredentialError> {
        if let Some(reason) = self.deny_reason {
            return Err(CredentialError::Denied { reason });
        }
        let details = &*self.credential.details;
        if !details.status.is_verified() {
            return Err(CredentialError::NotVerified { status: details.status.clone() });
        }
        if details.revocation_status.as_ref().is_some_and(|s| *s != RevocationStatus::NotRevoked) {
            return Err(CredentialError::Revoked);
        }
        if details.signature_status.as_ref().is_some_and(|s| *s != SignatureStatus::Verified) {
            return Err(CredentialError::SignatureNotVerified);
        }
        Ok(self.credential)
    }

    /// Like [`build`](Self::build), and what was gathered in any case: for a redemption, which tells
    /// the caller about a credential that is not verified too. The first part must stay private to
    /// its holder.
    pub(crate) fn build_or_report(
        self,
    ) -> (VerifiedCredential, Result<VerifiedCredential, CredentialError>) {
        (self.credential.clone(), self.build())
    }
}

/// Why something is not a verified credential.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CredentialError {
    /// The answer gave a reason to deny.
    #[error("the credential carries a reason to deny: {reason}")]
    Denied {
        /// The reason.
        reason: DenyReason,
    },
    /// The status is neither `verified` nor `active`.
    #[error("the status of the credential is {status}, which does not count as verified")]
    NotVerified {
        /// The status.
        status: CredentialStatus,
    },
    /// The credential was taken back, or its revocation status is not known to be good.
    #[error("the credential is revoked")]
    Revoked,
    /// The signature is not known to be the issuer's.
    #[error("the signature of the credential is not verified")]
    SignatureNotVerified,
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn credential(freshness_hours: Option<u32>) -> CredentialBuilder {
        let claims = VerificationClaims { freshness_hours, ..Default::default() };
        VerifiedCredential::builder("passid", Environment::Sandbox, claims, at(1_000_000))
    }

    fn at(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
    }

    #[test]
    fn nothing_that_speaks_against_a_credential_is_overlooked() {
        let refused = [
            credential(None).deny_reason(DenyReason::HardDenySanctionsMatch),
            credential(None).status(CredentialStatus::ManualReviewRequired),
            credential(None).status("suspended".into()),
            credential(None).revocation_status(RevocationStatus::Revoked),
            credential(None).revocation_status("unknown".into()),
            credential(None).signature_status("pending".into()),
        ];
        for builder in refused {
            assert!(builder.build().is_err());
        }
        assert!(credential(None).status(CredentialStatus::Active).build().is_ok());
    }

    #[test]
    fn age_grows_by_whole_hours_from_the_answer_on() {
        let credential = credential(Some(70)).build().unwrap();
        assert_eq!(credential.age_hours(at(1_000_000)), Some(70));
        assert_eq!(credential.age_hours(at(1_000_000 + 3599)), Some(70));
        assert_eq!(credential.age_hours(at(1_000_000 + 3600)), Some(71));
    }

    #[test]
    fn age_is_unknown_without_freshness_or_when_the_clock_went_back() {
        assert_eq!(credential(None).build().unwrap().age_hours(at(1_000_000)), None);
        let credential = credential(Some(1)).build().unwrap();
        assert_eq!(credential.age_hours(at(1_000_000 - 300)), Some(1));
        assert_eq!(credential.age_hours(at(1_000_000 - 301)), None);
    }

    #[test]
    fn a_credential_ends_at_its_last_moment() {
        let credential = credential(None).expires_at(at(2_000_000)).build().unwrap();
        assert!(!credential.is_expired(at(1_999_999)));
        assert!(credential.is_expired(at(2_000_000)));
    }
}
