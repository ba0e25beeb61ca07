use std::time::{Duration, SystemTime};

use crate::Entropy;

/// When a failed attempt is repeated (decision D12).
///
/// The delay before attempt *n* is random between nothing and `base_delay` × 2ⁿ⁻², at most
/// `max_delay` ("full jitter"): callers that failed together do not come back together. A
/// `Retry-After` of the API takes the place of the random delay. No delay goes past the deadline of
/// the operation.
///
/// ```
/// use std::time::Duration;
/// use passid_core::client::RetrySettings;
///
/// let patient = RetrySettings { max_attempts: 5, ..RetrySettings::default() };
/// assert_eq!(patient.base_delay, Duration::from_millis(100));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetrySettings {
    /// Tries in all, the first included; 3 unless set. 0 counts as 1.
    pub max_attempts: u32,
    /// Upper end of the first delay; 100 ms unless set.
    pub base_delay: Duration,
    /// Upper end of every delay; 2 s unless set.
    pub max_delay: Duration,
}

impl Default for RetrySettings {
    fn default() -> Self {
        Self {
            max_attempts: 3,
            base_delay: Duration::from_millis(100),
            max_delay: Duration::from_secs(2),
        }
    }
}

impl RetrySettings {
    /// One try only.
    pub fn never() -> Self {
        Self { max_attempts: 1, ..Self::default() }
    }

    /// The delay after so many failed attempts, the first being 1.
    pub fn delay(&self, failures: u32, entropy: &dyn Entropy) -> Duration {
        let doublings = failures.saturating_sub(1).min(31);
        let ceiling = self.base_delay.saturating_mul(1 << doublings).min(self.max_delay);
        let nanos = ceiling.as_nanos();
        let chosen = entropy.bits() % (nanos + 1);
        Duration::from_nanos(u64::try_from(chosen).unwrap_or(u64::MAX))
    }
}

/// Longest `Retry-After` that is taken at its word; ours.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(3600);

/// Reads `Retry-After` (RFC 9110, 10.2.3): seconds, or a date. `None` for what is neither.
pub(crate) fn retry_after(value: &str, now: SystemTime) -> Option<Duration> {
    let value = value.trim();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        let seconds = value.parse().map_or(MAX_RETRY_AFTER, Duration::from_secs);
        return Some(seconds.min(MAX_RETRY_AFTER));
    }
    let date = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(value).ok()?;
    let delay = SystemTime::from(date).duration_since(now).unwrap_or_default();
    Some(delay.min(MAX_RETRY_AFTER))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::SeededEntropy;

    #[test]
    fn delays_are_random_grow_and_stay_below_their_ceiling() {
        let settings = RetrySettings::default();
        let entropy = SeededEntropy::new(7);
        for (failures, ceiling) in [(1, 100), (2, 200), (3, 400), (6, 2000), (60, 2000)] {
            let ceiling = Duration::from_millis(ceiling);
            let delays: Vec<_> = (0..200).map(|_| settings.delay(failures, &entropy)).collect();
            assert!(delays.iter().all(|delay| *delay <= ceiling));
            assert!(delays.iter().any(|delay| *delay > ceiling / 2));
            assert!(delays.iter().any(|delay| *delay < ceiling / 2));
        }
    }

    #[test]
    fn retry_after_is_read_as_seconds_or_as_a_date_and_capped() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
        assert_eq!(retry_after("7", now), Some(Duration::from_secs(7)));
        assert_eq!(retry_after(" 0 ", now), Some(Duration::ZERO));
        assert_eq!(
            retry_after("Sun, 06 Nov 1994 08:49:47 GMT", now),
            Some(Duration::from_secs(10))
        );
        assert_eq!(retry_after("Sun, 06 Nov 1994 08:49:27 GMT", now), Some(Duration::ZERO));
        assert_eq!(retry_after("99999999999999999999999", now), Some(MAX_RETRY_AFTER));
        for nonsense in ["", "-1", "1.5", "soon", "Sun, 99 Nov 1994"] {
            assert_eq!(retry_after(nonsense, now), None, "{nonsense}");
        }
    }
}
