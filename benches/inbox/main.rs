//! How many webhooks a second an inbox takes, beside the bare insert rate of the same database: one
//! row, one transaction, durable. The four ways in take turns; the ratio is taken within each round.
//!
//! `cargo bench -p passid-benches --bench inbox` takes about two minutes; with `-- --quick` about 15 s.
//! Postgres is that of `PASSID_TEST_POSTGRES_URL`, or a local one.
#![allow(clippy::print_stdout, reason = "the table is what this is for")]

mod case;
mod database;

use std::env;
use std::error::Error;
use std::sync::Arc;

use futures_util::future::join_all;
use passid_benches::Spread;
use passid_core::{Clock, SystemClock};
use tokio::runtime::Builder;

use case::{Case, Way};
use database::Database;

type Failure = Box<dyn Error + Send + Sync>;

/// How much is measured.
#[derive(Clone, Copy)]
struct Effort {
    rounds: usize,
    /// Webhooks per sender, way and round.
    webhooks: usize,
}

impl Effort {
    fn of(arguments: &[String]) -> Self {
        let given = |flag| arguments.iter().any(|argument| argument == flag);
        match (given("--bench"), given("--quick")) {
            (_, true) => Self { rounds: 5, webhooks: 20 },
            (true, false) => Self { rounds: 20, webhooks: 50 },
            // As a test: does it run at all?
            (false, false) => Self { rounds: 1, webhooks: 2 },
        }
    }
}

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let effort = Effort::of(&arguments);
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(async {
        println!("{} rounds of {} webhooks per sender\n", effort.rounds, effort.webhooks);
        println!("| database | senders | way in | per second | p10..p90 | beside bare | p10..p90 | p99, ms |");
        println!("|---|---:|---|---:|---:|---:|---:|---:|");
        compare_all(Database::sqlite().await?, effort).await?;
        match Database::postgres().await? {
            Some(postgres) => compare_all(postgres, effort).await?,
            None => println!("\nskipped: no Postgres"),
        }
        Ok(())
    })
}

/// What one way in has shown.
#[derive(Default)]
struct Measured {
    rates: Vec<f64>,
    millis: Vec<f64>,
}

async fn compare_all(database: Database, effort: Effort) -> Result<(), Failure> {
    let case = Arc::new(Case::new(&database).await?);
    for senders in [1, 16, 64] {
        compare(database.name, &case, senders, effort).await?;
    }
    database.remove().await
}

async fn compare(
    name: &str,
    case: &Arc<Case>,
    senders: usize,
    effort: Effort,
) -> Result<(), Failure> {
    let mut all: Vec<Measured> = Way::ALL.iter().map(|_| Measured::default()).collect();
    for round in 0..effort.rounds {
        for turn in 0..Way::ALL.len() {
            let number = (round + turn) % Way::ALL.len();
            let (Some(way), Some(measured)) = (Way::ALL.get(number), all.get_mut(number)) else {
                continue;
            };
            measure(case, *way, senders, effort.webhooks, measured).await?;
        }
    }
    let bare = all.first().map(|bare| bare.rates.clone()).unwrap_or_default();
    for (way, mut measured) in Way::ALL.iter().zip(all) {
        let rate = Spread::of(measured.rates.iter().copied());
        let ratio = Spread::of(measured.rates.iter().zip(&bare).map(|(rate, bare)| rate / bare));
        measured.millis.sort_by(f64::total_cmp);
        let p99 = measured.millis.get(measured.millis.len() * 99 / 100).copied();
        println!(
            "| {name} | {senders} | {} | {:.0} | {:.0}..{:.0} | {:.2} | {:.2}..{:.2} | {:.1} |",
            way.name(),
            rate.median,
            rate.p10,
            rate.p90,
            ratio.median,
            ratio.p10,
            ratio.p90,
            p99.unwrap_or(f64::NAN),
        );
    }
    Ok(())
}

/// Sends webhooks that were never sent before, from several senders at a time.
async fn measure(
    case: &Arc<Case>,
    way: Way,
    senders: usize,
    webhooks: usize,
    measured: &mut Measured,
) -> Result<(), Failure> {
    let mut ready = Vec::new();
    for _ in 0..senders {
        ready.push((case.sender(way).await?, case.webhooks(webhooks)));
    }
    let begun = SystemClock.elapsed();
    let sending = ready.into_iter().map(|(mut sender, webhooks)| {
        tokio::spawn(async move {
            let mut millis = Vec::with_capacity(webhooks.len());
            for webhook in &webhooks {
                let sent = SystemClock.elapsed();
                sender.send(webhook).await?;
                millis.push((SystemClock.elapsed() - sent).as_secs_f64() * 1e3);
            }
            Ok::<_, Failure>(millis)
        })
    });
    for millis in join_all(sending).await {
        measured.millis.extend(millis??);
    }
    let seconds = (SystemClock.elapsed() - begun).as_secs_f64();
    let sent = u32::try_from(senders * webhooks)?;
    measured.rates.push(f64::from(sent) / seconds);
    Ok(())
}
