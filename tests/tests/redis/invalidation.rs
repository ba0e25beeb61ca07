//! Forgetting reaches every instance, and what raced it does not come back.

use std::time::Duration;

use passid_core::shared::SharedEvent;
use passid_core::{Clock, SystemClock, Verify};
use passid_tests::redis::RedisServer;
use passid_tests::until;

use super::provider::{Provider, is_valid};
use super::{instance, token};

#[tokio::test]
async fn what_one_instance_forgets_every_instance_hears_of_and_asks_again() {
    let Some(server) = RedisServer::start().await else { return };
    let provider = Provider::new();
    let mut all = Vec::new();
    for _ in 0..4 {
        all.push(instance(&server, &provider).await);
    }
    until("all listen", async || all.iter().all(|one| one.count(SharedEvent::Subscribed) >= 1))
        .await;
    all[0].verify(token(1)).await;
    until("it is kept", async || all[0].count(SharedEvent::Kept) == 1).await;

    provider.revoke();
    all[1].invalidate(&token(1));
    until("all heard", async || all.iter().all(|one| one.count(SharedEvent::Received) == 1)).await;
    for one in &all {
        assert!(!is_valid(&one.verify(token(1)).await));
    }
}

#[tokio::test]
async fn an_answer_from_before_an_invalidation_does_not_come_back() {
    let Some(server) = RedisServer::start().await else { return };
    let provider = Provider::new();
    let (one, two) = (instance(&server, &provider).await, instance(&server, &provider).await);
    provider.takes(Duration::from_millis(300));
    let late = tokio::spawn(one.verify(token(1)));
    until("it is asked", async || provider.calls() == 1).await;
    provider.revoke();
    two.invalidate(&token(1));
    until("it is forgotten", async || two.count(SharedEvent::Sent) == 1).await;
    // Its own caller gets what the provider said when it was asked.
    assert!(is_valid(&late.await.unwrap()));
    until("it was judged", async || one.count(SharedEvent::Superseded) == 1).await;
    provider.takes(Duration::ZERO);
    assert!(!is_valid(&two.verify(token(1)).await));
    assert_eq!(one.count(SharedEvent::Kept), 0);
}

#[tokio::test]
async fn an_answer_from_before_everything_was_forgotten_does_not_come_back() {
    let Some(server) = RedisServer::start().await else { return };
    let provider = Provider::new();
    let (one, two) = (instance(&server, &provider).await, instance(&server, &provider).await);
    provider.takes(Duration::from_millis(300));
    let late = tokio::spawn(one.verify(token(1)));
    until("it is asked", async || provider.calls() == 1).await;
    two.clear();
    until("it is forgotten", async || two.count(SharedEvent::Sent) == 1).await;
    late.await.unwrap();
    until("it was judged", async || one.count(SharedEvent::Superseded) == 1).await;
}

#[tokio::test]
async fn a_refusal_outweighs_a_pass_that_was_asked_for_earlier() {
    let Some(server) = RedisServer::start().await else { return };
    let provider = Provider::new();
    let lease = Duration::from_millis(50);
    let one = super::instance_with(&server, &provider, |builder| builder.lease(lease)).await;
    let two = super::instance_with(&server, &provider, |builder| builder.lease(lease)).await;
    provider.takes(Duration::from_millis(400));
    let early = tokio::spawn(one.verify(token(1)));
    until("it is asked", async || provider.calls() == 1).await;
    provider.revoke();
    provider.takes(Duration::ZERO);
    // The lease is shorter than the call: the second asks for itself and is refused.
    assert!(!is_valid(&two.verify(token(1)).await));
    until("the refusal is kept", async || two.count(SharedEvent::Kept) == 1).await;
    assert!(is_valid(&early.await.unwrap()));
    until("it was judged", async || one.count(SharedEvent::Superseded) == 1).await;
    assert!(!is_valid(&one.verify(token(1)).await));
    assert_eq!(provider.calls(), 2);
}

#[tokio::test]
async fn a_wish_to_forget_survives_a_redis_that_is_away() {
    let Some(mut server) = RedisServer::start_own().await else { return };
    let provider = Provider::new();
    let (one, two) = (instance(&server, &provider).await, instance(&server, &provider).await);
    until("it listens", async || two.count(SharedEvent::Subscribed) == 1).await;
    server.kill();
    until("it is noticed", async || {
        one.verify(token(2)).await;
        one.count(SharedEvent::Unanswered) > 0
    })
    .await;
    one.invalidate(&token(1));
    server.restart().await;
    until("it is sent", async || one.count(SharedEvent::Sent) == 1).await;
    // Whoever was cut off in the meantime knows that it may have missed something.
    until("it listens again", async || two.count(SharedEvent::Subscribed) == 2).await;
}

#[tokio::test]
async fn a_subscription_that_went_silent_is_noticed_and_made_again() {
    let Some(server) = RedisServer::start_own().await else { return };
    let provider = Provider::new();
    let one = instance(&server, &provider).await;
    until("it listens", async || one.count(SharedEvent::Subscribed) == 1).await;
    let began = SystemClock.elapsed();
    server.freeze();
    // Longer than the heartbeat and the time that it has to be answered.
    while SystemClock.elapsed() - began < Duration::from_secs(1) {
        SystemClock.sleep(Duration::from_millis(20)).await;
    }
    server.thaw();
    until("it listens again", async || one.count(SharedEvent::Subscribed) == 2).await;
}
