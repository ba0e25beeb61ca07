//! A verdict found in Redis beside a bare `GET` of the same client on the same server, taking turns.
//!
//! `cargo bench -p passid-benches --bench shared`; needs `redis-server`.
#![allow(clippy::print_stdout, reason = "the table is what this is for")]

use std::error::Error;
use std::time::Duration;

use passid_benches::Spread;
use passid_core::redis::{DeploymentSecret, Redis};
use passid_core::shared::SharedEvent;
use passid_core::{
    ApiKey, BoxFuture, CachedVerifier, Clock, Environment, SharedVerifier, SystemClock, Token,
    Verdict, VerifiedCredential, VerifierScope, Verify, testing,
};
use passid_tests::redis::RedisServer;
use passid_tests::until;

/// Accepts every token.
#[derive(Debug)]
struct Everyone;

impl Verify for Everyone {
    fn verify(&self, token: Token) -> BoxFuture<'static, Verdict> {
        Box::pin(async move {
            let claims = testing::claims::complete();
            let now = SystemClock.now();
            let sandbox = Environment::Sandbox;
            let credential = VerifiedCredential::builder("passid", sandbox, claims, now);
            credential.token(token).build().map_or_else(
                |_| Verdict::Invalid(passid_core::DenyReason::Unspecified),
                Verdict::Valid,
            )
        })
    }

    fn scope(&self) -> Option<VerifierScope> {
        let key = ApiKey::parse("pk_sandbox_bench").ok()?;
        Some(VerifierScope::new("passid", "https://api.test/v1/verify", &key))
    }
}

/// How long each took, in microseconds.
#[derive(Default)]
struct Times(Vec<f64>);

impl Times {
    async fn of<T>(&mut self, what: impl Future<Output = T>) -> T {
        let began = SystemClock.elapsed();
        let value = what.await;
        self.0.push((SystemClock.elapsed() - began).as_secs_f64() * 1e6);
        value
    }

    fn row(&self, name: &str, beside: &Self) {
        let p99 = |times: &Self| {
            let mut sorted = times.0.clone();
            sorted.sort_by(f64::total_cmp);
            sorted.get(sorted.len() * 99 / 100).copied().unwrap_or(f64::NAN)
        };
        let (own, other) =
            (Spread::of(self.0.iter().copied()), Spread::of(beside.0.iter().copied()));
        println!(
            "| {name} | {:.1} | {:.1} | {:.2} | {:.2} |",
            own.median,
            p99(self),
            own.median / other.median,
            p99(self) / p99(beside)
        );
    }
}

async fn run(rounds: usize) -> Result<(), Box<dyn Error>> {
    let Some(server) = RedisServer::start().await else { return Ok(()) };
    let secret = DeploymentSecret::parse("0123456789abcdef0123456789abcdef")?;
    let redis = Redis::builder(&server.url, &secret)
        .prefix(&server.prefix)
        .deadline(Duration::from_secs(1))
        .build()?;
    redis.connected_within(Duration::from_secs(10)).await;
    let ttl = Duration::from_secs(3600);
    let shared = SharedVerifier::builder(Everyone, redis).ttl(ttl).build()?;
    let token = Token::parse("psid_bench_0123456789")?;
    shared.verify(token.clone()).await;
    until("it is kept", async || shared.count(SharedEvent::Kept) == 1).await;
    let cached = CachedVerifier::builder(shared.clone()).ttl(ttl).build()?;
    cached.verify(token.clone()).await;

    let client = redis::Client::open(&*server.url)?;
    let mut bare = client.get_multiplexed_async_connection().await?;
    let keys: Vec<String> =
        redis::cmd("KEYS").arg(format!("{}:v:*", server.prefix)).query_async(&mut bare).await?;
    let key = keys.first().ok_or("an entry")?;

    let [mut get, mut control, mut hit, mut memory] = <[Times; 4]>::default();
    for _ in 0..rounds {
        for times in [&mut get, &mut control] {
            let command = redis::cmd("GET").arg(key).to_owned();
            let value: Vec<u8> = times.of(command.query_async(&mut bare)).await?;
            std::hint::black_box(value);
        }
        std::hint::black_box(hit.of(shared.verify(token.clone())).await);
        std::hint::black_box(memory.of(async { cached.peek(&token) }).await);
    }
    println!("| {rounds} rounds | p50, us | p99, us | p50 / GET | p99 / GET |");
    println!("|---|---|---|---|---|");
    get.row("bare GET of the same value", &get);
    control.row("control: the same once more", &get);
    hit.row("`SharedVerifier`, found in Redis", &get);
    memory.row("`CachedVerifier`, found in memory", &get);
    let missed = shared.count(SharedEvent::Miss);
    println!("\n{missed} miss, {} hits", shared.count(SharedEvent::Hit));
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    let measured = std::env::args().any(|argument| argument == "--bench");
    let rounds = if measured { 20_000 } else { 50 };
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    runtime.block_on(run(rounds))
}
