//! Step 6, direct verification, and what step 10 says of the sandbox's answers.

use passid_core::client::{IdempotencyKey, VerifyOptions};
use passid_core::{DenyReason, SignatureStatus, Token};
use passid_sandbox::{CredentialState, NewCredential};
use serde_json::json;

use crate::stage::{NOW, Stage, TOKEN, data, error, keyed};

const VERIFY: &str = "/v1/verify";

fn token() -> Token {
    Token::parse(TOKEN).unwrap()
}

#[tokio::test]
async fn a_token_gives_claims_signature_freshness_revocation_and_audit_metadata() {
    let stage = Stage::with_token().await;
    let answer = stage.post(VERIFY, &json!({"token": TOKEN})).await;
    assert_eq!(answer.header("x-passid-api-version"), Some("1"));
    let data = data(&answer, 200);
    assert_eq!(data["verified_claims"]["income_verified"], true);
    assert_eq!(data["signature"]["status"], "verified");
    assert_eq!(data["revocation_status"], "not_revoked");
    assert_eq!(data["raw_transactions_included"], false);
    assert!(data["freshness_status"].is_string());
    assert!(data["verification_id"].is_string());
    assert_eq!(data["verified_at"], NOW);
}

#[tokio::test]
async fn the_client_reads_them_and_the_version_of_the_api() {
    let stage = Stage::with_token().await;
    let credential = stage.client.verify_token(&token()).await.unwrap();
    assert_eq!(credential.claims().income_verified, Some(true));
    assert_eq!(credential.signature_status(), Some(&SignatureStatus::Verified));
    assert!(credential.revocation_status().is_some() && credential.audit_id().is_some());
    assert_eq!(credential.api_version(), Some("1"));
}

#[tokio::test]
async fn an_idempotency_key_makes_a_retry_neither_verify_nor_tell_twice() {
    let stage = Stage::with_token().await;
    let body = json!({"token": TOKEN}).to_string();
    let call = |body: String| {
        keyed("POST", VERIFY, stage.sandbox.sandbox_key())
            .header("Idempotency-Key", "loan_app_10482")
            .json(body)
    };
    let first = stage.send(call(body.clone())).await;
    let second = stage.send(call(body)).await;
    assert_eq!(first.body, second.body, "the same verification, byte for byte");
    assert_eq!(stage.received().await.len(), 1, "and one webhook");
    let other = json!({"token": "psid_sandbox_demo_001"}).to_string();
    let reused = stage.send(call(other)).await;
    assert_eq!(error(&reused), (422, "IDEMPOTENCY_KEY_REUSED".to_owned()));
}

#[tokio::test]
async fn the_clients_own_idempotency_key_is_kept_by_the_sandbox_too() {
    let stage = Stage::with_token().await;
    let key = IdempotencyKey::parse("loan_app_10482").unwrap();
    let mut ids = Vec::new();
    for _ in 0..2 {
        let options = VerifyOptions::default().idempotency_key(key.clone());
        let credential = stage.client.verify_token_with(&token(), options).await.unwrap();
        ids.push(credential.audit_id().unwrap().to_owned());
    }
    assert_eq!(ids[0], ids[1]);
    assert_eq!(stage.received().await.len(), 1);
}

#[tokio::test]
async fn the_same_token_always_gives_the_same_claims() {
    let stage = Stage::set().await;
    let mut claims = Vec::new();
    for _ in 0..3 {
        let answer = stage.post(VERIFY, &json!({"token": "psid_sandbox_demo_001"})).await;
        claims.push(data(&answer, 200)["verified_claims"].clone());
        stage.sandbox.advance_clock(std::time::Duration::from_secs(86_400)).unwrap();
    }
    assert_eq!(claims[0], claims[1]);
    assert_eq!(claims[1], claims[2]);
}

#[tokio::test]
async fn sandbox_and_live_are_isolated_from_each_other() {
    let stage = Stage::with_token().await;
    let rejected = stage.live_client().verify_token(&token()).await.unwrap_err();
    assert_eq!(rejected.deny_reason(), Some(&DenyReason::TokenNotFound));
    let live = Token::parse(passid_sandbox::demo::LIVE_TOKEN).unwrap();
    assert!(stage.live_client().verify_token(&live).await.is_ok());
    let rejected = stage.client.verify_token(&live).await.unwrap_err();
    assert_eq!(rejected.deny_reason(), Some(&DenyReason::TokenNotFound));
}

#[tokio::test]
async fn both_deny_reasons_of_the_guide_are_told_to_who_verifies() {
    let stage = Stage::set().await;
    for (state, reason) in [
        (CredentialState::Expired, DenyReason::TokenExpired),
        (CredentialState::SanctionsDenied, DenyReason::HardDenySanctionsMatch),
    ] {
        let token = stage.sandbox.mint_token(NewCredential::new().state(state)).unwrap();
        let data = data(&stage.post(VERIFY, &json!({"token": token})).await, 200);
        assert_eq!(data["credential_valid"], false);
        assert_eq!(data["reason_code"], reason.to_string());
        let refused = stage.client.verify_token(&Token::parse(&token).unwrap()).await.unwrap_err();
        assert_eq!(refused.deny_reason(), Some(&reason));
    }
}
