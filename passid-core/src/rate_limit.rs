use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Lets one event through per second and counts the others.
#[derive(Default)]
pub(crate) struct RateLimit {
    next_second: AtomicU64,
    suppressed: AtomicU64,
}

impl RateLimit {
    /// How many were held back since the last that passed; `None` to hold this one back too.
    pub(crate) fn admit(&self, elapsed: Duration) -> Option<u64> {
        let second = elapsed.as_secs();
        let due = self.next_second.load(Ordering::Relaxed);
        let admitted = second >= due
            && self
                .next_second
                .compare_exchange(due, second + 1, Ordering::Relaxed, Ordering::Relaxed)
                .is_ok();
        if admitted {
            Some(self.suppressed.swap(0, Ordering::Relaxed))
        } else {
            self.suppressed.fetch_add(1, Ordering::Relaxed);
            None
        }
    }
}
