use std::time::Duration;

use passid_core::Clock;
use passid_sandbox::{CredentialState, Environment, NewCredential, Sandbox, demo};
use serde_json::{Map, json};

use crate::support::{BRIDGE_VERIFY, VERIFY, post, post_with_key, sample_clock, send, verify};

#[tokio::test]
async fn a_valid_token_is_answered_on_both_paths_with_all_published_fields() {
    let sandbox = Sandbox::builder().clock(sample_clock()).start().await.unwrap();
    let body = json!({"token": demo::KENYA_TOKEN, "institution_reference": "loan_app_10482"});
    for (path, number) in [(VERIFY, 1), (BRIDGE_VERIFY, 2)] {
        let answer = send(post(&sandbox, path, &body)).await;
        assert_eq!(answer.header("x-passid-api-version"), Some("1"));
        assert_eq!(answer.header("content-type"), Some("application/json"));
        assert!(answer.header("x-request-id").is_some());
        let claims = json!({
            "identity_verified": true,
            "income_verified": true,
            "income_band": "$3,000-4,000/mo",
            "sanctions_screening_clear": true,
            "identity_and_fraud_checks_passed": true,
            "payment_behavior_verified": true,
            "savings_behavior_verified": true,
            "data_window_days": 180,
            "freshness_hours": 2,
            "linked_accounts": 3,
            "corridor": "KE->GB",
        });
        assert_eq!(
            answer.data(),
            json!({
                "credential_valid": true,
                "verification_id": format!("vrf_00000000000{number}"),
                "verified_at": "2026-03-17T14:02:11Z",
                "token": demo::KENYA_TOKEN,
                "credential_status": "active",
                "issuer": "passid",
                "environment": "sandbox",
                "claims": claims,
                "verified_claims": claims,
                "signature": {"algorithm": "ed25519", "status": "verified"},
                "revocation_status": "not_revoked",
                "freshness_status": "fresh",
                "raw_transactions_included": false,
                "expires_at": "2100-01-01T00:00:00Z",
                "proof_type": "groth16/bn254",
                "policy_version": "verifier_policy_v1",
                "model_version": "passid_fsi_v1_0",
                "institution_reference": "loan_app_10482",
            })
        );
    }
}

#[tokio::test]
async fn every_demo_token_does_what_its_name_says() {
    let sandbox = Sandbox::start().await.unwrap();
    for token in [
        demo::KENYA_TOKEN,
        demo::NIGERIA_TOKEN,
        demo::GHANA_TOKEN,
        demo::SANDBOX_TOKEN,
        demo::STALE_TOKEN,
        demo::SANCTIONS_NOT_CLEAR_TOKEN,
        demo::MINIMAL_TOKEN,
    ] {
        let first = verify(&sandbox, token).await.data();
        let second = verify(&sandbox, token).await.data();
        assert_eq!(first["credential_valid"], true, "{token}");
        assert_eq!(first["verified_claims"], second["verified_claims"], "{token}");
        assert_ne!(first["verification_id"], second["verification_id"]);
        let freshness = if token == demo::STALE_TOKEN { "stale" } else { "fresh" };
        assert_eq!(first["freshness_status"], freshness, "{token}");
    }
    let published = verify(&sandbox, "psid_sandbox_demo_001").await.data();
    assert_eq!(published["verified_claims"]["income_verified"], true);
    let unclear = verify(&sandbox, demo::SANCTIONS_NOT_CLEAR_TOKEN).await.data();
    assert_eq!(unclear["verified_claims"]["sanctions_screening_clear"], false);
    let minimal = verify(&sandbox, demo::MINIMAL_TOKEN).await.data();
    assert!(minimal["verified_claims"].get("income_verified").is_none());
    assert_eq!(minimal["verified_claims"]["freshness_hours"], 2);
}

