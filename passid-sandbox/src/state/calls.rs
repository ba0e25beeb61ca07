use std::sync::atomic::{AtomicU64, Ordering};

use serde::Serialize;

use crate::fault::Route;

/// How many requests arrived, also those that a fault killed.
#[derive(Debug, Default)]
pub(super) struct CallCounts {
    redeem: AtomicU64,
    verify: AtomicU64,
    other: AtomicU64,
}

/// The counters at one moment.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct CallTotals {
    redeem: u64,
    verify: u64,
    other: u64,
    any: u64,
}

impl CallTotals {
    pub(crate) fn of(self, route: Route) -> u64 {
        match route {
            Route::Redeem => self.redeem,
            Route::Verify => self.verify,
            Route::Any => self.any,
        }
    }
}

impl CallCounts {
    /// [`Route::Any`] stands for a call of neither route.
    pub(super) fn count(&self, called: Route) {
        let counter = match called {
            Route::Redeem => &self.redeem,
            Route::Verify => &self.verify,
            Route::Any => &self.other,
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn totals(&self) -> CallTotals {
        let redeem = self.redeem.load(Ordering::Relaxed);
        let verify = self.verify.load(Ordering::Relaxed);
        let other = self.other.load(Ordering::Relaxed);
        CallTotals { redeem, verify, other, any: redeem + verify + other }
    }

    pub(super) fn reset(&self) {
        for counter in [&self.redeem, &self.verify, &self.other] {
            counter.store(0, Ordering::Relaxed);
        }
    }
}
