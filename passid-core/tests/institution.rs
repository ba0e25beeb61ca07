//! The institution's settings and records: webhooks (guide, step 1), stored verifications, the
//! institution's own reference, and the version of the API (guide, step 6).
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;

use common::script::{CONNECT, INTERRUPTED, Step, play};
use common::{KEY, TOKEN, api, block_on, start, token, valid_answer};
use passid_core::client::{
    ApiResponse, InstitutionReference, NewWebhook, StoredVerification, VerifyOptions,
};
use passid_core::{ApiError, DenyReason, ErrorKind, InstitutionJwt, Policy, Token, WebhookSecret};
use serde_json::{Value, json};

const JWT: &str = "eyJhbGciOiJIUzI1NiJ9.e30.c2lnbmF0dXJl";
const SECRET: &str = "whsec_9f8e7d6c5b4a39281706";
const URL: &str = "https://yourbank.com/passid/webhook?t=hook-token";

fn jwt() -> InstitutionJwt {
    InstitutionJwt::parse(JWT).unwrap()
}

fn webhook() -> NewWebhook {
    NewWebhook::new(URL).unwrap()
}

fn stored(status: u16, body: impl Into<Vec<u8>>) -> Result<StoredVerification, ApiError> {
    let api = api();
    api.answer(status, body);
    block_on(api.client.stored_verification(&token()))
}

#[test]
fn webhooks_are_set_with_the_jwt_and_without_the_key() {
    let api = api();
    let secret = WebhookSecret::parse(SECRET).unwrap();
    play(&api, &[Step::Status(204), Step::Status(204)]);
    block_on(api.client.set_webhook(&jwt(), &webhook().secret(secret))).unwrap();
    block_on(api.client.set_webhook(&jwt(), &webhook())).unwrap();
    let requests = api.transport.requests();
    for request in &requests {
        assert_eq!((request.method(), request.route()), ("PATCH", "/api/institution/webhook"));
        assert_eq!(request.url(), "https://api.passid.io/api/institution/webhook");
        assert_eq!(request.header("authorization"), Some(&*format!("Bearer {JWT}")));
        assert_eq!(request.header("x-institution-key"), None);
        assert_eq!(request.header("content-type"), Some("application/json"));
        let sensitive = request.headers().iter().filter(|header| header.sensitive).count();
        assert_eq!(sensitive, 1);
    }
    let body = |index: usize| serde_json::from_slice::<Value>(requests[index].body()).unwrap();
    assert_eq!(body(0), json!({"webhookUrl": URL, "webhookSecret": SECRET}));
    assert_eq!(body(1), json!({"webhookUrl": URL}), "left out, so that the current one stays");
}

#[test]
fn the_settings_that_come_back_are_read_as_far_as_they_are_there() {
    let data = json!({
        "webhookUrl": URL, "webhookSecretSet": true, "updatedAt": "2026-03-17T14:02:11Z"
    });
    for body in [data.clone(), common::enveloped(&data)] {
        let api = api();
        api.answer(200, body.to_string());
        let settings = block_on(api.client.set_webhook(&jwt(), &webhook())).unwrap();
        assert_eq!(settings.webhook_url.as_deref(), Some(URL));
        assert_eq!((settings.secret_set, settings.updated_at), (Some(true), Some(start())));
        assert!(!format!("{settings:?}").contains("hook-token"));
    }
    for hostile in ["", "[]", r#"{"webhookUrl":1}"#, r#"{"webhookSecretSet":"yes"}"#] {
        let api = api();
        api.answer(200, hostile);
        let error = block_on(api.client.set_webhook(&jwt(), &webhook())).unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::Undecodable, "{hostile}");
    }
}

#[test]
fn settings_are_sent_again_after_passing_failures_and_refusals_are_the_jwts() {
    for step in [CONNECT, INTERRUPTED, Step::Hang, Step::Status(503), Step::Status(429)] {
        let api = api();
        play(&api, &[step, Step::Status(204)]);
        block_on(api.client.set_webhook(&jwt(), &webhook())).unwrap();
        assert_eq!(api.sent(), 2);
    }
    for (status, kind) in [
        (400, ErrorKind::RequestRefused),
        (401, ErrorKind::JwtRefused),
        (403, ErrorKind::JwtRefused),
        (404, ErrorKind::RequestRefused),
        (302, ErrorKind::UnexpectedStatus),
    ] {
        let api = api();
        api.answer(status, "");
        let error = block_on(api.client.set_webhook(&jwt(), &webhook())).unwrap_err();
        assert_eq!((error.kind(), api.sent()), (&kind, 1));
    }
}

