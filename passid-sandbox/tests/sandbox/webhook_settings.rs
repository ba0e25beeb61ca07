use passid_sandbox::Sandbox;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, bearer, client, sample_clock, send};

const PATH: &str = "/api/institution/webhook";

async fn patch(sandbox: &Sandbox, jwt: &str, body: Value) -> Answer {
    bearer(sandbox, Method::PATCH, PATH, jwt, Some(body)).await
}

#[tokio::test]
async fn the_guides_example_is_taken_and_the_secret_does_not_come_back() {
    let sandbox = Sandbox::builder().clock(sample_clock()).start().await.unwrap();
    let body = json!({
        "webhookUrl": "https://yourbank.com/passid/webhook",
        "webhookSecret": "whsec_your_32char_secret",
    });
    let answer = patch(&sandbox, &sandbox.institution_jwt(), body).await;
    assert_eq!(
        answer.data(),
        json!({
            "webhookUrl": "https://yourbank.com/passid/webhook",
            "webhookSecretSet": true,
            "updatedAt": "2026-03-17T14:02:11Z",
        })
    );
    assert_eq!(sandbox.webhook_secret(), "whsec_your_32char_secret");
    let without = json!({"webhookUrl": "https://yourbank.com/other"});
    patch(&sandbox, &sandbox.institution_jwt(), without).await.data();
    assert_eq!(sandbox.webhook_secret(), "whsec_your_32char_secret", "left out, it stays");
}

#[tokio::test]
async fn settings_that_cannot_be_are_refused_and_change_nothing() {
    let sandbox = Sandbox::start().await.unwrap();
    let before = sandbox.webhook_secret();
    let url = "https://yourbank.com/passid/webhook";
    for body in [
        json!({}),
        json!({"webhookUrl": ""}),
        json!({"webhookUrl": "yourbank.com"}),
        json!({"webhookUrl": "ftp://yourbank.com/"}),
        json!({"webhookUrl": 1}),
        json!({"webhook_url": url, "webhook_secret": "whsec_older_page"}),
        json!({"webhookUrl": url, "webhookSecret": " "}),
        json!({"webhookUrl": url, "webhookSecret": ""}),
        json!({"webhookUrl": url, "webhookSecret": 1}),
        json!({"webhookUrl": url, "webhookSecret": "x".repeat(1_025)}),
    ] {
        let answer = patch(&sandbox, &sandbox.institution_jwt(), body.clone()).await;
        assert_eq!(answer.error(), (400, "INVALID_REQUEST".to_owned()), "{body}");
    }
    assert_eq!(sandbox.webhook_secret(), before);
}

#[tokio::test]
async fn only_the_institution_jwt_sets_them() {
    let sandbox = Sandbox::start().await.unwrap();
    let body = json!({"webhookUrl": "https://yourbank.com/passid/webhook"});
    for jwt in [sandbox.user_jwt(), sandbox.sandbox_key().to_owned()] {
        let answer = patch(&sandbox, &jwt, body.clone()).await;
        assert_eq!(answer.error(), (403, "WRONG_KIND_OF_CREDENTIAL".to_owned()));
    }
    let unknown = patch(&sandbox, "x", body.clone()).await;
    assert_eq!(unknown.error(), (401, "INVALID_INSTITUTION_JWT".to_owned()));
    let twice = client()
        .patch(format!("{}{PATH}", sandbox.url()))
        .bearer_auth(sandbox.institution_jwt())
        .bearer_auth(sandbox.institution_jwt())
        .json(&body);
    assert_eq!(send(twice).await.error().0, 401);
}
