//! Step 2: the guide's `POST /api/apply` behind its policy, here on axum and on actix-web, and its
//! table of policy options.

use passid_core::{ApiKey, PassidClient, Policy};
use passid_sandbox::{CredentialState, NewCredential, Sandbox, demo};
use passid_tests::apps::{Setup, actix, axum};
use passid_tests::http::{Request, Response, send};
use serde_json::{Value, json};

/// The machine's own time here, because a guard has a clock too.
async fn sandbox() -> (Sandbox, PassidClient) {
    let sandbox = Sandbox::start().await.unwrap();
    let key = ApiKey::parse(sandbox.sandbox_key()).unwrap();
    let client = PassidClient::builder(key).base_url(sandbox.url()).build().unwrap();
    (sandbox, client)
}

/// The answers of both frameworks, which must be the same.
async fn apply(client: &PassidClient, token: Option<&str>) -> Response {
    let mut request = Request::new("POST", "/api/apply").json("{}");
    if let Some(token) = token {
        request = request.header("X-PASSID-Token", token);
    }
    let on_axum = axum::start(Setup::Terse, client.clone()).await;
    let on_actix = actix::start(Setup::Terse, client.clone()).await;
    let [first, second] =
        [on_axum.address, on_actix.address].map(|address| (address, request.clone()));
    let first = send(first.0, &first.1).await.unwrap();
    let second = send(second.0, &second.1).await.unwrap();
    assert_eq!((first.status, &first.body), (second.status, &second.body));
    first
}

fn body(response: &Response) -> Value {
    serde_json::from_str(&response.body).unwrap()
}

#[tokio::test]
async fn a_good_token_reaches_the_handler_with_its_claims() {
    let (_sandbox, client) = sandbox().await;
    let answer = apply(&client, Some(demo::KENYA_TOKEN)).await;
    assert_eq!(answer.status, 200);
    assert_eq!(body(&answer)["verified"], true);
    assert_eq!(body(&answer)["income_band"], "$3,000-4,000/mo");
}

#[tokio::test]
async fn a_missing_token_is_401_token_missing() {
    let (_sandbox, client) = sandbox().await;
    let answer = apply(&client, None).await;
    assert_eq!((answer.status, &body(&answer)["error"]["code"]), (401, &json!("TOKEN_MISSING")));
}

#[tokio::test]
async fn an_invalid_token_is_401_token_invalid() {
    let (sandbox, client) = sandbox().await;
    let denied = NewCredential::new().state(CredentialState::SanctionsDenied);
    let denied = sandbox.mint_token(denied).unwrap();
    for token in ["PASSID-0000-0000-0000-0000", demo::EXPIRED_TOKEN, &denied] {
        let answer = apply(&client, Some(token)).await;
        assert_eq!(
            (answer.status, &body(&answer)["error"]["code"]),
            (401, &json!("TOKEN_INVALID"))
        );
        assert!(!answer.body.contains("SANCTIONS"));
    }
}

#[tokio::test]
async fn a_policy_breach_is_403_policy_violation() {
    let (sandbox, client) = sandbox().await;
    let old = sandbox.mint_token(NewCredential::new().freshness_hours(73)).unwrap();
    let without = NewCredential::new().without_claim("income_verified");
    let without = sandbox.mint_token(without).unwrap();
    for token in [demo::SANCTIONS_NOT_CLEAR_TOKEN, &old, &without] {
        let answer = apply(&client, Some(token)).await;
        assert_eq!(
            (answer.status, &body(&answer)["error"]["code"]),
            (403, &json!("POLICY_VIOLATION")),
        );
    }
}

#[tokio::test]
async fn each_policy_option_of_the_table_refuses_what_the_guide_says() {
    let (sandbox, client) = sandbox().await;
    for (options, claim, value) in [
        (json!({"requireClaims": ["income_verified"]}), "income_verified", json!(false)),
        (json!({"requireClaims": ["income_verified"]}), "income_verified", Value::Null),
        (json!({"maxCredentialAgeHours": 72}), "freshness_hours", json!(73)),
        (
            json!({"requireFraudChecksPassed": true}),
            "identity_and_fraud_checks_passed",
            json!(false),
        ),
        (json!({"requireSanctionsClear": true}), "sanctions_screening_clear", json!(false)),
    ] {
        let policy: Policy = serde_json::from_value(options.clone()).unwrap();
        let breach = match value {
            Value::Null => NewCredential::new().without_claim(claim),
            value => NewCredential::new().claim(claim, value),
        };
        for (credential, passes) in [(NewCredential::new(), true), (breach, false)] {
            let token = sandbox.mint_token(credential).unwrap();
            let token = passid_core::Token::parse(&token).unwrap();
            let credential = client.verify_token(&token).await.unwrap();
            let outcome = policy.evaluate(&credential, credential.received_at());
            assert_eq!(outcome.is_ok(), passes, "{options}");
        }
    }
}
