//! The time that expiry, freshness and retries go by.

use std::time::{Duration, SystemTime};

use super::Sandbox;
use crate::state::ClockError;
use crate::timestamp::exact;

impl Sandbox {
    /// The time that expiry, freshness and retries go by, in whole seconds.
    pub fn now(&self) -> SystemTime {
        self.state.now().into()
    }

    /// Moves the clock on. What is due then happens at once.
    ///
    /// # Errors
    ///
    /// [`ClockError`] beyond the year 9999.
    pub fn advance_clock(&self, by: Duration) -> Result<(), ClockError> {
        self.state.advance_clock(by).0
    }

    /// Sets the clock, also backwards. It goes on from there unless it is frozen.
    ///
    /// # Errors
    ///
    /// [`ClockError`] before 1970 and beyond the year 9999.
    pub fn set_clock(&self, time: SystemTime) -> Result<(), ClockError> {
        self.state.set_clock(Some(exact(time)), None).0
    }

    /// Stops the clock where it is, or lets it go on from there.
    pub fn freeze_clock(&self, frozen: bool) {
        // Only a time can be beyond the calendar.
        let _ = self.state.set_clock(None, Some(frozen)).0;
    }
}
