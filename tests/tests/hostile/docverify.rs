//! The same for sessions.

use std::time::{Duration, SystemTime};

use passid_core::client::RetrySettings;
use passid_core::{Clock, Environment, SystemClock};
use passid_docverify::{
    CallbackState, ClientCredentials, DocumentVerificationClient, DocumentVerifier,
    MemorySessionRecords, Region, SessionFlow, SessionId, SessionRecord, SessionRecords,
};
use passid_tests::hostile::{Hostile, Stage, http};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use super::{mutated, refused, unsound};

const SECRET: &str = "5ecre7marker5ecre7marker";
const SESSION: &str = "H1I12oskjzsdhskj4";
const STATE: &str = "0f1e2d3c4b5a69788796a5b4c3d2e1f0";
/// What the hostile host grants, too.
const SECRETS: [&str; 6] = [SECRET, SESSION, STATE, "access-marker", "JANE-MARKER", "DOC-MARKER"];
const CHECKS: [&str; 7] = [
    "document_validation",
    "document_authentication",
    "document_liveness",
    "biometric_matching",
    "biometric_liveness",
    "flagged_identity",
    "risk_recommendation",
];

fn record(now: SystemTime) -> SessionRecord {
    SessionRecord {
        session_id: SessionId::parse(SESSION).unwrap(),
        state: CallbackState::parse(STATE).unwrap(),
        mocked: false,
        environment: Environment::Live,
        created_at: now,
        expires_at: None,
        last_seen_unfinished_at: None,
        first_seen_complete_at: None,
    }
}

fn verifier(hostile: &Hostile, records: &MemorySessionRecords) -> DocumentVerifier {
    let retry = RetrySettings {
        max_attempts: 2,
        base_delay: Duration::from_millis(1),
        max_delay: Duration::from_millis(2),
    };
    let credentials = ClientCredentials::new("an-application", SECRET).unwrap();
    let client = DocumentVerificationClient::builder(Region::Eu, credentials)
        .host_url(hostile.url())
        .retry(retry)
        .build();
    DocumentVerifier::new(SessionFlow::new(client.unwrap(), records.clone()))
}

async fn stage() -> Stage {
    let records = MemorySessionRecords::default();
    records.insert(record(SystemClock.now())).await.unwrap();
    let token = format!("docverify.{STATE}.{SESSION}");
    Stage::set(|hostile| verifier(hostile, &records), &token).await
}

fn sound() -> Value {
    let checks: serde_json::Map<String, Value> = CHECKS
        .iter()
        .map(|name| ((*name).to_owned(), json!({"recommendation": "ALLOW"})))
        .collect();
    json!({
        "session_id": SESSION, "status": "complete", "recommendation": "ALLOW",
        "person": {"full_name": "JANE-MARKER"},
        "document": {"number": "DOC-MARKER", "expiration_date": "2099-01-01"},
        "checks": checks
    })
}

fn with(field: &str, value: Value) -> String {
    unsound::with(sound(), field, value)
}

fn with_check(name: &str, value: Value) -> String {
    let mut body = sound();
    body["checks"][name] = value;
    body.to_string()
}

fn without(field: &str) -> String {
    unsound::without(sound(), field)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_stage_lets_a_sound_session_pass() {
    assert_eq!(stage().await.ask(&http(&sound().to_string())).await.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_hand_made_session_passes() {
    let stage = stage().await;
    let twice = |field, first| unsound::twice(&sound(), field, first);
    let mut bodies = unsound::not_one_object(&sound());
    bodies.extend([
        twice("status", r#""pending""#),
        twice("recommend\\u0061tion", r#""DENY""#),
        // Of both published shapes.
        twice("verified_info", r#"{"person":{}}"#),
        twice("rejection_description", r#"["no"]"#),
    ]);
    for status in [
        json!("pending"),
        json!("capturing"),
        json!("processing"),
        json!("recapture"),
        json!("error"),
        json!("expired"),
        json!("COMPLETE"),
        json!("complete "),
        json!("done"),
        json!(""),
        json!(true),
        json!(["complete"]),
        Value::Null,
    ] {
        bodies.push(with("status", status));
    }
    for word in [
        json!("CHALLENGE"),
        json!("DENY"),
        json!("allow"),
        json!("ALLOW "),
        json!("ACCEPT"),
        json!(""),
        json!(true),
        json!(["ALLOW"]),
        Value::Null,
    ] {
        bodies.push(with("recommendation", word));
    }
    for name in CHECKS {
        bodies.push(with_check(name, json!({"recommendation": "DENY"})));
        bodies.push(with_check(name, json!({"recommendation": "MAYBE"})));
        bodies.push(with_check(name, json!("ALLOW")));
    }
    for name in &CHECKS[..5] {
        for value in [
            Value::Null,
            json!({}),
            json!({"recommendation": "N/A"}),
            json!({"recommendation": "CHALLENGE"}),
            json!({"recommendation": "allow"}),
            json!({"recommendation": "ALLOW", "reasons": ["mask_detected"]}),
        ] {
            bodies.push(with_check(name, value));
        }
    }
    bodies.extend(["session_id", "status", "recommendation", "checks"].map(without));
    for id in [json!("H1I12oskjzsdhskj5"), json!(".."), json!(""), json!(1)] {
        bodies.push(with("session_id", id));
    }
    for end in ["2001-01-01", "2001-01-01T00:00:00.000Z", "soon", "01/01/2099"] {
        bodies.push(with("document", json!({"expiration_date": end})));
    }
    bodies.push(with("checks", json!([])));
    bodies.push(with("document", json!("passport")));
    for body in bodies {
        let answer = http(&body);
        refused(&answer, &stage.ask(&answer).await, &SECRETS);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_session_in_another_frame_passes() {
    let stage = stage().await;
    let whole = sound().to_string();
    let length = whole.len();
    for head in [
        format!("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {length}"),
        format!("HTTP/1.1 200 OK\r\nContent-Length: {}", length + 1),
        "HTTP/1.1 301 Moved\r\nLocation: http://127.0.0.1:1/".to_owned(),
        format!("HTTP/1.1 401 No\r\nContent-Length: {length}"),
        format!("HTTP/1.1 404 No\r\nContent-Length: {length}"),
        format!("HTTP/1.1 500 No\r\nContent-Length: {length}"),
    ] {
        let answer = format!("{head}\r\n\r\n{whole}").into_bytes();
        refused(&answer, &stage.ask(&answer).await, &SECRETS);
    }
}

#[test]
fn no_mutation_of_a_denied_session_passes() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let stage = runtime.block_on(stage());
    let mutation = (any::<prop::sample::Index>(), any::<u8>(), 0..4_u8);
    let config = Config { cases: 150, failure_persistence: None, ..Config::default() };
    let denied = with("recommendation", json!("DENY")).into_bytes();
    TestRunner::new(config)
        .run(&mutation, |(at, byte, kind)| {
            let answer = mutated(&denied, at.index(denied.len()), byte, kind);
            refused(&answer, &runtime.block_on(stage.ask(&answer)), &SECRETS);
            Ok(())
        })
        .unwrap();
}
