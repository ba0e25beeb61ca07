//! Step 1: keys, and where webhooks go.

use passid_core::client::NewWebhook;
use passid_core::{ErrorKind, Health, InstitutionJwt, Probe, WebhookSecret};
use passid_sandbox::Sandbox;
use passid_tests::http::Request;
use passid_tests::receiver::Receiver;
use serde_json::json;

use crate::stage::{SECRET, Stage, bearer, data, error, keyed};

const SANDBOX_KEY: &str = "pk_sandbox_xxxxxxxxxxxxxxxxxxxx";
const LIVE_KEY: &str = "pk_live_xxxxxxxxxxxxxxxxxxxx";
const SETTINGS: &str = "/api/institution/webhook";

#[tokio::test]
async fn every_request_carries_the_institution_key_of_its_environment() {
    let keys = Sandbox::builder().sandbox_key(SANDBOX_KEY).live_key(LIVE_KEY);
    let stage = Stage::of(keys).await;
    let body = json!({"code": "KE8V-3TXY-Z72L"}).to_string();
    let redeem = |key| keyed("POST", "/api/bridge/code/redeem", key).json(body.clone());
    assert_eq!(stage.send(redeem(SANDBOX_KEY)).await.status, 200);
    assert_eq!(stage.send(redeem(LIVE_KEY)).await.status, 404, "the demo codes are sandbox only");
    let unknown = stage.send(redeem("pk_sandbox_yyyyyyyyyyyyyyyyyyyy")).await;
    assert_eq!(error(&unknown), (401, "INVALID_INSTITUTION_KEY".to_owned()));
    let without = Request::new("POST", "/api/bridge/code/redeem").json(body.clone());
    assert_eq!(stage.send(without).await.status, 401);
    for client in [&stage.client, &stage.live_client()] {
        assert!(matches!(client.probe().await, Health::Accepted));
    }
}

#[tokio::test]
async fn the_webhook_settings_are_patched_with_the_institution_jwt() {
    let stage = Stage::set().await;
    let application = Receiver::start().await;
    let body = json!({"webhookUrl": application.url(), "webhookSecret": SECRET}).to_string();
    let jwt = stage.sandbox.institution_jwt();
    let set = stage.send(bearer("PATCH", SETTINGS, &jwt).json(body.clone())).await;
    assert_eq!(data(&set, 200)["webhookUrl"], application.url());
    assert!(!set.body.contains(SECRET), "the secret does not come back");
    let by_key = stage.send(keyed("PATCH", SETTINGS, stage.sandbox.sandbox_key()).json(body)).await;
    assert_eq!(error(&by_key), (403, "WRONG_KIND_OF_CREDENTIAL".to_owned()));

    stage.sandbox.send_test_event("hello").unwrap();
    assert!(stage.received().await.is_empty(), "the former address gets nothing more");
    assert!(application.received()[0].is_signed_with(SECRET));
}

#[tokio::test]
async fn a_secret_that_is_left_out_stays_as_it_is() {
    let stage = Stage::set().await;
    let jwt = stage.institution_jwt();
    let other = WebhookSecret::parse("whsec_other_32char_secret").unwrap();
    let with_secret = NewWebhook::new(stage.receiver.url()).unwrap().secret(other);
    stage.client.set_webhook(&jwt, &with_secret).await.unwrap();
    let without = NewWebhook::new(stage.receiver.url()).unwrap();
    let settings = stage.client.set_webhook(&jwt, &without).await.unwrap();
    assert_eq!(settings.webhook_url.as_deref(), Some(&*stage.receiver.url()));
    assert_eq!(settings.secret_set, Some(true));

    stage.sandbox.send_test_event("hello").unwrap();
    assert!(stage.received().await[0].is_signed_with("whsec_other_32char_secret"));

    let nobody = InstitutionJwt::parse("a.b.c").unwrap();
    let refused = stage.client.set_webhook(&nobody, &without).await.unwrap_err();
    assert_eq!(*refused.kind(), ErrorKind::JwtRefused);
}
