use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::FaultError;

const LONGEST_PAUSE_MILLIS: u64 = 60_000;
const STATUSES_WITHOUT_BODY: [u16; 3] = [204, 205, 304];

/// What happens to the call.
///
/// In the first group the sandbox applies nothing: no code is burnt, nothing is remembered under
/// the idempotency key. In the second group the call has its full effect, and only the answer goes
/// wrong.
///
/// In JSON the name of a kind is its `kind`, such as `{"kind": "apply_then_drop"}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum FaultKind {
    /// Nothing applied: this status with an error body of code `INJECTED_FAULT`.
    Status {
        /// The HTTP status, 200 to 599.
        status: u16,
        /// The header `Retry-After`, in seconds.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_after_secs: Option<u64>,
    },
    /// Nothing applied: the whole request is read, then the connection is reset (TCP RST) before
    /// any byte of an answer.
    Reset {},
    /// Nothing applied: the whole request is read, then the connection is closed in good order
    /// without a byte of an answer.
    Empty {},
    /// Nothing applied: bytes that are not HTTP, then the end of the connection.
    Garbage {},
    /// Nothing applied: 200 with a page of `text/html`, as a proxy in between would send.
    Html {},
    /// Applied: the usual answer, held back for so long. The effect does not wait.
    Delay {
        /// Milliseconds, at most 60,000.
        millis: u64,
    },
    /// Applied: the usual answer, its body in eight pieces spread over so long.
    SlowBody {
        /// Milliseconds from the first piece to the last, at most 60,000.
        millis: u64,
    },
    /// Applied: the usual headers with the full `Content-Length`, half of the body, then the end of
    /// the connection.
    Truncate {},
    /// Applied: the usual answer as valid JSON, but with a member `padding` in front that makes it
    /// longer than 1 MiB, sent without a `Content-Length`.
    Oversize {},
    /// Applied: the call has its full effect, then the connection is reset before any byte of an
    /// answer. Proves what a client makes of a redemption whose answer is lost (decision D12).
    ApplyThenDrop {},
}

impl FaultKind {
    /// The status fault without a `Retry-After`.
    pub const fn status(status: u16) -> Self {
        Self::Status { status, retry_after_secs: None }
    }

    /// The status fault with a `Retry-After`.
    pub const fn status_with_retry_after(status: u16, seconds: u64) -> Self {
        Self::Status { status, retry_after_secs: Some(seconds) }
    }

    /// The reset fault.
    pub const fn reset() -> Self {
        Self::Reset {}
    }

    /// The empty fault.
    pub const fn empty() -> Self {
        Self::Empty {}
    }

    /// The garbage fault.
    pub const fn garbage() -> Self {
        Self::Garbage {}
    }

    /// The page fault.
    pub const fn html() -> Self {
        Self::Html {}
    }

    /// The truncated body fault.
    pub const fn truncate() -> Self {
        Self::Truncate {}
    }

    /// The oversized body fault.
    pub const fn oversize() -> Self {
        Self::Oversize {}
    }

    /// The fault that applies the call and loses its answer.
    pub const fn apply_then_drop() -> Self {
        Self::ApplyThenDrop {}
    }

    /// The delay fault, in whole milliseconds.
    pub fn delay(pause: Duration) -> Self {
        Self::Delay { millis: whole_millis(pause) }
    }

    /// The slow body fault, in whole milliseconds.
    pub fn slow_body(pause: Duration) -> Self {
        Self::SlowBody { millis: whole_millis(pause) }
    }

    pub(super) fn check(self) -> Result<(), FaultError> {
        match self {
            Self::Status { status, .. }
                if !(200..=599).contains(&status) || STATUSES_WITHOUT_BODY.contains(&status) =>
            {
                Err(FaultError::InvalidStatus)
            }
            Self::Delay { millis } | Self::SlowBody { millis } if millis > LONGEST_PAUSE_MILLIS => {
                Err(FaultError::TooLong { limit: LONGEST_PAUSE_MILLIS })
            }
            _ => Ok(()),
        }
    }
}

fn whole_millis(pause: Duration) -> u64 {
    u64::try_from(pause.as_millis()).unwrap_or(u64::MAX)
}
