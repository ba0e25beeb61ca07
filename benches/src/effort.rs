use std::env;
use std::time::Duration;

use passid_core::{Clock, SystemClock};

/// How much is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effort {
    /// As for the figures of the README.
    Full,
    /// `--quick`: coarser, in a tenth of the time.
    Quick,
    /// By `cargo test`: does it run at all?
    Test,
}

impl Effort {
    /// What the program was started for: cargo says `--bench` when it measures.
    pub fn of_arguments() -> Self {
        let given = |flag| env::args().any(|argument| argument == flag);
        match (given("--bench"), given("--quick")) {
            (_, true) => Self::Quick,
            (true, false) => Self::Full,
            (false, false) => Self::Test,
        }
    }

    /// One of three.
    pub fn choose<T>(self, full: T, quick: T, test: T) -> T {
        match self {
            Self::Full => full,
            Self::Quick => quick,
            Self::Test => test,
        }
    }
}

/// Lets each of the contestants have its turn in each round, another one first each time, so that none
/// always follows the same pause or neighbour. At least `rounds`, and as long as `time` lasts.
///
/// # Errors
///
/// The first error of a turn.
pub fn take_turns<T, E>(
    contestants: &mut [T],
    rounds: usize,
    time: Duration,
    mut turn: impl FnMut(&mut T) -> Result<(), E>,
) -> Result<usize, E> {
    let begun = SystemClock.elapsed();
    let mut done = 0;
    while done < rounds || SystemClock.elapsed() - begun < time {
        let (before, after) = contestants.split_at_mut(done % contestants.len().max(1));
        for contestant in after.iter_mut().chain(before) {
            turn(contestant)?;
        }
        done += 1;
    }
    Ok(done)
}
