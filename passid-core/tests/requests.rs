//! What the two calls put on the wire (guide, steps 4 and 6).
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;

use common::{Api, CODE, KEY, TOKEN, api_with, block_on, code, token};
use passid_core::client::ApiResponse;
use passid_core::{ApiKey, Environment, PassidClient};

fn verify(api: &Api) {
    api.answer(200, common::valid_answer().to_string());
    block_on(api.client.verify_token(&token())).unwrap();
}

fn redeem(api: &Api) {
    api.answer(200, common::redeemed_answer().to_string());
    block_on(api.client.redeem_code(&code())).unwrap();
}

#[test]
fn the_request_on_the_wire_is_what_the_guide_prints() {
    let api = api_with(|builder| builder.base_url("https://api.example.com/base/"));
    verify(&api);
    redeem(&api);
    let requests = api.transport.requests();
    let [verify, redeem] = &requests[..] else { panic!() };

    assert_eq!((verify.method(), verify.route()), ("POST", "/v1/verify"));
    assert_eq!(verify.url(), "https://api.example.com/base/v1/verify");
    assert_eq!(verify.body(), &format!(r#"{{"token":"{TOKEN}"}}"#));
    assert_eq!(redeem.method(), "POST");
    assert_eq!(redeem.url(), "https://api.example.com/base/api/bridge/code/redeem");
    assert_eq!(redeem.body(), &format!(r#"{{"code":"{CODE}"}}"#));
    assert!(redeem.header("idempotency-key").is_none());

    for request in [verify, redeem] {
        assert_eq!(request.header("content-type"), Some("application/json"));
        assert_eq!(request.header("accept"), Some("application/json"));
        assert_eq!(request.header("x-institution-key"), Some(KEY));
        let sensitive = request.headers().iter().filter(|header| header.sensitive);
        assert_eq!(sensitive.map(|header| header.name).collect::<Vec<_>>(), ["x-institution-key"]);
    }
}

#[test]
fn the_path_of_verify_can_be_the_other_published_one() {
    let api = api_with(|builder| builder.verify_path("/api/v1/bridge/verify"));
    verify(&api);
    let requests = api.transport.requests();
    assert_eq!(requests[0].url(), "https://api.passid.io/api/v1/bridge/verify");
    assert_eq!(requests[0].route(), "/api/v1/bridge/verify", "logs name it so too");
}

#[test]
fn a_key_of_another_form_is_sent_as_it_is() {
    let transport = passid_core::testing::MockTransport::new();
    let key = ApiKey::in_environment("sk_live_abc", Environment::Live).unwrap();
    let client = PassidClient::builder(key).transport(transport.clone()).build().unwrap();
    transport.answer(ApiResponse::new(200, r#"{"valid": true}"#));
    let credential = block_on(client.verify_token(&token())).unwrap();
    assert_eq!(credential.environment(), Environment::Live);
    assert_eq!(transport.requests()[0].header("x-institution-key"), Some("sk_live_abc"));
}
