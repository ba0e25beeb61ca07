//! A stolen Redis tells nothing.

use std::time::Duration;

use passid_core::shared::SharedEvent;
use passid_core::{SharedVerifier, Verify};
use passid_tests::redis::RedisServer;
use passid_tests::until;
use redis::aio::MultiplexedConnection;

use super::provider::{Provider, is_valid};
use super::{connected, instance, secret, token};

async fn thief(server: &RedisServer) -> MultiplexedConnection {
    let client = redis::Client::open(&*server.url).unwrap();
    client.get_multiplexed_async_connection().await.unwrap()
}

async fn keys(thief: &mut MultiplexedConnection, server: &RedisServer, kind: &str) -> Vec<String> {
    let pattern = format!("{}:{kind}", server.prefix);
    redis::cmd("KEYS").arg(pattern).query_async(thief).await.unwrap()
}

async fn value(thief: &mut MultiplexedConnection, key: &str) -> Vec<u8> {
    redis::cmd("GET").arg(key).query_async(thief).await.unwrap()
}

#[tokio::test]
async fn neither_keys_nor_values_nor_messages_hold_anything_in_clear() {
    let Some(server) = RedisServer::start().await else { return };
    let provider = Provider::new();
    provider.takes(Duration::from_millis(200));
    let one = instance(&server, &provider).await;
    let client = redis::Client::open(&*server.url).unwrap();
    let mut messages = client.get_async_pubsub().await.unwrap();
    messages.psubscribe("*").await.unwrap();

    let mut thief = thief(&server).await;
    let asking = tokio::spawn(one.verify(token(1)));
    let mut seen: Vec<u8> = Vec::new();
    // The lease, while it is held.
    until("a lease is held", async || !keys(&mut thief, &server, "l:*").await.is_empty()).await;
    for key in keys(&mut thief, &server, "*").await {
        seen.extend(value(&mut thief, &key).await);
        seen.extend(key.into_bytes());
    }
    asking.await.unwrap();
    until("it is kept", async || one.count(SharedEvent::Kept) == 1).await;
    provider.deny_for_good();
    one.verify(token(2)).await;
    until("the refusal is kept", async || one.count(SharedEvent::Kept) == 2).await;
    one.invalidate(&token(3));
    until("the tombstone stands", async || keys(&mut thief, &server, "v:*").await.len() == 3).await;
    for key in keys(&mut thief, &server, "*").await {
        seen.extend(value(&mut thief, &key).await);
        seen.extend(key.into_bytes());
    }
    let mut stream = messages.into_on_message();
    let message = futures_util::StreamExt::next(&mut stream).await.unwrap();
    seen.extend(message.get_payload_bytes());

    let text = String::from_utf8_lossy(&seen).to_lowercase();
    for secret in ["marker", "passid.", "income", "sanctions", "hard_deny", "psid_", "sandbox"] {
        assert!(!text.contains(secret), "{secret} in clear");
    }
}

#[tokio::test]
async fn a_refusal_and_a_credential_do_not_differ_at_a_glance() {
    let Some(server) = RedisServer::start().await else { return };
    let provider = Provider::new();
    let one = instance(&server, &provider).await;
    one.verify(token(1)).await;
    until("it is kept", async || one.count(SharedEvent::Kept) == 1).await;
    let mut thief = thief(&server).await;
    let [key] = &keys(&mut thief, &server, "v:*").await[..] else { panic!("one entry") };
    let length = value(&mut thief, key).await.len();
    // One letter, epoch, nonce, tag; the rest is filled up.
    assert_eq!((length - 1 - 16 - 24 - 16) % 512, 0);
}

#[tokio::test]
async fn a_value_that_was_moved_changed_or_made_up_is_no_entry() {
    let Some(server) = RedisServer::start().await else { return };
    let provider = Provider::new();
    let one = instance(&server, &provider).await;
    one.verify(token(1)).await;
    until("it is kept", async || one.count(SharedEvent::Kept) == 1).await;
    let mut thief = thief(&server).await;
    let [good] = &keys(&mut thief, &server, "v:*").await[..] else { panic!("one entry") };
    let genuine = value(&mut thief, good).await;

    // Where the entry of another token, which is refused, would stand.
    provider.revoke();
    one.verify(token(2)).await;
    until("the refusal is kept", async || one.count(SharedEvent::Kept) == 2).await;
    let all = keys(&mut thief, &server, "v:*").await;
    let bad = all.iter().find(|key| *key != good).unwrap();
    let mut changed = genuine.clone();
    *changed.last_mut().unwrap() ^= 1;
    let made_up = [&genuine[..41], &[0; 600]].concat();
    let huge = [&genuine[..], &vec![0; 1 << 20]].concat();
    for (round, (forged, opens)) in
        (3..).zip([(&genuine, false), (&changed, false), (&made_up, false), (&huge, true)])
    {
        let before = (provider.calls(), one.count(SharedEvent::Unopened));
        let set: () = redis::cmd("SET").arg(bad).arg(forged).query_async(&mut thief).await.unwrap();
        let () = set;
        assert!(!is_valid(&one.verify(token(2)).await));
        assert_eq!(provider.calls(), before.0 + 1);
        if !opens {
            assert!(one.count(SharedEvent::Unopened) > before.1);
        }
        until("the refusal is kept", async || one.count(SharedEvent::Kept) == round).await;
    }
}

#[tokio::test]
async fn without_the_secret_nothing_opens_and_nobody_can_have_anything_forgotten() {
    let Some(server) = RedisServer::start().await else { return };
    let provider = Provider::new();
    let one = instance(&server, &provider).await;
    one.verify(token(1)).await;
    until("it is kept", async || one.count(SharedEvent::Kept) == 1).await;

    // Somebody with the token, the Redis and another secret.
    let builder = passid_core::redis::Redis::builder(
        &server.url,
        &secret("a guess at the secret of the deployment"),
    )
    .prefix(&server.prefix);
    let stranger =
        SharedVerifier::builder(provider.clone(), connected(builder).await).build().unwrap();
    stranger.verify(token(1)).await;
    assert_eq!(stranger.count(SharedEvent::Hit), 0);
    stranger.invalidate(&token(1));
    until("the message was judged", async || one.count(SharedEvent::Forged) == 1).await;
    assert_eq!(one.count(SharedEvent::Received), 0);
    let calls = provider.calls();
    assert!(is_valid(&one.verify(token(1)).await));
    assert_eq!(provider.calls(), calls);
}

#[tokio::test]
async fn an_entry_put_back_after_everything_was_forgotten_is_none() {
    let Some(server) = RedisServer::start().await else { return };
    let provider = Provider::new();
    let one = instance(&server, &provider).await;
    one.verify(token(1)).await;
    until("it is kept", async || one.count(SharedEvent::Kept) == 1).await;
    one.clear();
    until("it is sent", async || one.count(SharedEvent::Sent) == 1).await;
    one.verify(token(1)).await;
    assert_eq!(provider.calls(), 2);
    // What belongs to another epoch is old, not suspicious.
    assert_eq!(one.count(SharedEvent::Unopened), 0);
}
