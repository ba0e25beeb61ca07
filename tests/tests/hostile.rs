//! A hostile API: whatever a TCP server can answer, a protected route gives no 200, nothing panics,
//! hangs or leaks.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::net::SocketAddr;
use std::time::Duration;

use passid_core::client::RetrySettings;
use passid_core::{ApiKey, PassidClient};
use passid_tests::apps::{self, Setup};
use passid_tests::http::{Request, Response, send};
use passid_tests::soon;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

const TOKEN: &str = "PASSID-MARK-ER00-TOKE-N000";
const KEY: &str = "pk_sandbox_markerkey00000000";

/// Answers every connection with the bytes it was last told, then closes it.
struct Hostile {
    address: SocketAddr,
    answer: watch::Sender<Vec<u8>>,
    task: JoinHandle<()>,
}

impl Hostile {
    async fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (answer, answers) = watch::channel(Vec::new());
        let task = tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let bytes = answers.borrow().clone();
                tokio::spawn(async move {
                    let mut request = [0; 4096];
                    let _ = stream.read(&mut request).await;
                    let _ = stream.write_all(&bytes).await;
                    let _ = stream.shutdown().await;
                });
            }
        });
        Self { address, answer, task }
    }

    fn client(&self) -> PassidClient {
        let retry = RetrySettings {
            max_attempts: 2,
            base_delay: Duration::from_millis(1),
            max_delay: Duration::from_millis(2),
        };
        PassidClient::builder(ApiKey::parse(KEY).unwrap())
            .base_url(format!("http://{}", self.address))
            .attempt_timeout(Duration::from_secs(5))
            .operation_timeout(Duration::from_secs(12))
            .retry(retry)
            .build()
            .unwrap()
    }
}

impl Drop for Hostile {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Both apps before one hostile API.
struct Stage {
    hostile: Hostile,
    axum: apps::axum::Running,
    actix: apps::actix::Running,
}

impl Stage {
    async fn set() -> Self {
        let hostile = Hostile::start().await;
        // The loosest policy: whatever passes verification passes.
        let setup = Setup::VerifiedOnly;
        let axum = apps::axum::start(setup, hostile.client()).await;
        let actix = apps::actix::start(setup, hostile.client()).await;
        Self { hostile, axum, actix }
    }

    /// The answer of a protected route, the same from both apps.
    async fn ask(&self, answer: &[u8]) -> Response {
        self.hostile.answer.send_replace(answer.to_vec());
        let request = Request::new("POST", "/api/apply").header("X-PASSID-Token", TOKEN);
        let axum = soon("axum's answer", send(self.axum.address, &request)).await.unwrap();
        let actix = soon("actix-web's answer", send(self.actix.address, &request)).await.unwrap();
        assert_eq!((axum.status, &axum.body), (actix.status, &actix.body));
        axum
    }
}

fn http(body: &str) -> Vec<u8> {
    let length = body.len();
    format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}

fn no_pass(answer: &[u8], response: &Response) {
    assert!(
        matches!(response.status, 401 | 500 | 503),
        "{} for {}",
        response.status,
        String::from_utf8_lossy(answer)
    );
    for secret in [TOKEN, KEY, "CLAIM-MARKER"] {
        let headers = format!("{:?}", response.headers);
        assert!(!response.body.contains(secret) && !headers.contains(secret), "{response:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_stage_lets_a_sound_answer_pass() {
    let stage = Stage::set().await;
    let sound = http(r#"{"credential_valid":true,"claims":{"identity_verified":true}}"#);
    assert_eq!(stage.ask(&sound).await.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_hand_made_answer_passes() {
    let stage = Stage::set().await;
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
    let stage = Stage::set().await;
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

#[test]
fn no_mutation_of_a_denial_passes() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let stage = runtime.block_on(Stage::set());
    let denials = [
        r#"{"credential_valid":false,"credential_status":"invalid","reason_code":"invalid_signature","message":"m"}"#,
        r#"{"success":true,"data":{"valid":false,"denyReason":"TOKEN_EXPIRED","claims":{}}}"#,
        r#"{"success":true,"data":{"credential_valid":false,"deny_reason":"HARD_DENY_SANCTIONS_MATCH"}}"#,
    ];
    let mutation = (0..denials.len(), any::<prop::sample::Index>(), any::<u8>(), 0..4_u8);
    let config = Config { cases: 300, failure_persistence: None, ..Config::default() };
    TestRunner::new(config)
        .run(&mutation, |(which, at, byte, kind)| {
            let mut body = denials[which].as_bytes().to_vec();
            let at = at.index(body.len());
            match kind {
                0 => body[at] = byte,
                1 => body.insert(at, byte),
                2 => drop(body.remove(at)),
                _ => body.truncate(at),
            }
            let mut answer =
                format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len()).into_bytes();
            answer.extend_from_slice(&body);
            no_pass(&answer, &runtime.block_on(stage.ask(&answer)));
            Ok(())
        })
        .unwrap();
}

#[test]
fn no_random_bytes_pass() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let stage = runtime.block_on(Stage::set());
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
