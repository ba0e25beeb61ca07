//! A cache in the memory of each instance, before what they share.

use std::time::Duration;

use futures_util::future::join_all;
use passid_core::shared::{SharedBuilder, SharedEvent};
use passid_core::{CachedVerifier, Clock, Served, SharedVerifier, SystemClock, Verdict, Verify};
use passid_tests::redis::RedisServer;
use passid_tests::until;

use super::provider::{Provider, is_valid};
use super::{instance_with, token};

pub(super) type Instance = CachedVerifier<SharedVerifier<Provider>>;

pub(super) async fn cached(server: &RedisServer, provider: &Provider) -> Instance {
    cached_with(server, provider, |builder| builder).await
}

async fn cached_with(
    server: &RedisServer,
    provider: &Provider,
    change: impl FnOnce(SharedBuilder<Provider>) -> SharedBuilder<Provider>,
) -> Instance {
    let shared = instance_with(server, provider, change).await;
    let cache = CachedVerifier::builder(shared).build().unwrap();
    listening(&cache, 1).await;
    cache
}

/// Waits until the instance has begun to listen as often as that.
async fn listening(instance: &Instance, times: u64) {
    let shared = instance.inner();
    until("it listens", async || shared.count(SharedEvent::Subscribed) >= times).await;
}

pub(super) async fn kept(instance: &Instance, count: u64) {
    until("it is kept", async || instance.inner().count(SharedEvent::Kept) >= count).await;
}

/// In the memory of this instance.
pub(super) fn has(instance: &Instance, number: usize) -> bool {
    instance.peek(&token(number)).as_ref().is_some_and(is_valid)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_callers_of_four_instances_cause_one_call() {
    let Some(server) = RedisServer::start().await else { return };
    let provider = Provider::new();
    provider.takes(Duration::from_millis(100));
    let mut all = Vec::new();
    for _ in 0..4 {
        let long = Duration::from_secs(20);
        all.push(cached_with(&server, &provider, |builder| builder.lease(long)).await);
    }
    let verdicts =
        join_all((0..1_000).map(|caller| all[caller % all.len()].verify(token(1)))).await;
    assert!(verdicts.iter().all(is_valid));
    assert_eq!(provider.calls(), 1);
    assert!(all.iter().all(|instance| has(instance, 1)));
}

#[tokio::test]
async fn what_came_from_redis_is_served_as_cached_and_ends_when_it_would_have() {
    let Some(server) = RedisServer::start().await else { return };
    let provider = Provider::new();
    let (one, two) = (cached(&server, &provider).await, cached(&server, &provider).await);
    let Verdict::Valid(live) = one.verify(token(1)).await else { panic!("refused") };
    kept(&one, 1).await;
    let Verdict::Valid(found) = two.verify(token(1)).await else { panic!("refused") };
    assert_eq!((live.served(), found.served()), (Served::Live, Served::Cached));
    assert_eq!(found.received_at(), live.received_at());
    assert_eq!(found.token(), Some(&token(1)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_revocation_empties_the_memory_of_every_instance() {
    let Some(server) = RedisServer::start().await else { return };
    let provider = Provider::new();
    let mut all = Vec::new();
    for _ in 0..4 {
        all.push(cached(&server, &provider).await);
    }
    let mut took = Vec::new();
    for round in 0..20 {
        for instance in &all {
            assert!(is_valid(&instance.verify(token(round)).await));
        }
        let began = SystemClock.elapsed();
        all[round % 4].invalidate(&token(round));
        assert!(!has(&all[round % 4], round), "its own memory forgets before it returns");
        until("all forget", async || !all.iter().any(|instance| has(instance, round))).await;
        took.push(SystemClock.elapsed() - began);
    }
    took.sort_unstable();
    let (median, worst) = (took[took.len() / 2], took[took.len() - 1]);
    println!("a revocation reached four instances in {median:?}, at worst in {worst:?}");
    assert!(median < Duration::from_millis(100), "{took:?}");
}

#[tokio::test]
async fn whoever_invalidates_never_sees_the_old_answer_again() {
    let Some(server) = RedisServer::start().await else { return };
    let provider = Provider::new();
    let (one, two) = (cached(&server, &provider).await, cached(&server, &provider).await);
    for round in 0..50 {
        let calls = provider.calls();
        one.verify(token(round)).await;
        kept(&one, round as u64 + 1).await;
        two.invalidate(&token(round));
        // At once, while Redis may not have heard of it: the provider is asked.
        two.verify(token(round)).await;
        assert_eq!(provider.calls(), calls + 2, "round {round}");
    }
}

#[tokio::test]
async fn a_revocation_that_one_instance_is_told_of_by_the_provider_reaches_the_others() {
    let Some(server) = RedisServer::start().await else { return };
    let provider = Provider::new();
    // In its memory for a minute, in Redis for a moment.
    let short = Duration::from_millis(50);
    let one = cached_with(&server, &provider, |builder| builder.ttl(short)).await;
    let two = cached(&server, &provider).await;
    one.verify(token(1)).await;
    provider.revoke();
    until("it is refused", async || !is_valid(&two.inner().verify(token(1)).await)).await;
    until("the other forgets", async || !has(&one, 1)).await;
    assert!(!is_valid(&one.verify(token(1)).await));
}

#[tokio::test]
async fn an_instance_that_was_cut_off_does_not_trust_its_memory_when_it_is_back() {
    let Some(mut server) = RedisServer::start_own().await else { return };
    let provider = Provider::new();
    let (one, two) = (cached(&server, &provider).await, cached(&server, &provider).await);
    assert!(is_valid(&two.verify(token(1)).await));
    server.kill();
    // While Redis is away the memory goes on, as it would without Redis.
    assert!(is_valid(&two.verify(token(1)).await));
    provider.revoke();
    one.invalidate(&token(1));
    server.restart().await;
    listening(&two, 2).await;
    assert!(!is_valid(&two.verify(token(1)).await));
}

#[tokio::test]
async fn everything_is_forgotten_everywhere_on_request() {
    let Some(server) = RedisServer::start().await else { return };
    let provider = Provider::new();
    let (one, two) = (cached(&server, &provider).await, cached(&server, &provider).await);
    for number in 0..10 {
        one.verify(token(number)).await;
        two.verify(token(number)).await;
    }
    one.clear();
    until("the other forgets", async || (0..10).all(|number| !has(&two, number))).await;
    let calls = provider.calls();
    two.verify(token(1)).await;
    assert_eq!(provider.calls(), calls + 1, "neither memory nor Redis has it");
}
