//! What the client lets through, the sandbox takes: a test that passes against one limit of ours must
//! not fail at another.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use passid_core::client::{IdempotencyKey, InstitutionReference, NewWebhook, VerifyOptions};
use passid_core::{InstitutionJwt, NewOutcome, NewSession, ReportedOutcome, Token, WebhookSecret};
use passid_sandbox::{NewCredential, demo};
use passid_tests::standing::Standing;

#[tokio::test]
async fn the_longest_name_of_an_institution_is_taken() {
    let standing = Standing::start().await;
    let name = "n".repeat(NewSession::MAX_NAME_LEN);
    let asked = NewSession::new().institution_name(&name).unwrap();
    let session = standing.client().create_session(&asked).await.unwrap();
    let seen = standing.client().public_session(&session.request_id).await.unwrap();
    assert_eq!(seen.institution_name, Some(name));
}

#[tokio::test]
async fn the_longest_reference_and_idempotency_key_are_taken() {
    let standing = Standing::start().await;
    let reference = "r".repeat(InstitutionReference::MAX_LEN);
    let key = "k".repeat(IdempotencyKey::MAX_LEN);
    let options = VerifyOptions::default()
        .institution_reference(InstitutionReference::parse(reference.as_str()).unwrap())
        .idempotency_key(IdempotencyKey::parse(key).unwrap());
    let token = Token::parse(demo::KENYA_TOKEN).unwrap();
    let credential = standing.client().verify_token_with(&token, options).await.unwrap();
    assert_eq!(credential.extra()["institution_reference"], reference.as_str());
}

#[tokio::test]
async fn the_longest_product_type_and_notes_are_taken() {
    let standing = Standing::start().await;
    let token = standing.sandbox.mint_token(NewCredential::new()).unwrap();
    let token = Token::parse(&token).unwrap();
    standing.client().verify_token(&token).await.unwrap();
    let outcome = NewOutcome::new(&token, ReportedOutcome::Other)
        .product_type("p".repeat(NewOutcome::MAX_PRODUCT_TYPE_LEN))
        .and_then(|new| new.amount_usd(f64::MAX))
        .and_then(|new| new.observation_days(u32::MAX).notes("n".repeat(NewOutcome::MAX_NOTES_LEN)))
        .unwrap();
    standing.client().report_outcome(&outcome).await.unwrap();
}

#[tokio::test]
async fn the_longest_webhook_address_and_secret_are_taken() {
    let standing = Standing::start().await;
    let jwt = InstitutionJwt::parse(&standing.sandbox.institution_jwt()).unwrap();
    let start = "https://bank.example/";
    let url = format!("{start}{}", "x".repeat(NewWebhook::MAX_URL_LEN - start.len()));
    let secret = "s".repeat(WebhookSecret::MAX_LEN);
    let webhook =
        NewWebhook::new(url.as_str()).unwrap().secret(WebhookSecret::parse(&secret).unwrap());
    let settings = standing.client().set_webhook(&jwt, &webhook).await.unwrap();
    assert_eq!((settings.webhook_url, settings.secret_set), (Some(url), Some(true)));
    assert_eq!(standing.sandbox.webhook_secret(), secret);
}
