//! What the guard costs beside the bare handler of the same framework, on a machine that is not
//! quiet: the cases take turns, each round gives a ratio of its own, and a second bare handler shows
//! how far two equal things come out apart.
//!
//! `cargo bench -p passid-benches --bench ratios` takes about 20 s; with `-- --quick` about 2 s.
#![allow(clippy::print_stdout, reason = "the table is what this is for")]

use std::collections::HashMap;
use std::env;
use std::error::Error;
use std::process::Command;
use std::time::Duration;

use passid_benches::{Case, Measurable, Setup, Spread};
use passid_core::{Clock, SystemClock};

const MIN_ROUNDS: usize = 30;

/// How much is measured.
struct Effort {
    requests: u32,
    min_rounds: usize,
    time: Duration,
}

impl Effort {
    const FULL: Self =
        Self { requests: 4_000, min_rounds: MIN_ROUNDS, time: Duration::from_secs(19) };
    const QUICK: Self =
        Self { requests: 1_000, min_rounds: MIN_ROUNDS, time: Duration::from_millis(1_800) };
    /// As a test: does it run at all?
    const TEST: Self = Self { requests: 32, min_rounds: 2, time: Duration::ZERO };

    fn of(arguments: &[String]) -> Self {
        let given = |flag| arguments.iter().any(|argument| argument == flag);
        match (given("--bench"), given("--quick")) {
            (_, true) => Self::QUICK,
            (true, false) => Self::FULL,
            (false, false) => Self::TEST,
        }
    }
}

/// A case and its time per request in each round, in nanoseconds.
struct Row {
    name: String,
    case: Case,
    app: Box<dyn Measurable>,
    times: Vec<f64>,
}

impl Row {
    fn of(name: String, case: Case) -> Self {
        Self { name, case, app: case.app(), times: Vec::new() }
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let effort = Effort::of(&arguments);
    let allocations = allocations()?;
    let mut rows = rows();
    let rounds = measure(&mut rows, &effort);

    println!("{rounds} rounds, {} requests per case and round", effort.requests);
    println!();
    println!("| case | ns | p10..p90 | ratio to bare | p10..p90 | allocations | bytes |");
    println!("|---|---:|---:|---:|---:|---:|---:|");
    for row in &rows {
        let bare = rows.iter().find(|other| other.case == row.case.bare());
        let bare = bare.ok_or("the bare handler was not measured")?;
        let time = Spread::of(row.times.iter().copied());
        let ratio = Spread::of(row.times.iter().zip(&bare.times).map(|(time, bare)| time / bare));
        let (count, bytes) =
            allocations.get(&row.case.to_string()).ok_or("a case was not counted")?;
        println!(
            "| {} | {:.0} | {:.0}..{:.0} | {:.2} | {:.2}..{:.2} | {count} | {bytes} |",
            row.name, time.median, time.p10, time.p90, ratio.median, ratio.p10, ratio.p90,
        );
    }
    Ok(())
}

/// Every case, and each bare handler once more at the end as a control.
fn rows() -> Vec<Row> {
    let cases = Case::all().map(|case| Row::of(case.to_string(), case));
    let bare = Case::all().filter(|case| case.setup == Setup::Bare);
    cases.chain(bare.map(|case| Row::of(format!("{case} (control)"), case))).collect()
}

/// Each round starts with another case, so that none always follows the same pause or neighbour.
fn measure(rows: &mut [Row], effort: &Effort) -> usize {
    for row in &mut *rows {
        row.app.time(effort.requests);
    }
    let begun = SystemClock.elapsed();
    let mut rounds = 0;
    while rounds < effort.min_rounds || SystemClock.elapsed() - begun < effort.time {
        let first = rounds % rows.len();
        let (before, after) = rows.split_at_mut(first);
        for row in after.iter_mut().chain(before) {
            let time = row.app.time(effort.requests);
            row.times.push(time);
        }
        rounds += 1;
    }
    rounds
}

/// Allocations and bytes per request, counted by another program: a counting allocator in this one
/// would slow down what is timed.
fn allocations() -> Result<HashMap<String, (usize, usize)>, Box<dyn Error>> {
    let counted = Command::new(env!("CARGO_BIN_EXE_count_allocations")).output()?;
    if !counted.status.success() {
        return Err(String::from_utf8_lossy(&counted.stderr).into());
    }
    let mut allocations = HashMap::new();
    for line in String::from_utf8(counted.stdout)?.lines() {
        let mut fields = line.split('\t');
        let mut field = || fields.next().ok_or("a count is missing");
        let case = field()?.to_owned();
        allocations.insert(case, (field()?.parse()?, field()?.parse()?));
    }
    Ok(allocations)
}
