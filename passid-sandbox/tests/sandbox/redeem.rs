use std::sync::Arc;

use passid_sandbox::{CredentialState, Environment, NewCredential, Sandbox, demo};
use serde_json::json;
use tokio::task::JoinSet;

use crate::support::{REDEEM, post, post_with_key, redeem, send, verify};

#[tokio::test]
async fn the_demo_code_of_the_guide_gives_its_full_claims_example() {
    let sandbox = Sandbox::start().await.unwrap();
    let data = redeem(&sandbox, "KE8V-3TXY-Z72L").await.data();
    assert_eq!(
        data,
        json!({
            "status": "verified",
            "verified_claims": {
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
            },
            "audit_id": "aud_000000000001",
            "raw_transactions_included": false,
            "freshness_status": "fresh",
            "freshness_hours": 2,
            "decisioning_note":
                "PASSID reports verified claims. The decision is the institution's.",
            "token": demo::KENYA_TOKEN,
            "environment": "sandbox",
        })
    );
}

#[tokio::test]
async fn the_other_demo_codes_are_as_the_guide_and_d16_say() {
    let sandbox = Sandbox::start().await.unwrap();
    let nigeria = redeem(&sandbox, demo::NIGERIA_CODE).await.data();
    assert_eq!(nigeria["status"], "verified");
    assert_eq!(nigeria["verified_claims"]["corridor"], "NG->US");
    for claim in [
        "income_verified",
        "identity_verified",
        "sanctions_screening_clear",
        "identity_and_fraud_checks_passed",
    ] {
        assert_eq!(nigeria["verified_claims"][claim], true, "{claim}");
    }
    let ghana = redeem(&sandbox, demo::GHANA_CODE).await.data();
    assert_eq!(ghana["status"], "manual_review_required");
    let claims = ghana["verified_claims"].as_object().unwrap();
    assert_eq!(claims["corridor"], "GH->EU");
    assert_eq!(claims["income_verified"], true);
    assert_eq!(claims["identity_verified"], false);
    assert_eq!(claims["identity_and_fraud_checks_passed"], false);
    assert!(!claims.contains_key("sanctions_screening_clear"));
}

#[tokio::test]
async fn a_redeemed_token_verifies_to_the_same_claims() {
    let sandbox = Sandbox::start().await.unwrap();
    let minted = sandbox.mint_code(NewCredential::new().claim("linked_accounts", 9)).unwrap();
    for code in [demo::KENYA_CODE, demo::NIGERIA_CODE, demo::GHANA_CODE, &minted] {
        let redeemed = redeem(&sandbox, code).await.data();
        let verified = verify(&sandbox, redeemed["token"].as_str().unwrap()).await.data();
        assert_eq!(verified["verified_claims"], redeemed["verified_claims"], "{code}");
        assert_eq!(verified["freshness_status"], redeemed["freshness_status"], "{code}");
    }
}

#[tokio::test]
async fn demo_codes_can_be_redeemed_again_unless_they_are_strict() {
    let sandbox = Sandbox::start().await.unwrap();
    let strict = Sandbox::builder().strict_demo_codes(true).start().await.unwrap();
    for code in [demo::KENYA_CODE, demo::NIGERIA_CODE, demo::GHANA_CODE] {
        for _ in 0..3 {
            assert_eq!(redeem(&sandbox, code).await.status, 200);
        }
        assert_eq!(redeem(&strict, code).await.status, 200);
        let again = redeem(&strict, code).await;
        assert_eq!(again.error(), (410, "CODE_ALREADY_REDEEMED".to_owned()));
    }
}

#[tokio::test]
async fn a_minted_code_works_once_in_any_spelling() {
    let sandbox = Sandbox::start().await.unwrap();
    let code = sandbox.mint_code(NewCredential::new()).unwrap();
    let typed = format!(" {} ", code.to_lowercase().replace('-', " "));
    assert_eq!(redeem(&sandbox, &typed).await.data()["status"], "verified");
    for spelling in [code.as_str(), typed.as_str()] {
        let again = redeem(&sandbox, spelling).await;
        assert_eq!(again.error(), (410, "CODE_ALREADY_REDEEMED".to_owned()));
    }
}

