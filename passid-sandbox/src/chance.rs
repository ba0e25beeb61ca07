//! Random numbers, seeded.

use std::f64::consts::TAU;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rand_pcg::Pcg32;
use rand_pcg::rand_core::{Rng, SeedableRng};

/// Random numbers that a seed decides: the same seed and the same draws give the same numbers.
///
/// PCG, because its sequence is published with test vectors and kept by its crate: a seed that shows
/// a bug today shows it after an update too. Nothing secret is drawn here.
#[derive(Debug)]
pub(crate) struct Chance {
    seed: u64,
    numbers: Mutex<Pcg32>,
}

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Self { seed, numbers: Mutex::new(Pcg32::seed_from_u64(seed)) }
    }

    /// Back to the first number.
    pub(crate) fn reset(&self) {
        *self.lock() = Pcg32::seed_from_u64(self.seed);
    }

    /// True as often as `probability` says; draws one number.
    pub(crate) fn happens(&self, probability: f64) -> bool {
        uniform(&mut self.lock()) < probability
    }

    /// A number from the log-normal distribution whose logarithm has this standard deviation; draws
    /// two numbers.
    pub(crate) fn log_normal(&self, median: f64, sigma: f64) -> f64 {
        let (first, second) = {
            let mut numbers = self.lock();
            (uniform(&mut numbers), uniform(&mut numbers))
        };
        // Box and Muller; `1 - first` is above 0, where the logarithm ends.
        let normal = (-2.0 * (1.0 - first).ln()).sqrt() * (TAU * second).cos();
        median * (sigma * normal).exp()
    }

    fn lock(&self) -> MutexGuard<'_, Pcg32> {
        self.numbers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// From 0 up to but not including 1, in steps that a double holds exactly.
fn uniform(numbers: &mut Pcg32) -> f64 {
    f64::from(numbers.next_u32()) / (f64::from(u32::MAX) + 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draws(chance: &Chance) -> Vec<bool> {
        (0..64).map(|_| chance.happens(0.5)).collect()
    }

    #[test]
    fn a_seed_decides_what_happens_and_a_reset_repeats_it() {
        let chance = Chance::new(7);
        let first = draws(&chance);
        assert_ne!(draws(&chance), first);
        chance.reset();
        assert_eq!(draws(&chance), first);
        assert_eq!(draws(&Chance::new(7)), first);
        assert_ne!(draws(&Chance::new(8)), first);
    }

    #[test]
    fn what_is_certain_always_happens() {
        let chance = Chance::new(0);
        assert!((0..10_000).all(|_| chance.happens(1.0)));
    }

    #[test]
    fn half_of_the_log_normal_numbers_lie_below_the_median() {
        let chance = Chance::new(1);
        let below = (0..10_000).filter(|_| chance.log_normal(50.0, 0.5) < 50.0).count();
        assert!((4_800..5_200).contains(&below), "{below}");
        // Of a normal distribution 97.7 % lie below two standard deviations.
        let limit = 50.0 * 1.0_f64.exp();
        let below = (0..10_000).filter(|_| chance.log_normal(50.0, 0.5) < limit).count();
        assert!((9_700..9_840).contains(&below), "{below}");
        assert!((chance.log_normal(50.0, 0.0) - 50.0).abs() < f64::EPSILON);
    }
}
