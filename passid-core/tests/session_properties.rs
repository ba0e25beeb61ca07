//! Properties of the reading of the newer answers: no bytes panic, and no session counts as completed
//! unless it says so, has claims, and nothing in it speaks against them.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;

use common::{Api, api_with, block_on, cases, enveloped, json as any_json, token};
use passid_core::client::{NewWebhook, RetrySettings};
use passid_core::{
    ErrorKind, InstitutionJwt, NewOutcome, NewSession, ReportedOutcome, RequestId, SessionStatus,
};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

fn api(body: &[u8], times: usize) -> Api {
    let api = api_with(|builder| builder.retry(RetrySettings::never()));
    for _ in 0..times {
        api.answer(200, body);
    }
    api
}

fn poll(body: &Value) -> Result<SessionStatus, ErrorKind> {
    let api = api(body.to_string().as_bytes(), 1);
    let state = block_on(api.client.session(&RequestId::parse("req_1").unwrap()));
    state.map(|state| state.status).map_err(|error| error.kind().clone())
}

/// How many of the calls take this body for an answer; the poll only when it does not complete.
fn taken(body: &[u8]) -> usize {
    let api = api(body, 6);
    let client = &api.client;
    let id = RequestId::parse("req_1").unwrap();
    let jwt = InstitutionJwt::parse("a.b.c").unwrap();
    let outcome = NewOutcome::new(&token(), ReportedOutcome::Repaid);
    let webhook = NewWebhook::new("https://a.io").unwrap();
    block_on(async {
        [
            client.create_session(&NewSession::new()).await.is_ok(),
            client.session(&id).await.is_ok(),
            client.public_session(&id).await.is_ok(),
            client.report_outcome(&outcome).await.is_ok(),
            client.outcome_cohort(&jwt).await.is_ok(),
            client.set_webhook(&jwt, &webhook).await.is_ok(),
        ]
    })
    .into_iter()
    .filter(|taken| *taken)
    .count()
}

/// Written without a look at the code: does anything beside the status of the session speak against
/// what it shares?
fn denies(answer: &Value) -> bool {
    let levels = [Some(answer), answer.get("data")].into_iter().flatten();
    levels.filter_map(Value::as_object).any(|fields| {
        let no = |name: &&str| fields.get(*name) == Some(&json!(false));
        let text = |name: &str| fields.get(name).and_then(Value::as_str).map(str::to_lowercase);
        let said = |name: &&str| text(name).is_some_and(|reason| !reason.trim().is_empty());
        ["credential_valid", "valid", "ok", "success", "signature_valid"].iter().any(no)
            || ["deny_reason", "denyReason", "reason_code"].iter().any(said)
            || ["credential_status", "token_status"].iter().any(|name| {
                text(name).is_some_and(|state| state != "verified" && state != "active")
            })
            || text("revocation_status").is_some_and(|state| state != "not_revoked")
            || fields.get("error").is_some_and(|error| !error.is_null())
    })
}

fn has_claims(answer: &Value) -> bool {
    let levels = [Some(answer), answer.get("data")].into_iter().flatten();
    let mut fields = levels.filter_map(Value::as_object);
    fields.any(|f| {
        ["claims", "verified_claims"].iter().any(|name| f.get(*name).is_some_and(Value::is_object))
    })
}

fn completed_with(mut fields: Map<String, Value>) -> Value {
    fields.remove("data");
    fields.insert("status".into(), json!("completed"));
    Value::Object(fields)
}

#[test]
fn the_oracle_lets_a_good_answer_pass() {
    let good = json!({"status": "completed", "claims": {"income_verified": true}});
    assert!(has_claims(&good) && !denies(&good));
    assert!(matches!(poll(&good), Ok(SessionStatus::Completed(_))));
    assert!(matches!(poll(&enveloped(&good)), Ok(SessionStatus::Completed(_))));
}

#[test]
fn an_answer_over_the_limit_is_no_answer() {
    let api = api_with(|builder| builder.max_response_bytes(1000).retry(RetrySettings::never()));
    let padded = json!({"status": "pending", "padding": "x".repeat(1000)}).to_string();
    for _ in 0..2 {
        api.answer(200, padded.as_str());
    }
    let id = RequestId::parse("req_1").unwrap();
    let polled = block_on(api.client.session(&id)).unwrap_err();
    assert_eq!(*polled.kind(), ErrorKind::Undecodable);
    let created = block_on(api.client.create_session(&NewSession::new())).unwrap_err();
    assert_eq!(*created.kind(), ErrorKind::OutcomeUnknown);
    let deep = format!("{}1{}", r#"{"status":"#.repeat(5000), "}".repeat(5000));
    assert_eq!(taken(deep.as_bytes()), 0);
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn bytes_that_are_no_object_are_no_answer_and_none_panic(
        bytes in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        let object = serde_json::from_slice::<Map<String, Value>>(&bytes).is_ok();
        prop_assert!(object || taken(&bytes) == 0);
    }

    #[test]
    fn no_object_makes_a_reader_panic(object in any_json::object()) {
        let _ = taken(Value::Object(object).to_string().as_bytes());
    }

    #[test]
    fn a_completed_session_has_claims_and_nothing_speaks_against_them(
        fields in any_json::object(),
        wrapped in any::<bool>(),
    ) {
        let flat = completed_with(fields);
        let body = if wrapped { json!({"data": flat}) } else { flat };
        if let Ok(SessionStatus::Completed(_)) = poll(&body) {
            prop_assert!(has_claims(&body), "{body}");
            prop_assert!(!denies(&body), "{body}");
        }
    }

    #[test]
    fn what_does_not_say_completed_is_not(fields in any_json::object(), word in any_json::text()) {
        let mut body = completed_with(fields);
        body["status"] = json!(word);
        let said = word.trim().eq_ignore_ascii_case("completed");
        prop_assert!(said || !matches!(poll(&body), Ok(SessionStatus::Completed(_))));
    }
}
