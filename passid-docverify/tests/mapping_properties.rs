//! The mapping against an oracle that looks at the bare JSON: a claim is true only when everything that
//! it stands on is there and says so.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod common;

use std::time::Duration;

use common::{SESSION, allowed, ready, session, start};
use passid_core::{Environment, VerificationClaims};
use passid_docverify::result::{CheckName, SessionResult};
use passid_docverify::{Assessment, CallbackState, Finding, Mapping, Region, SessionRecord};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value, json};

const REQUIRED: [&str; 5] = [
    "document_validation",
    "document_authentication",
    "document_liveness",
    "biometric_matching",
    "biometric_liveness",
];
const FRAUD: [&str; 2] = ["flagged_identity", "risk_recommendation"];

fn record() -> SessionRecord {
    SessionRecord {
        session_id: session(),
        state: CallbackState::parse("0f1e2d3c4b5a69788796a5b4c3d2e1f0").unwrap(),
        mocked: false,
        environment: Environment::Live,
        created_at: start(),
        expires_at: None,
        last_seen_unfinished_at: None,
        first_seen_complete_at: None,
    }
}

/// Through the client, as a service gets it.
fn result(body: &Value) -> SessionResult {
    let api = ready(Region::Us);
    api.answer(200, body);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(api.client.result(&session())).unwrap()
}

fn assess(mapping: &Mapping, body: &Value) -> Assessment {
    mapping.assess(&result(body), &record(), start() + Duration::from_secs(7200))
}

/// One check: mostly passed, else anything that is no pass.
fn check() -> impl Strategy<Value = Option<Value>> {
    let words = ["ALLOW", "CHALLENGE", "DENY", "N/A", "allow", "PASS", ""];
    let odd = (select(words.to_vec()), any::<bool>()).prop_map(|(word, explained)| {
        let reasons = if explained { json!(["mask_detected"]) } else { json!([]) };
        Some(json!({"recommendation": word, "reasons": reasons}))
    });
    prop_oneof![
        20 => Just(Some(json!({"recommendation": "ALLOW"}))),
        1 => Just(Some(json!({"recommendation": null}))),
        1 => Just(Some(json!({}))),
        1 => Just(Some(Value::Null)),
        1 => Just(None),
        4 => odd,
    ]
}

fn answer() -> impl Strategy<Value = Value> {
    let status = prop_oneof![
        9 => Just("complete"),
        1 => select(vec!["pending", "processing", "recapture", "error", "expired", "COMPLETE", "done"]),
    ];
    let recommendation = prop_oneof![
        9 => Just(json!("ALLOW")),
        1 => select(vec![
            json!("CHALLENGE"), json!("DENY"), json!("N/A"), json!("allow"), json!(""), Value::Null,
        ]),
    ];
    let end = select(vec![
        Value::Null,
        json!(""),
        json!("2026-03-17"),
        json!("2031-01-01T00:00:00.000Z"),
        json!("2031-01-01"),
        json!("2026-03-16"),
        json!("2020-01-01T00:00:00.000Z"),
        json!("soon"),
    ]);
    let checks = proptest::collection::vec(check(), 7);
    (status, recommendation, end, checks, prop::bool::weighted(0.05)).prop_map(
        |(status, recommendation, end, checks, without_checks)| {
            let names = CheckName::ALL.map(CheckName::as_str);
            let made: Map<String, Value> = names
                .into_iter()
                .zip(checks)
                .filter_map(|(name, check)| Some((name.to_owned(), check?)))
                .collect();
            let mut body = json!({
                "session_id": SESSION, "status": status, "recommendation": recommendation,
                "person": {}, "document": {"type": "passport", "expiration_date": end},
            });
            if !without_checks {
                body["checks"] = Value::Object(made);
            }
            body
        },
    )
}

fn says<'a>(body: &'a Value, check: &str) -> Option<&'a str> {
    body["checks"][check]["recommendation"].as_str()
}

fn has_reasons(body: &Value, check: &str) -> bool {
    body["checks"][check]["reasons"].as_array().is_some_and(|reasons| !reasons.is_empty())
}

fn identity_holds(body: &Value) -> bool {
    let current = match body["document"]["expiration_date"].as_str() {
        None | Some("") => true,
        Some(end) => end >= "2026-03-17" && end != "soon",
    };
    let mut all = REQUIRED.iter().chain(&FRAUD);
    body["status"] == "complete"
        && body["recommendation"] == "ALLOW"
        && current
        && REQUIRED.iter().all(|name| says(body, name) == Some("ALLOW") && !has_reasons(body, name))
        && all.all(|name| matches!(says(body, name), None | Some("ALLOW" | "CHALLENGE" | "N/A")))
}

