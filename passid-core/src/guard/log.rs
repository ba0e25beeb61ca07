use std::error::Error;
use std::time::Duration;

use super::{Reason, Rejection};
use crate::UnavailableKind;
use crate::rate_limit::RateLimit;

/// What a guard tells the log about its refusals.
#[derive(Default)]
pub(super) struct RefusalLog {
    outages: RateLimit,
}

impl RefusalLog {
    /// One event for each refusal. Callers can cause any number of 401s, so these are quiet; an
    /// outage is loud, but not once per request.
    pub(super) fn record(&self, rejection: &Rejection, elapsed: Duration) {
        let code = rejection.code().as_str();
        match rejection.reason() {
            Reason::Denied(reason) if reason.is_final() => {
                tracing::warn!(target: "passid::guard", code, reason = %reason, "refused for good");
            }
            Reason::Denied(reason) => {
                tracing::debug!(target: "passid::guard", code, reason = %reason, "refused");
            }
            Reason::Policy(violation) => {
                tracing::debug!(target: "passid::guard", code, %violation, "refused");
            }
            // Callers can cause any number of them.
            Reason::Unavailable(outage) if outage.kind() == UnavailableKind::TooManyAttempts => {
                tracing::debug!(target: "passid::guard", code, "refused");
            }
            Reason::Unavailable(outage) => {
                let Some(suppressed) = self.outages.admit(elapsed) else {
                    return;
                };
                let cause = chain(outage);
                if outage.kind() == UnavailableKind::Misconfigured {
                    tracing::error!(target: "passid::guard", code, suppressed, cause, "refused");
                } else {
                    tracing::warn!(target: "passid::guard", code, suppressed, cause, "refused");
                }
            }
            reason => tracing::debug!(target: "passid::guard", code, ?reason, "refused"),
        }
    }
}

/// An error and its sources in one line.
fn chain(error: &dyn Error) -> String {
    let mut line = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        line.push_str(": ");
        line.push_str(&error.to_string());
        source = error.source();
    }
    line
}
