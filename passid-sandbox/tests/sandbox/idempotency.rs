use std::sync::Arc;
use std::time::Duration;

use passid_sandbox::{NewCredential, Sandbox, demo};
use serde_json::json;
use tokio::task::JoinSet;

use crate::support::{Answer, BRIDGE_VERIFY, VERIFY, post_with_key, sample_clock, send};

async fn keyed(sandbox: &Sandbox, path: &str, api_key: &str, key: &str, token: &str) -> Answer {
    let request = post_with_key(sandbox, api_key, path, &json!({"token": token}));
    send(request.header("Idempotency-Key", key)).await
}

#[tokio::test]
async fn the_same_key_and_body_replay_the_answer_byte_for_byte() {
    let clock = sample_clock();
    let sandbox = Sandbox::builder().clock(clock.clone()).start().await.unwrap();
    let call = |token| keyed(&sandbox, VERIFY, sandbox.sandbox_key(), "a", token);
    let first = call(demo::KENYA_TOKEN).await;
    clock.advance(Duration::from_secs(3600));
    let replayed = call(demo::KENYA_TOKEN).await;
    assert_eq!((replayed.status, &replayed.text), (first.status, &first.text));
    assert_eq!(replayed.header("x-passid-api-version"), Some("1"));
    assert_ne!(replayed.header("x-request-id"), first.header("x-request-id"));
    let other = call(demo::NIGERIA_TOKEN).await;
    assert_eq!(other.error(), (422, "IDEMPOTENCY_KEY_REUSED".to_owned()));
    clock.advance(Duration::from_secs(23 * 3600));
    let later = call(demo::NIGERIA_TOKEN).await.data();
    assert_eq!(later["token"], demo::NIGERIA_TOKEN);
}

#[tokio::test]
async fn a_key_belongs_to_one_path_and_one_institution_key() {
    let sandbox = Sandbox::start().await.unwrap();
    let (test, live) = (sandbox.sandbox_key(), sandbox.live_key());
    for (path, api_key, token, valid) in [
        (VERIFY, test, demo::KENYA_TOKEN, true),
        (BRIDGE_VERIFY, test, demo::NIGERIA_TOKEN, true),
        (VERIFY, live, demo::LIVE_TOKEN, true),
        (BRIDGE_VERIFY, live, demo::KENYA_TOKEN, false),
    ] {
        let data = keyed(&sandbox, path, api_key, "shared", token).await.data();
        assert_eq!(data["token"], token);
        assert_eq!(data["credential_valid"], valid);
    }
}

#[tokio::test]
async fn rejections_are_replayed_and_bad_requests_are_not() {
    let sandbox = Sandbox::start().await.unwrap();
    let key = sandbox.sandbox_key();
    let rejected = keyed(&sandbox, VERIFY, key, "r", demo::REVOKED_TOKEN).await;
    let replayed = keyed(&sandbox, VERIFY, key, "r", demo::REVOKED_TOKEN).await;
    assert_eq!(rejected.text, replayed.text);
    let bad = keyed(&sandbox, VERIFY, key, "b", " ").await;
    assert_eq!(bad.error(), (400, "INVALID_REQUEST".to_owned()));
    assert_eq!(keyed(&sandbox, VERIFY, key, "b", demo::KENYA_TOKEN).await.status, 200);
}

#[tokio::test]
async fn calls_with_one_key_at_once_get_one_answer() {
    let sandbox = Arc::new(Sandbox::start().await.unwrap());
    let token = sandbox.mint_token(NewCredential::new()).unwrap();
    let mut calls = JoinSet::new();
    for _ in 0..20 {
        let (sandbox, token) = (Arc::clone(&sandbox), token.clone());
        calls.spawn(async move {
            keyed(&sandbox, VERIFY, sandbox.sandbox_key(), "same", &token).await.text
        });
    }
    let mut answers = calls.join_all().await;
    answers.dedup();
    assert_eq!(answers.len(), 1);
}

#[tokio::test]
async fn an_unusable_key_is_refused() {
    let sandbox = Sandbox::start().await.unwrap();
    let long = "k".repeat(256);
    for key in ["", " ", long.as_str()] {
        let answer = keyed(&sandbox, VERIFY, sandbox.sandbox_key(), key, demo::KENYA_TOKEN).await;
        assert_eq!(answer.error(), (400, "INVALID_REQUEST".to_owned()), "{key:?}");
    }
    let twice = post_with_key(
        &sandbox,
        sandbox.sandbox_key(),
        VERIFY,
        &json!({"token": demo::KENYA_TOKEN}),
    );
    let twice = twice.header("Idempotency-Key", "a").header("Idempotency-Key", "a");
    assert_eq!(send(twice).await.error(), (400, "INVALID_REQUEST".to_owned()));
    let longest = "k".repeat(255);
    let answer = keyed(&sandbox, VERIFY, sandbox.sandbox_key(), &longest, demo::KENYA_TOKEN).await;
    assert_eq!(answer.status, 200);
}
