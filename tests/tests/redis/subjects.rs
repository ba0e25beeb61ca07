//! Forgetting a subject reaches every instance, whatever the tokens, and what is in Redis is not used.

use std::time::Duration;

use passid_core::Verify;
use passid_core::shared::SharedEvent;
use passid_tests::redis::RedisServer;
use passid_tests::until;

use super::cached::{cached, has, kept};
use super::provider::{Provider, is_valid, subject};
use super::token;

#[tokio::test]
async fn every_token_of_a_subject_is_forgotten_by_every_instance_and_no_other() {
    let Some(server) = RedisServer::start().await else { return };
    let provider = Provider::new();
    let mut all = Vec::new();
    for _ in 0..3 {
        all.push(cached(&server, &provider).await);
    }
    for number in [1, 11, 2] {
        for instance in &all {
            assert!(is_valid(&instance.verify(token(number)).await));
        }
    }
    kept(&all[0], 3).await;
    provider.revoke();
    all[1].invalidate_subject(subject(&token(1)));
    assert!(!has(&all[1], 1) && !has(&all[1], 11), "its own memory forgets before it returns");
    until("all forget", async || !all.iter().any(|one| has(one, 1) || has(one, 11))).await;
    for instance in &all {
        assert!(has(instance, 2));
        // Still in Redis, and not used.
        assert!(!is_valid(&instance.verify(token(1)).await));
        assert!(!is_valid(&instance.verify(token(11)).await));
        assert!(is_valid(&instance.inner().verify(token(2)).await), "found in Redis");
    }
}

#[tokio::test]
async fn whoever_forgets_a_subject_never_sees_the_old_answer_again() {
    let Some(server) = RedisServer::start().await else { return };
    let provider = Provider::new();
    let (one, two) = (cached(&server, &provider).await, cached(&server, &provider).await);
    for round in 0..10 {
        let calls = provider.calls();
        one.verify(token(round)).await;
        kept(&one, round as u64 + 1).await;
        two.invalidate_subject(subject(&token(round)));
        // At once, while Redis may not have heard of it: the provider is asked.
        two.verify(token(round)).await;
        assert_eq!(provider.calls(), calls + 2, "round {round}");
    }
}

#[tokio::test]
async fn an_answer_from_before_is_neither_handed_out_nor_used_by_others() {
    let Some(server) = RedisServer::start().await else { return };
    let provider = Provider::new();
    let (one, two) = (cached(&server, &provider).await, cached(&server, &provider).await);
    provider.takes(Duration::from_millis(300));
    let late = tokio::spawn(one.verify(token(1)));
    until("it is asked", async || provider.calls() == 1).await;
    provider.revoke();
    provider.takes(Duration::ZERO);
    two.invalidate_subject(subject(&token(1)));
    until("it heard", async || one.inner().count(SharedEvent::Received) >= 1).await;
    assert!(!is_valid(&late.await.unwrap()), "its caller asks again");
    assert!(!is_valid(&two.verify(token(1)).await));
}

#[tokio::test]
async fn a_wish_to_forget_a_subject_survives_a_redis_that_is_away() {
    let Some(mut server) = RedisServer::start_own().await else { return };
    let provider = Provider::new();
    let one = cached(&server, &provider).await;
    assert!(is_valid(&one.verify(token(1)).await));
    kept(&one, 1).await;
    server.kill();
    provider.revoke();
    one.invalidate_subject(subject(&token(1)));
    assert!(!is_valid(&one.verify(token(1)).await));
    server.restart().await;
    until("it is sent", async || one.inner().count(SharedEvent::Sent) >= 1).await;
}
