//! Steps 7 and 8: events, signatures, retries; and the dashboard's test event of step 10.

use std::time::Duration;

use passid_sandbox::demo;
use serde_json::{Value, json};

use crate::stage::{NOW, SECRET, Stage, TOKEN, data, keyed};

async fn verified(stage: &Stage, token: &str) {
    data(&stage.post("/v1/verify", &json!({"token": token})).await, 200);
}

#[tokio::test]
async fn the_event_of_a_verified_token_is_the_guides_example() {
    let stage = Stage::with_token().await;
    verified(&stage, TOKEN).await;
    let received = stage.received().await;
    assert_eq!(received[0].method, "POST");
    assert_eq!(received[0].header("content-type"), "application/json");
    assert_eq!(
        received[0].json(),
        json!({
            "event": "verification.completed",
            "institution_id": "42",
            "timestamp": NOW,
            "data": {
                "token": TOKEN,
                "verified_at": NOW,
                "proof_type": "groth16/bn254",
                "verified_claims": {
                    "identity_verified": true,
                    "income_verified": true,
                    "sanctions_screening_clear": true,
                    "payment_behavior_verified": true,
                },
            },
        })
    );
}

#[tokio::test]
async fn the_signature_is_the_hmac_of_the_raw_bytes_and_of_nothing_else() {
    let stage = Stage::with_token().await;
    verified(&stage, TOKEN).await;
    let received = &stage.received().await[0];
    let header = received.header("x-passid-signature");
    let hex = header.strip_prefix("sha256=").unwrap();
    assert!(hex.len() == 64 && hex.bytes().all(|byte| byte.is_ascii_hexdigit()));
    assert!(received.is_signed_with(SECRET));
    assert!(!received.is_signed_with(demo::WEBHOOK_SECRET));
    // What a JSON parser makes of it is other bytes.
    let rewritten = serde_json::to_vec_pretty(&received.json()).unwrap();
    assert_ne!(passid_tests::receiver::signature(SECRET, &rewritten), header);
}

#[tokio::test]
async fn a_rejected_token_is_told_with_its_deny_reason() {
    let stage = Stage::set().await;
    for (token, reason) in [
        (demo::EXPIRED_TOKEN, "TOKEN_EXPIRED"),
        (demo::SANCTIONS_DENIED_TOKEN, "HARD_DENY_SANCTIONS_MATCH"),
    ] {
        verified(&stage, token).await;
        let event = stage.received().await.last().unwrap().json();
        assert_eq!(event["event"], "verification.failed");
        assert_eq!(event["data"]["deny_reason"], reason);
    }
}

#[tokio::test]
async fn without_a_valid_key_no_failure_is_told() {
    let stage = Stage::set().await;
    let body = json!({"token": demo::EXPIRED_TOKEN}).to_string();
    let refused = stage.send(keyed("POST", "/v1/verify", "pk_sandbox_nobody").json(body)).await;
    assert_eq!(refused.status, 401);
    assert!(stage.received().await.is_empty());
}

#[tokio::test]
async fn five_attempts_come_at_once_and_after_30_s_5_min_30_min_and_2_h() {
    let stage = Stage::with_token().await;
    stage.receiver.answer([500, 503, 404, 301, 500]);
    verified(&stage, TOKEN).await;
    assert_eq!(stage.received().await.len(), 1, "immediately");
    for (before, pause) in [30, 5 * 60, 30 * 60, 2 * 60 * 60].into_iter().enumerate() {
        stage.sandbox.advance_clock(Duration::from_secs(pause - 1)).unwrap();
        assert_eq!(stage.received().await.len(), before + 1, "a second too early");
        stage.sandbox.advance_clock(Duration::from_secs(1)).unwrap();
        assert_eq!(stage.received().await.len(), before + 2);
    }
    stage.sandbox.advance_clock(Duration::from_secs(7 * 86_400)).unwrap();
    let received = stage.received().await;
    assert_eq!(received.len(), 5, "five attempts in total");
    assert!(received.iter().all(|attempt| attempt.is_signed_with(SECRET)));
}

#[tokio::test]
async fn a_200_ends_the_attempts() {
    let stage = Stage::with_token().await;
    stage.receiver.answer([500, 200]);
    verified(&stage, TOKEN).await;
    stage.received().await;
    stage.sandbox.advance_clock(Duration::from_secs(30)).unwrap();
    stage.received().await;
    stage.sandbox.advance_clock(Duration::from_secs(86_400)).unwrap();
    assert_eq!(stage.received().await.len(), 2);
    assert_eq!(stage.sandbox.deliveries()[0].state, "delivered");
}

#[tokio::test]
async fn the_test_event_is_really_signed() {
    let stage = Stage::set().await;
    stage.sandbox.send_test_event("hello").unwrap();
    let received = &stage.received().await[0];
    assert_eq!(received.json()["event"], "webhook.test");
    assert!(received.is_signed_with(SECRET));
}

#[tokio::test]
async fn a_reported_outcome_is_told_with_its_context() {
    let stage = Stage::with_token().await;
    let body = json!({
        "token": TOKEN,
        "outcome": "repaid",
        "productType": "personal_loan",
        "amountUsd": 5000,
        "observationDays": 90,
        "notes": "Early repayment",
    });
    data(&stage.post("/v1/outcome", &body).await, 201);
    let event = stage.only_event().await;
    assert_eq!(event["event"], "outcome.reported");
    let data = &event["data"];
    assert_eq!(data["token"], TOKEN);
    assert_eq!(data["outcome"], "repaid");
    assert_eq!(data["product_type"], "personal_loan");
    assert_eq!(data["amount_usd"], 5000);
    assert!(data["verification_context"].is_object());
    assert_eq!(data.get("notes"), None::<&Value>, "notes are internal");
}