#[tokio::test]
async fn of_fifty_redemptions_at_once_exactly_one_succeeds() {
    let sandbox = Arc::new(Sandbox::start().await.unwrap());
    let code = sandbox.mint_code(NewCredential::new()).unwrap();
    let mut calls = JoinSet::new();
    for _ in 0..50 {
        let (sandbox, code) = (Arc::clone(&sandbox), code.clone());
        calls.spawn(async move { redeem(&sandbox, &code).await.status });
    }
    let mut statuses = calls.join_all().await;
    statuses.sort_unstable();
    assert_eq!(statuses[0], 200);
    assert!(statuses[1..].iter().all(|&status| status == 410), "{statuses:?}");
}

#[tokio::test]
async fn an_idempotency_key_does_not_make_a_redemption_repeatable() {
    let sandbox = Sandbox::start().await.unwrap();
    let code = sandbox.mint_code(NewCredential::new()).unwrap();
    let call = || post(&sandbox, REDEEM, &json!({"code": code})).header("Idempotency-Key", "once");
    assert_eq!(send(call()).await.status, 200);
    assert_eq!(send(call()).await.status, 410);
}

#[tokio::test]
async fn a_code_of_the_other_environment_does_not_exist_and_is_not_burnt() {
    let sandbox = Sandbox::start().await.unwrap();
    let live = sandbox.mint_code(NewCredential::new().environment(Environment::Live)).unwrap();
    let test = sandbox.mint_code(NewCredential::new()).unwrap();
    let by =
        |key: &str, code: &str| send(post_with_key(&sandbox, key, REDEEM, &json!({"code": code})));
    for code in [test.as_str(), demo::KENYA_CODE, "AAAA-BBBB-CCCC"] {
        let refused = by(sandbox.live_key(), code).await;
        assert_eq!(refused.error(), (404, "CODE_NOT_FOUND".to_owned()));
    }
    let refused = by(sandbox.sandbox_key(), &live).await;
    assert_eq!(refused.error(), (404, "CODE_NOT_FOUND".to_owned()));
    assert_eq!(by(sandbox.live_key(), &live).await.data()["environment"], "live");
    assert_eq!(by(sandbox.sandbox_key(), &test).await.data()["environment"], "sandbox");
}

#[tokio::test]
async fn a_code_of_a_bad_credential_is_burnt_and_gives_no_claims() {
    let sandbox = Sandbox::start().await.unwrap();
    for (state, status, reason) in [
        (CredentialState::SanctionsDenied, "denied", "HARD_DENY_SANCTIONS_MATCH"),
        (CredentialState::Expired, "rejected", "TOKEN_EXPIRED"),
        (CredentialState::Revoked, "rejected", "TOKEN_REVOKED"),
        (CredentialState::BadSignature, "rejected", "invalid_signature"),
    ] {
        let code = sandbox.mint_code(NewCredential::new().state(state)).unwrap();
        let data = redeem(&sandbox, &code).await.data();
        assert_eq!(data["status"], status);
        assert_eq!(data["deny_reason"], reason);
        let members = data.as_object().unwrap();
        assert!(!members.contains_key("verified_claims") && !members.contains_key("token"));
        assert_eq!(redeem(&sandbox, &code).await.status, 410);
    }
}

#[tokio::test]
async fn a_status_of_ones_own_is_given_as_it_is() {
    let sandbox = Sandbox::start().await.unwrap();
    let code = sandbox.mint_code(NewCredential::new().status("on_hold")).unwrap();
    assert_eq!(redeem(&sandbox, &code).await.data()["status"], "on_hold");
}
