use std::time::Duration;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{FaultError, Real};

pub(crate) const LONGEST_PAUSE_MILLIS: u64 = 60_000;
/// More would make nearly every pause 0 or the longest one.
const LARGEST_SIGMA: u32 = 10;
const STATUSES_WITHOUT_BODY: [u16; 3] = [204, 205, 304];

/// What happens to the call.
///
/// In the first group the sandbox applies nothing: no code is burnt, nothing is remembered under
/// the idempotency key. In the second group the call has its full effect, and only the answer goes
/// wrong. [`FaultKind::ConnectRefused`] stands for itself: it meets connections, not calls.
///
/// In JSON the name of a kind is its `kind`, such as `{"kind": "apply_then_drop"}`. In the header
/// [`FAULT_HEADER`](super::FAULT_HEADER) and in `Display` the kind comes first and its values
/// follow, with the names they have in JSON:
///
/// ```
/// use passid_sandbox::FaultKind;
///
/// let fault = FaultKind::status_with_retry_after(503, 1);
/// assert_eq!(fault.to_string(), "status; retry_after_secs=1; status=503");
/// assert_eq!("status; status=503; retry_after_secs=1".parse(), Ok(fault));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum FaultKind {
    /// Nothing applied: this status with an error body, of code `INJECTED_FAULT` where the API has
    /// codes of that kind.
    Status {
        /// The HTTP status, 200 to 599.
        status: u16,
        /// The header `Retry-After`, in seconds.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_after_secs: Option<u64>,
    },
    /// Nothing applied: 429 with the same error body and a `Retry-After`.
    RateLimit {
        /// The header `Retry-After`, in seconds.
        retry_after_secs: u64,
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
    /// Applied: the usual answer, held back for a time from the log-normal distribution, as real
    /// networks have it: most answers near the median, a few much later. At most 60 seconds. The
    /// effect does not wait.
    DelayLogNormal {
        /// Half of the answers come earlier, in milliseconds; at most 60,000.
        median_millis: u64,
        /// The standard deviation of the logarithm, 0 to 10. With 0.5 one answer in forty takes more
        /// than 2.7 times the median.
        #[schema(value_type = f64)]
        sigma: Real,
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
    /// Applied: the usual answer with `Content-Type: text/plain`.
    WrongContentType {},
    /// Applied: the call has its full effect, then the connection is reset before any byte of an
    /// answer. Proves what a client makes of a redemption whose answer is lost (decision D12).
    ApplyThenDrop {},
    /// At the moment of the injection the sandbox stops listening and ends its idle connections. New
    /// connections are refused for so long; then it listens on the same port again.
    ConnectRefused {
        /// Milliseconds, at most 60,000.
        millis: u64,
    },
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

    /// The rate limit fault.
    pub const fn rate_limit(retry_after_secs: u64) -> Self {
        Self::RateLimit { retry_after_secs }
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

    /// The fault that labels the usual answer as plain text.
    pub const fn wrong_content_type() -> Self {
        Self::WrongContentType {}
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

    /// The delay fault of varying length, with a median in whole milliseconds.
    pub fn delay_log_normal(median: Duration, sigma: f64) -> Self {
        Self::DelayLogNormal { median_millis: whole_millis(median), sigma: Real::from(sigma) }
    }

    /// The fault that refuses connections, in whole milliseconds.
    pub fn connect_refused(refused_for: Duration) -> Self {
        Self::ConnectRefused { millis: whole_millis(refused_for) }
    }

    /// Its name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Status { .. } => "status",
            Self::RateLimit { .. } => "rate_limit",
            Self::Reset {} => "reset",
            Self::Empty {} => "empty",
            Self::Garbage {} => "garbage",
            Self::Html {} => "html",
            Self::Delay { .. } => "delay",
            Self::DelayLogNormal { .. } => "delay_log_normal",
            Self::SlowBody { .. } => "slow_body",
            Self::Truncate {} => "truncate",
            Self::Oversize {} => "oversize",
            Self::WrongContentType {} => "wrong_content_type",
            Self::ApplyThenDrop {} => "apply_then_drop",
            Self::ConnectRefused { .. } => "connect_refused",
        }
    }

    pub(super) fn check(self) -> Result<(), FaultError> {
        match self {
            Self::Status { status, .. } => check_status(status),
            Self::DelayLogNormal { median_millis, sigma } => {
                check_pause(median_millis)?;
                check_sigma(sigma.get())
            }
            Self::Delay { millis }
            | Self::SlowBody { millis }
            | Self::ConnectRefused { millis } => check_pause(millis),
            _ => Ok(()),
        }
    }
}

fn check_status(status: u16) -> Result<(), FaultError> {
    if (200..=599).contains(&status) && !STATUSES_WITHOUT_BODY.contains(&status) {
        Ok(())
    } else {
        Err(FaultError::InvalidStatus)
    }
}

fn check_pause(millis: u64) -> Result<(), FaultError> {
    if millis <= LONGEST_PAUSE_MILLIS {
        Ok(())
    } else {
        Err(FaultError::TooLong { limit: LONGEST_PAUSE_MILLIS })
    }
}

fn check_sigma(sigma: f64) -> Result<(), FaultError> {
    if (0.0..=f64::from(LARGEST_SIGMA)).contains(&sigma) {
        Ok(())
    } else {
        Err(FaultError::InvalidSigma { limit: LARGEST_SIGMA })
    }
}

fn whole_millis(pause: Duration) -> u64 {
    u64::try_from(pause.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::Fault;
    use crate::route::Route;

    fn refusal(fault: Fault) -> FaultError {
        fault.checked().unwrap_err()
    }

    #[test]
    fn a_kind_beyond_the_limits_is_refused() {
        let refusal = |kind| refusal(Fault::on(Route::Any, kind));
        for status in [0, 100, 199, 204, 205, 304, 600] {
            assert_eq!(refusal(FaultKind::status(status)), FaultError::InvalidStatus);
        }
        let too_long = Duration::from_millis(60_001);
        for kind in [
            FaultKind::delay(too_long),
            FaultKind::slow_body(too_long),
            FaultKind::delay_log_normal(too_long, 0.5),
            FaultKind::connect_refused(too_long),
        ] {
            assert_eq!(refusal(kind), FaultError::TooLong { limit: 60_000 });
        }
        for sigma in [-0.1, 10.1, f64::NAN, f64::INFINITY] {
            let kind = FaultKind::delay_log_normal(Duration::ZERO, sigma);
            assert_eq!(refusal(kind), FaultError::InvalidSigma { limit: 10 });
        }
    }

    #[test]
    fn a_fault_beyond_the_limits_is_refused() {
        let fault = || Fault::on(Route::Any, FaultKind::reset());
        assert_eq!(refusal(fault().times(0)), FaultError::Never);
        assert_eq!(refusal(fault().nth(0)), FaultError::NthFromOne);
        for probability in [0.0, -0.5, 1.1, f64::NAN] {
            assert_eq!(refusal(fault().probability(probability)), FaultError::InvalidProbability);
        }
        for method in ["", "BREW", "POST ", "P\u{d6}ST"] {
            assert_eq!(refusal(fault().method(method)), FaultError::UnknownMethod);
        }
    }

    #[test]
    fn refusing_connections_belongs_to_no_call() {
        let kind = FaultKind::connect_refused(Duration::from_secs(1));
        let fault = || Fault::on(Route::Any, kind);
        fault().checked().unwrap();
        for fault in [
            Fault::on(Route::Verify, kind),
            fault().times(2),
            fault().always(),
            fault().nth(2),
            fault().method("POST"),
            fault().probability(1.0),
        ] {
            assert_eq!(refusal(fault), FaultError::NotForCalls);
        }
    }
}
