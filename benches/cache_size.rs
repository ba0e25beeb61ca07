//! What an entry of the cache takes in memory, and whether looking one up takes longer when there are
//! many.
//!
//! `cargo bench -p passid-benches --bench cache_size` takes about 30 s; with `-- --quick` about 5 s.
#![allow(clippy::print_stdout, reason = "the table is what this is for")]

use std::alloc::System;
use std::error::Error;
use std::hint::black_box;
use std::time::Duration;

use passid_benches::{Effort, Hit, Spread, cache_with, take_turns, token};
use passid_core::{Clock, SystemClock, Token, Verify};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// How many tokens are looked up in a round, spread over all: made beforehand and few enough that it is
/// the cache that is far from the core, not the tokens.
const LOOK_UPS: u32 = 2_000;

/// A cache of some size.
struct Contestant {
    entries: u32,
    bytes_per_entry: usize,
    cache: Hit,
    tokens: Vec<Token>,
    nanoseconds: Vec<f64>,
}

impl Contestant {
    fn of(entries: u32) -> Self {
        let region = Region::new(ALLOCATOR);
        let cache = cache_with((0..entries).map(token));
        let change = region.change();
        let bytes = change.bytes_allocated.saturating_sub(change.bytes_deallocated);
        // A step without a common divisor meets distinct tokens all over the cache.
        let tokens = (0..LOOK_UPS).map(|number| token(step(number, entries))).collect();
        Self {
            entries,
            bytes_per_entry: bytes / entries as usize,
            cache,
            tokens,
            nanoseconds: Vec::new(),
        }
    }

    fn look_up(&mut self) -> Result<(), Box<dyn Error>> {
        let begun = SystemClock.elapsed();
        let found =
            self.tokens.iter().filter(|token| black_box(self.cache.peek(token)).is_some()).count();
        let spent = SystemClock.elapsed() - begun;
        if found != self.tokens.len() {
            return Err(format!("{found} of {LOOK_UPS} tokens are known").into());
        }
        self.nanoseconds.push(spent.as_secs_f64() * 1e9 / f64::from(LOOK_UPS));
        Ok(())
    }
}

fn step(number: u32, entries: u32) -> u32 {
    let place = u64::from(number) * 7_919 % u64::from(entries);
    u32::try_from(place).unwrap_or(0)
}

fn main() -> Result<(), Box<dyn Error>> {
    let effort = Effort::of_arguments();
    let sizes: &[u32] = effort.choose(
        &[1_000, 10_000, 100_000, 1_000_000],
        &[1_000, 10_000, 100_000, 1_000_000],
        &[1_000, 2_000],
    );
    let mut contestants: Vec<Contestant> = sizes.iter().copied().map(Contestant::of).collect();
    let time = Duration::from_secs(effort.choose(10, 1, 0));
    let rounds =
        take_turns(&mut contestants, effort.choose(100, 20, 1), time, Contestant::look_up)?;

    println!("{rounds} rounds of {LOOK_UPS} look-ups");
    println!();
    println!(
        "| entries | bytes per entry | ns per look-up | p10..p90 | ratio to the first | p10..p90 |"
    );
    println!("|---:|---:|---:|---:|---:|---:|");
    let Some(first) = contestants.first() else { return Ok(()) };
    for contestant in &contestants {
        let time = Spread::of(contestant.nanoseconds.iter().copied());
        let rounds = contestant.nanoseconds.iter().zip(&first.nanoseconds);
        let ratio = Spread::of(rounds.map(|(one, other)| one / other));
        println!(
            "| {} | {} | {:.0} | {:.0}..{:.0} | {:.2} | {:.2}..{:.2} |",
            contestant.entries,
            contestant.bytes_per_entry,
            time.median,
            time.p10,
            time.p90,
            ratio.median,
            ratio.p10,
            ratio.p90,
        );
    }
    Ok(())
}
