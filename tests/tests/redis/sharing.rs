//! What one instance found out the others know.

use std::time::Duration;

use passid_core::shared::SharedEvent;
use passid_core::{Clock, DenyReason, SystemClock, Verdict, Verify};
use passid_tests::redis::RedisServer;
use passid_tests::until;

use super::provider::{Provider, is_valid};
use super::{connected, connection, instance, instance_with, secret, token};
use passid_core::SharedVerifier;

async fn kept(verifier: &SharedVerifier<Provider>, count: u64) {
    until("it is kept", async || verifier.count(SharedEvent::Kept) >= count).await;
}

#[tokio::test]
async fn what_one_instance_found_out_another_serves_with_every_claim_and_its_age() {
    let Some(server) = RedisServer::start().await else { return };
    let provider = Provider::new();
    let (one, two) = (instance(&server, &provider).await, instance(&server, &provider).await);

    let Verdict::Valid(asked) = one.verify(token(1)).await else { panic!("refused") };
    kept(&one, 1).await;
    let Verdict::Valid(found) = two.verify(token(1)).await else { panic!("refused") };

    assert_eq!(provider.calls(), 1);
    assert_eq!(two.count(SharedEvent::Hit), 1);
    assert_eq!(found.claims(), asked.claims());
    assert_eq!(found.received_at(), asked.received_at());
    assert_eq!(found.token(), Some(&token(1)));
    assert_eq!(found.audit_id(), asked.audit_id());
}

#[tokio::test]
async fn a_refusal_is_shared_and_a_sanctions_denial_stays_final() {
    let Some(server) = RedisServer::start().await else { return };
    let provider = Provider::new();
    provider.deny_for_good();
    let (one, two) = (instance(&server, &provider).await, instance(&server, &provider).await);

    assert!(!is_valid(&one.verify(token(1)).await));
    kept(&one, 1).await;
    let Verdict::Invalid(reason) = two.verify(token(1)).await else { panic!("not refused") };
    assert_eq!(reason, DenyReason::HardDenySanctionsMatch);
    assert_eq!(provider.calls(), 1);
    assert_eq!(two.count(SharedEvent::Negative), 1);
}

#[tokio::test]
async fn an_outage_is_never_shared() {
    let Some(server) = RedisServer::start().await else { return };
    let provider = Provider::new();
    provider.down(true);
    let (one, two) = (instance(&server, &provider).await, instance(&server, &provider).await);
    assert!(matches!(one.verify(token(1)).await, Verdict::Unavailable(_)));
    provider.down(false);
    assert!(is_valid(&two.verify(token(1)).await));
    assert_eq!(provider.calls(), 2);
}

#[tokio::test]
async fn two_institutions_share_nothing() {
    let Some(server) = RedisServer::start().await else { return };
    let provider = Provider::new();
    let one = instance(&server, &provider).await;
    let two = instance(&server, &provider.of("pk_sandbox_another")).await;
    one.verify(token(1)).await;
    kept(&one, 1).await;
    two.verify(token(1)).await;
    assert_eq!(provider.calls(), 2);
}

#[tokio::test]
async fn nothing_is_served_longer_than_its_time_to_live() {
    let Some(server) = RedisServer::start().await else { return };
    let provider = Provider::new();
    let ttl = Duration::from_millis(300);
    let one = instance_with(&server, &provider, |builder| builder.ttl(ttl)).await;
    let began = SystemClock.elapsed();
    one.verify(token(1)).await;
    kept(&one, 1).await;
    until("it is asked again", async || {
        one.verify(token(1)).await;
        provider.calls() == 2
    })
    .await;
    assert!(SystemClock.elapsed() - began >= ttl);
}

#[tokio::test]
async fn a_credential_about_to_end_is_asked_for_again_and_replaced() {
    let Some(server) = RedisServer::start().await else { return };
    let provider = Provider::new();
    let plain = instance(&server, &provider).await;
    plain.verify(token(1)).await;
    kept(&plain, 1).await;

    // With 30 s ahead of 60 s nothing is old enough; what was received now has almost 60 s to go.
    let ahead = instance_with(&server, &provider, |builder| {
        builder.ttl(Duration::from_secs(60)).refresh_ahead(Duration::from_secs(30))
    })
    .await;
    ahead.verify(token(1)).await;
    assert_eq!(provider.calls(), 1);

    // Kept for a minute by `plain`, and for another that counts on two it is too short.
    let longer = instance_with(&server, &provider, |builder| {
        builder.ttl(Duration::from_secs(240)).refresh_ahead(Duration::from_secs(120))
    })
    .await;
    longer.verify(token(1)).await;
    kept(&longer, 1).await;
    assert_eq!(provider.calls(), 2);
    longer.verify(token(1)).await;
    assert_eq!(provider.calls(), 2);
}

#[tokio::test]
async fn a_rotation_of_the_secret_loses_nothing_at_any_step() {
    let Some(server) = RedisServer::start().await else { return };
    const OLD: &str = super::SECRET;
    const NEW: &str = "another secret of the same deployment, fedcba98";
    let provider = Provider::new();
    let with = async |first: &str, other: Option<&str>| {
        let mut builder = passid_core::redis::Redis::builder(&server.url, &secret(first))
            .prefix(&server.prefix)
            .deadline(Duration::from_millis(500));
        if let Some(other) = other {
            builder = builder.other_secret(&secret(other));
        }
        SharedVerifier::builder(provider.clone(), connected(builder).await).build().unwrap()
    };
    // Each step runs beside the one before it: what either keeps the other finds.
    let steps = [
        with(OLD, None).await,
        with(OLD, Some(NEW)).await,
        with(NEW, Some(OLD)).await,
        with(NEW, None).await,
    ];
    for (number, pair) in steps.windows(2).enumerate() {
        let mut calls = provider.calls();
        for (writer, reader) in [(0, 1), (1, 0)] {
            // An instance without the new secret yet does not find what the last step writes, and has
            // no need to: by then there is none.
            let token = token(number * 2 + writer);
            let before = pair[writer].count(SharedEvent::Kept);
            assert!(is_valid(&pair[writer].verify(token.clone()).await));
            kept(&pair[writer], before + 1).await;
            assert!(is_valid(&pair[reader].verify(token.clone()).await));
            calls += 1;
            assert_eq!(provider.calls(), calls, "step {number}, written by {writer}");
        }
    }
}

#[tokio::test]
async fn nothing_is_needed_of_redis_to_start() {
    let provider = Provider::new();
    let Some(server) = RedisServer::start_own().await else { return };
    let mut server = server;
    server.kill();
    let redis = connection(&server).build().unwrap();
    let one = SharedVerifier::builder(provider.clone(), redis.clone()).build().unwrap();
    assert!(is_valid(&one.verify(token(1)).await));
    assert!(!redis.health().up);
    server.restart().await;
    assert!(redis.connected_within(Duration::from_secs(30)).await);
    one.verify(token(2)).await;
    kept(&one, 1).await;
}
