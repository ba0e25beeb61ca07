use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{Fault, FaultError, FaultKind};
use crate::chance::Chance;
use crate::route::Route;

const LIMIT: usize = 1_000;

/// The faults that wait for their calls, in the order in which they were injected.
#[derive(Debug, Default)]
pub(crate) struct FaultQueue {
    waiting: Mutex<VecDeque<Fault>>,
}

impl FaultQueue {
    /// Takes a fault that was checked.
    pub(crate) fn push(&self, fault: Fault) -> Result<(), FaultError> {
        let mut waiting = self.lock();
        if waiting.len() >= LIMIT {
            return Err(FaultError::Full { limit: LIMIT });
        }
        waiting.push_back(fault);
        Ok(())
    }

    /// Uses up one hit of the first fault that is due for a call of `called`; [`Route::Any`] stands
    /// for a call that has no route.
    ///
    /// Every fault that matches learns of the call: it may be the one before its nth. Only those up
    /// to the one that hits draw a number.
    pub(crate) fn take(&self, called: Route, method: &str, chance: &Chance) -> Option<FaultKind> {
        let mut waiting = self.lock();
        let mut hit = None;
        for (position, fault) in waiting.iter_mut().enumerate() {
            if !fault.matches(called, method) {
                continue;
            }
            if fault.nth > 1 {
                fault.nth -= 1;
            } else if hit.is_none()
                && fault.probability.is_none_or(|probability| chance.happens(probability.get()))
            {
                hit = Some(position);
            }
        }
        let position = hit?;
        let fault = waiting.get_mut(position)?;
        let kind = fault.fault;
        match fault.times.after_a_hit() {
            Some(left) => fault.times = left,
            None => {
                waiting.remove(position);
            }
        }
        Some(kind)
    }

    /// Each as it would have to be injected now to go on as it will.
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

    struct Bench {
        queue: FaultQueue,
        chance: Chance,
    }

    impl Bench {
        fn new(faults: impl IntoIterator<Item = Fault>) -> Self {
            let queue = FaultQueue::default();
            for fault in faults {
                queue.push(fault.checked().unwrap()).unwrap();
            }
            Self { queue, chance: Chance::new(1) }
        }

        fn call(&self, route: Route, method: &str) -> Option<FaultKind> {
            self.queue.take(route, method, &self.chance)
        }

        fn post(&self, route: Route) -> Option<FaultKind> {
            self.call(route, "POST")
        }
    }

    #[test]
    fn the_first_fault_that_matches_wins_and_counts_down() {
        let bench = Bench::new([
            Fault::on(Route::Redeem, RESET),
            Fault::on(Route::Any, EMPTY).times(2),
            Fault::on(Route::Verify, HTML),
        ]);
        assert_eq!(bench.post(Route::Verify), Some(EMPTY));
        assert_eq!(bench.post(Route::Redeem), Some(RESET));
        assert_eq!(bench.post(Route::Redeem), Some(EMPTY));
        assert_eq!(bench.post(Route::Redeem), None);
        assert_eq!(bench.post(Route::Any), None);
        assert_eq!(bench.post(Route::Verify), Some(HTML));
        assert_eq!(bench.queue.list(), []);
    }

    #[test]
    fn always_lasts_until_the_faults_are_cleared() {
        let bench = Bench::new([Fault::on(Route::Session, RESET).always()]);
        for _ in 0..100 {
            assert_eq!(bench.post(Route::Session), Some(RESET));
        }
        bench.queue.clear();
        assert_eq!(bench.post(Route::Session), None);
    }

    #[test]
    fn a_fault_of_a_method_leaves_the_others_alone() {
        let bench = Bench::new([Fault::on(Route::Any, RESET).method("get")]);
        assert_eq!(bench.call(Route::Session, "POST"), None);
        assert_eq!(bench.call(Route::Session, "GET"), Some(RESET));
    }

    #[test]
    fn the_nth_call_is_the_first_one_hit() {
        let bench = Bench::new([Fault::on(Route::Verify, RESET).nth(3).times(2)]);
        let mut hits = Vec::new();
        for called in [Route::Verify, Route::Redeem, Route::Verify, Route::Verify] {
            hits.push(bench.post(called).is_some());
        }
        assert_eq!(hits, [false, false, false, true]);
        assert_eq!(bench.queue.list(), [Fault::on(Route::Verify, RESET)]);
    }

    #[test]
    fn calls_that_another_fault_takes_are_counted_too() {
        let bench = Bench::new([
            Fault::on(Route::Verify, RESET).times(2),
            Fault::on(Route::Verify, EMPTY).nth(2),
        ]);
        let hits: Vec<_> = (0..4).map(|_| bench.post(Route::Verify)).collect();
        assert_eq!(hits, [Some(RESET), Some(RESET), Some(EMPTY), None]);
    }

    #[test]
    fn a_fault_that_does_not_happen_leaves_the_call_to_the_next() {
        let rare = Fault::on(Route::Any, RESET).probability(0.25).always();
        let bench = Bench::new([rare, Fault::on(Route::Any, EMPTY).always()]);
        let hits: Vec<_> = (0..1_000).filter_map(|_| bench.post(Route::Verify)).collect();
        assert_eq!(hits.len(), 1_000);
        let rare = hits.iter().filter(|kind| **kind == RESET).count();
        assert!((200..300).contains(&rare), "{rare}");
    }

    #[test]
    fn times_counts_hits_and_not_draws() {
        let bench = Bench::new([Fault::on(Route::Any, RESET).probability(0.1).times(3)]);
        let hits = (0..1_000).filter(|_| bench.post(Route::Any).is_some()).count();
        assert_eq!(hits, 3);
    }

    #[test]
    fn only_so_many_faults_wait() {
        let bench = Bench::new((0..LIMIT).map(|_| Fault::on(Route::Any, RESET)));
        let one_more = || bench.queue.push(Fault::on(Route::Any, RESET));
        assert_eq!(one_more(), Err(FaultError::Full { limit: LIMIT }));
        bench.queue.clear();
        one_more().unwrap();
    }
}
