//! One delivery: an event on its way to an application, with all its attempts.

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use passid_core::Environment;
use serde::{Deserialize, Serialize};

use super::carriage::Carriage;
use super::due::Lane;
use super::event::{WebhookEvent, restamped};
use super::fault::WebhookFaultKind;
use super::schedule;
use crate::state::table::Row;

/// How long an event is held so that a later one can overtake it.
const LONGEST_HOLD: SignedDuration = SignedDuration::from_secs(60);

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Delivery {
    pub(crate) id: String,
    pub(crate) institution_id: String,
    #[serde(with = "EnvironmentName")]
    pub(crate) environment: Environment,
    pub(crate) event: WebhookEvent,
    /// As it was configured when the event happened.
    pub(crate) url: String,
    pub(crate) body: String,
    pub(crate) created_at: Timestamp,
    pub(crate) state: DeliveryState,
    pub(crate) attempts: Vec<AttemptRecord>,
    /// Attempts outside of the schedule that are still to be made, at most one of each kind.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) extras: Vec<Extra>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) fault: Option<WebhookFaultKind>,
    #[serde(default, skip_serializing_if = "Carriage::is_passid")]
    pub(crate) carriage: Carriage,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum DeliveryState {
    Pending {
        next_at: Timestamp,
        /// Waits for a later event to overtake it; `next_at` is then the latest time.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        held: bool,
    },
    Delivered {
        at: Timestamp,
    },
    /// Every attempt of the schedule failed.
    Failed {
        at: Timestamp,
    },
    /// A fault had it never sent.
    Dropped {
        at: Timestamp,
    },
}

/// A state without its times: what deliveries are listed by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum StateName {
    Pending,
    Delivered,
    Failed,
    Dropped,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Extra {
    pub(super) kind: AttemptKind,
    pub(super) at: Timestamp,
}

/// Why an attempt is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AttemptKind {
    /// One of the schedule's.
    Scheduled,
    /// Somebody asked for it.
    Manual,
    /// The second half of a duplicate.
    Duplicate,
}

/// An attempt that was made.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AttemptRecord {
    /// Counted from 1 over all kinds.
    pub(crate) number: usize,
    pub(crate) kind: AttemptKind,
    /// When it began.
    pub(crate) at: Timestamp,
    pub(crate) signature: Signing,
    pub(crate) outcome: Outcome,
}

/// Which secret signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Signing {
    Current,
    /// By a fault: the secret before.
    Previous,
    /// By a fault: none.
    Wrong,
    /// None, because the API does not sign.
    Absent,
}

/// What came of an attempt. Without `Debug`: an answer can hold anything.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Outcome {
    /// An answer, and the first 1,024 bytes of its body.
    Status { status: u16, body: String },
    /// No answer within the limit.
    Timeout {},
    /// No connection, or one that ended without an answer.
    ConnectionFailed {},
    /// There was no secret to sign with, and nothing is sent unsigned.
    Unsigned {},
    /// A fault had it not sent.
    Dropped {},
}

#[derive(Clone, PartialEq, Eq)]
pub(crate) struct AttemptResult {
    pub(crate) outcome: Outcome,
    /// The signature in use, which differs from the one asked for when there is no previous secret.
    pub(crate) signature: Signing,
}

/// An attempt to be made. Without `Debug`: tokens and claims are in it.
#[derive(Clone)]
pub(crate) struct Attempt {
    pub(crate) id: AttemptId,
    pub(crate) institution_id: String,
    pub(crate) environment: Environment,
    pub(crate) event: WebhookEvent,
    pub(crate) url: String,
    /// The exact bytes to sign and to send.
    pub(crate) body: String,
    pub(crate) signing: Signing,
    pub(crate) carriage: Carriage,
}

/// Names one attempt: the ticket tells it from an earlier one of a delivery with the same id, such
/// as one from before a reset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AttemptId {
    pub(crate) delivery: String,
    pub(super) ticket: u64,
}

impl Row for Delivery {
    const TABLE: &'static str = "deliveries";
}

impl Delivery {
    /// What the fault does to an event that has just happened.
    pub(super) fn begin(&mut self, now: Timestamp) {
        let (pause, held) = match self.fault {
            Some(WebhookFaultKind::Drop {}) => {
                self.attempts.push(AttemptRecord {
                    number: 1,
                    kind: AttemptKind::Scheduled,
                    at: now,
                    signature: Signing::Current,
                    outcome: Outcome::Dropped {},
                });
                self.state = DeliveryState::Dropped { at: now };
                return;
            }
            Some(WebhookFaultKind::Reorder {}) => (LONGEST_HOLD, true),
            Some(WebhookFaultKind::Late { seconds }) => {
                let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
                (SignedDuration::from_secs(seconds), false)
            }
            _ => (SignedDuration::ZERO, false),
        };
        self.state = DeliveryState::Pending { next_at: schedule::later(now, pause), held };
    }