fn fraud_checks_hold(body: &Value) -> bool {
    identity_holds(body)
        && FRAUD.iter().all(|name| says(body, name) == Some("ALLOW"))
        && !has_reasons(body, "flagged_identity")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_claim_is_true_exactly_when_everything_under_it_is(body in answer()) {
        let found = assess(&Mapping::new(), &body);
        let claims = &found.claims;
        prop_assert_eq!(claims.identity_verified == Some(true), identity_holds(&body));
        prop_assert_eq!(found.finding == Finding::Verified, identity_holds(&body));
        let fraud = claims.identity_and_fraud_checks_passed;
        prop_assert_eq!(fraud == Some(true), fraud_checks_hold(&body));
        prop_assert_eq!(claims.freshness_hours.is_some(), identity_holds(&body));
        let denied = body["status"] == "complete" && body["recommendation"] == "DENY";
        prop_assert_eq!(claims.identity_verified == Some(false), denied);
    }

    #[test]
    fn what_the_api_cannot_know_is_never_claimed(body in answer()) {
        let claims = assess(&Mapping::new(), &body).claims;
        let known = VerificationClaims {
            identity_verified: claims.identity_verified,
            identity_and_fraud_checks_passed: claims.identity_and_fraud_checks_passed,
            freshness_hours: claims.freshness_hours,
            ..VerificationClaims::default()
        };
        prop_assert_eq!(claims, known);
    }

    #[test]
    fn a_waiver_never_covers_a_check_that_was_made(body in answer()) {
        let all = CheckName::ALL.into_iter().fold(Mapping::new(), Mapping::waive_if_not_made);
        let claims = assess(&all, &body).claims;
        let spoken_against = REQUIRED.iter().any(|name| {
            !matches!(says(&body, name), None | Some("ALLOW" | "N/A")) || has_reasons(&body, name)
        });
        if spoken_against || body["recommendation"] != "ALLOW" || body["status"] != "complete" {
            prop_assert_ne!(claims.identity_verified, Some(true));
        }
        let fraud = FRAUD.iter().all(|name| says(&body, name) == Some("ALLOW"));
        prop_assert!(fraud || claims.identity_and_fraud_checks_passed != Some(true));
    }
}

#[test]
fn everything_passed_is_verified() {
    let found = assess(&Mapping::new(), &allowed());
    assert_eq!(found.finding, Finding::Verified);
    assert_eq!(found.claims.identity_verified, Some(true));
    assert_eq!(found.claims.identity_and_fraud_checks_passed, Some(true));
    assert_eq!(found.claims.freshness_hours, Some(2));
}

#[test]
fn each_single_check_that_is_absent_or_not_made_takes_its_claim_away() {
    let not_made = [Value::Null, json!({}), json!({"recommendation": "N/A"})];
    for name in REQUIRED.iter().chain(&FRAUD) {
        for check in &not_made {
            let mut body = allowed();
            body["checks"][name] = check.clone();
            let claims = assess(&Mapping::new(), &body).claims;
            assert_ne!(claims.identity_and_fraud_checks_passed, Some(true), "{name} {check}");
            let identity = (!REQUIRED.contains(name)).then_some(true);
            assert_eq!(claims.identity_verified, identity, "{name} {check}");
        }
    }
}

#[test]
fn a_check_of_another_name_can_speak_against_the_person() {
    for (check, expected) in [
        (json!({"recommendation": "ALLOW"}), Finding::Verified),
        (json!({"recommendation": "N/A"}), Finding::Verified),
        (json!(null), Finding::Verified),
        (json!({"recommendation": "DENY"}), Finding::ManualReview),
        (json!({"recommendation": "deny"}), Finding::ManualReview),
        (json!({"result": "DENY"}), Finding::ManualReview),
        (json!("DENY"), Finding::ManualReview),
    ] {
        let mut body = allowed();
        body["checks"]["document_forgery"] = check;
        assert_eq!(assess(&Mapping::new(), &body).finding, expected, "{body}");
    }
}

#[test]
fn a_begun_hour_counts() {
    let result = result(&allowed());
    for (seconds, hours) in [(0, 0), (1, 1), (3600, 1), (3601, 2)] {
        let now = start() + Duration::from_secs(seconds);
        let claims = Mapping::new().assess(&result, &record(), now).claims;
        assert_eq!(claims.freshness_hours, Some(hours), "{seconds}");
    }
}

#[test]
fn a_waiver_covers_its_own_check_alone() {
    let waiving = Mapping::new().waive_if_not_made(CheckName::DocumentLiveness);
    let mut body = allowed();
    body["checks"]["document_liveness"] = json!({"recommendation": "N/A"});
    assert_eq!(assess(&waiving, &body).finding, Finding::Verified);
    body["checks"]["biometric_liveness"] = json!({"recommendation": "N/A"});
    assert_eq!(assess(&waiving, &body).finding, Finding::ManualReview);
}

#[test]
fn the_older_shape_gives_no_claim_of_identity() {
    let body = json!({
        "session_id": SESSION, "status": "complete", "recommendation": "ALLOW",
        "verified_info": {"person": {"full_name": "Jane Roe"}, "document": {"type": "passport"}}
    });
    let found = assess(&Mapping::new(), &body);
    assert_eq!(found.finding, Finding::ManualReview);
    assert_eq!(found.claims, VerificationClaims::default());
}

#[test]
fn an_expired_document_is_no_proof_unless_told_otherwise() {
    let mut body = allowed();
    body["document"]["expiration_date"] = json!("2026-03-16T00:00:00.000Z");
    assert_eq!(assess(&Mapping::new(), &body).finding, Finding::ManualReview);
    let lax = Mapping::new().accept_expired_documents();
    assert_eq!(assess(&lax, &body).finding, Finding::Verified);
}

#[test]
fn the_age_counts_from_the_last_moment_that_the_session_was_unfinished() {
    use passid_docverify::Sighting;
    let hour = Duration::from_secs(3600);
    let result = result(&allowed());
    let mut record = record();
    let age = |record: &SessionRecord, now| {
        Mapping::new().assess(&result, record, now).claims.freshness_hours
    };
    assert_eq!(age(&record, start() + 80 * hour), Some(80));
    record.take(Sighting::Unfinished(start() + 10 * hour));
    record.take(Sighting::Complete(start() + 79 * hour));
    assert_eq!(age(&record, start() + 80 * hour), Some(70));
    record.take(Sighting::Unfinished(start() + 80 * hour));
    assert_eq!(age(&record, start() + 81 * hour), Some(71), "what was complete stays complete");
    assert_eq!(age(&record, start()), None, "a clock that went back makes nothing young");
}
