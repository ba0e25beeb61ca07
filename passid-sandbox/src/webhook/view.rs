//! A delivery as a test sees it.

use std::fmt;
use std::time::SystemTime;

use passid_core::Environment;
use serde::{Serialize, Serializer};
use utoipa::ToSchema;

use super::delivery::{AttemptKind, AttemptRecord, Delivery, DeliveryState, Outcome, Signing};
use super::event::WebhookEvent;
use crate::timestamp::{optional_rfc3339, rfc3339};

/// An event on its way to an application, and what came of every attempt. Its `Debug` leaves out
/// the body, which has a token and claims in it, and the address.
#[derive(Clone, PartialEq, Serialize, ToSchema)]
#[non_exhaustive]
pub struct RecordedDelivery {
    /// Such as `dlv_000000000001`; counted in the order of the events.
    pub id: String,
    /// Whose API it is an event of: `passid` or `passbase`.
    pub api: &'static str,
    /// Whose event it is; empty for another API than PASSID's.
    pub institution_id: String,
    /// `sandbox` or `live`.
    #[serde(serialize_with = "environment_name")]
    #[schema(value_type = String)]
    pub environment: Environment,
    /// The name of the event.
    #[schema(value_type = String)]
    pub event: WebhookEvent,
    /// Where it goes: the address that was set when the event happened.
    pub url: String,
    /// The bytes that are sent, and signed where the API signs.
    pub body: String,
    /// When the event happened, by the sandbox's clock.
    #[serde(serialize_with = "rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    pub created_at: SystemTime,
    /// `pending`, `delivered`, `failed` (every attempt was in vain) or `dropped` (by a fault).
    pub state: &'static str,
    /// When the next attempt is due, while it is pending.
    #[serde(serialize_with = "optional_rfc3339", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub next_at: Option<SystemTime>,
    /// The oldest first.
    pub attempts: Vec<RecordedAttempt>,
}

/// One attempt to deliver an event.
#[derive(Clone, PartialEq, Serialize, ToSchema)]
#[non_exhaustive]
pub struct RecordedAttempt {
    /// Counted from 1.
    pub number: usize,
    /// `scheduled` (one of the schedule's), `manual` or `duplicate` (on demand).
    pub kind: &'static str,
    /// When it began, by the sandbox's clock.
    #[serde(serialize_with = "rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    pub at: SystemTime,
    /// Which secret signed: `current`, or by a fault `previous` or `wrong`; `absent` where the API does
    /// not sign.
    pub signature: &'static str,
    /// `answered`, `timeout`, `connection_failed`, `unsigned` (there is no secret) or `dropped`.
    pub outcome: &'static str,
    /// The status that the application answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The first 1,024 bytes of its answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer: Option<String>,
}

impl fmt::Debug for RecordedDelivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecordedDelivery")
            .field("id", &self.id)
            .field("event", &self.event)
            .field("state", &self.state)
            .field("attempts", &self.attempts)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for RecordedAttempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecordedAttempt")
            .field("number", &self.number)
            .field("kind", &self.kind)
            .field("outcome", &self.outcome)
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

impl From<&Delivery> for RecordedDelivery {
    fn from(delivery: &Delivery) -> Self {
        let (state, next_at) = match delivery.state {
            DeliveryState::Pending { next_at, .. } => ("pending", Some(next_at.into())),
            DeliveryState::Delivered { .. } => ("delivered", None),
            DeliveryState::Failed { .. } => ("failed", None),
            DeliveryState::Dropped { .. } => ("dropped", None),
        };
        Self {
            id: delivery.id.clone(),
            api: delivery.carriage.api().as_str(),
            institution_id: delivery.institution_id.clone(),
            environment: delivery.environment,
            event: delivery.event,
            url: delivery.url.clone(),
            body: delivery.body.clone(),
            created_at: delivery.created_at.into(),
            state,
            next_at,
            attempts: delivery.attempts.iter().map(RecordedAttempt::from).collect(),
        }
    }
}

impl From<&AttemptRecord> for RecordedAttempt {
    fn from(attempt: &AttemptRecord) -> Self {
        let (outcome, status, answer) = match &attempt.outcome {
            Outcome::Status { status, body } => ("answered", Some(*status), Some(body.clone())),
            Outcome::Timeout {} => ("timeout", None, None),
            Outcome::ConnectionFailed {} => ("connection_failed", None, None),
            Outcome::Unsigned {} => ("unsigned", None, None),
            Outcome::Dropped {} => ("dropped", None, None),
        };
        Self {
            number: attempt.number,
            kind: match attempt.kind {
                AttemptKind::Scheduled => "scheduled",
                AttemptKind::Manual => "manual",
                AttemptKind::Duplicate => "duplicate",
            },
            at: attempt.at.into(),
            signature: match attempt.signature {
                Signing::Current => "current",
                Signing::Previous => "previous",
                Signing::Wrong => "wrong",
                Signing::Absent => "absent",
            },
            outcome,
            status,
            answer,
        }
    }
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "the signature is serde's")]
fn environment_name<S: Serializer>(
    environment: &Environment,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    environment.as_str().serialize(serializer)
}
