//! One call to the provider per token, however many instances ask at once.

use std::time::Duration;

use futures_util::future::join_all;
use passid_core::shared::SharedEvent;
use passid_core::{Clock, SystemClock, Verify};
use passid_tests::redis::RedisServer;
use passid_tests::until;

use super::provider::{Provider, is_valid};
use super::{instance, instance_with, token};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_instances_that_ask_at_once_make_one_call() {
    let Some(server) = RedisServer::start().await else { return };
    let provider = Provider::new();
    provider.takes(Duration::from_millis(100));
    let mut all = Vec::new();
    for _ in 0..4 {
        let long = Duration::from_secs(20);
        all.push(instance_with(&server, &provider, |builder| builder.lease(long)).await);
    }
    for round in 1..=5 {
        let verdicts =
            join_all((0..100).map(|caller| all[caller % all.len()].verify(token(round)))).await;
        assert!(verdicts.iter().all(is_valid));
        assert_eq!(provider.calls(), round, "round {round}");
    }
}

#[tokio::test]
async fn an_instance_that_dies_while_it_asks_delays_the_others_by_one_lease_at_most() {
    let Some(server) = RedisServer::start().await else { return };
    let provider = Provider::new();
    let lease = Duration::from_millis(400);
    let two = instance_with(&server, &provider, |builder| builder.lease(lease)).await;
    // A lease whose owner is no more: it was taken, and nobody will give it back.
    let dead = Provider::new();
    dead.takes(Duration::from_secs(3600));
    let one = instance_with(&server, &dead, |builder| builder.lease(lease)).await;
    let asking = tokio::spawn(one.verify(token(1)));
    until("it asks", async || dead.calls() == 1).await;

    let began = SystemClock.elapsed();
    assert!(is_valid(&two.verify(token(1)).await));
    let took = SystemClock.elapsed() - began;
    assert_eq!(provider.calls(), 1);
    assert_eq!(two.count(SharedEvent::Waited), 1);
    // Generous, because the processors are shared: without the bound it would be an hour.
    assert!(took < lease + Duration::from_secs(5), "{took:?}");
    asking.abort();
}

#[tokio::test]
async fn a_caller_that_goes_away_gives_its_lease_back() {
    let Some(server) = RedisServer::start().await else { return };
    let provider = Provider::new();
    let long = Duration::from_secs(30);
    let one = instance_with(&server, &provider, |builder| builder.lease(long)).await;
    let two = instance_with(&server, &provider, |builder| builder.lease(long)).await;
    provider.takes(Duration::from_secs(3600));
    let asking = tokio::spawn(one.verify(token(1)));
    until("it asks", async || provider.calls() == 1).await;
    asking.abort();
    provider.takes(Duration::ZERO);
    let began = SystemClock.elapsed();
    assert!(is_valid(&two.verify(token(1)).await));
    assert!(SystemClock.elapsed() - began < long / 2);
}

#[tokio::test]
async fn a_failed_call_passes_the_lease_on_and_nobody_waits_for_nothing() {
    let Some(server) = RedisServer::start().await else { return };
    let provider = Provider::new();
    provider.down(true);
    let (one, two) = (instance(&server, &provider).await, instance(&server, &provider).await);
    for verifier in [&one, &two, &one] {
        assert!(!is_valid(&verifier.verify(token(1)).await));
    }
    assert_eq!(provider.calls(), 3);
    provider.down(false);
    assert!(is_valid(&two.verify(token(1)).await));
}
