use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{Fault, FaultError, FaultKind, Route};

const LIMIT: usize = 1_000;

/// The faults that wait for their calls, in the order in which they were injected.
#[derive(Debug, Default)]
pub(crate) struct FaultQueue {
    waiting: Mutex<VecDeque<Fault>>,
}

impl FaultQueue {
    pub(crate) fn push(&self, fault: Fault) -> Result<(), FaultError> {
        fault.check()?;
        let mut waiting = self.lock();
        if waiting.len() >= LIMIT {
            return Err(FaultError::Full { limit: LIMIT });
        }
        waiting.push_back(fault);
        Ok(())
    }

    /// Uses up one hit of the first fault for a call of `called`; [`Route::Any`] stands for a call
    /// of neither route.
    pub(crate) fn take(&self, called: Route) -> Option<FaultKind> {
        let mut waiting = self.lock();
        let position =
            waiting.iter().position(|fault| fault.route == Route::Any || fault.route == called)?;
        let fault = waiting.get_mut(position)?;
        let kind = fault.fault;
        fault.times = fault.times.saturating_sub(1);
        if fault.times == 0 {
            waiting.remove(position);
        }
        Some(kind)
    }

    pub(crate) fn list(&self) -> Vec<Fault> {
        self.lock().iter().cloned().collect()
    }

    pub(crate) fn clear(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Fault>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RESET: FaultKind = FaultKind::reset();
    const EMPTY: FaultKind = FaultKind::empty();
    const HTML: FaultKind = FaultKind::html();

    #[test]
    fn the_first_fault_that_matches_wins_and_counts_down() {
        let queue = FaultQueue::default();
        queue.push(Fault::on(Route::Redeem, RESET)).unwrap();
        queue.push(Fault::on(Route::Any, EMPTY).times(2)).unwrap();
        queue.push(Fault::on(Route::Verify, HTML)).unwrap();
        assert_eq!(queue.take(Route::Verify), Some(EMPTY));
        assert_eq!(queue.take(Route::Redeem), Some(RESET));
        assert_eq!(queue.take(Route::Redeem), Some(EMPTY));
        assert_eq!(queue.take(Route::Redeem), None);
        assert_eq!(queue.take(Route::Any), None);
        assert_eq!(queue.take(Route::Verify), Some(HTML));
        assert_eq!(queue.list(), []);
    }

    #[test]
    fn a_fault_beyond_the_limits_is_refused() {
        let queue = FaultQueue::default();
        let push = |kind| queue.push(Fault::on(Route::Any, kind));
        for status in [0, 100, 199, 204, 205, 304, 600] {
            assert_eq!(push(FaultKind::status(status)), Err(FaultError::InvalidStatus));
        }
        for kind in [FaultKind::Delay { millis: 60_001 }, FaultKind::SlowBody { millis: 60_001 }] {
            assert_eq!(push(kind), Err(FaultError::TooLong { limit: 60_000 }));
        }
        assert_eq!(queue.push(Fault::on(Route::Any, RESET).times(0)), Err(FaultError::Never));
        for _ in 0..LIMIT {
            push(RESET).unwrap();
        }
        assert_eq!(push(RESET), Err(FaultError::Full { limit: LIMIT }));
        queue.clear();
        push(RESET).unwrap();
    }
}
