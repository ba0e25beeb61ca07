//! What a test watches and steers a sandbox with: faults, the journal, call counts, and the random
//! numbers behind them. None of it is part of the API.

mod calls;
mod docverify;

use std::time::Duration;

use axum::http::HeaderMap;

use crate::chance::Chance;
use crate::fault::{self, Fault, FaultError, FaultKind, FaultQueue, LONGEST_PAUSE_MILLIS};
use crate::journal::Journal;
use crate::route::Route;
use crate::server::Door;

use calls::{CallCounts, CallTotals};
pub(crate) use docverify::DocumentWishes;
pub use docverify::{DocumentFeedback, DocumentFeedbackError};

/// A fault that a call meets.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hit {
    pub(crate) kind: FaultKind,
    /// How long the call is held up, where the kind holds it up.
    pub(crate) pause: Duration,
}

/// The instruments of one sandbox.
#[derive(Debug)]
pub(crate) struct Instruments {
    pub(crate) journal: Journal,
    pub(crate) door: Door,
    pub(crate) docverify: DocumentWishes,
    faults: FaultQueue,
    calls: CallCounts,
    chance: Chance,
}

impl Instruments {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            journal: Journal::default(),
            door: Door::default(),
            docverify: DocumentWishes::default(),
            faults: FaultQueue::default(),
            calls: CallCounts::default(),
            chance: Chance::new(seed),
        }
    }

    /// Everything as at the start.
    pub(crate) fn reset(&self) {
        self.clear_faults();
        self.journal.reset();
        self.calls.reset();
        self.chance.reset();
        self.docverify.reset();
    }

    pub(crate) fn count_call(&self, called: Route) {
        self.calls.count(called);
    }

    pub(crate) fn calls(&self) -> CallTotals {
        self.calls.totals()
    }

    /// Lets a fault wait for its calls, or begins with it at once if it meets connections.
    pub(crate) fn inject(&self, fault: Fault) -> Result<(), FaultError> {
        let fault = fault.checked()?;
        match fault.kind() {
            FaultKind::ConnectRefused { millis } => {
                self.door.refuse_for(Duration::from_millis(millis));
                Ok(())
            }
            _ => self.faults.push(fault),
        }
    }

    pub(crate) fn waiting_faults(&self) -> Vec<Fault> {
        self.faults.list()
    }

    /// Nothing waits any more, and connections are taken again.
    pub(crate) fn clear_faults(&self) {
        self.faults.clear();
        self.door.end_refusal();
    }

    /// The fault for a call: the one it asks for itself, else the first one that waits for it.
    pub(crate) fn fault_for(
        &self,
        called: Route,
        method: &str,
        headers: &HeaderMap,
    ) -> Result<Option<Hit>, FaultError> {
        let kind = match fault::asked_for(headers)? {
            Some(kind) => Some(kind),
            None => self.faults.take(called, method, &self.chance),
        };
        Ok(kind.map(|kind| Hit { kind, pause: self.pause_of(kind) }))
    }

    fn pause_of(&self, kind: FaultKind) -> Duration {
        let longest = Duration::from_millis(LONGEST_PAUSE_MILLIS);
        match kind {
            FaultKind::Delay { millis } | FaultKind::SlowBody { millis } => {
                Duration::from_millis(millis)
            }
            FaultKind::DelayLogNormal { median_millis, sigma } => {
                let median = Duration::from_millis(median_millis).as_secs_f64();
                let drawn = self.chance.log_normal(median, sigma.get());
                Duration::try_from_secs_f64(drawn).unwrap_or(longest).min(longest)
            }
            _ => Duration::ZERO,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pauses(instruments: &Instruments) -> Vec<Duration> {
        let median = Duration::from_millis(50);
        let fault = |sigma| Fault::on(Route::Any, FaultKind::delay_log_normal(median, sigma));
        instruments.inject(fault(0.5).times(20)).unwrap();
        instruments.inject(fault(10.0).times(20)).unwrap();
        let hit = || instruments.fault_for(Route::Verify, "POST", &HeaderMap::new());
        std::iter::from_fn(|| hit().unwrap()).map(|hit| hit.pause).collect()
    }

    #[test]
    fn a_drawn_delay_comes_from_the_seed_and_never_takes_over_a_minute() {
        let instruments = Instruments::new(3);
        let first = pauses(&instruments);
        assert_eq!(first.len(), 40);
        assert!(first.iter().all(|pause| *pause <= Duration::from_secs(60)));
        assert!(first.contains(&Duration::from_secs(60)), "a wild spread meets the limit");
        assert_ne!(pauses(&instruments), first);
        instruments.reset();
        assert_eq!(pauses(&instruments), first);
        assert_eq!(pauses(&Instruments::new(3)), first);
    }

    #[test]
    fn a_fault_that_a_request_asks_for_uses_none_up() {
        let instruments = Instruments::new(0);
        instruments.inject(Fault::on(Route::Any, FaultKind::html())).unwrap();
        let mut asking = HeaderMap::new();
        asking.insert(fault::FAULT_HEADER, "reset".parse().unwrap());
        let kind = |headers: &HeaderMap| {
            instruments.fault_for(Route::Any, "GET", headers).unwrap().map(|hit| hit.kind)
        };
        assert_eq!(kind(&asking), Some(FaultKind::reset()));
        let plain = HeaderMap::new();
        assert_eq!(kind(&plain), Some(FaultKind::html()));
        assert_eq!(kind(&plain), None);
    }
}
