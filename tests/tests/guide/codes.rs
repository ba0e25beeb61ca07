//! Step 4, redeeming a code, and the demo codes of step 10.

use passid_core::{DenyReason, Environment, ErrorKind, FreshnessStatus, ShareCode};
use passid_sandbox::NewCredential;
use serde_json::{Value, json};

use crate::stage::{Stage, data, error, keyed};

const REDEEM: &str = "/api/bridge/code/redeem";
const KENYA: &str = "KE8V-3TXY-Z72L";
const NIGERIA: &str = "NG4M-XQRS-T88W";
const GHANA: &str = "GH2P-ABCD-56KL";

async fn redeemed(stage: &Stage, code: &str) -> Value {
    data(&stage.post(REDEEM, &json!({"code": code})).await, 200)
}

fn code(text: &str) -> ShareCode {
    ShareCode::parse(text).unwrap()
}

#[tokio::test]
async fn the_redeem_example_answers_with_every_field_that_the_guide_names() {
    let stage = Stage::set().await;
    let data = redeemed(&stage, KENYA).await;
    assert_eq!(data["status"], "verified");
    assert!(data["verified_claims"].is_object());
    assert!(data["audit_id"].as_str().is_some_and(|id| !id.is_empty()));
    assert_eq!(data["raw_transactions_included"], false);
    assert_eq!(data["freshness_status"], "fresh");
    assert!(data["decisioning_note"].as_str().is_some_and(|note| !note.is_empty()));
}

#[tokio::test]
async fn the_live_key_of_the_example_redeems_live_codes() {
    let stage = Stage::set().await;
    let live = NewCredential::new().environment(Environment::Live);
    let minted = stage.sandbox.mint_code(live).unwrap();
    let body = json!({"code": minted}).to_string();
    let request = keyed("POST", REDEEM, stage.sandbox.live_key()).json(body);
    assert_eq!(data(&stage.send(request).await, 200)["status"], "verified");
}

#[tokio::test]
async fn the_clients_redemption_has_what_the_guides_client_returns() {
    let stage = Stage::set().await;
    let redemption = stage.client.redeem_code(&code(KENYA)).await.unwrap();
    let credential = redemption.credential().unwrap();
    assert_eq!(credential.claims().income_verified, Some(true));
    assert_eq!(redemption.freshness_status(), Some(&FreshnessStatus::Fresh));
    assert!(redemption.audit_id().is_some() && redemption.decisioning_note().is_some());
}

#[tokio::test]
async fn a_credential_past_its_two_days_is_called_stale() {
    let stage = Stage::set().await;
    let old = NewCredential::new().freshness_hours(49);
    let minted = stage.sandbox.mint_code(old).unwrap();
    assert_eq!(redeemed(&stage, &minted).await["freshness_status"], "stale");
}

#[tokio::test]
async fn a_code_expires_after_its_first_use() {
    let stage = Stage::set().await;
    let minted = stage.sandbox.mint_code(NewCredential::new()).unwrap();
    redeemed(&stage, &minted).await;
    let again = stage.post(REDEEM, &json!({"code": minted})).await;
    assert_eq!(error(&again), (410, "CODE_ALREADY_REDEEMED".to_owned()));

    let minted = stage.sandbox.mint_code(NewCredential::new()).unwrap();
    stage.client.redeem_code(&code(&minted)).await.unwrap();
    let again = stage.client.redeem_code(&code(&minted)).await.unwrap_err();
    assert_eq!(*again.kind(), ErrorKind::AlreadyRedeemed);
}

#[tokio::test]
async fn the_demo_code_of_kenya_is_verified_with_high_coverage() {
    let stage = Stage::set().await;
    for _ in 0..2 {
        let data = redeemed(&stage, KENYA).await;
        assert_eq!(data["status"], "verified");
        assert_all_verified(&data["verified_claims"], "KE->GB");
    }
    assert!(stage.client.redeem_code(&code(KENYA)).await.unwrap().credential().is_some());
}

#[tokio::test]
async fn the_demo_code_of_nigeria_is_verified_with_high_coverage() {
    let stage = Stage::set().await;
    let data = redeemed(&stage, NIGERIA).await;
    assert_eq!(data["status"], "verified");
    assert_all_verified(&data["verified_claims"], "NG->US");
    let redemption = stage.client.redeem_code(&code(NIGERIA)).await.unwrap();
    assert_eq!(redemption.credential().unwrap().claims().corridor.as_deref(), Some("NG->US"));
}

#[tokio::test]
async fn the_demo_code_of_ghana_needs_a_manual_review() {
    let stage = Stage::set().await;
    let data = redeemed(&stage, GHANA).await;
    assert_eq!(data["status"], "manual_review_required");
    let claims = &data["verified_claims"];
    assert_eq!(claims["income_verified"], true);
    assert_eq!(claims["identity_verified"], false);
    assert_eq!(claims["identity_and_fraud_checks_passed"], false);
    assert_eq!(claims["corridor"], "GH->EU");

    let redemption = stage.client.redeem_code(&code(GHANA)).await.unwrap();
    assert!(redemption.credential().is_none(), "a review to come is no verification");
    assert_eq!(redemption.reported_claims().income_verified, Some(true));
}

#[tokio::test]
async fn a_rejected_credential_behind_a_code_gives_its_reason_and_no_claims() {
    let stage = Stage::set().await;
    let denied = || NewCredential::new().state(passid_sandbox::CredentialState::SanctionsDenied);
    let data = redeemed(&stage, &stage.sandbox.mint_code(denied()).unwrap()).await;
    assert_eq!(data["deny_reason"], "HARD_DENY_SANCTIONS_MATCH");
    assert!(data.get("verified_claims").is_none());
    let minted = stage.sandbox.mint_code(denied()).unwrap();
    let refused = stage.client.redeem_code(&code(&minted)).await.unwrap_err();
    assert_eq!(refused.deny_reason(), Some(&DenyReason::HardDenySanctionsMatch));
}

fn assert_all_verified(claims: &Value, corridor: &str) {
    for claim in [
        "income_verified",
        "identity_verified",
        "sanctions_screening_clear",
        "identity_and_fraud_checks_passed",
    ] {
        assert_eq!(claims[claim], true, "{claim}");
    }
    assert_eq!(claims["corridor"], corridor);
}
