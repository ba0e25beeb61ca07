use passid_sandbox::{NewCredential, Sandbox, demo};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{
    Answer, bearer, client, post, post_with_key, sample_clock, send, two_institutions,
};

const OUTCOMES: [&str; 7] = [
    "repaid",
    "no_default",
    "delinquent",
    "defaulted",
    "fraud_confirmed",
    "account_closed",
    "other",
];

async fn report(sandbox: &Sandbox, body: Value) -> Answer {
    send(post(sandbox, "/v1/outcome", &body)).await
}

async fn cohort(sandbox: &Sandbox, jwt: &str) -> Answer {
    bearer(sandbox, Method::GET, "/v1/outcome/cohort", jwt, None).await
}

#[tokio::test]
async fn the_guides_example_is_taken_once_and_a_duplicate_is_a_409() {
    let sandbox = Sandbox::builder().clock(sample_clock()).start().await.unwrap();
    let body = json!({
        "token": demo::KENYA_TOKEN,
        "outcome": "repaid",
        "productType": "personal_loan",
        "amountUsd": 5000,
        "observationDays": 90,
        "notes": "Early repayment",
    });
    let answer = report(&sandbox, body.clone()).await;
    assert_eq!(answer.status, 201);
    assert_eq!(
        answer.json(),
        json!({"success": true, "data": {
            "outcomeId": "out_000000000001",
            "token": demo::KENYA_TOKEN,
            "outcome": "repaid",
            "reportedAt": "2026-03-17T14:02:11Z",
        }})
    );
    let again = report(&sandbox, body).await;
    assert_eq!(again.error(), (409, "OUTCOME_ALREADY_REPORTED".to_owned()));
    let another =
        report(&sandbox, json!({"token": demo::KENYA_TOKEN, "outcome": "defaulted"})).await;
    assert_eq!(another.error().0, 409);
}

#[tokio::test]
async fn all_seven_outcomes_are_taken_and_no_other() {
    let sandbox = Sandbox::start().await.unwrap();
    for outcome in OUTCOMES {
        let token = sandbox.mint_token(NewCredential::new()).unwrap();
        let answer = report(&sandbox, json!({"token": token, "outcome": outcome})).await;
        assert_eq!((answer.status, &answer.json()["data"]["outcome"]), (201, &json!(outcome)));
    }
    for outcome in ["REPAID", "paid", "verified"] {
        let answer =
            report(&sandbox, json!({"token": demo::KENYA_TOKEN, "outcome": outcome})).await;
        assert_eq!(answer.error(), (422, "INVALID_OUTCOME".to_owned()));
    }
}

#[tokio::test]
async fn fields_that_cannot_be_are_refused_and_nothing_is_reported() {
    let sandbox = Sandbox::start().await.unwrap();
    let token = demo::KENYA_TOKEN;
    for body in [
        json!({"outcome": "repaid"}),
        json!({"token": token}),
        json!({"token": token, "outcome": 1}),
        json!({"token": token, "outcome": "repaid", "amountUsd": -1}),
        json!({"token": token, "outcome": "repaid", "amountUsd": "5000"}),
        json!({"token": token, "outcome": "repaid", "observationDays": -0.5}),
        json!({"token": token, "outcome": "repaid", "notes": 1}),
        json!({"token": token, "outcome": "repaid", "notes": "x".repeat(4_097)}),
    ] {
        assert_eq!(report(&sandbox, body.clone()).await.error().0, 400, "{body}");
    }
    let nothing = json!({"token": token, "outcome": "repaid", "amountUsd": null, "notes": null});
    assert_eq!(report(&sandbox, nothing).await.status, 201);
}

