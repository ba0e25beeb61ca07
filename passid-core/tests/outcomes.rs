//! Outcomes: what goes over the wire (guide, step 9), what may be reported, and what 409 means.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;

use common::script::{CONNECT, INTERRUPTED, Step, TOO_LARGE, play};
use common::{Api, KEY, TOKEN, api, block_on, cases, token};
use passid_core::client::{
    CohortOutcome, Coverage, IdempotencyKey, NewOutcomeError, OutcomeCohorts, OutcomeReceipt,
};
use passid_core::{ApiError, DenyReason, ErrorKind, InstitutionJwt, NewOutcome, ReportedOutcome};
use proptest::prelude::*;
use serde_json::{Value, json};

const JWT: &str = "eyJhbGciOiJIUzI1NiJ9.e30.c2lnbmF0dXJl";

fn repaid() -> NewOutcome {
    NewOutcome::new(&token(), ReportedOutcome::Repaid)
}

fn taken() -> Step {
    let data = json!({
        "outcomeId": "out_000000000001", "token": TOKEN, "outcome": "repaid",
        "reportedAt": "2026-03-17T14:02:11Z"
    });
    Step::Body(201, common::enveloped(&data).to_string())
}

fn report(api: &Api, script: &[Step]) -> Result<OutcomeReceipt, ApiError> {
    play(api, script);
    block_on(api.client.report_outcome(&repaid()))
}

fn cohorts(status: u16, body: impl Into<Vec<u8>>) -> Result<OutcomeCohorts, ApiError> {
    let api = api();
    api.answer(status, body);
    block_on(api.client.outcome_cohort(&InstitutionJwt::parse(JWT).unwrap()))
}

#[test]
fn a_report_is_what_the_guide_prints() {
    let api = api();
    let whole = repaid()
        .product_type("personal_loan")
        .and_then(|new| new.amount_usd(5000.0))
        .and_then(|new| new.observation_days(90).notes("Early repayment"))
        .unwrap()
        .idempotency_key(IdempotencyKey::parse("loan-1").unwrap());
    play(&api, &[taken(), taken()]);
    block_on(api.client.report_outcome(&whole)).unwrap();
    block_on(api.client.report_outcome(&repaid())).unwrap();
    let requests = api.transport.requests();
    let body = |index: usize| serde_json::from_slice::<Value>(requests[index].body()).unwrap();
    assert_eq!(
        body(0),
        json!({
            "token": TOKEN, "outcome": "repaid", "productType": "personal_loan",
            "amountUsd": 5000.0, "observationDays": 90, "notes": "Early repayment"
        })
    );
    assert_eq!(body(1), json!({"token": TOKEN, "outcome": "repaid"}));
    for request in &requests {
        assert_eq!((request.method(), request.route()), ("POST", "/v1/outcome"));
        assert_eq!(request.header("x-institution-key"), Some(KEY));
        assert_eq!(request.header("authorization"), None);
    }
    assert_eq!(requests[0].header("idempotency-key"), Some("loan-1"));
    assert_eq!(requests[1].header("idempotency-key"), None);
}

#[test]
fn all_seven_outcomes_are_sent_by_their_names() {
    let names = ReportedOutcome::ALL.map(ReportedOutcome::as_str);
    assert_eq!(
        names,
        [
            "repaid",
            "no_default",
            "delinquent",
            "defaulted",
            "fraud_confirmed",
            "account_closed",
            "other"
        ]
    );
    for outcome in ReportedOutcome::ALL {
        let api = api();
        play(&api, &[Step::Status(204)]);
        block_on(api.client.report_outcome(&NewOutcome::new(&token(), outcome))).unwrap();
        let body: Value = serde_json::from_slice(api.transport.requests()[0].body()).unwrap();
        assert_eq!(body["outcome"], outcome.as_str());
    }
}

#[test]
fn a_receipt_is_read_in_every_shape_that_says_success() {
    let api = api();
    let receipt = report(&api, &[taken()]).unwrap();
    assert_eq!(receipt.outcome_id.as_deref(), Some("out_000000000001"));
    assert_eq!(receipt.reported_at, Some(common::start()));
    assert_eq!(receipt.extra["outcome"], "repaid");
    for body in ["{}", r#"{"success":true}"#, r#"{"success":true,"data":{}}"#] {
        for status in [200, 201, 202] {
            report(&common::api(), &[Step::Body(status, body.into())]).unwrap();
        }
    }
    assert_eq!(report(&common::api(), &[Step::Status(204)]).unwrap(), OutcomeReceipt::default());
}

