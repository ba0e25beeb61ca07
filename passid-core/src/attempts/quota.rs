//! How many attempts in how long: the generic cell rate algorithm, as a pure function of time.
//!
//! One number per subject: the moment at which all that was used has come back. The script in Redis
//! does the same with the same numbers.

use std::time::Duration;

/// So many attempts at once, and as many again in each period, evenly.
///
/// ```
/// use std::time::Duration;
/// use passid_core::attempts::Quota;
///
/// // Ten at once, then one more every minute.
/// let quota = Quota::new(10, Duration::from_secs(600))?;
/// # let _ = quota;
/// # Ok::<(), passid_core::attempts::QuotaError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    /// Microseconds until one attempt has come back.
    interval: u64,
    /// Microseconds until all have.
    period: u64,
}

impl Quota {
    /// The longest period that is taken: a day.
    pub const MAX_PERIOD: Duration = Duration::from_secs(24 * 3600);

    /// So many attempts in each period.
    ///
    /// # Errors
    ///
    /// [`QuotaError`] when there are none, when the period is longer than [`Quota::MAX_PERIOD`], or so
    /// short that an attempt comes back in less than a microsecond.
    pub fn new(attempts: u32, period: Duration) -> Result<Self, QuotaError> {
        if attempts == 0 {
            return Err(QuotaError::None);
        }
        let micros = u64::try_from(period.as_micros()).unwrap_or(u64::MAX);
        let interval = micros / u64::from(attempts);
        if period > Self::MAX_PERIOD {
            return Err(QuotaError::TooLong);
        }
        if interval == 0 {
            return Err(QuotaError::TooShort);
        }
        Ok(Self { interval, period: interval * u64::from(attempts) })
    }

    /// For the defaults of this crate, which are sound.
    pub(super) const fn of(attempts: u32, period_secs: u64) -> Self {
        let interval = period_secs * 1_000_000 / attempts as u64;
        Self { interval, period: interval * attempts as u64 }
    }

    #[cfg(feature = "redis")]
    pub(super) fn interval(self) -> u64 {
        self.interval
    }

    #[cfg(feature = "redis")]
    pub(super) fn period(self) -> u64 {
        self.period
    }

    /// One attempt at `now`: until when all is used up then, or how long to wait for it. All in
    /// microseconds.
    pub(super) fn attempt(self, used_until: u64, now: u64) -> Result<u64, u64> {
        let next = used_until.max(now).saturating_add(self.interval);
        match next.saturating_sub(now.saturating_add(self.period)) {
            0 => Ok(next),
            wait => Err(wait),
        }
    }

    /// Takes one attempt back.
    pub(super) fn give_back(self, used_until: u64) -> u64 {
        used_until.saturating_sub(self.interval)
    }
}

/// Why a quota is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum QuotaError {
    /// No attempt at all.
    #[error("a quota needs at least one attempt")]
    None,
    /// A period beyond [`Quota::MAX_PERIOD`].
    #[error("the period of a quota is at most {:?}", Quota::MAX_PERIOD)]
    TooLong,
    /// An attempt would come back in less than a microsecond.
    #[error("the period of a quota is too short for its attempts")]
    TooShort,
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn all_at_once_then_one_by_one() {
        let quota = Quota::new(3, Duration::from_micros(30)).unwrap();
        let mut used = 0;
        for _ in 0..3 {
            used = quota.attempt(used, 1_000).unwrap();
        }
        assert_eq!(quota.attempt(used, 1_000), Err(10));
        assert_eq!(quota.attempt(used, 1_009), Err(1));
        used = quota.attempt(used, 1_010).unwrap();
        assert_eq!(quota.attempt(used, 1_010), Err(10));
        // After a whole period all are back.
        for _ in 0..3 {
            used = quota.attempt(used, 1_040).unwrap();
        }
    }

    #[test]
    fn what_is_no_quota_is_refused() {
        assert_eq!(Quota::new(0, Duration::from_secs(1)), Err(QuotaError::None));
        assert_eq!(Quota::new(2, Duration::from_micros(1)), Err(QuotaError::TooShort));
        let long = Quota::MAX_PERIOD + Duration::from_micros(1);
        assert_eq!(Quota::new(1, long), Err(QuotaError::TooLong));
    }

    /// The same as a bucket of tokens that is filled drop by drop.
    struct Bucket {
        level: u64,
        at: u64,
    }

    impl Bucket {
        fn attempt(&mut self, quota: Quota, now: u64) -> bool {
            self.level = (self.level + (now - self.at)).min(quota.period);
            self.at = now;
            let has = self.level >= quota.interval;
            if has {
                self.level -= quota.interval;
            }
            has
        }
    }

    proptest! {
        #[test]
        fn it_is_a_bucket_that_fills_drop_by_drop(
            attempts in 1_u32..20,
            interval in 1_u64..1_000,
            steps in prop::collection::vec(0_u64..3_000, 1..200),
        ) {
            let period = Duration::from_micros(interval * u64::from(attempts));
            let quota = Quota::new(attempts, period).unwrap();
            let mut now = 1_000_000;
            let mut bucket = Bucket { level: quota.period, at: now };
            let mut used = 0;
            let mut admitted = VecDeque::new();
            for step in steps {
                now += step;
                let expected = bucket.attempt(quota, now);
                match quota.attempt(used, now) {
                    Ok(next) => {
                        prop_assert!(expected);
                        used = next;
                        admitted.push_back(now);
                    }
                    Err(wait) => {
                        prop_assert!(!expected);
                        // Whoever waits as told is let through, and no sooner.
                        prop_assert!(quota.attempt(used, now + wait).is_ok());
                        prop_assert!(quota.attempt(used, now + wait - 1).is_err());
                    }
                }
                // In no period are there more than twice as many: the burst and what came back.
                while admitted.front().is_some_and(|first| now - first >= quota.period) {
                    admitted.pop_front();
                }
                prop_assert!(admitted.len() as u64 <= 2 * u64::from(attempts));
            }
        }

        #[test]
        fn what_is_given_back_can_be_used_again(used in 0_u64..10_000, now in 0_u64..10_000) {
            let quota = Quota::new(5, Duration::from_micros(500)).unwrap();
            if let Ok(next) = quota.attempt(used, now) {
                prop_assert_eq!(quota.give_back(next), used.max(now));
            }
        }
    }
}
