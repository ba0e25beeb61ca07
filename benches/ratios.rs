//! What the guard costs beside the bare handler of the same framework, on a machine that is not
//! quiet: the cases take turns, each round gives a ratio of its own, and a second bare handler shows
//! how far two equal things come out apart.
//!
//! `cargo bench -p passid-benches --bench ratios` takes about 20 s; with `-- --quick` about 2 s.
#![allow(clippy::print_stdout, reason = "the table is what this is for")]

use std::collections::HashMap;
use std::convert::Infallible;
use std::error::Error;
use std::process::Command;
use std::time::Duration;

use passid_benches::{Case, Effort, Measurable, Setup, Spread, take_turns};

const MIN_ROUNDS: usize = 30;

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
    let effort = Effort::of_arguments();
    let requests = effort.choose(4_000, 1_000, 32);
    let time = Duration::from_millis(effort.choose(25_000, 2_500, 0));
    let allocations = allocations()?;
    let mut rows = rows();
    for row in &mut rows {
        row.app.time(requests);
    }
    let rounds = take_turns(&mut rows, effort.choose(MIN_ROUNDS, MIN_ROUNDS, 2), time, |row| {
        row.times.push(row.app.time(requests));
        Ok::<(), Infallible>(())
    })?;

    println!("{rounds} rounds, {requests} requests per case and round");
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
