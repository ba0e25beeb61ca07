//! A sandbox that is prepared for one row after the other, and never forgets who is in it.

use std::sync::atomic::{AtomicU64, Ordering};

use passid_sandbox::{Route, Sandbox};

use crate::upstream::{Nobody, Upstream};

/// A sandbox with people in it.
#[derive(Debug)]
pub(crate) struct Stage {
    pub(crate) sandbox: Sandbox,
    pub(crate) nobody: Nobody,
    /// What asks about a credential: faults hit it alone, so that access tokens can be had.
    asks: Route,
    all: Route,
    asked_before: AtomicU64,
    all_before: AtomicU64,
}

impl Stage {
    pub(crate) fn new(sandbox: Sandbox, asks: Route, all: Route) -> Self {
        let (asked_before, all_before) = (AtomicU64::new(0), AtomicU64::new(0));
        Self { sandbox, nobody: Nobody::bind(), asks, all, asked_before, all_before }
    }

    /// Makes the API behave like this from now on, and begins to count.
    ///
    /// # Panics
    ///
    /// When the fault is not acceptable.
    #[expect(clippy::expect_used, reason = "a mistake in the table")]
    pub(crate) fn prepare(&self, upstream: Upstream) {
        self.sandbox.clear_faults();
        self.asked_before.store(self.sandbox.calls(self.asks), Ordering::Relaxed);
        self.all_before.store(self.sandbox.calls(self.all), Ordering::Relaxed);
        if let Some(fault) = upstream.fault(self.asks) {
            self.sandbox.inject_fault(fault).expect("an acceptable fault");
        }
    }

    pub(crate) fn calls(&self) -> u64 {
        self.sandbox.calls(self.asks) - self.asked_before.load(Ordering::Relaxed)
    }

    pub(crate) fn all_calls(&self) -> u64 {
        self.sandbox.calls(self.all) - self.all_before.load(Ordering::Relaxed)
    }
}
