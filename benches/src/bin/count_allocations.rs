//! Prints one line for each case: its name, and the allocations and bytes that serving one request
//! takes, tab-separated. Making the request is not counted.
//!
//! A program of its own, so that the counting does not slow down what `ratios` times.
#![allow(clippy::print_stdout, reason = "the counts are for the program that calls this")]

use std::alloc::System;
use std::error::Error;

use passid_benches::{Case, Measurable};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const REQUESTS: usize = 1_000;

fn main() -> Result<(), Box<dyn Error>> {
    for case in Case::all() {
        let mut app = case.app();
        app.serve_many(100);
        let first = cost(&mut *app);
        for _ in 1..REQUESTS {
            if cost(&mut *app) != first {
                return Err(format!("{case}: not every request allocates the same").into());
            }
        }
        let (allocations, bytes) = first;
        println!("{case}\t{allocations}\t{bytes}");
    }
    Ok(())
}

/// Allocations and bytes of one request; growing an allocation counts as one, with the growth.
fn cost(app: &mut dyn Measurable) -> (usize, usize) {
    let mut cost = (0, 0);
    app.serve_within(&mut |serve| {
        let region = Region::new(ALLOCATOR);
        serve();
        let change = region.change();
        cost = (change.allocations + change.reallocations, change.bytes_allocated);
    });
    cost
}