#[test]
fn what_is_no_webhook_address_is_refused_before_it_is_sent() {
    for fine in ["https://a.io", "http://127.0.0.1:9/hook", "https://a.io/x?y=z"] {
        NewWebhook::new(fine).unwrap();
    }
    let long = format!("https://a.io/{}", "x".repeat(2048));
    for refused in [
        "",
        "a.io/hook",
        "ftp://a.io",
        "https://u:p@a.io",
        "https://a.io/#x",
        "javascript:1",
        &long,
    ] {
        let error = NewWebhook::new(refused).unwrap_err();
        assert!(refused.is_empty() || !error.to_string().contains(refused));
    }
}

#[test]
fn no_setting_shows_its_secrets() {
    let webhook = webhook().secret(WebhookSecret::parse(SECRET).unwrap());
    let shown = format!("{webhook:?} {:?}", jwt());
    for hidden in ["hook-token", "whsec", "eyJ"] {
        assert!(!shown.contains(hidden), "{shown}");
    }
}

#[test]
fn an_echo_of_the_jwt_or_of_the_new_secret_is_not_kept() {
    for echo in [JWT, SECRET] {
        let api = api();
        api.answer(400, json!({"error": {"code": echo}}).to_string());
        let webhook = webhook().secret(WebhookSecret::parse(SECRET).unwrap());
        let error = block_on(api.client.set_webhook(&jwt(), &webhook)).unwrap_err();
        assert_eq!(error.code(), None);
    }
}

#[test]
fn a_stored_verification_is_asked_for_by_its_token() {
    let api = api();
    api.answer(200, valid_answer().to_string());
    let stored = block_on(api.client.stored_verification(&token())).unwrap();
    assert_eq!(stored.record().audit_id(), Some("vrf_01hzk3vw0kg9"));
    assert_eq!(stored.verified_at(), Some(start()));
    let request = &api.transport.requests()[0];
    assert_eq!((request.method(), request.route()), ("GET", "/api/v1/bridge/verify/{token}"));
    assert_eq!(request.url(), format!("https://api.passid.io/api/v1/bridge/verify/{TOKEN}"));
    assert_eq!(request.header("x-institution-key"), Some(KEY));
    assert!(request.body().is_empty());
}

#[test]
fn a_token_cannot_leave_its_place_in_the_path() {
    let api = api();
    api.answer(404, "");
    let odd = Token::parse("psid/../x?y#z").unwrap();
    block_on(api.client.stored_verification(&odd)).unwrap_err();
    let url = api.transport.requests()[0].url().to_owned();
    assert!(url.ends_with("/api/v1/bridge/verify/psid%2F..%2Fx%3Fy%23z"), "{url}");
    for steps in [".", ".."] {
        let token = Token::parse(steps).unwrap();
        let error = block_on(api.client.stored_verification(&token)).unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::Unsendable);
        assert!(!error.is_retry_safe() && common::chain(&error).len() == 2);
    }
    assert_eq!(api.sent(), 1);
}

#[test]
fn an_old_record_does_not_look_new() {
    let policy = Policy::builder().max_credential_age_hours(48).build().unwrap();
    let young = stored(200, valid_answer().to_string()).unwrap();
    assert!(policy.evaluate(young.record(), start()).is_ok());
    let mut old = valid_answer();
    old["verified_at"] = json!("2026-03-16T14:02:11Z");
    let old = stored(200, old.to_string()).unwrap();
    assert_eq!(old.record().age_hours(start()), Some(72));
    assert!(policy.evaluate(old.record(), start()).is_err());
    let mut undated = valid_answer();
    undated.as_object_mut().unwrap().remove("verified_at");
    let undated = stored(200, undated.to_string()).unwrap();
    assert_eq!(undated.record().age_hours(start()), None);
    assert!(policy.evaluate(undated.record(), start()).is_err());
}

#[test]
fn a_record_that_is_no_pass_is_none() {
    let mut another = valid_answer();
    another["token"] = json!("PASSID-OTHER");
    let mut contradicting = valid_answer();
    contradicting["revocation_status"] = json!("revoked");
    for (status, body, kind) in [
        (404, String::new(), ErrorKind::VerificationNotFound),
        (401, String::new(), ErrorKind::KeyRefused),
        (410, String::new(), ErrorKind::RequestRefused),
        (200, "{}".to_owned(), ErrorKind::Undecodable),
        (200, another.to_string(), ErrorKind::Undecodable),
        (200, contradicting.to_string(), ErrorKind::Undecodable),
        (200, common::denial().to_string(), ErrorKind::Refused(DenyReason::InvalidSignature)),
    ] {
        assert_eq!(*stored(status, body.clone()).unwrap_err().kind(), kind, "{body}");
    }
}

