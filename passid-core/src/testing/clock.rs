use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};
use std::time::{Duration, SystemTime};

use crate::{BoxFuture, Clock};

/// A clock that stands still until it is told otherwise.
///
/// With [`auto_advance`](Self::auto_advance) every sleep ends at once and moves the clock on by its
/// length: a retry schedule of hours runs in no time.
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use passid_core::Clock;
/// use passid_core::testing::ManualClock;
///
/// let clock = ManualClock::at(SystemTime::UNIX_EPOCH);
/// clock.advance(Duration::from_secs(60));
/// assert_eq!(clock.now(), SystemTime::UNIX_EPOCH + Duration::from_secs(60));
/// ```
#[derive(Clone, Debug)]
pub struct ManualClock {
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct State {
    start: SystemTime,
    elapsed: Duration,
    auto_advance: bool,
    slept: Vec<Duration>,
    sleepers: Vec<Waker>,
}

impl ManualClock {
    /// A clock that shows `start`.
    pub fn at(start: SystemTime) -> Self {
        let state = State {
            start,
            elapsed: Duration::ZERO,
            auto_advance: false,
            slept: Vec::new(),
            sleepers: Vec::new(),
        };
        Self { state: Arc::new(Mutex::new(state)) }
    }

    /// Every sleep from now on ends at once and moves the clock.
    #[must_use]
    pub fn auto_advance(self) -> Self {
        self.lock().auto_advance = true;
        self
    }

    /// Moves the clock on, and wakes whoever slept that long.
    pub fn advance(&self, by: Duration) {
        let sleepers = {
            let mut state = self.lock();
            state.elapsed += by;
            std::mem::take(&mut state.sleepers)
        };
        sleepers.into_iter().for_each(Waker::wake);
    }

    /// Sets the wall clock, also backwards; deadlines and sleeps are not touched.
    pub fn set_now(&self, now: SystemTime) {
        let mut state = self.lock();
        state.start = now.checked_sub(state.elapsed).unwrap_or(SystemTime::UNIX_EPOCH);
    }

    /// The lengths of the sleeps that were begun, in order.
    pub fn slept(&self) -> Vec<Duration> {
        self.lock().slept.clone()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for ManualClock {
    fn now(&self) -> SystemTime {
        let state = self.lock();
        state.start + state.elapsed
    }

    fn elapsed(&self) -> Duration {
        self.lock().elapsed
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        let clock = self.clone();
        let until = {
            let mut state = clock.lock();
            state.slept.push(duration);
            state.elapsed.saturating_add(duration)
        };
        Box::pin(poll_fn(move |cx| {
            let mut state = clock.lock();
            if state.auto_advance {
                state.elapsed = state.elapsed.max(until);
            }
            if state.elapsed >= until {
                return Poll::Ready(());
            }
            state.sleepers.push(cx.waker().clone());
            Poll::Pending
        }))
    }
}
