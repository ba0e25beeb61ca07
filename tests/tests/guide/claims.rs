//! Step 5: the claims, and which permission brings which.

use passid_core::{ClaimName, NewSession, Permission, ShareCode, VerificationClaims};
use serde_json::{Map, Value, json};

use crate::stage::{Stage, data, json_of};

/// The guide's full example.
fn full_example() -> Value {
    json!({
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
    })
}

/// The guide's table, and the names of the claims in its last column.
const PERMISSIONS: [(&str, &[&str]); 7] = [
    (
        "verified_credential_summary",
        &[
            "identity_verified",
            "income_verified",
            "income_band",
            "sanctions_screening_clear",
            "identity_and_fraud_checks_passed",
            "payment_behavior_verified",
            "savings_behavior_verified",
        ],
    ),
    ("income_verified", &["income_verified", "income_band"]),
    ("identity_verified", &["identity_verified"]),
    ("sanctions_clear", &["sanctions_screening_clear"]),
    ("payment_reliability", &["payment_behavior_verified"]),
    ("savings_consistency", &["savings_behavior_verified"]),
    ("fraud_risk", &["identity_and_fraud_checks_passed"]),
];

/// What comes with every permission (P29).
const CONTEXT: [&str; 4] = ["data_window_days", "freshness_hours", "linked_accounts", "corridor"];

#[tokio::test]
async fn the_claims_reference_is_what_the_code_of_kenya_gives() {
    let stage = Stage::set().await;
    let redeemed = stage.post("/api/bridge/code/redeem", &json!({"code": "KE8V-3TXY-Z72L"})).await;
    assert_eq!(data(&redeemed, 200)["verified_claims"], full_example());

    let code = ShareCode::parse("KE8V-3TXY-Z72L").unwrap();
    let redemption = stage.client.redeem_code(&code).await.unwrap();
    let claims = redemption.credential().unwrap().claims();
    let expected: VerificationClaims = serde_json::from_value(full_example()).unwrap();
    assert_eq!(*claims, expected);
    assert_eq!((claims.data_window_days, claims.linked_accounts), (Some(180), Some(3)));
}

#[tokio::test]
async fn each_permission_of_the_table_brings_its_claims_through_a_session() {
    let stage = Stage::set().await;
    let full = full_example();
    for (permission, claims) in PERMISSIONS {
        let created = stage.post("/v1/sessions", &json!({"permissions": [permission]})).await;
        let request_id = json_of(&created)["requestId"].as_str().unwrap().to_owned();
        stage.sandbox.approve_session(&request_id).unwrap();
        let polled = json_of(&stage.get(format!("/v1/sessions/{request_id}")).await);
        let expected: Map<_, _> = claims
            .iter()
            .chain(&CONTEXT)
            .map(|name| ((*name).to_owned(), full[*name].clone()))
            .collect();
        assert_eq!(polled["claims"], Value::Object(expected), "{permission}");
    }
}

#[tokio::test]
async fn the_client_knows_the_table_of_permissions() {
    let stage = Stage::set().await;
    for (name, claims) in PERMISSIONS {
        let permission = Permission::from(name);
        let known: Vec<_> = permission.claims().iter().map(ClaimName::as_str).collect();
        assert!(claims.iter().all(|claim| known.contains(claim)), "{name}: {known:?}");

        let asked = NewSession::new().permissions([permission]).unwrap();
        let session = stage.client.create_session(&asked).await.unwrap();
        stage.sandbox.approve_session(session.request_id.as_str()).unwrap();
        let state = stage.client.session(&session.request_id).await.unwrap();
        let given = serde_json::to_value(state.credential().unwrap().claims()).unwrap();
        for (_, others) in PERMISSIONS {
            for claim in others {
                assert_eq!(given.get(claim).is_some(), claims.contains(claim), "{name}: {claim}");
            }
        }
    }
}
