//! Faults: what the sandbox does to a call in place of, or on top of, its usual answer.

mod error;
mod header;
mod kind;
mod queue;
mod real;
mod text;
mod times;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::method;
use crate::route::Route;

pub use error::FaultError;
pub use header::FAULT_HEADER;
pub(crate) use header::asked_for;
pub use kind::FaultKind;
pub(crate) use kind::LONGEST_PAUSE_MILLIS;
pub(crate) use queue::FaultQueue;
pub use real::Real;

use times::Times;

/// A fault for the next calls of a route, one call unless [`Fault::times`] or [`Fault::always`] says
/// more.
///
/// Faults wait in the order in which they were injected; a call takes the first one that matches it
/// and is due, and one only. A call is hit before its key is looked at.
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
///
/// let fault = Fault::on(Route::Any, FaultKind::reset()).method("POST").nth(3).probability(0.25);
/// assert_eq!(
///     serde_json::to_value(fault.always())?,
///     json!({
///         "route": "any",
///         "method": "POST",
///         "times": "always",
///         "nth": 3,
///         "probability": 0.25,
///         "fault": {"kind": "reset"},
///     }),
/// );
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// The name of a route; `any` when absent.
    #[serde(default)]
    #[schema(value_type = String, required = false)]
    route: Route,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    method: Option<String>,
    /// A number of calls, or `always`; 1 when absent.
    #[serde(default)]
    #[schema(value_type = Value, required = false)]
    times: Times,
    #[serde(default = "first", skip_serializing_if = "is_first")]
    nth: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<f64>, exclusive_minimum = 0, maximum = 1)]
    probability: Option<Real>,
    fault: FaultKind,
}

impl Fault {
    /// A fault for the next call of `route`.
    pub fn on(route: Route, kind: FaultKind) -> Self {
        Self {
            route,
            method: None,
            times: Times::ONCE,
            nth: first(),
            probability: None,
            fault: kind,
        }
    }

    /// How many matching calls the fault hits.
    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.times = Times::Count(times);
        self
    }

    /// Hits matching calls until the faults are cleared or the sandbox is reset.
    #[must_use]
    pub fn always(mut self) -> Self {
        self.times = Times::Always;
        self
    }

    /// Only calls of this method, such as `POST`; of any method unless told.
    #[must_use]
    pub fn method(mut self, method: impl Into<String>) -> Self {
        self.method = Some(method.into());
        self
    }

    /// The first matching call that can be hit, counted from 1 and from the injection on. Calls that
    /// another fault hits are counted too.
    #[must_use]
    pub fn nth(mut self, nth: u32) -> Self {
        self.nth = nth;
        self
    }

    /// How likely a matching call is hit, above 0 and at most 1; [`Fault::times`] counts hits. Each
    /// matching call from the nth on draws one of the sandbox's seeded random numbers, unless an
    /// earlier fault takes it.
    #[must_use]
    pub fn probability(mut self, probability: f64) -> Self {
        self.probability = Some(Real::from(probability));
        self
    }

    pub(crate) fn kind(&self) -> FaultKind {
        self.fault
    }

    /// Checks everything, and writes the method the way requests have it.
    pub(crate) fn checked(mut self) -> Result<Self, FaultError> {
        if self.times == Times::Count(0) {
            return Err(FaultError::Never);
        }
        if self.nth == 0 {
            return Err(FaultError::NthFromOne);
        }
        if self.probability.is_some_and(|given| !(given.get() > 0.0 && given.get() <= 1.0)) {
            return Err(FaultError::InvalidProbability);
        }
        if let Some(given) = &self.method {
            let known = method::known(given).ok_or(FaultError::UnknownMethod)?;
            self.method = Some(known.to_owned());
        }
        self.fault.check()?;
        if matches!(self.fault, FaultKind::ConnectRefused { .. })
            && self != Self::on(Route::Any, self.fault)
        {
            return Err(FaultError::NotForCalls);
        }
        Ok(self)
    }

    fn matches(&self, called: Route, method: &str) -> bool {
        self.route.covers(called) && self.method.as_deref().is_none_or(|wanted| wanted == method)
    }
}

const fn first() -> u32 {
    1
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "the signature is serde's")]
fn is_first(nth: &u32) -> bool {
    *nth == first()
}
