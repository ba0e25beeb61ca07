//! A hostile API: whatever a TCP server can answer, a protected route gives no 200, nothing panics,
//! hangs or leaks.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod docverify;
mod passbase;
mod unsound;

use std::time::Duration;

use passid_core::client::RetrySettings;
use passid_core::{ApiKey, PassidClient};
use passid_tests::hostile::{Hostile, Stage, http};
use passid_tests::http::Response;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

const TOKEN: &str = "PASSID-MARK-ER00-TOKE-N000";
const KEY: &str = "pk_sandbox_markerkey00000000";

fn client(hostile: &Hostile) -> PassidClient {
    let retry = RetrySettings {
        max_attempts: 2,
        base_delay: Duration::from_millis(1),
        max_delay: Duration::from_millis(2),
    };
    PassidClient::builder(ApiKey::parse(KEY).unwrap())
        .base_url(hostile.url())
        .attempt_timeout(Duration::from_secs(5))
        .operation_timeout(Duration::from_secs(12))
        .retry(retry)
        .build()
        .unwrap()
}

async fn stage() -> Stage {
    Stage::set(client, TOKEN).await
}

fn no_pass(answer: &[u8], response: &Response) {
    refused(answer, response, &[TOKEN, KEY, "CLAIM-MARKER"]);
}