#[test]
fn an_answer_that_cannot_be_relied_on_is_no_receipt() {
    for body in [
        "",
        "<html>",
        "[]",
        r#"{"success":false}"#,
        r#"{"error":{"code":"X"}}"#,
        r#"{"token":"PASSID-OTHER"}"#,
        r#"{"outcomeId":7}"#,
        r#"{"reportedAt":"soon"}"#,
        r#"{"outcomeId":"a","outcomeId":"b"}"#,
        r#"{"outcomeId":"a","outcome_id":"b"}"#,
    ] {
        let api = api();
        let error = report(&api, &[Step::Body(201, body.into()), taken()]).unwrap_err();
        assert_eq!((error.kind(), api.sent()), (&ErrorKind::Undecodable, 1), "{body}");
    }
    let echo = format!(r#"{{"outcomeId":"{TOKEN}"}}"#);
    let receipt = report(&api(), &[Step::Body(201, echo)]).unwrap();
    assert_eq!(receipt.outcome_id, None, "an echo of the token is not kept");
}

#[test]
fn a_duplicate_says_whether_an_earlier_try_may_have_landed() {
    let duplicate = || Step::Status(409);
    for (script, earlier) in [
        (vec![duplicate()], false),
        (vec![CONNECT, duplicate()], false),
        (vec![Step::Status(429), duplicate()], false),
        (vec![INTERRUPTED, duplicate()], true),
        (vec![Step::Hang, duplicate()], true),
        (vec![Step::Status(503), duplicate()], true),
        (vec![INTERRUPTED, CONNECT, duplicate()], true),
    ] {
        let api = api();
        let error = report(&api, &script).unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::OutcomeAlreadyReported, "{script:?}");
        assert_eq!(error.earlier_try_may_have_landed(), earlier, "{script:?}");
        assert_eq!(error.attempts() as usize, script.len());
        assert!(error.to_string().contains("earlier try"), "{error}");
        assert!(!error.is_retry_safe());
    }
}

#[test]
fn a_report_is_tried_again_after_every_passing_failure() {
    let statuses = [429, 500, 502, 503, 504].map(Step::Status);
    for step in statuses.into_iter().chain([CONNECT, INTERRUPTED, Step::Hang]) {
        let api = api();
        report(&api, &[step.clone(), taken()]).unwrap();
        assert_eq!(api.sent(), 2, "{step:?}");
    }
    let refused = ErrorKind::Refused(DenyReason::HardDenySanctionsMatch);
    let sanctions = r#"{"deny_reason": "HARD_DENY_SANCTIONS_MATCH"}"#.to_owned();
    let not_found = r#"{"error": {"code": "TOKEN_NOT_FOUND"}}"#.to_owned();
    for (step, kind) in [
        (Step::Status(400), ErrorKind::RequestRefused),
        (Step::Status(401), ErrorKind::KeyRefused),
        (Step::Status(403), ErrorKind::KeyRefused),
        (Step::Status(404), ErrorKind::TokenNotFound),
        (Step::Body(404, not_found), ErrorKind::TokenNotFound),
        (Step::Status(422), ErrorKind::RequestRefused),
        (Step::Status(302), ErrorKind::UnexpectedStatus),
        (Step::Body(422, sanctions), refused),
        (TOO_LARGE, ErrorKind::Undecodable),
    ] {
        let api = api();
        let error = report(&api, &[step.clone(), taken()]).unwrap_err();
        assert_eq!((error.kind(), api.sent()), (&kind, 1), "{step:?}");
    }
}

#[test]
fn cohorts_are_asked_for_with_the_jwt_and_without_the_key() {
    let api = api();
    api.answer(200, "{}");
    block_on(api.client.outcome_cohort(&InstitutionJwt::parse(JWT).unwrap())).unwrap();
    let request = &api.transport.requests()[0];
    assert_eq!((request.method(), request.route()), ("GET", "/v1/outcome/cohort"));
    assert_eq!(request.header("authorization"), Some(&*format!("Bearer {JWT}")));
    assert_eq!(request.header("x-institution-key"), None);
    assert!(request.headers().iter().all(|h| h.sensitive == (h.name == "authorization")));
}

