//! What the check of a webhook's signature takes beside a bare SHA-256 of the same bytes, and beside
//! the HMAC of ring and of aws-lc-rs, on a machine that is not quiet: the cases take turns in short
//! rounds, each round gives a ratio of its own, and a second SHA-256 shows how far two equal things
//! come out apart.
//!
//! `cargo bench -p passid-benches --bench webhook_signature` takes about 20 s; with `-- --quick`
//! about 2 s.
#![allow(clippy::print_stdout, reason = "the table is what this is for")]

use std::alloc::System;
use std::env;
use std::error::Error;
use std::hint::black_box;
use std::time::Duration;

use passid_benches::Spread;
use passid_core::testing::webhook::sign;
use passid_core::webhook::WebhookVerifier;
use passid_core::{Clock, SystemClock, WebhookSecret};
use sha2::{Digest, Sha256};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

/// Slows nothing down that is timed here: nothing of it allocates.
#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const SECRET: &str = "whsec_00000000000000000000000000000000";

const SIZES: [(&str, usize); 4] =
    [("256 B", 256), ("1 KiB", 1 << 10), ("64 KiB", 1 << 16), ("1 MiB", 1 << 20)];

/// How much is measured of each size.
struct Effort {
    /// About as many bytes go through each case in a round.
    bytes: usize,
    min_rounds: usize,
    time: Duration,
}

impl Effort {
    fn of(arguments: &[String]) -> Self {
        let given = |flag| arguments.iter().any(|argument| argument == flag);
        let time = match (given("--bench"), given("--quick")) {
            (_, true) => Duration::from_millis(500),
            (true, false) => Duration::from_secs(5),
            // As a test: does it run at all?
            (false, false) => return Self { bytes: 1, min_rounds: 2, time: Duration::ZERO },
        };
        Self { bytes: 1 << 17, min_rounds: 30, time }
    }
}

type Look = Box<dyn Fn(&[u8]) -> bool>;

/// A way to look at a body, and its time for it in each round, in nanoseconds.
struct Row {
    name: &'static str,
    look: Look,
    times: Vec<f64>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let effort = Effort::of(&arguments);
    println!(
        "| body | case | ns, least | ns | p10..p90 | ratio to SHA-256 | p10..p90 | allocations |"
    );
    println!("|---|---|---:|---:|---:|---:|---:|---:|");
    for (size, length) in SIZES {
        let body: Vec<u8> = (0..=u8::MAX).cycle().take(length).collect();
        let mut rows = rows(&body)?;
        measure(&mut rows, &body, &effort);
        print(size, &rows, &body)?;
    }
    Ok(())
}

/// Keys are prepared beforehand. The signature comes to passid as the header's value, to be read, and
/// to the others as bytes.
fn rows(body: &[u8]) -> Result<Vec<Row>, Box<dyn Error>> {
    let secret = WebhookSecret::parse(SECRET)?;
    let header = sign(&secret, body);
    let verifier = WebhookVerifier::with_secret(secret)?;

    let ring_key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, SECRET.as_bytes());
    let tag = ring::hmac::sign(&ring_key, body).as_ref().to_vec();
    let aws_key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, SECRET.as_bytes());
    let aws_tag = tag.clone();

    let row = |name, look: Look| Row { name, look, times: Vec::new() };
    Ok(vec![
        row("SHA-256 (sha2)", Box::new(hash)),
        row("passid", Box::new(move |body| verifier.verify([&header], body).is_ok())),
        row(
            "HMAC of ring",
            Box::new(move |body| ring::hmac::verify(&ring_key, body, &tag).is_ok()),
        ),
        row(
            "HMAC of aws-lc-rs",
            Box::new(move |body| aws_lc_rs::hmac::verify(&aws_key, body, &aws_tag).is_ok()),
        ),
        row("SHA-256 (control)", Box::new(hash)),
    ])
}

fn hash(body: &[u8]) -> bool {
    black_box(Sha256::digest(body));
    true
}

/// Each round starts with another case, so that none always follows the same neighbour.
fn measure(rows: &mut [Row], body: &[u8], effort: &Effort) {
    let looks = u32::try_from((effort.bytes / body.len()).max(1)).unwrap_or(u32::MAX);
    let begun = SystemClock.elapsed();
    let mut rounds = 0;
    while rounds < effort.min_rounds || SystemClock.elapsed() - begun < effort.time {
        let first = rounds % rows.len();
        let (before, after) = rows.split_at_mut(first);
        for row in after.iter_mut().chain(before) {
            let begun = SystemClock.elapsed();
            for _ in 0..looks {
                black_box((row.look)(black_box(body)));
            }
            let time = SystemClock.elapsed() - begun;
            row.times.push(time.as_secs_f64() * 1e9 / f64::from(looks));
        }
        rounds += 1;
    }
}

fn print(size: &str, rows: &[Row], body: &[u8]) -> Result<(), Box<dyn Error>> {
    let base = rows.first().ok_or("nothing was measured")?;
    for row in rows {
        let region = Region::new(ALLOCATOR);
        let accepted = (row.look)(body);
        let change = region.change();
        if !accepted {
            return Err(format!("{}: a good signature was refused", row.name).into());
        }
        let least = row.times.iter().copied().fold(f64::INFINITY, f64::min);
        let time = Spread::of(row.times.iter().copied());
        let ratio = Spread::of(row.times.iter().zip(&base.times).map(|(time, base)| time / base));
        println!(
            "| {size} | {} | {least:.0} | {:.0} | {:.0}..{:.0} | {:.2} | {:.2}..{:.2} | {} |",
            row.name,
            time.median,
            time.p10,
            time.p90,
            ratio.median,
            ratio.p10,
            ratio.p90,
            change.allocations + change.reallocations,
        );
    }
    Ok(())
}
