use std::fmt;
use std::time::SystemTime;

use serde_json::{Map, Value};

use super::fields::Fields;
use super::{EventError, shown};
use crate::client::wire::Secrets;
use crate::client::wire::reason::{REASONS, named_reason};
use crate::{DenyReason, ReportedOutcome, Token, VerificationClaims};

/// What happened.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub enum EventData {
    /// `verification.completed`: a token was verified.
    VerificationCompleted(VerificationCompleted),
    /// `verification.failed`: a token was rejected.
    VerificationFailed(VerificationFailed),
    /// `outcome.reported`: what became of a verification was reported.
    OutcomeReported(OutcomeReported),
    /// `webhook.test`: somebody tries the connection. Its data is not printed; all of it is here
    /// (decision D28).
    Test(Value),
    /// An event that this version does not know (decision D28).
    Other {
        /// Its name.
        event: String,
        /// All of its data.
        data: Value,
    },
}

const COMPLETED: &str = "verification.completed";
const FAILED: &str = "verification.failed";
const OUTCOME: &str = "outcome.reported";
const TEST: &str = "webhook.test";

impl EventData {
    pub(super) fn read(event: String, data: Value) -> Result<Self, EventError> {
        // D28: what is not known is somebody else's to judge.
        Ok(match &*event {
            COMPLETED => Self::VerificationCompleted(VerificationCompleted::read(members(data)?)?),
            FAILED => Self::VerificationFailed(VerificationFailed::read(members(data)?)?),
            OUTCOME => Self::OutcomeReported(OutcomeReported::read(members(data)?)?),
            TEST => Self::Test(data),
            _ => Self::Other { event, data },
        })
    }

    /// The name on the wire.
    pub fn name(&self) -> &str {
        match self {
            Self::VerificationCompleted(_) => COMPLETED,
            Self::VerificationFailed(_) => FAILED,
            Self::OutcomeReported(_) => OUTCOME,
            Self::Test(_) => TEST,
            Self::Other { event, .. } => event,
        }
    }
}

fn members(data: Value) -> Result<Fields, EventError> {
    match data {
        Value::Object(members) => Ok(Fields(members)),
        Value::Null => Err(EventError::Missing { field: "data" }),
        _ => Err(EventError::WrongType { field: "data" }),
    }
}

/// A token was verified: through the QR flow, `POST /v1/verify` or a redeemed code.
///
/// What is not there is `None`: absent claims are unknown, not false.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct VerificationCompleted {
    /// The token.
    pub token: Option<Token>,
    /// When it was verified, in whole seconds.
    pub verified_at: Option<SystemTime>,
    /// The kind of proof, such as `groth16/bn254`.
    pub proof_type: Option<String>,
    /// The claims: `verified_claims` of the guide's envelope, or `claims` of its sample handler.
    pub claims: VerificationClaims,
    /// Members that this version does not know.
    pub extra: Map<String, Value>,
}

impl VerificationCompleted {
    fn read(mut data: Fields) -> Result<Self, EventError> {
        // P33: nobody may take a denied credential for a verified one.
        for field in REASONS {
            if data.take_text(&[field])?.is_some_and(|reason| !reason.trim().is_empty()) {
                return Err(EventError::Contradiction { field });
            }
        }
        Ok(Self {
            token: data.take_token()?,
            verified_at: data.take_time(&["verified_at", "verifiedAt"])?,
            proof_type: data.take_text(&["proof_type", "proofType"])?,
            claims: take_claims(&mut data)?,
            extra: data.0,
        })
    }
}

/// The claims under either name; both must agree when both are there.
fn take_claims(data: &mut Fields) -> Result<VerificationClaims, EventError> {
    let mut found = None;
    for field in ["verified_claims", "claims"] {
        let claims = match data.take(field) {
            None => continue,
            Some(Value::Object(claims)) => VerificationClaims::from_object(claims)?,
            Some(_) => return Err(EventError::WrongType { field }),
        };
        if found.as_ref().is_some_and(|other| *other != claims) {
            return Err(EventError::Ambiguous { field });
        }
        found = Some(claims);
    }
    Ok(found.unwrap_or_default())
}

