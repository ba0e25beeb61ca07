//! Faults: what the sandbox does to a call in place of, or on top of, its usual answer.

mod kind;
mod queue;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use kind::FaultKind;
pub(crate) use queue::FaultQueue;

/// A call that a fault can hit and that the sandbox counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Route {
    /// `/api/bridge/code/redeem`.
    Redeem,
    /// `/v1/verify` and its other published name `/api/v1/bridge/verify` (decision D4).
    Verify,
    /// Every request outside the control API, also to paths that do not exist.
    #[default]
    Any,
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Redeem => "redeem",
            Self::Verify => "verify",
            Self::Any => "any",
        })
    }
}

/// A fault for the next calls of a route, one call unless [`Fault::times`] says more.
///
/// Faults wait in the order in which they were injected; a call takes the first one that matches
/// its route, and one only. A call is hit before its key is looked at.
///
/// ```
/// use passid_sandbox::{Fault, FaultKind, Route};
/// use serde_json::json;
///
/// let fault = Fault::on(Route::Verify, FaultKind::status(503)).times(2);
/// assert_eq!(
///     serde_json::to_value(&fault)?,
///     json!({"route": "verify", "times": 2, "fault": {"kind": "status", "status": 503}}),
/// );
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    #[serde(default)]
    route: Route,
    #[serde(default = "once")]
    times: u32,
    fault: FaultKind,
}

impl Fault {
    /// A fault for the next call of `route`.
    pub fn on(route: Route, kind: FaultKind) -> Self {
        Self { route, times: once(), fault: kind }
    }

    /// How many matching calls the fault hits.
    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.times = times;
        self
    }

    fn check(&self) -> Result<(), FaultError> {
        if self.times == 0 {
            return Err(FaultError::Never);
        }
        self.fault.check()
    }
}

/// Why a fault cannot be injected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FaultError {
    /// `times` is 0.
    #[error("a fault hits at least one call; times is 0")]
    Never,
    /// A status that is no final HTTP status with a body.
    #[error("the status of a fault is between 200 and 599 and one that has a body")]
    InvalidStatus,
    /// A pause of more than 60 seconds.
    #[error("the pause of a fault is at most {limit} milliseconds")]
    TooLong {
        /// The longest pause, in milliseconds.
        limit: u64,
    },
    /// As many faults as the sandbox keeps.
    #[error("at most {limit} faults wait at a time; clear them or let calls use them up")]
    Full {
        /// How many it keeps.
        limit: usize,
    },
}

const fn once() -> u32 {
    1
}
