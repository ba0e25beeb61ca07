//! The circuit breaker towards the provider: while it is down, callers are told so at once.
//!
//! A plain state machine: it is told the time and how calls ended, and has no lock.

use std::time::Duration;

use super::CacheEvent;
use crate::{Served, UnavailableKind, Verdict};

/// When the breaker opens, and for how long (decision P56).
#[derive(Clone, Copy, Debug)]
pub(super) struct BreakerSettings {
    pub(super) failures: u32,
    pub(super) open_for: Duration,
}

/// What a circuit breaker does with calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum BreakerState {
    /// It lets them through.
    Closed,
    /// It holds them back: several in a row failed.
    Open,
    /// One call is under way that shows whether the provider is back; the others are held back.
    HalfOpen,
}

#[derive(Debug)]
pub(super) struct Breaker {
    settings: Option<BreakerSettings>,
    state: State,
    /// Grows with each change of state: what began before it says nothing about now.
    epoch: u64,
}

#[derive(Debug)]
enum State {
    Closed { failures: u32 },
    Open { until: Duration },
    HalfOpen,
}

/// The right to make one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Admission {
    epoch: u64,
    /// Whether the breaker became half-open for it.
    pub(super) probes: bool,
}

/// What a call says about the way to the provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Report {
    /// It answered, whatever it said.
    Answered,
    /// It did not: a failure of transport, or of the provider itself (5xx).
    Failed,
    /// Nothing: the call was not made, or was lost on our side.
    Nothing,
}

impl Report {
    /// Only failures that a caller cannot bring about by what it presents count.
    pub(super) fn of(verdict: &Verdict) -> Self {
        match verdict {
            // What other instances share says nothing of the way to the provider.
            Verdict::Valid(credential) if credential.served() != Served::Live => Self::Nothing,
            Verdict::Valid(_) | Verdict::Invalid(_) => Self::Answered,
            Verdict::Unavailable(outage) => match outage.kind() {
                UnavailableKind::Timeout
                | UnavailableKind::Unreachable
                | UnavailableKind::Failed => Self::Failed,
                UnavailableKind::RateLimited
                | UnavailableKind::Undecodable
                | UnavailableKind::Misconfigured => Self::Answered,
                UnavailableKind::Overloaded | UnavailableKind::TooManyAttempts => Self::Nothing,
            },
        }
    }
}

impl Breaker {
    pub(super) fn new(settings: Option<BreakerSettings>) -> Self {
        Self { settings, state: State::Closed { failures: 0 }, epoch: 0 }
    }

    pub(super) fn state(&self) -> BreakerState {
        match self.state {
            State::Closed { .. } => BreakerState::Closed,
            State::Open { .. } => BreakerState::Open,
            State::HalfOpen => BreakerState::HalfOpen,
        }
    }

    /// How long a call would be held back at least; `None` if it would not.
    pub(super) fn holds_back(&self, now: Duration) -> Option<Duration> {
        match self.state {
            State::Closed { .. } => None,
            State::Open { until } => until.checked_sub(now).filter(|left| !left.is_zero()),
            State::HalfOpen => Some(Duration::from_secs(1)),
        }
    }

    /// Lets one call through. Ask [`holds_back`](Self::holds_back) first.
    pub(super) fn admit(&mut self) -> Admission {
        let probes = matches!(self.state, State::Open { .. });
        if probes {
            self.enter(State::HalfOpen);
        }
        Admission { epoch: self.epoch, probes }
    }

    /// How an admitted call ended. The event, if the breaker changed.
    pub(super) fn record(
        &mut self,
        admission: Admission,
        report: Report,
        now: Duration,
    ) -> Option<CacheEvent> {
        let settings = self.settings.filter(|_| admission.epoch == self.epoch)?;
        let open = State::Open { until: now.saturating_add(settings.open_for) };
        match (&mut self.state, report) {
            (State::Closed { failures }, Report::Answered) => {
                *failures = 0;
                None
            }
            (State::Closed { failures }, Report::Failed) => {
                *failures += 1;
                if *failures < settings.failures {
                    return None;
                }
                self.enter(open);
                Some(CacheEvent::BreakerOpened)
            }
            (State::HalfOpen, Report::Answered) => {
                self.enter(State::Closed { failures: 0 });
                Some(CacheEvent::BreakerClosed)
            }
            // Also for a probe that was lost: the next one is due after the same time.
            (State::HalfOpen, _) => {
                self.enter(open);
                Some(CacheEvent::BreakerOpened)
            }
            (State::Closed { .. }, Report::Nothing) | (State::Open { .. }, _) => None,
        }
    }

    fn enter(&mut self, state: State) {
        self.state = state;
        self.epoch += 1;
    }
}

#[cfg(test)]
mod tests;