#[tokio::test]
async fn a_rejected_token_is_a_200_with_its_reason_and_without_claims() {
    let sandbox = Sandbox::start().await.unwrap();
    for (token, status, reason) in [
        (demo::EXPIRED_TOKEN, "expired", "TOKEN_EXPIRED"),
        (demo::REVOKED_TOKEN, "revoked", "TOKEN_REVOKED"),
        (demo::BADLY_SIGNED_TOKEN, "invalid", "invalid_signature"),
        (demo::SANCTIONS_DENIED_TOKEN, "denied", "HARD_DENY_SANCTIONS_MATCH"),
        ("PASSID-NEVE-RISS-UED0-0000", "invalid", "TOKEN_NOT_FOUND"),
        ("psid_sandbox_demo_999", "invalid", "TOKEN_NOT_FOUND"),
        (demo::LIVE_TOKEN, "invalid", "TOKEN_NOT_FOUND"),
    ] {
        let answer = verify(&sandbox, token).await;
        assert_eq!(answer.header("x-passid-api-version"), Some("1"));
        let data = answer.data();
        assert_eq!(data["credential_valid"], false, "{token}");
        assert_eq!(data["credential_status"], status, "{token}");
        assert_eq!(data["reason_code"], reason, "{token}");
        assert_eq!(data["token"], token);
        assert!(!data["message"].as_str().unwrap().is_empty());
        assert!(data.get("claims").is_none() && data.get("verified_claims").is_none());
    }
}

#[tokio::test]
async fn the_environments_do_not_see_each_other() {
    let sandbox = Sandbox::start().await.unwrap();
    let live = sandbox.mint_token(NewCredential::new().environment(Environment::Live)).unwrap();
    let test = sandbox.mint_token(NewCredential::new()).unwrap();
    for (key, token, environment, valid) in [
        (sandbox.live_key(), demo::LIVE_TOKEN, "live", true),
        (sandbox.live_key(), live.as_str(), "live", true),
        (sandbox.live_key(), test.as_str(), "live", false),
        (sandbox.live_key(), demo::KENYA_TOKEN, "live", false),
        (sandbox.sandbox_key(), live.as_str(), "sandbox", false),
        (sandbox.sandbox_key(), test.as_str(), "sandbox", true),
    ] {
        let data =
            send(post_with_key(&sandbox, key, VERIFY, &json!({"token": token}))).await.data();
        assert_eq!(data["credential_valid"], valid);
        assert_eq!(data["environment"], environment);
    }
}

#[tokio::test]
async fn a_token_is_found_in_any_spelling_and_echoed_as_printed() {
    let sandbox = Sandbox::start().await.unwrap();
    let data = verify(&sandbox, " passid-ke8v 3txy z72l demo ").await.data();
    assert_eq!(data["credential_valid"], true);
    assert_eq!(data["token"], demo::KENYA_TOKEN);
}

#[tokio::test]
async fn minted_tokens_have_the_claims_and_the_state_that_were_asked_for() {
    let sandbox = Sandbox::start().await.unwrap();
    let claims: Map<_, _> = [("fsi_score".to_owned(), json!(812)), ("tier".to_owned(), json!("B"))]
        .into_iter()
        .collect();
    let token = sandbox.mint_token(NewCredential::new().claims(claims.clone())).unwrap();
    let data = verify(&sandbox, &token).await.data();
    assert_eq!(data["verified_claims"].as_object(), Some(&claims));
    assert_eq!(data["freshness_status"], "stale", "the age is not known");

    let stale = sandbox.mint_token(NewCredential::new().freshness_hours(49)).unwrap();
    assert_eq!(verify(&sandbox, &stale).await.data()["freshness_status"], "stale");
    let revoked = NewCredential::new().state(CredentialState::Revoked);
    let revoked = sandbox.mint_token(revoked).unwrap();
    assert_eq!(verify(&sandbox, &revoked).await.data()["reason_code"], "TOKEN_REVOKED");
}

#[tokio::test]
async fn a_token_expires_when_the_clock_says_so() {
    let clock = sample_clock();
    let sandbox = Sandbox::builder().clock(clock.clone()).start().await.unwrap();
    let hour = Duration::from_secs(3600);
    let short = NewCredential::new().expires_at(clock.now() + hour);
    let short = sandbox.mint_token(short).unwrap();
    let usual = sandbox.mint_token(NewCredential::new()).unwrap();
    assert_eq!(verify(&sandbox, &short).await.data()["expires_at"], "2026-03-17T15:02:11Z");
    assert_eq!(verify(&sandbox, &usual).await.data()["expires_at"], "2026-06-08T14:02:11Z");
    clock.advance(hour - Duration::from_secs(1));
    assert_eq!(verify(&sandbox, &short).await.data()["credential_valid"], true);
    clock.advance(Duration::from_secs(1));
    assert_eq!(verify(&sandbox, &short).await.data()["reason_code"], "TOKEN_EXPIRED");
    clock.advance(hour * 24 * 83);
    assert_eq!(verify(&sandbox, &usual).await.data()["reason_code"], "TOKEN_EXPIRED");
    assert_eq!(verify(&sandbox, demo::KENYA_TOKEN).await.data()["credential_valid"], true);
}
