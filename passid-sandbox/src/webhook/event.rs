//! The events by name, and the envelope of the four of PASSID (reference, sections 9.1 and 9.2).

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Number, Value};

/// The name of an event.
///
/// ```
/// use passid_sandbox::WebhookEvent;
///
/// assert_eq!(WebhookEvent::OutcomeReported.to_string(), "outcome.reported");
/// assert_eq!(serde_json::to_string(&WebhookEvent::Test)?, r#""webhook.test""#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum WebhookEvent {
    /// A token was verified.
    #[serde(rename = "verification.completed")]
    VerificationCompleted,
    /// A token was rejected.
    #[serde(rename = "verification.failed")]
    VerificationFailed,
    /// An outcome was reported.
    #[serde(rename = "outcome.reported")]
    OutcomeReported,
    /// Somebody asked for a test.
    #[serde(rename = "webhook.test")]
    Test,
    /// Of Passbase: processing of an identity has ended.
    #[serde(rename = "VERIFICATION_COMPLETED")]
    PassbaseVerificationCompleted,
    /// Of Passbase: somebody, or the thresholds, decided.
    #[serde(rename = "VERIFICATION_REVIEWED")]
    PassbaseVerificationReviewed,
    /// Of Passbase: a data point was edited.
    #[serde(rename = "DATAPOINT_UPDATED")]
    PassbaseDatapointUpdated,
    /// Of Passbase: something was found on a watchlist.
    #[serde(rename = "WATCHLIST_MONITORING")]
    PassbaseWatchlistMonitoring,
    /// Of Passbase: a biometric authentication succeeded.
    #[serde(rename = "IDENTITY_AUTHENTICATED")]
    PassbaseIdentityAuthenticated,
    /// Of Passbase, until 2019.
    #[serde(rename = "AUTHENTICATION_CREATED")]
    PassbaseAuthenticationCreated,
    /// Of Passbase, until 2019.
    #[serde(rename = "AUTHENTICATION_FINISHED")]
    PassbaseAuthenticationFinished,
    /// Of Passbase, until November 2020.
    #[serde(rename = "AUTHENTICATION_PROCESSED")]
    PassbaseAuthenticationProcessed,
    /// Of Passbase, until November 2020.
    #[serde(rename = "AUTHENTICATION_REVIEW_STATUS_CHANGED")]
    PassbaseAuthenticationReviewStatusChanged,
}

impl WebhookEvent {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::VerificationCompleted => "verification.completed",
            Self::VerificationFailed => "verification.failed",
            Self::OutcomeReported => "outcome.reported",
            Self::Test => "webhook.test",
            Self::PassbaseVerificationCompleted => "VERIFICATION_COMPLETED",
            Self::PassbaseVerificationReviewed => "VERIFICATION_REVIEWED",
            Self::PassbaseDatapointUpdated => "DATAPOINT_UPDATED",
            Self::PassbaseWatchlistMonitoring => "WATCHLIST_MONITORING",
            Self::PassbaseIdentityAuthenticated => "IDENTITY_AUTHENTICATED",
            Self::PassbaseAuthenticationCreated => "AUTHENTICATION_CREATED",
            Self::PassbaseAuthenticationFinished => "AUTHENTICATION_FINISHED",
            Self::PassbaseAuthenticationProcessed => "AUTHENTICATION_PROCESSED",
            Self::PassbaseAuthenticationReviewStatusChanged => {
                "AUTHENTICATION_REVIEW_STATUS_CHANGED"
            }
        }
    }
}

impl fmt::Display for WebhookEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An event of an institution at a moment. Members are written in the order of the guide, which is
/// the order of the fields here. Without `Debug`: tokens and claims are in it.
pub(crate) struct Event<'a> {
    pub(crate) institution_id: &'a str,
    pub(crate) timestamp: Timestamp,
    pub(crate) data: EventData<'a>,
}

#[derive(Clone, Copy, Serialize)]
#[serde(untagged)]
pub(crate) enum EventData<'a> {
    VerificationCompleted {
        token: &'a str,
        verified_at: Timestamp,
        proof_type: &'a str,
        // The guide's envelope, not `claims` as in its sample handler.
        verified_claims: &'a Map<String, Value>,
    },
    VerificationFailed {
        token: &'a str,
        deny_reason: &'a str,
    },
    /// D29: snake case like the other events.
    OutcomeReported {
        token: &'a str,
        outcome: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        product_type: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        amount_usd: Option<&'a Number>,
        #[serde(skip_serializing_if = "Option::is_none")]
        verification_context: Option<VerificationContext<'a>>,
    },
    /// D28.
    Test {
        message: &'a str,
    },
}

/// What was known of the credential when its token was verified.
#[derive(Clone, Copy, Serialize)]
pub(crate) struct VerificationContext<'a> {
    pub(crate) coverage: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) freshness_hours: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) verified_at: Option<Timestamp>,
}

impl Event<'_> {
    pub(crate) fn name(&self) -> WebhookEvent {
        match self.data {
            EventData::VerificationCompleted { .. } => WebhookEvent::VerificationCompleted,
            EventData::VerificationFailed { .. } => WebhookEvent::VerificationFailed,
            EventData::OutcomeReported { .. } => WebhookEvent::OutcomeReported,
            EventData::Test { .. } => WebhookEvent::Test,
        }
    }

    /// The bytes that are sent and signed.
    pub(crate) fn body(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(&Envelope {
            event: self.name(),
            institution_id: self.institution_id,
            timestamp: self.timestamp,
            data: self.data,
        })
    }
}

#[derive(Serialize)]
struct Envelope<'a, Data> {
    event: WebhookEvent,
    // D30: a text, also when it is all digits.
    institution_id: &'a str,
    timestamp: Timestamp,
    data: Data,
}

#[derive(Deserialize)]
struct Sent<'a> {
    event: WebhookEvent,
    institution_id: String,
    #[serde(borrow)]
    data: &'a RawValue,
}

/// The same event under another time: all other bytes stay. A body that is no envelope stays too.
pub(super) fn restamped(body: &str, timestamp: Timestamp) -> String {
    let rewritten = serde_json::from_str(body).and_then(|sent: Sent<'_>| {
        let Sent { event, institution_id, data } = sent;
        serde_json::to_string(&Envelope { event, institution_id: &institution_id, timestamp, data })
    });
    rewritten.unwrap_or_else(|_| body.to_owned())
}
