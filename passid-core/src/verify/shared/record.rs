//! What is written of a verdict. Private to this version of the format; read strictly: what is not
//! exactly as it was written is nothing.

use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    DenyReason, FreshnessStatus, RevocationStatus, Served, SignatureStatus, Subject, Token,
    Verdict, VerificationClaims, VerifiedCredential, VerifierScope,
};

/// The longest word of a reason that is kept, in bytes.
const MAX_REASON: usize = 64;
/// How far the clocks of two instances may differ (decision P73).
const CLOCK_LEEWAY: Duration = Duration::from_secs(5);

/// A verdict, and until when it may be served: nanoseconds of Unix time, so that age and end go on
/// counting wherever it is read.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Record {
    until: u64,
    answer: Answer,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "lowercase")]
enum Answer {
    Refused { reason: String },
    Valid(Box<Credential>),
}

/// Without provider and environment, which are those of the scope, and without the token, which whoever
/// can open this has.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Credential {
    received_at: u64,
    claims: VerificationClaims,
    status: String,
    audit_id: Option<String>,
    freshness_status: Option<String>,
    verified_at: Option<u64>,
    expires_at: Option<u64>,
    signature_status: Option<String>,
    revocation_status: Option<String>,
    proof_type: Option<String>,
    issuer: Option<String>,
    decisioning_note: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    subject: Option<[u8; 32]>,
    has_token: bool,
    api_version: Option<String>,
    extra: Map<String, Value>,
}

impl Record {
    /// `None` for what is not kept: an outage, a refusal with a long reason, a credential of another
    /// token, provider or environment, or with times that cannot be written.
    pub(super) fn of(
        verdict: &Verdict,
        token: &Token,
        scope: &VerifierScope,
        until: SystemTime,
    ) -> Option<Self> {
        let answer = match verdict {
            Verdict::Valid(credential) => {
                Answer::Valid(Box::new(Credential::of(credential, token, scope)?))
            }
            Verdict::Invalid(reason) if reason.as_str().len() <= MAX_REASON => {
                Answer::Refused { reason: reason.as_str().to_owned() }
            }
            Verdict::Invalid(_) | Verdict::Unavailable(_) => return None,
        };
        Some(Self { until: nanos(until)?, answer })
    }

    /// The verdict, if it may still be served at `now`. A credential with less than `ahead` to go is
    /// none.
    pub(super) fn verdict(
        self,
        token: &Token,
        scope: &VerifierScope,
        now: SystemTime,
        ahead: Duration,
    ) -> Option<Verdict> {
        let left = time(self.until).duration_since(now).ok().filter(|left| !left.is_zero())?;
        match self.answer {
            Answer::Refused { reason } => Some(Verdict::Invalid(DenyReason::from(&*reason))),
            Answer::Valid(credential) => {
                // P73: one from the future would look young for too long.
                let future = time(credential.received_at) > now + CLOCK_LEEWAY;
                if future || left <= ahead {
                    return None;
                }
                Some(Verdict::Valid(credential.restored(token, scope)?))
            }
        }
    }

    pub(super) fn to_bytes(&self) -> Option<Vec<u8>> {
        serde_json::to_vec(self).ok()
    }

    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok()
    }
}

impl Credential {
    fn of(credential: &VerifiedCredential, token: &Token, scope: &VerifierScope) -> Option<Self> {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        let elsewhere = credential.token().is_some_and(|own| own != token)
            || credential.provider() != scope.provider()
            || credential.environment() != scope.environment();
        if elsewhere {
            return None;
        }
        let optional = |time: Option<SystemTime>| match time {
            Some(time) => nanos(time).map(Some),
            None => Some(None),
        };
        Some(Self {
            received_at: nanos(credential.received_at())?,
            claims: credential.claims().clone(),
            status: credential.status().as_str().to_owned(),
            audit_id: owned(credential.audit_id()),
            freshness_status: owned(credential.freshness_status().map(FreshnessStatus::as_str)),
            verified_at: optional(credential.verified_at())?,
            expires_at: optional(credential.expires_at())?,
            signature_status: owned(credential.signature_status().map(SignatureStatus::as_str)),
            revocation_status: owned(credential.revocation_status().map(RevocationStatus::as_str)),
            proof_type: owned(credential.proof_type()),
            issuer: owned(credential.issuer()),
            decisioning_note: owned(credential.decisioning_note()),
            subject: credential.subject().map(|subject| *subject.as_bytes()),
            has_token: credential.token().is_some(),
            api_version: owned(credential.api_version()),
            extra: credential.extra().clone(),
        })
    }

    /// Through the builder, which refuses what is not verified.
    fn restored(self, token: &Token, scope: &VerifierScope) -> Option<VerifiedCredential> {
        let mut builder = VerifiedCredential::builder(
            scope.provider(),
            scope.environment(),
            self.claims,
            time(self.received_at),
        )
        .status(self.status.as_str().into())
        .extra(self.extra);
        if let Some(id) = self.audit_id {
            builder = builder.audit_id(id);
        }
        if let Some(word) = self.freshness_status {
            builder = builder.freshness_status(word.as_str().into());
        }
        if let Some(at) = self.verified_at {
            builder = builder.verified_at(time(at));
        }
        if let Some(at) = self.expires_at {
            builder = builder.expires_at(time(at));
        }
        if let Some(word) = self.signature_status {
            builder = builder.signature_status(word.as_str().into());
        }
        if let Some(word) = self.revocation_status {
            builder = builder.revocation_status(word.as_str().into());
        }
        if let Some(kind) = self.proof_type {
            builder = builder.proof_type(kind);
        }
        if let Some(issuer) = self.issuer {
            builder = builder.issuer(issuer);
        }
        if let Some(note) = self.decisioning_note {
            builder = builder.decisioning_note(note);
        }
        if let Some(subject) = self.subject {
            builder = builder.subject(Subject::from_bytes(subject));
        }
        if self.has_token {
            builder = builder.token(token.clone());
        }
        if let Some(version) = self.api_version {
            builder = builder.api_version(version);
        }
        Some(builder.build().ok()?.served_as(Served::Cached))
    }
}

fn nanos(time: SystemTime) -> Option<u64> {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).ok()?;
    u64::try_from(since.as_nanos()).ok()
}

/// A number of nanoseconds always is a time.
fn time(nanos: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_nanos(nanos)
}

#[cfg(test)]
mod tests;
