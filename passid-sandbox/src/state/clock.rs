//! The sandbox's clock: the one it was given, moved or stopped by whoever tests.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use jiff::{SignedDuration, Timestamp};
use passid_core::{BoxFuture, Clock};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use super::table::Row;
use crate::timestamp::{exact, whole_second};

/// How the sandbox's time differs from the clock it was given. Kept with the state, so that a
/// restart neither loses nor repeats time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ClockSetting {
    offset: SignedDuration,
    /// Where the clock stands, when it stands.
    stopped_at: Option<Timestamp>,
}

impl Row for ClockSetting {
    const TABLE: &'static str = "clock";
}

/// What is wrong with a new setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("give a time between the years 1970 and 9999")]
pub struct ClockError;

/// The clock that everything in the sandbox reads: expiry, freshness, retries.
pub(crate) struct SandboxClock {
    base: Arc<dyn Clock>,
    setting: Mutex<ClockSetting>,
    moved: watch::Sender<()>,
}

impl SandboxClock {
    pub(crate) fn new(base: Arc<dyn Clock>) -> Self {
        Self { base, setting: Mutex::default(), moved: watch::Sender::new(()) }
    }

    pub(crate) fn setting(&self) -> ClockSetting {
        *self.lock()
    }

    pub(crate) fn put(&self, setting: ClockSetting) {
        *self.lock() = setting;
        self.moved.send_replace(());
    }

    /// The time in whole seconds, as the API prints it.
    pub(crate) fn timestamp(&self) -> Timestamp {
        whole_second(self.now())
    }

    pub(crate) fn is_stopped(&self) -> bool {
        self.lock().stopped_at.is_some()
    }

    /// The setting with which the clock shows `time` now, and stands or goes; what is not said
    /// stays.
    pub(crate) fn changed(
        &self,
        time: Option<Timestamp>,
        stopped: Option<bool>,
    ) -> Result<ClockSetting, ClockError> {
        let setting = self.setting();
        let shown = match time {
            Some(time) if time < Timestamp::UNIX_EPOCH => return Err(ClockError),
            Some(time) => time,
            None => exact(self.now()),
        };
        let stands = stopped.unwrap_or(setting.stopped_at.is_some());
        Ok(if stands {
            // No offset: a state that stands says nothing of the machine's time.
            ClockSetting { offset: SignedDuration::ZERO, stopped_at: Some(shown) }
        } else {
            let offset = shown.duration_since(exact(self.base.now()));
            ClockSetting { offset, stopped_at: None }
        })
    }

    /// The setting with which the clock is so much further.
    pub(crate) fn advanced_by(&self, time: Duration) -> Result<ClockSetting, ClockError> {
        let by = SignedDuration::try_from(time).map_err(|_| ClockError)?;
        let later = exact(self.now()).checked_add(by).map_err(|_| ClockError)?;
        self.changed(Some(later), None)
    }

    fn lock(&self) -> MutexGuard<'_, ClockSetting> {
        self.setting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for SandboxClock {
    fn now(&self) -> SystemTime {
        let setting = self.setting();
        let (first, last) = (Timestamp::UNIX_EPOCH, Timestamp::MAX);
        let now = setting.stopped_at.unwrap_or_else(|| {
            let beyond = if setting.offset.is_negative() { first } else { last };
            exact(self.base.now()).checked_add(setting.offset).unwrap_or(beyond)
        });
        // Only an import can have set it to an earlier time.
        now.max(first).into()
    }

    fn elapsed(&self) -> Duration {
        self.base.elapsed()
    }

    /// Ends early when the clock is moved: whoever sleeps until a moment looks at the time again.
    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        let mut moved = self.moved.subscribe();
        let base = (!self.is_stopped()).then(|| self.base.sleep(duration));
        Box::pin(async move {
            let passed = async {
                match base {
                    Some(sleep) => sleep.await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = passed => {}
                _ = moved.changed() => {}
            }
        })
    }
}

impl fmt::Debug for SandboxClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SandboxClock")
            .field("base", &self.base)
            .field("setting", &self.setting())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use passid_core::testing::ManualClock;

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn clock() -> (ManualClock, SandboxClock) {
        let base = ManualClock::at(at(1_000).into());
        (base.clone(), SandboxClock::new(Arc::new(base)))
    }

    #[test]
    fn a_clock_that_was_set_goes_on_from_there() {
        let (base, clock) = clock();
        clock.put(clock.changed(Some(at(5_000)), None).unwrap());
        assert_eq!(clock.timestamp(), at(5_000));
        base.advance(Duration::from_secs(10));
        assert_eq!(clock.timestamp(), at(5_010));
        clock.put(clock.advanced_by(Duration::from_secs(90)).unwrap());
        assert_eq!(clock.timestamp(), at(5_100));
    }

    #[test]
    fn a_clock_that_was_stopped_stands_until_it_is_moved_or_let_go() {
        let (base, clock) = clock();
        clock.put(clock.changed(None, Some(true)).unwrap());
        base.advance(Duration::from_secs(10));
        assert_eq!(clock.timestamp(), at(1_000));
        clock.put(clock.advanced_by(Duration::from_secs(5)).unwrap());
        assert_eq!(clock.timestamp(), at(1_005));
        clock.put(clock.changed(None, Some(false)).unwrap());
        assert_eq!(clock.timestamp(), at(1_005));
        base.advance(Duration::from_secs(10));
        assert_eq!(clock.timestamp(), at(1_015));
    }

    #[test]
    fn times_beyond_the_calendar_are_refused() {
        let (_, clock) = clock();
        assert!(clock.changed(Some(at(-1)), None).is_err());
        assert!(clock.advanced_by(Duration::from_secs(u64::MAX)).is_err());
        assert!(clock.advanced_by(Duration::from_secs(300_000_000_000)).is_err());
    }

    #[tokio::test]
    async fn a_sleeper_wakes_when_the_clock_is_moved() {
        let (_, clock) = clock();
        clock.put(clock.changed(None, Some(true)).unwrap());
        let sleep = clock.sleep(Duration::from_secs(3_600));
        clock.put(clock.advanced_by(Duration::from_secs(3_600)).unwrap());
        sleep.await;
    }
}