/// A token was rejected in a request with a valid institution key.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct VerificationFailed {
    /// The token, where the event tells it; its members other than the reason are not printed.
    pub token: Option<Token>,
    /// Why; [`DenyReason::Unspecified`] where the event does not say.
    pub reason: DenyReason,
    /// Members that this version does not know.
    pub extra: Map<String, Value>,
}

impl VerificationFailed {
    fn read(mut data: Fields) -> Result<Self, EventError> {
        let token = data.take_token()?;
        let secrets: Vec<_> = token.iter().map(Token::expose).collect();
        let mut reasons = Vec::new();
        for field in REASONS {
            let word = data.take_text(&[field])?;
            reasons.extend(word.and_then(|word| named_reason(&word, Secrets(&secrets))));
        }
        // A sanctions match outweighs whatever else is said (decision P3).
        let last_word = reasons.iter().find(|reason| reason.is_final()).cloned();
        let reason = last_word.or(reasons.into_iter().next()).unwrap_or(DenyReason::Unspecified);
        Ok(Self { token, reason, extra: data.0 })
    }

    /// Whether the application must never be approved: a sanctions match (guide, step 11).
    pub fn is_final(&self) -> bool {
        self.reason.is_final()
    }
}

/// What became of a verification was reported (guide, step 9). The names of the members are not
/// printed; both spellings are read (decision D29).
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct OutcomeReported {
    /// The token.
    pub token: Option<Token>,
    /// The outcome's word; see [`known_outcome`](Self::known_outcome).
    pub outcome: Option<String>,
    /// The product, such as `personal_loan`.
    pub product_type: Option<String>,
    /// The amount in US dollars.
    pub amount_usd: Option<f64>,
    /// What was known when the token was verified, as it came: no member of it is printed.
    pub verification_context: Option<Value>,
    /// Members that this version does not know.
    pub extra: Map<String, Value>,
}

impl OutcomeReported {
    fn read(mut data: Fields) -> Result<Self, EventError> {
        let context = ["verification_context", "verificationContext"];
        Ok(Self {
            token: data.take_token()?,
            outcome: data.take_text(&["outcome"])?,
            product_type: data.take_text(&["product_type", "productType"])?,
            amount_usd: data.take_one(&["amount_usd", "amountUsd"], |value| value.as_f64())?,
            verification_context: data.take_one(&context, Some)?,
            extra: data.0,
        })
    }

    /// The outcome, if it is one of those that the guide names.
    pub fn known_outcome(&self) -> Option<ReportedOutcome> {
        let word = self.outcome.as_deref()?;
        ReportedOutcome::ALL.into_iter().find(|known| known.as_str() == word)
    }
}

impl fmt::Debug for EventData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::VerificationCompleted(data) => data.fmt(f),
            Self::VerificationFailed(data) => data.fmt(f),
            Self::OutcomeReported(data) => data.fmt(f),
            Self::Test(_) => f.write_str("Test(redacted)"),
            Self::Other { event, .. } => write!(f, "Other({}, redacted)", shown(event)),
        }
    }
}

impl fmt::Debug for VerificationCompleted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerificationCompleted")
            .field("token", &self.token)
            .field("verified_at", &self.verified_at)
            .field("claims", &self.claims)
            .field("unknown", &self.extra.len())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for VerificationFailed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerificationFailed")
            .field("token", &self.token)
            .field("reason", &self.reason)
            .field("unknown", &self.extra.len())
            .finish()
    }
}

impl fmt::Debug for OutcomeReported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OutcomeReported")
            .field("token", &self.token)
            .field("outcome", &self.known_outcome())
            .field("unknown", &self.extra.len())
            .finish_non_exhaustive()
    }
}
