//! The same for identities.

use std::time::Duration;

use passid_core::Environment;
use passid_core::client::RetrySettings;
use passid_passbase::{FlowMetadata, Nonce, PassbaseClient, PassbaseVerifier, SecretKey};
use passid_tests::hostile::{Hostile, Stage, http};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use super::{mutated, refused, unsound};

const SECRET: &str = "5ecre7marker5ecre7marker";
const KEY: &str = "a44c2593-e2ae-4ed9-b81b-c1330580338a";
const NONCE: &str = "000102030405060708090a0b0c0d0e0f";
const SECRETS: [&str; 5] = [SECRET, KEY, NONCE, "JANE-MARKER", "DOC-MARKER"];

fn verifier(hostile: &Hostile) -> PassbaseVerifier {
    let retry = RetrySettings {
        max_attempts: 2,
        base_delay: Duration::from_millis(1),
        max_delay: Duration::from_millis(2),
    };
    let key = SecretKey::parse(SECRET, Environment::Sandbox).unwrap();
    let client = PassbaseClient::builder(key)
        .base_url(hostile.url())
        .max_response_bytes(256 * 1024)
        .retry(retry)
        .build();
    PassbaseVerifier::new(client.unwrap())
}

async fn stage() -> Stage {
    Stage::set(verifier, &format!("{KEY}.{NONCE}")).await
}

fn metadata(nonce: &str) -> Value {
    let bound = FlowMetadata::new("user-42", &Nonce::parse(nonce).unwrap()).unwrap();
    serde_json::from_str(&bound.to_json()).unwrap()
}

fn sound() -> Value {
    json!({
        "id": KEY, "status": "approved", "score": 0.9,
        "owner": {"email": "jane@example.com", "first_name": "JANE-MARKER"},
        "metadata": metadata(NONCE),
        "resources": [{"type": "PASSPORT", "datapoints": {"document_number": "DOC-MARKER"}}],
        "watchlist": {"clean": true}
    })
}

fn with(field: &str, value: Value) -> String {
    unsound::with(sound(), field, value)
}

fn without(field: &str) -> String {
    unsound::without(sound(), field)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_stage_lets_a_sound_identity_pass() {
    assert_eq!(stage().await.ask(&http(&sound().to_string())).await.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_hand_made_identity_passes() {
    let stage = stage().await;
    let twice = |field, first| unsound::twice(&sound(), field, first);
    let mut bodies = unsound::not_one_object(&sound());
    bodies.extend([
        twice("status", r#""declined""#),
        twice("st\\u0061tus", r#""declined""#),
        twice("metadata", "null"),
    ]);
    for status in [
        json!("created"),
        json!("processing"),
        json!("pending"),
        json!("declined"),
        json!("APPROVED"),
        json!(" approved"),
        json!("verified"),
        json!(""),
        json!(true),
        json!(1),
        json!(["approved"]),
        Value::Null,
    ] {
        bodies.push(with("status", status));
    }
    for metadata in [
        Value::Null,
        json!({}),
        json!([]),
        json!(metadata(NONCE).to_string()),
        json!({"passid": null}),
        json!({"passid": {"user": "user-42"}}),
        json!({"passid": {"user": "user-42", "nonce_sha256": NONCE}}),
        json!({"passid": {"user": "user-42", "nonce_sha256": ""}}),
        json!({"passid": {"user": "user-42", "nonce_sha256": null}}),
        json!({"other": metadata(NONCE)}),
        metadata(&"f".repeat(32)),
    ] {
        bodies.push(with("metadata", metadata));
    }
    bodies.extend(["id", "status", "metadata"].map(without));
    bodies.push(with("id", json!("b44c2593-e2ae-4ed9-b81b-c1330580338a")));
    bodies.push(with("id", json!("../settings")));
    bodies.push(with("score", json!("0.9")));
    bodies.push(with("resources", json!({})));
    bodies.push(with("watchlist", json!("clean")));
    for finding in ["sanction", "SANCTIONS", " sanction-list", "sanction-former"] {
        bodies.push(with("watchlist", json!({"clean": true, "types": [finding]})));
        let listings = json!({"source": {"aml_types": [finding]}});
        bodies.push(with("watchlist", json!({"clean": true, "listings": listings})));
    }
    for body in bodies {
        let answer = http(&body);
        refused(&answer, &stage.ask(&answer).await, &SECRETS);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_identity_in_another_frame_passes() {
    let stage = stage().await;
    let whole = sound().to_string();
    let length = whole.len();
    for head in [
        format!("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {length}"),
        format!("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {length}"),
        format!("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {length}"),
        format!("HTTP/1.1 200 OK\r\nContent-Length: {}", length + 1),
        format!("HTTP/1.1 201 Created\r\nContent-Length: {length}"),
        format!("HTTP/1.1 206 Partial Content\r\nContent-Length: {length}"),
        "HTTP/1.1 301 Moved\r\nLocation: http://127.0.0.1:1/".to_owned(),
        format!("HTTP/1.1 404 No\r\nContent-Length: {length}"),
        format!("HTTP/1.1 500 No\r\nContent-Length: {length}"),
    ] {
        let answer = format!("{head}\r\n\r\n{whole}").into_bytes();
        refused(&answer, &stage.ask(&answer).await, &SECRETS);
    }
}

#[test]
fn no_mutation_of_a_pending_identity_passes() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let stage = runtime.block_on(stage());
    let mutation = (any::<prop::sample::Index>(), any::<u8>(), 0..4_u8);
    let config = Config { cases: 150, failure_persistence: None, ..Config::default() };
    let pending = with("status", json!("pending")).into_bytes();
    TestRunner::new(config)
        .run(&mutation, |(at, byte, kind)| {
            let answer = mutated(&pending, at.index(pending.len()), byte, kind);
            refused(&answer, &runtime.block_on(stage.ask(&answer)), &SECRETS);
            Ok(())
        })
        .unwrap();
}
