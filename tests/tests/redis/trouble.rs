//! Redis slow, frozen, gone, and back: the provider is asked instead, in time.

use std::time::Duration;

use passid_core::redis::Redis;
use passid_core::shared::SharedEvent;
use passid_core::{Clock, SharedVerifier, SystemClock, Verify};
use passid_tests::redis::RedisServer;
use passid_tests::until;

use super::provider::{Provider, is_valid};
use super::{connected, connection, token};

const DEADLINE: Duration = Duration::from_millis(50);

async fn impatient(server: &RedisServer, provider: &Provider) -> (Redis, SharedVerifier<Provider>) {
    let redis = connected(connection(server).deadline(DEADLINE)).await;
    let verifier = SharedVerifier::builder(provider.clone(), redis.clone()).build().unwrap();
    (redis, verifier)
}

/// Asks for new tokens; how many took longer than half a deadline.
async fn slow(verifier: &SharedVerifier<Provider>, tokens: std::ops::Range<usize>) -> usize {
    let mut slow = 0;
    for number in tokens {
        let began = SystemClock.elapsed();
        assert!(
            is_valid(&verifier.verify(token(number)).await),
            "an outage of Redis is none of ours"
        );
        slow += usize::from(SystemClock.elapsed() - began > DEADLINE / 2);
    }
    slow
}

#[tokio::test]
async fn a_frozen_redis_costs_a_few_deadlines_and_then_nothing() {
    let Some(server) = RedisServer::start_own().await else { return };
    let provider = Provider::new();
    let (redis, verifier) = impatient(&server, &provider).await;
    slow(&verifier, 0..10).await;
    until("they are kept", async || verifier.count(SharedEvent::Kept) == 10).await;
    let calls = provider.calls();

    server.freeze();
    let slow_ones = slow(&verifier, 10..210).await;
    // Three deadlines until it is not asked any more; the rest is for processors that are shared.
    assert!(slow_ones <= 20, "{slow_ones} of 200 waited");
    assert_eq!(provider.calls(), calls + 200);
    let health = redis.health();
    assert!(!health.up && health.lost == 1, "{health:?}");

    server.thaw();
    assert!(redis.connected_within(Duration::from_secs(30)).await);
    // What was kept before is used again.
    let calls = provider.calls();
    until("it is used again", async || {
        verifier.verify(token(0)).await;
        verifier.count(SharedEvent::Hit) > 0
    })
    .await;
    assert!(provider.calls() <= calls + 3);
}

#[tokio::test]
async fn a_killed_redis_is_noticed_at_once_and_used_again_when_it_is_back() {
    let Some(mut server) = RedisServer::start_own().await else { return };
    let provider = Provider::new();
    let (redis, verifier) = impatient(&server, &provider).await;
    slow(&verifier, 0..10).await;
    server.kill();
    let slow_ones = slow(&verifier, 10..210).await;
    assert!(slow_ones <= 20, "{slow_ones} of 200 waited");
    assert_eq!(provider.calls(), 210);
    until("it is noticed", async || !redis.health().up).await;

    server.restart().await;
    assert!(redis.connected_within(Duration::from_secs(30)).await);
    verifier.verify(token(1_000)).await;
    until("it is used again", async || {
        let calls = provider.calls();
        verifier.verify(token(1_000)).await;
        provider.calls() == calls
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_that_comes_and_goes_under_load_never_changes_an_answer() {
    let Some(mut server) = RedisServer::start_own().await else { return };
    let provider = Provider::new();
    let (_, one) = impatient(&server, &provider).await;
    let (_, two) = impatient(&server, &provider).await;
    let load: Vec<_> = [one, two]
        .into_iter()
        .map(|verifier| {
            tokio::spawn(async move {
                let mut asked = 0;
                let began = SystemClock.elapsed();
                while SystemClock.elapsed() - began < Duration::from_secs(3) {
                    assert!(is_valid(&verifier.verify(token(asked % 50)).await));
                    asked += 1;
                }
                asked
            })
        })
        .collect();
    for _ in 0..3 {
        SystemClock.sleep(Duration::from_millis(200)).await;
        server.freeze();
        SystemClock.sleep(Duration::from_millis(200)).await;
        server.thaw();
        SystemClock.sleep(Duration::from_millis(200)).await;
        server.restart().await;
    }
    for load in load {
        assert!(load.await.unwrap() > 0);
    }
}

#[tokio::test]
async fn too_many_commands_at_once_go_on_without_redis() {
    let Some(server) = RedisServer::start_own().await else { return };
    let provider = Provider::new();
    let redis = connected(connection(&server).max_pending(1)).await;
    let verifier = SharedVerifier::builder(provider.clone(), redis.clone()).build().unwrap();
    let verdicts =
        futures_util::future::join_all((0..50).map(|number| verifier.verify(token(number)))).await;
    assert!(verdicts.iter().all(is_valid));
    assert!(redis.health().skipped > 0);
    assert!(redis.health().up, "that it is asked too much is no fault of its own");
}