#[tokio::test]
async fn tokens_of_nobody_and_of_the_other_environment_are_unknown() {
    let sandbox = Sandbox::start().await.unwrap();
    for token in ["PASSID-0000-0000-0000-0000", demo::LIVE_TOKEN] {
        let answer = report(&sandbox, json!({"token": token, "outcome": "repaid"})).await;
        assert_eq!(answer.error(), (404, "TOKEN_NOT_FOUND".to_owned()));
    }
    let live = json!({"token": demo::LIVE_TOKEN, "outcome": "repaid"});
    let answer = send(post_with_key(&sandbox, sandbox.live_key(), "/v1/outcome", &live)).await;
    assert_eq!(answer.status, 201);
}

#[tokio::test]
async fn one_outcome_per_token_is_counted_per_institution() {
    let (sandbox, keys) = two_institutions().await;
    let body = json!({"token": demo::KENYA_TOKEN, "outcome": "repaid"});
    for key in &keys {
        let answer = send(post_with_key(&sandbox, key, "/v1/outcome", &body)).await;
        assert_eq!(answer.status, 201);
    }
    let seen = cohort(&sandbox, &sandbox.institution_jwt()).await.data();
    assert_eq!(seen["total"], 1);
}

#[tokio::test]
async fn the_cohort_has_rates_by_coverage_for_the_institution_and_its_environment() {
    let sandbox = Sandbox::start().await.unwrap();
    let partial = NewCredential::new().claim("identity_verified", false);
    for (new, outcome) in [
        (NewCredential::new(), "repaid"),
        (NewCredential::new(), "repaid"),
        (NewCredential::new(), "repaid"),
        (NewCredential::new(), "defaulted"),
        (partial, "delinquent"),
    ] {
        let token = sandbox.mint_token(new).unwrap();
        report(&sandbox, json!({"token": token, "outcome": outcome})).await;
    }
    let seen = cohort(&sandbox, &sandbox.institution_jwt()).await.data();
    assert_eq!(
        seen,
        json!({
            "institutionId": "42",
            "total": 5,
            "cohorts": [
                {"coverage": "high", "total": 4, "outcomes": {
                    "repaid": {"count": 3, "rate": 0.75},
                    "defaulted": {"count": 1, "rate": 0.25},
                }},
                {"coverage": "partial", "total": 1, "outcomes": {
                    "delinquent": {"count": 1, "rate": 1.0},
                }},
            ],
        })
    );
    let live = cohort(&sandbox, &sandbox.live_institution_jwt()).await.data();
    assert_eq!(live, json!({"institutionId": "42", "total": 0, "cohorts": []}));
}

#[tokio::test]
async fn the_context_is_of_the_verification_and_not_of_the_report() {
    let sandbox = Sandbox::start().await.unwrap();
    let token = sandbox.mint_token(NewCredential::new()).unwrap();
    crate::support::verify(&sandbox, &token).await;
    sandbox.revoke_token(&token);
    let answer = report(&sandbox, json!({"token": token, "outcome": "repaid"})).await;
    assert_eq!(answer.status, 201, "a revoked token had an outcome all the same");
    let seen = cohort(&sandbox, &sandbox.institution_jwt()).await.data();
    assert_eq!(seen["cohorts"][0]["coverage"], "high");
}

#[tokio::test]
async fn the_cohort_wants_the_institution_jwt_and_nothing_else() {
    let sandbox = Sandbox::start().await.unwrap();
    let by_key = cohort(&sandbox, sandbox.sandbox_key()).await;
    assert_eq!(by_key.error(), (403, "WRONG_KIND_OF_CREDENTIAL".to_owned()));
    assert_eq!(cohort(&sandbox, &sandbox.user_jwt()).await.error().0, 403);
    assert_eq!(crate::support::get(&sandbox, "/v1/outcome/cohort").await.error().0, 403);
    let unknown = cohort(&sandbox, "a.b.c").await;
    assert_eq!(unknown.error(), (401, "INVALID_INSTITUTION_JWT".to_owned()));
    let none = send(client().get(format!("{}/v1/outcome/cohort", sandbox.url()))).await;
    assert_eq!(none.error().0, 401);
}