    /// The next attempt and its time.
    pub(super) fn next(&self) -> Option<(Timestamp, AttemptKind)> {
        let scheduled = match self.state {
            DeliveryState::Pending { next_at, .. } => Some((next_at, AttemptKind::Scheduled)),
            _ => None,
        };
        let extras = self.extras.iter().map(|extra| (extra.at, extra.kind));
        // The first of equals: an attempt that was asked for comes before one that is due anyway.
        extras.chain(scheduled).min_by_key(|(at, _)| *at)
    }

    /// When nothing more was to be done. `None` while there is.
    pub(super) fn finished_at(&self) -> Option<Timestamp> {
        match self.state {
            _ if !self.extras.is_empty() => None,
            DeliveryState::Pending { .. } => None,
            DeliveryState::Delivered { at }
            | DeliveryState::Failed { at }
            | DeliveryState::Dropped { at } => Some(at),
        }
    }

    pub(super) fn is_held(&self) -> bool {
        matches!(self.state, DeliveryState::Pending { held: true, .. })
    }

    pub(super) fn lane(&self) -> Lane {
        // No institution has an empty id.
        let environment = match self.carriage {
            Carriage::Passid => self.environment.as_str(),
            Carriage::Passbase { .. } => "passbase",
        };
        Lane { institution_id: self.institution_id.clone(), environment }
    }

    pub(super) fn attempt(&self, ticket: u64, kind: AttemptKind, now: Timestamp) -> Attempt {
        // Who sends by hand wants the event as it should have been.
        let fault = self.fault.filter(|_| kind != AttemptKind::Manual);
        Attempt {
            id: AttemptId { delivery: self.id.clone(), ticket },
            institution_id: self.institution_id.clone(),
            environment: self.environment,
            event: self.event,
            url: self.url.clone(),
            body: match fault {
                Some(WebhookFaultKind::Restamp {}) => restamped(&self.body, now),
                _ => self.body.clone(),
            },
            signing: match fault {
                _ if !self.carriage.is_passid() => Signing::Absent,
                Some(WebhookFaultKind::WrongSignature {}) => Signing::Wrong,
                Some(WebhookFaultKind::OldSecret {}) => Signing::Previous,
                _ => Signing::Current,
            },
            carriage: self.carriage.clone(),
        }
    }

    /// Takes down an attempt that began at `at` and ended now.
    pub(super) fn record(
        &mut self,
        kind: AttemptKind,
        at: Timestamp,
        result: AttemptResult,
        now: Timestamp,
    ) {
        let succeeded = self.carriage.is_success(&result.outcome);
        let AttemptResult { outcome, signature } = result;
        let number = self.attempts.len() + 1;
        self.attempts.push(AttemptRecord { number, kind, at, signature, outcome });
        self.extras.retain(|extra| extra.kind != kind);
        let scheduled = self.count(AttemptKind::Scheduled);
        match (kind, self.state) {
            (_, DeliveryState::Delivered { .. }) => {}
            _ if succeeded => self.state = DeliveryState::Delivered { at: now },
            (AttemptKind::Scheduled, _) => {
                self.state = match self.carriage.next(scheduled, now) {
                    Some(next_at) => DeliveryState::Pending { next_at, held: false },
                    None => DeliveryState::Failed { at: now },
                }
            }
            // A failure outside of the schedule changes nothing in it.
            (AttemptKind::Manual | AttemptKind::Duplicate, _) => {}
        }
        let duplicated = matches!(self.fault, Some(WebhookFaultKind::Duplicate {}))
            || self.carriage.is_repeated();
        if duplicated && kind == AttemptKind::Scheduled && scheduled == 1 {
            self.extras.push(Extra { kind: AttemptKind::Duplicate, at: now });
        }
    }

    pub(super) fn count(&self, kind: AttemptKind) -> usize {
        self.attempts.iter().filter(|attempt| attempt.kind == kind).count()
    }
}

impl DeliveryState {
    pub(crate) fn name(self) -> StateName {
        match self {
            Self::Pending { .. } => StateName::Pending,
            Self::Delivered { .. } => StateName::Delivered,
            Self::Failed { .. } => StateName::Failed,
            Self::Dropped { .. } => StateName::Dropped,
        }
    }
}

impl fmt::Debug for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Delivery")
            .field("id", &self.id)
            .field("event", &self.event)
            .field("state", &self.state)
            .field("attempts", &self.attempts.len())
            .finish_non_exhaustive()
    }
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Environment", rename_all = "snake_case")]
enum EnvironmentName {
    Sandbox,
    Live,
}
