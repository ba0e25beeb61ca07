//! What a miss costs: upstream calls for one cold token that many ask for; and verifications of distinct
//! tokens per second, through connections that are kept, beside a bare hyper-util client on the same
//! upstream.
//!
//! `cargo bench -p passid-benches --bench misses` takes about 40 s; with `-- --quick` about 4 s.
#![allow(clippy::print_stdout, reason = "the table is what this is for")]

mod one_token;

use std::error::Error;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use passid_benches::net::{BareClient, HyperTransport, Upstream, client, client_over};
use passid_benches::{Effort, Spread, take_turns};
use passid_core::{Clock, PassidClient, SystemClock, Token, Verdict, Verify};
use tokio::task::JoinSet;

const AT_ONCE: usize = 64;

/// Who asks.
#[derive(Clone)]
enum Client {
    Bare(BareClient),
    Ours(PassidClient),
}

struct Contestant {
    name: &'static str,
    client: Client,
    per_second: Vec<f64>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let effort = Effort::of_arguments();
    let tokens = effort.choose(10_000, 2_000, 100);
    let rounds = effort.choose(16, 4, 1);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    one_token::print(&runtime, effort.choose(1_000, 1_000, 100))?;

    let upstream = Upstream::start(Duration::ZERO)?;
    let bare = || BareClient::new(&upstream).map(Client::Bare).map_err(io::Error::other);
    let of = |name, client| Contestant { name, client, per_second: Vec::new() };
    let mut contestants = [
        of("hyper-util, bare", bare()?),
        of("`PassidClient` (reqwest)", Client::Ours(client(&upstream))),
        of(
            "`PassidClient` over hyper-util",
            Client::Ours(client_over(&upstream, HyperTransport::new())),
        ),
        of("hyper-util, bare (control)", bare()?),
    ];
    take_turns(&mut contestants, rounds, Duration::ZERO, |it| {
        let before = upstream.calls();
        let begun = SystemClock.elapsed();
        runtime.block_on(verify_all(&it.client, tokens))?;
        let spent = SystemClock.elapsed() - begun;
        let calls = upstream.calls() - before;
        #[expect(clippy::cast_precision_loss, reason = "far fewer than 2^52 calls")]
        it.per_second.push(calls as f64 / spent.as_secs_f64());
        match usize::try_from(calls) {
            Ok(calls) if calls == tokens => Ok(()),
            _ => Err(io::Error::other(format!("{calls} calls for {tokens} tokens"))),
        }
    })?;
    println!("{rounds} rounds of {tokens} distinct tokens, {AT_ONCE} at a time");
    println!();
    println!("| client | calls/s | p10..p90 | ratio to bare | p10..p90 |");
    println!("|---|---:|---:|---:|---:|");
    let [bare, ..] = &contestants;
    for contestant in &contestants {
        let rate = Spread::of(contestant.per_second.iter().copied());
        let ratios = contestant.per_second.iter().zip(&bare.per_second);
        let ratio = Spread::of(ratios.map(|(one, other)| one / other));
        println!(
            "| {} | {:.0} | {:.0}..{:.0} | {:.2} | {:.2}..{:.2} |",
            contestant.name, rate.median, rate.p10, rate.p90, ratio.median, ratio.p10, ratio.p90,
        );
    }
    Ok(())
}

/// Each token once.
async fn verify_all(client: &Client, tokens: usize) -> io::Result<()> {
    let next = Arc::new(AtomicUsize::new(0));
    let mut workers: JoinSet<io::Result<()>> = JoinSet::new();
    for _ in 0..AT_ONCE {
        let (client, next) = (client.clone(), next.clone());
        workers.spawn(async move {
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= tokens {
                    return Ok(());
                }
                verify(&client, &format!("PASSID-{number:016}")).await?;
            }
        });
    }
    while let Some(ended) = workers.join_next().await {
        ended.map_err(io::Error::other)??;
    }
    Ok(())
}

async fn verify(client: &Client, token: &str) -> io::Result<()> {
    match client {
        Client::Bare(client) => {
            client.verify(token).await.map_err(io::Error::other)?;
        }
        Client::Ours(client) => {
            let token = Token::parse(token).map_err(io::Error::other)?;
            let verdict = Verify::verify(client, token).await;
            if !matches!(verdict, Verdict::Valid(_)) {
                return Err(io::Error::other(format!("not valid: {verdict:?}")));
            }
        }
    }
    Ok(())
}