/// No answer makes a pass, and nothing of it or of ours is repeated.
fn refused(answer: &[u8], response: &Response, secrets: &[&str]) {
    assert!(
        matches!(response.status, 401 | 500 | 503),
        "{} for {}",
        response.status,
        String::from_utf8_lossy(answer)
    );
    for secret in secrets {
        let headers = format!("{:?}", response.headers);
        assert!(!response.body.contains(secret) && !headers.contains(secret), "{response:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_stage_lets_a_sound_answer_pass() {
    let stage = stage().await;
    let sound = http(r#"{"credential_valid":true,"claims":{"identity_verified":true}}"#);
    assert_eq!(stage.ask(&sound).await.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_hand_made_answer_passes() {
    let stage = stage().await;
    let valid = r#""credential_valid":true"#;
    let bodies = [
        String::new(),
        "null".into(),
        "true".into(),
        "[]".into(),
        format!("[{{{valid}}}]"),
        format!("{{{valid}"),
        format!("{{{valid}}}}}"),
        format!("{{{valid}}}{{}}"),
        format!("\u{feff}{{{valid}}}"),
        format!("{{{valid},{valid}}}"),
        r#"{"credential_valid":false,"credential_valid":true}"#.into(),
        r#"{"credential_valid":true,"credential\u005fvalid":false}"#.into(),
        r#"{"credential_valid":"true"}"#.into(),
        r#"{"credential_valid":1}"#.into(),
        r#"{"Credential_Valid":true}"#.into(),
        r#"{"success":true}"#.into(),
        r#"{"success":true,"data":{}}"#.into(),
        r#"{"success":true,"data":null}"#.into(),
        r#"{"status":"verified"}"#.into(),
        r#"{"data":{"data":{"credential_valid":true}}}"#.into(),
        format!(r#"{{{valid},"deny_reason":"HARD_DENY_SANCTIONS_MATCH"}}"#),
        format!(r#"{{{valid},"deny_reason":"TOKEN_EXPIRED"}}"#),
        format!(r#"{{{valid},"reason_code":"CLAIM-MARKER"}}"#),
        format!(r#"{{{valid},"revocation_status":"revoked"}}"#),
        format!(r#"{{{valid},"credential_status":"invalid"}}"#),
        format!(r#"{{{valid},"signature":{{"status":"unverified"}}}}"#),
        format!(r#"{{{valid},"signature_valid":false}}"#),
        format!(r#"{{{valid},"environment":"live"}}"#),
        format!(r#"{{{valid},"token":"PASSID-SOME-ONE0-ELSE"}}"#),
        format!(r#"{{{valid},"expires_at":"2000-01-01T00:00:00Z"}}"#),
        format!(r#"{{{valid},"expires_at":"never"}}"#),
        format!(r#"{{{valid},"claims":"CLAIM-MARKER"}}"#),
        format!(r#"{{{valid},"claims":{{"income_band":["CLAIM-MARKER"]}}}}"#),
        format!(r#"{{{valid},"claims":{{}},"verified_claims":{{"identity_verified":true}}}}"#),
        format!(r#"{{"error":{{"code":"{TOKEN}","message":"{KEY}"}}}}"#),
        format!(r#"{{{valid},"x":{}}}"#, "[".repeat(200)),
        format!(r#"{{{valid},"x":"{}"}}"#, "y".repeat(300 * 1024)),
        "<html><body>{\"credential_valid\":true}</body></html>".into(),
    ];
    for body in bodies {
        let answer = http(&body);
        no_pass(&answer, &stage.ask(&answer).await);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_answer_below_json_passes() {
    let stage = stage().await;
    let valid = r#"{"credential_valid":true}"#;
    let with = |head: &str| format!("{head}\r\n\r\n{valid}").into_bytes();
    let long_header = format!("HTTP/1.1 200 OK\r\nX: {}", "x".repeat(1 << 20));
    let many_headers = format!("HTTP/1.1 200 OK\r\n{}", "X: y\r\n".repeat(20_000));
    let answers = [
        Vec::new(),
        b"\x16\x03\x01\x02\x00\x01".to_vec(),
        valid.as_bytes().to_vec(),
        b"HTTP/1.1 200".to_vec(),
        with("HTTP/1.1 200 OK\r\nContent-Length: 1000"),
        with("HTTP/1.1 200 OK\r\nContent-Length: 10"),
        with("HTTP/1.1 200 OK\r\nContent-Length: -1"),
        with("HTTP/1.1 200 OK\r\nContent-Length: 25\r\nContent-Length: 26"),
        with("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked"),
        with("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip"),
        with("HTTP/1.1 100 Continue"),
        with("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x"),
        with("HTTP/1.1 204 No Content"),
        with("HTTP/1.1 301 Moved\r\nLocation: http://127.0.0.1:1/"),
        with("HTTP/1.1 401 No\r\nContent-Length: 25"),
        with("HTTP/1.1 404 No\r\nContent-Length: 25"),
        with("HTTP/1.1 500 No\r\nContent-Length: 25"),
        with("HTTP/1.1 999 No\r\nContent-Length: 25"),
        with("HTTP/1.1 200 OK\r\nBad Header: 1\r\nContent-Length: 25"),
        with("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 25"),
        with(&long_header),
        with(&many_headers),
    ];
    for answer in answers {
        no_pass(&answer, &stage.ask(&answer).await);
    }
}

/// A 200 with this body, one byte of which is other, more or less, or which ends there.
fn mutated(body: &[u8], at: usize, byte: u8, kind: u8) -> Vec<u8> {
    let mut body = body.to_vec();
    match kind {
        0 => body[at] = byte,
        1 => body.insert(at, byte),
        2 => drop(body.remove(at)),
        _ => body.truncate(at),
    }
    let mut answer =
        format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len()).into_bytes();
    answer.extend_from_slice(&body);
    answer
}

#[test]
fn no_mutation_of_a_denial_passes() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let stage = runtime.block_on(stage());
    let denials = [
        r#"{"credential_valid":false,"credential_status":"invalid","reason_code":"invalid_signature","message":"m"}"#,
        r#"{"success":true,"data":{"valid":false,"denyReason":"TOKEN_EXPIRED","claims":{}}}"#,
        r#"{"success":true,"data":{"credential_valid":false,"deny_reason":"HARD_DENY_SANCTIONS_MATCH"}}"#,
    ];
    let mutation = (0..denials.len(), any::<prop::sample::Index>(), any::<u8>(), 0..4_u8);
    let config = Config { cases: 300, failure_persistence: None, ..Config::default() };
    TestRunner::new(config)
        .run(&mutation, |(which, at, byte, kind)| {
            let body = denials[which].as_bytes();
            let answer = mutated(body, at.index(body.len()), byte, kind);
            no_pass(&answer, &runtime.block_on(stage.ask(&answer)));
            Ok(())
        })
        .unwrap();
}

#[test]
fn no_random_bytes_pass() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let stage = runtime.block_on(stage());
    let config = Config { cases: 100, failure_persistence: None, ..Config::default() };
    let bytes = prop::collection::vec(any::<u8>(), 0..400);
    TestRunner::new(config)
        .run(&(bytes, any::<bool>()), |(bytes, as_body)| {
            let mut answer = Vec::new();
            if as_body {
                answer.extend_from_slice(b"HTTP/1.1 200 OK\r\n\r\n");
            }
            answer.extend_from_slice(&bytes);
            no_pass(&answer, &runtime.block_on(stage.ask(&answer)));
            Ok(())
        })
        .unwrap();
}
