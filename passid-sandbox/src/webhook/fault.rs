//! Faults of deliveries: what a receiver has to put up with, on demand.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::event::WebhookEvent;

const LIMIT: usize = 1_000;
/// A day, in seconds.
const LONGEST_DELAY: u64 = 86_400;

/// A fault for the next events of an institution, one event unless [`WebhookFault::times`] says
/// more.
///
/// Faults wait in the order in which they were injected. An event takes the first one that matches
/// its name at the moment it happens, and one only. A redelivery by hand carries no fault.
///
/// ```
/// use passid_sandbox::{WebhookEvent, WebhookFault, WebhookFaultKind};
/// use serde_json::json;
///
/// let fault = WebhookFault::on(WebhookEvent::VerificationCompleted, WebhookFaultKind::late(90));
/// assert_eq!(
///     serde_json::to_value(&fault)?,
///     json!({
///         "event": "verification.completed",
///         "times": 1,
///         "fault": {"kind": "late", "seconds": 90},
///     }),
/// );
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WebhookFault {
    /// The name of an event; every event when absent.
    #[schema(value_type = Option<String>)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    event: Option<WebhookEvent>,
    #[serde(default = "once")]
    times: u32,
    fault: WebhookFaultKind,
}

impl WebhookFault {
    /// A fault for the next event of this name.
    pub fn on(event: WebhookEvent, kind: WebhookFaultKind) -> Self {
        Self { event: Some(event), times: once(), fault: kind }
    }

    /// A fault for the next event, whatever its name.
    pub fn on_any(kind: WebhookFaultKind) -> Self {
        Self { event: None, times: once(), fault: kind }
    }

    /// How many matching events the fault hits.
    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.times = times;
        self
    }

    fn check(&self) -> Result<(), WebhookFaultError> {
        if self.times == 0 {
            return Err(WebhookFaultError::Never);
        }
        match self.fault {
            WebhookFaultKind::Late { seconds } if !(1..=LONGEST_DELAY).contains(&seconds) => {
                Err(WebhookFaultError::InvalidDelay { limit: LONGEST_DELAY })
            }
            _ => Ok(()),
        }
    }
}

/// What happens to the delivery.
///
/// In JSON the name of a kind is its `kind`, such as `{"kind": "old_secret"}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum WebhookFaultKind {
    /// Recorded, but never sent.
    Drop {},
    /// The first attempt is followed by the same bytes again, whatever its answer was.
    Duplicate {},
    /// Held until a later event of the institution has been sent, or for 60 seconds.
    Reorder {},
    /// Each attempt carries the time of the attempt in its envelope, and so other bytes and
    /// another signature. Of PASSID only, as the two faults that follow: nobody else has a time in an
    /// envelope, or signs.
    Restamp {},
    /// Each attempt carries a signature of the right form that no secret made.
    WrongSignature {},
    /// Each attempt is signed with the secret before the current one. Where there was none, the
    /// signature is wrong.
    OldSecret {},
    /// The first attempt comes that much later.
    Late {
        /// Seconds of the sandbox's clock, 1 to 86,400.
        seconds: u64,
    },
}

impl WebhookFaultKind {
    /// The fault that sends nothing. Not named after its kind, which is a trait's method.
    pub const fn dropped() -> Self {
        Self::Drop {}
    }

    /// The fault that sends twice.
    pub const fn duplicate() -> Self {
        Self::Duplicate {}
    }

    /// The fault that lets a later event overtake.
    pub const fn reorder() -> Self {
        Self::Reorder {}
    }

    /// The fault that writes a new time for each attempt.
    pub const fn restamp() -> Self {
        Self::Restamp {}
    }

    /// The fault that signs wrongly.
    pub const fn wrong_signature() -> Self {
        Self::WrongSignature {}
    }

    /// The fault that signs with the previous secret.
    pub const fn old_secret() -> Self {
        Self::OldSecret {}
    }

    /// The fault that sends later, in seconds of the sandbox's clock.
    pub const fn late(seconds: u64) -> Self {
        Self::Late { seconds }
    }
}

/// Why a fault of deliveries cannot be injected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WebhookFaultError {
    /// `times` is 0.
    #[error("a fault hits at least one event; times is 0")]
    Never,
    /// A delay of nothing or of more than a day.
    #[error("a late delivery is 1 to {limit} seconds late")]
    InvalidDelay {
        /// The longest delay, in seconds.
        limit: u64,
    },
    /// As many faults as the sandbox keeps.
    #[error("at most {limit} faults wait at a time; clear them or let events use them up")]
    Full {
        /// How many it keeps.
        limit: usize,
    },
}

/// The faults that wait for their events, in the order in which they were injected.
#[derive(Debug, Default)]
pub(super) struct WebhookFaultQueue {
    waiting: VecDeque<WebhookFault>,
}

impl WebhookFaultQueue {
    pub(super) fn push(&mut self, fault: WebhookFault) -> Result<(), WebhookFaultError> {
        fault.check()?;
        if self.waiting.len() >= LIMIT {
            return Err(WebhookFaultError::Full { limit: LIMIT });
        }
        self.waiting.push_back(fault);
        Ok(())
    }

    /// Uses up one hit of the first fault for this event.
    pub(super) fn take(&mut self, event: WebhookEvent) -> Option<WebhookFaultKind> {
        let matches = |fault: &WebhookFault| fault.event.is_none_or(|name| name == event);
        let position = self.waiting.iter().position(matches)?;
        let fault = self.waiting.get_mut(position)?;
        let kind = fault.fault;
        fault.times = fault.times.saturating_sub(1);
        if fault.times == 0 {
            self.waiting.remove(position);
        }
        Some(kind)
    }

    pub(super) fn list(&self) -> Vec<WebhookFault> {
        self.waiting.iter().cloned().collect()
    }

    pub(super) fn clear(&mut self) {
        self.waiting.clear();
    }
}

const fn once() -> u32 {
    1
}
