//! Many callers of one token that nobody has asked for yet.

use std::error::Error;
use std::io;
use std::time::Duration;

use passid_benches::net::{Upstream, client};
use passid_core::{CachedVerifier, Clock, SystemClock, Token, Verdict, Verify};
use tokio::runtime::Runtime;
use tokio::task::JoinSet;

/// How long the upstream takes: all callers are there before it answers, and those who leave early have
/// left.
const DELAY: Duration = Duration::from_millis(100);
const LEAVE_AFTER: Duration = Duration::from_millis(20);

/// What came of it.
struct Outcome {
    calls: u64,
    answered: usize,
    spent: Duration,
}

/// Prints the table.
///
/// # Errors
///
/// When the cache asks more than once, or someone who stays is not answered: a fault, whatever the
/// time.
pub(crate) fn print(runtime: &Runtime, callers: usize) -> Result<(), Box<dyn Error>> {
    println!("One cold token, {callers} callers, an upstream that takes {} ms", DELAY.as_millis());
    println!();
    println!("| verifier | leave early | upstream calls | answered | ms |");
    println!("|---|---:|---:|---:|---:|");
    for leaving in [0, callers * 3 / 10] {
        let upstream = Upstream::start(DELAY)?;
        let cache = CachedVerifier::builder(client(&upstream));
        let cache = cache.runtime(runtime.handle().clone()).build()?;
        let outcome = runtime.block_on(ask(&upstream, cache, callers, leaving))?;
        print_row("`CachedVerifier`", leaving, &outcome);
        if outcome.calls != 1 || outcome.answered < callers - leaving {
            return Err(format!("{} calls, {} answers", outcome.calls, outcome.answered).into());
        }
    }
    let upstream = Upstream::start(DELAY)?;
    let outcome = runtime.block_on(ask(&upstream, client(&upstream), callers, 0))?;
    print_row("`PassidClient`, no cache", 0, &outcome);
    println!();
    Ok(())
}

fn print_row(verifier: &str, leaving: usize, outcome: &Outcome) {
    let Outcome { calls, answered, spent } = outcome;
    println!("| {verifier} | {leaving} | {calls} | {answered} | {} |", spent.as_millis());
}

async fn ask<V: Verify + Clone>(
    upstream: &Upstream,
    verifier: V,
    callers: usize,
    leaving: usize,
) -> io::Result<Outcome> {
    let token = Token::parse("PASSID-COLD-0000-0000-3MNX").map_err(io::Error::other)?;
    let begun = SystemClock.elapsed();
    let mut tasks = JoinSet::new();
    let mut leavers = Vec::new();
    for caller in 0..callers {
        let (verifier, token) = (verifier.clone(), token.clone());
        let task = tasks.spawn(async move { verifier.verify(token).await });
        // The very first caller leaves too: it is the one who started the call.
        if caller < leaving {
            leavers.push(task);
        }
    }
    if leaving > 0 {
        SystemClock.sleep(LEAVE_AFTER).await;
        leavers.iter().for_each(tokio::task::AbortHandle::abort);
    }
    let mut answered = 0;
    while let Some(ended) = tasks.join_next().await {
        match ended {
            Ok(Verdict::Valid(_)) => answered += 1,
            Ok(other) => return Err(io::Error::other(format!("not valid: {other:?}"))),
            Err(left) if left.is_cancelled() => {}
            Err(lost) => return Err(io::Error::other(lost)),
        }
    }
    Ok(Outcome { calls: upstream.calls(), answered, spent: SystemClock.elapsed() - begun })
}
