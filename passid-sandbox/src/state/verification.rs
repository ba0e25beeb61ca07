//! Checking a token or a code for an institution, what is kept of it, and who is told.

use std::fmt;

use jiff::Timestamp;
use passid_core::{ShareCode, Token};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::access::Tenant;
use super::aged::Dated;
use super::issued::{Coverage, Credential, PROOF_TYPE, Verdict};
use super::ledger::CodeRefused;
use super::outcome::VerificationContext;
use super::table::Row;
use super::world::World;
use crate::webhook::EventData;

/// The last verification of a token by an institution.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Verification {
    verified_at: Timestamp,
    coverage: Coverage,
    freshness_hours: Option<u64>,
    /// The answer to `POST /v1/verify`, if that is how it was verified: JSON.
    answer: Option<String>,
}

/// What checking a token came to.
pub(crate) struct Checked {
    pub(crate) verdict: Verdict,
    pub(crate) verification_id: String,
    /// Absent when the token cannot be resolved.
    pub(crate) credential: Option<Credential>,
}

/// What redeeming a code came to.
pub(crate) struct Redemption {
    pub(crate) verdict: Verdict,
    pub(crate) audit_id: String,
    pub(crate) token: String,
    pub(crate) credential: Credential,
}

impl Row for Verification {
    const TABLE: &'static str = "verifications";
}

impl Dated for Verification {
    fn dated(&self) -> Timestamp {
        self.verified_at
    }
}

impl Verification {
    pub(super) fn context(&self) -> VerificationContext {
        VerificationContext {
            coverage: self.coverage,
            freshness_hours: self.freshness_hours,
            verified_at: Some(self.verified_at),
        }
    }
}

impl World {
    /// Checks a token and tells the institution by webhook (guide, step 7).
    pub(crate) fn check_token(
        &mut self,
        tenant: &Tenant,
        token: &Token,
        now: Timestamp,
    ) -> Checked {
        let credential = self.credential(tenant.environment, token).cloned();
        let verdict = credential.as_ref().map_or(Verdict::NotFound, |known| known.verdict(now));
        let verification_id = self.counters_mut().verification_id();
        let claims = credential.as_ref().map(|credential| credential.disclosed(now).claims);
        self.tell(tenant, verdict, token.expose(), &claims.unwrap_or_default(), now);
        Checked { verdict, verification_id, credential }
    }

    /// Uses a code up, checks what is behind it, and tells the institution: another page of the
    /// vendor says that a redemption can cause `verification.completed` too.
    pub(crate) fn redeem(
        &mut self,
        tenant: &Tenant,
        code: &ShareCode,
        now: Timestamp,
    ) -> Result<Redemption, CodeRefused> {
        let redeemed = self.take_code(tenant.environment, code)?;
        let verdict = redeemed.credential.verdict(now);
        let audit_id = self.counters_mut().audit_id();
        // P18: a review that is still to come is neither completed nor failed.
        if verdict != Verdict::Valid || redeemed.credential.is_called_verified() {
            let claims = redeemed.credential.disclosed(now).claims;
            self.tell(tenant, verdict, &redeemed.token, &claims, now);
        }
        self.keep(tenant, &redeemed.token, &redeemed.credential, None, now);
        let (token, credential) = (redeemed.token, redeemed.credential);
        Ok(Redemption { verdict, audit_id, token, credential })
    }

    /// Keeps what was found out about a token, for `GET /api/v1/bridge/verify/{token}` and for the
    /// context of an outcome.
    pub(crate) fn keep(
        &mut self,
        tenant: &Tenant,
        token: &str,
        credential: &Credential,
        answer: Option<String>,
        now: Timestamp,
    ) {
        let key = tenant.key(token);
        let disclosed = credential.disclosed(now);
        let kept = self.verifications.get(&key).and_then(|known| known.answer.clone());
        self.verifications.forget_what_is_over(now);
        let verification = Verification {
            verified_at: now,
            coverage: disclosed.coverage(),
            freshness_hours: disclosed.freshness_hours(),
            answer: answer.or(kept),
        };
        self.verifications.insert(key, verification);
    }

    /// P26: the answer that this institution got when it last verified this token.
    pub(crate) fn stored_verification(&self, tenant: &Tenant, token: &Token) -> Option<&str> {
        self.verifications.get(&tenant.key(token.expose()))?.answer.as_deref()
    }

    fn tell(
        &mut self,
        tenant: &Tenant,
        verdict: Verdict,
        token: &str,
        verified_claims: &Map<String, Value>,
        now: Timestamp,
    ) {
        let reason = verdict.deny_reason();
        let data = match &reason {
            None => EventData::VerificationCompleted {
                token,
                verified_at: now,
                proof_type: PROOF_TYPE,
                verified_claims,
            },
            Some(deny_reason) => EventData::VerificationFailed { token, deny_reason },
        };
        self.emit(tenant, data, now);
    }
}

impl fmt::Debug for Verification {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verification")
            .field("verified_at", &self.verified_at)
            .finish_non_exhaustive()
    }
}