#[test]
fn cohorts_are_read_and_what_is_not_known_is_kept() {
    let body = common::enveloped(&json!({
        "institutionId": "42", "total": 3, "window": "90d",
        "cohorts": [
            {"coverage": "high", "total": 2, "outcomes": {"repaid": {"count": 2, "rate": 1.0}}},
            {"coverage": "sparse", "outcomes": {"sold": {"count": 1, "rate": 0}}}
        ]
    }));
    let read = cohorts(200, body.to_string()).unwrap();
    assert_eq!((read.institution_id.as_deref(), read.total), (Some("42"), Some(3)));
    assert_eq!(read.extra["window"], "90d");
    let [high, other] = &read.cohorts[..] else { panic!() };
    assert_eq!((&high.coverage, high.total), (&Coverage::High, Some(2)));
    let CohortOutcome { count, rate, .. } = *high.outcome(ReportedOutcome::Repaid).unwrap();
    assert_eq!((count, rate), (Some(2), Some(1.0)));
    assert_eq!(high.outcome(ReportedOutcome::Other), None);
    assert_eq!(other.coverage, Coverage::Other("sparse".into()));
    assert_eq!(other.outcomes["sold"].count, Some(1));
    let number = cohorts(200, r#"{"institutionId": 42}"#).unwrap();
    assert_eq!(number.institution_id.as_deref(), Some("42"));
}

#[test]
fn cohorts_of_other_types_are_undecodable_and_refusals_are_the_jwts() {
    for body in [
        "",
        "[]",
        r#"{"cohorts":{}}"#,
        r#"{"cohorts":[1]}"#,
        r#"{"cohorts":[{}]}"#,
        r#"{"cohorts":[{"coverage":1}]}"#,
        r#"{"cohorts":[{"coverage":"high","outcomes":[]}]}"#,
        r#"{"cohorts":[{"coverage":"high","outcomes":{"repaid":2}}]}"#,
        r#"{"cohorts":[{"coverage":"high","outcomes":{"repaid":{"count":-1}}}]}"#,
        r#"{"cohorts":[{"coverage":"high","total":"2"}]}"#,
        r#"{"total":1.5}"#,
        r#"{"institutionId":[]}"#,
        r#"{"success":false}"#,
    ] {
        assert_eq!(*cohorts(200, body).unwrap_err().kind(), ErrorKind::Undecodable, "{body}");
    }
    for status in [401, 403] {
        let error = cohorts(status, "").unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::JwtRefused);
        assert!(error.to_string().contains("JWT"), "{error}");
    }
}

#[test]
fn a_report_shows_neither_token_nor_notes() {
    let report = repaid().notes("Jane Doe").unwrap();
    let shown = format!("{report:?}");
    assert!(!shown.contains("Jane") && !shown.contains("PASSID-"), "{shown}");
}

proptest! {
    #![proptest_config(cases(512))]

    #[test]
    fn an_amount_is_finite_and_not_negative(amount in any::<f64>()) {
        let fits = amount.is_finite() && amount >= 0.0;
        match repaid().amount_usd(amount) {
            Ok(report) => {
                prop_assert!(fits);
                let api = api();
                play(&api, &[taken()]);
                block_on(api.client.report_outcome(&report)).unwrap();
                let sent = String::from_utf8(api.transport.requests()[0].body().to_vec()).unwrap();
                // As text: not every reader of numbers keeps the last bit.
                let written = serde_json::to_string(&amount.abs()).unwrap();
                prop_assert!(sent.contains(&format!(r#""amountUsd":{written}}}"#)), "{sent}");
            }
            Err(error) => prop_assert!(!fits && error == NewOutcomeError::Amount),
        }
    }

    #[test]
    fn texts_are_bounded(product in ".{0,200}", notes in ".{0,40}", times in 0..300_usize) {
        let blank = product.trim().is_empty() || product.chars().any(char::is_control);
        let fits = !blank && product.len() <= NewOutcome::MAX_PRODUCT_TYPE_LEN;
        prop_assert_eq!(repaid().product_type(product).is_ok(), fits);
        let notes = notes.repeat(times);
        let fits = notes.len() <= NewOutcome::MAX_NOTES_LEN;
        prop_assert_eq!(repaid().notes(notes).is_ok(), fits);
    }
}