#[test]
fn the_institutions_own_reference_goes_along() {
    let api = api();
    api.answer(200, valid_answer().to_string());
    let reference = InstitutionReference::parse("loan_app_10482").unwrap();
    let options = VerifyOptions::default().institution_reference(reference);
    block_on(api.client.verify_token_with(&token(), options)).unwrap();
    let body: Value = serde_json::from_slice(api.transport.requests()[0].body()).unwrap();
    assert_eq!(body, json!({"token": TOKEN, "institution_reference": "loan_app_10482"}));
    for refused in ["", " ", "a\nb", &"x".repeat(256)] {
        assert!(InstitutionReference::parse(refused).is_err());
    }
}

#[test]
fn the_version_of_the_api_is_told_with_the_credential() {
    for (header, told) in
        [(Some("1"), Some("1")), (Some("2.0"), Some("2.0")), (Some("a b"), None), (None, None)]
    {
        let api = api();
        let mut answer = ApiResponse::new(200, valid_answer().to_string());
        if let Some(version) = header {
            answer = answer.with_header("X-PASSID-API-Version", version);
        }
        api.transport.answer(answer);
        let credential = block_on(api.client.verify_token(&token())).unwrap();
        assert_eq!(credential.api_version(), told);
    }
}

#[test]
fn an_echo_of_a_part_of_a_secret_is_not_kept() {
    let long = format!("eyJhbGciOiJIUzI1NiJ9.{}.c2lnbmF0dXJlLW1hcmtlcg", "cGF5bG9hZC0".repeat(30));
    let jwt = InstitutionJwt::parse(&long).unwrap();
    for echo in ["c2lnbmF0dXJlLW1hcmtlcg", &long[30..90], "bad:C2LNBMF0DXJLLW1HCMTL"] {
        let api = api();
        api.answer(401, json!({"error": {"code": echo}}).to_string());
        let error = block_on(api.client.outcome_cohort(&jwt)).unwrap_err();
        assert_eq!((error.kind(), error.code()), (&ErrorKind::JwtRefused, None), "{echo}");
    }
    let api = api();
    api.answer(
        404,
        json!({"error": {"code": format!("no:{}", &TOKEN[..TOKEN.len() - 4])}}).to_string(),
    );
    assert_eq!(block_on(api.client.verify_token(&token())).unwrap_err().code(), None);
    let api = common::api();
    api.answer(400, json!({"error": {"code": "PASSID_SANDBOX_KEY_EXPECTED"}}).to_string());
    let error = block_on(api.client.verify_token(&token())).unwrap_err();
    assert_eq!(error.code(), Some("PASSID_SANDBOX_KEY_EXPECTED"), "a word in common is no echo");
}

#[test]
fn a_webhook_address_that_readers_take_differently_is_refused() {
    for read_differently in [
        " https://a.io/hook",
        "https://a.io/hook\n",
        "https://a.io/ho\tok",
        "https://a.io\\@evil.example/",
        "https:\\\\a.io",
        "https:a.io",
        "https:/a.io",
        "https:///a.io",
    ] {
        assert!(NewWebhook::new(read_differently).is_err(), "{read_differently:?}");
    }
    for fine in ["HTTPS://A.io/hook", "https://b\u{e4}nk.example/\u{fc}"] {
        NewWebhook::new(fine).unwrap();
    }
}

#[test]
fn whether_a_secret_is_set_is_read_under_either_name_and_not_from_two_that_differ() {
    let set = |body: Value| {
        let api = api();
        api.answer(200, body.to_string());
        block_on(api.client.set_webhook(&jwt(), &webhook())).map(|settings| settings.secret_set)
    };
    assert_eq!(set(json!({"webhookSecretSet": true})).unwrap(), Some(true));
    assert_eq!(set(json!({"webhook_secret_set": false})).unwrap(), Some(false));
    assert_eq!(set(json!({"webhookSecretSet": null})).unwrap(), None);
    for differing in [
        json!({"webhookSecretSet": true, "webhook_secret_set": false}),
        json!({"webhookSecretSet": false, "data": {"webhookSecretSet": true}}),
        json!({"webhookSecretSet": "yes"}),
    ] {
        let error = set(differing.clone()).unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::Undecodable, "{differing}");
    }
}
