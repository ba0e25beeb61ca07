//! What a handler receives: [`VerifiedCredential`], and the words the API uses about it.

mod builder;
mod sharing;
mod status;

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use serde_json::{Map, Value};

pub use builder::{CredentialBuilder, CredentialError};
pub use sharing::Served;
pub use status::{
    CredentialStatus, DenyReason, FreshnessStatus, RevocationStatus, SignatureStatus,
};

use crate::{Environment, Subject, Token, VerificationClaims};

/// How far the clock may seem to have gone back between an answer and its use before the age of a
/// credential counts as unknown. Ours: covers ordinary clock corrections.
const CLOCK_LEEWAY: Duration = Duration::from_secs(300);

/// A credential that the provider declared valid: the claims, and what is known about them.
///
/// Values of this type exist only for credentials that were verified, were not revoked and carry no
/// reason to deny; [`CredentialBuilder::build`] sees to it. A clone shares the claims and the token.
/// `Debug` shows no claim value and no token.
///
/// ```
/// use std::time::SystemTime;
/// use passid_core::{Environment, VerificationClaims, VerifiedCredential};
///
/// let claims = VerificationClaims { income_verified: Some(true), ..Default::default() };
/// let credential = VerifiedCredential::builder("passid", Environment::Sandbox, claims, SystemTime::UNIX_EPOCH)
///     .audit_id("aud_1")
///     .build()?;
/// assert_eq!(credential.claims().income_verified, Some(true));
/// # Ok::<(), passid_core::CredentialError>(())
/// ```
#[derive(Clone)]
pub struct VerifiedCredential {
    details: Arc<Details>,
    /// In the place of a token that a cache did not keep: the one that was presented.
    presented: Option<Token>,
    served: Served,
}

#[derive(Clone)]
struct Details {
    claims: VerificationClaims,
    provider: &'static str,
    environment: Environment,
    received_at: SystemTime,
    status: CredentialStatus,
    audit_id: Option<String>,
    freshness_status: Option<FreshnessStatus>,
    verified_at: Option<SystemTime>,
    expires_at: Option<SystemTime>,
    signature_status: Option<SignatureStatus>,
    revocation_status: Option<RevocationStatus>,
    proof_type: Option<String>,
    issuer: Option<String>,
    decisioning_note: Option<String>,
    subject: Option<Subject>,
    token: Option<Token>,
    /// Whether a token was here and was taken out, for a cache.
    token_withheld: bool,
    api_version: Option<String>,
    extra: Map<String, Value>,
}

impl VerifiedCredential {
    /// Starts a credential; for implementations of [`Verify`](crate::Verify) and for tests.
    ///
    /// `provider` names the service that gave the answer, `received_at` is when it came by our own
    /// clock: the age of the credential is counted on from there.
    pub fn builder(
        provider: &'static str,
        environment: Environment,
        claims: VerificationClaims,
        received_at: SystemTime,
    ) -> CredentialBuilder {
        CredentialBuilder::new(provider, environment, claims, received_at)
    }

    /// The verified claims.
    pub fn claims(&self) -> &VerificationClaims {
        &self.details.claims
    }

    /// The service that verified the credential, such as `passid`.
    pub fn provider(&self) -> &'static str {
        self.details.provider
    }

    /// Sandbox or live.
    pub fn environment(&self) -> Environment {
        self.details.environment
    }

    /// When the answer came, by our own clock.
    pub fn received_at(&self) -> SystemTime {
        self.details.received_at
    }

    /// What the API calls the state of the credential.
    pub fn status(&self) -> &CredentialStatus {
        &self.details.status
    }

    /// The reference for the audit trail: `audit_id` of a redemption (guide, step 4),
    /// `verification_id` of a verification.
    pub fn audit_id(&self) -> Option<&str> {
        self.details.audit_id.as_deref()
    }

    /// The API's own judgement of freshness; advisory (decision D17).
    pub fn freshness_status(&self) -> Option<&FreshnessStatus> {
        self.details.freshness_status.as_ref()
    }

    /// Hours between the issue of the credential and the answer.
    pub fn freshness_hours(&self) -> Option<u32> {
        self.details.claims.freshness_hours
    }

    /// When the provider verified the credential, by its clock.
    pub fn verified_at(&self) -> Option<SystemTime> {
        self.details.verified_at
    }

    /// When the credential ends.
    pub fn expires_at(&self) -> Option<SystemTime> {
        self.details.expires_at
    }

    /// What the API says of the issuer's signature. When present it is
    /// [`SignatureStatus::Verified`].
    pub fn signature_status(&self) -> Option<&SignatureStatus> {
        self.details.signature_status.as_ref()
    }

    /// What the API says of revocation. When present it is [`RevocationStatus::NotRevoked`].
    pub fn revocation_status(&self) -> Option<&RevocationStatus> {
        self.details.revocation_status.as_ref()
    }

    /// The kind of proof, such as `groth16/bn254`. No offline check of it is possible: neither keys
    /// nor signed bytes are published.
    pub fn proof_type(&self) -> Option<&str> {
        self.details.proof_type.as_deref()
    }

    /// Who issued the credential; an opaque text.
    pub fn issuer(&self) -> Option<&str> {
        self.details.issuer.as_deref()
    }

    /// The API's advisory note: the institution decides (guide, step 4).
    pub fn decisioning_note(&self) -> Option<&str> {
        self.details.decisioning_note.as_deref()
    }

    /// The token of this credential, needed to report an outcome later. Always there after a
    /// verification; after a redemption only if the API returned one (decision D21).
    pub fn token(&self) -> Option<&Token> {
        self.details.token.as_ref().or(self.presented.as_ref())
    }

    /// Whom or what the provider verified, where it can tell later that this may no longer hold: what
    /// [`CachedVerifier::invalidate_subject`](crate::CachedVerifier::invalidate_subject) forgets by.
    pub fn subject(&self) -> Option<Subject> {
        self.details.subject
    }

    /// The version of the API that answered: its header `X-PASSID-API-Version` (guide, step 6).
    pub fn api_version(&self) -> Option<&str> {
        self.details.api_version.as_deref()
    }

    /// Fields of the answer that this version does not know, as they came.
    pub fn extra(&self) -> &Map<String, Value> {
        &self.details.extra
    }

    /// Whether the credential has ended at `now`. One without an end never has.
    pub fn is_expired(&self, now: SystemTime) -> bool {
        self.details.expires_at.is_some_and(|end| end <= now)
    }

    /// Age in whole hours at `now`: `freshness_hours`, and the whole hours since the answer came
    /// (decision P6).
    ///
    /// `None` when the provider gave no age, or when the clock has gone back by more than five
    /// minutes since the answer: a future date must not make a credential look new.
    pub fn age_hours(&self, now: SystemTime) -> Option<u64> {
        let at_answer = u64::from(self.freshness_hours()?);
        let since = match now.duration_since(self.details.received_at) {
            Ok(since) => since,
            Err(backwards) if backwards.duration() <= CLOCK_LEEWAY => Duration::ZERO,
            Err(_) => return None,
        };
        Some(at_answer.saturating_add(since.as_secs() / 3600))
    }
}

impl fmt::Debug for VerifiedCredential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let details = &*self.details;
        f.debug_struct("VerifiedCredential")
            .field("provider", &details.provider)
            .field("environment", &details.environment)
            .field("status", &details.status)
            .field("audit_id", &details.audit_id)
            .field("freshness_status", &details.freshness_status)
            .field("served", &self.served)
            .field("received_at", &details.received_at)
            .field("expires_at", &details.expires_at)
            .field("claims", &details.claims)
            .finish_non_exhaustive()
    }
}
