use std::time::Duration;

use passid_core::Entropy;

/// When a try that failed is made again: after `first`, then twice that and so on up to
/// `longest`, each time less a random part of up to a half.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetrySchedule {
    /// The delay after the first failure.
    pub first: Duration,
    /// The longest delay.
    pub longest: Duration,
    /// How often an entry is tried in all before it is given up; at least 1.
    pub max_attempts: u32,
}

impl RetrySchedule {
    /// For what is to outlast an outage: 10 s, 20 s, 40 s and so on up to an hour; 700 tries, which is
    /// two weeks at least and about four at most (decision P69).
    pub const fn for_outages() -> Self {
        Self {
            first: Duration::from_secs(10),
            longest: Duration::from_secs(60 * 60),
            max_attempts: 700,
        }
    }

    /// The delay after this many attempts.
    pub(crate) fn delay(&self, attempts: u32, entropy: &dyn Entropy) -> Duration {
        let doublings = attempts.saturating_sub(1).min(31);
        let whole = self.first.saturating_mul(1 << doublings).min(self.longest);
        let half = whole / 2;
        let nanos = u64::try_from(half.as_nanos()).unwrap_or(u64::MAX);
        let random = u64::try_from(entropy.bits() % (u128::from(nanos) + 1)).unwrap_or(nanos);
        whole - Duration::from_nanos(random)
    }
}

/// 1 s, 2 s, 4 s and so on up to 15 min; 20 tries, which is about two and a half hours (decision P63).
impl Default for RetrySchedule {
    fn default() -> Self {
        Self {
            first: Duration::from_secs(1),
            longest: Duration::from_secs(15 * 60),
            max_attempts: 20,
        }
    }
}

#[cfg(test)]
mod tests {
    use passid_core::SystemEntropy;

    use super::*;

    #[derive(Debug)]
    struct Fixed(u128);

    impl Entropy for Fixed {
        fn bits(&self) -> u128 {
            self.0
        }
    }

    #[test]
    fn delays_double_up_to_the_longest() {
        let schedule = RetrySchedule::default();
        let seconds = |attempts| schedule.delay(attempts, &Fixed(0)).as_secs();
        let delays: Vec<_> = [0, 1, 2, 3, 10, 11, 12, u32::MAX].map(seconds).into();
        assert_eq!(delays, [1, 1, 2, 4, 512, 900, 900, 900]);
    }

    #[test]
    fn a_random_part_is_taken_off_and_never_more_than_half() {
        let schedule = RetrySchedule::default();
        for attempts in 1..15 {
            let whole = schedule.delay(attempts, &Fixed(0));
            for _ in 0..100 {
                let delay = schedule.delay(attempts, &SystemEntropy);
                assert!(delay >= whole / 2 && delay <= whole);
            }
        }
    }

    #[test]
    fn the_last_try_of_the_one_for_outages_comes_after_two_to_four_weeks() {
        let schedule = RetrySchedule::for_outages();
        let all: Duration =
            (1..schedule.max_attempts).map(|attempts| schedule.delay(attempts, &Fixed(0))).sum();
        let week = Duration::from_secs(7 * 24 * 60 * 60);
        // Each delay is at least half of what it is without its random part.
        assert!(all / 2 > 2 * week && all < 5 * week, "{all:?}");
    }

    #[test]
    fn the_last_try_of_the_default_comes_after_hours() {
        let schedule = RetrySchedule::default();
        let all: Duration =
            (1..schedule.max_attempts).map(|attempts| schedule.delay(attempts, &Fixed(0))).sum();
        assert!(all > Duration::from_secs(2 * 60 * 60) && all < Duration::from_secs(3 * 60 * 60));
    }
}
