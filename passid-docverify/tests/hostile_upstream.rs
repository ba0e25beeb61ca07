//! The real transport against servers that do what no server should: an error of the right kind within
//! the deadline, never a result, never a second creation, never a leak.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod common;
#[path = "../../passid-core/tests/common/log.rs"]
mod log;
#[path = "../../passid-core/tests/hostile_upstream/server.rs"]
#[allow(dead_code, reason = "shared with the tests of passid-core")]
mod server;

use std::time::Duration;

use common::{ACCESS, SECRET, SESSION, allowed, chain, created, credentials, session};
use passid_core::client::RetrySettings;
use passid_docverify::{
    ApiError, DocumentVerificationClient, ErrorKind, ImageId, NewSession, Region,
};
use serde_json::json;
use server::{Act, Upstream};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::time::Instant;

/// Stands in every body, and must stand in no error and no log.
const MARK: &str = "Roe-Marker";

/// An operation has three seconds. Anything near this bound is a hang.
const GENEROUS: Duration = Duration::from_secs(30);

fn client(url: &str) -> DocumentVerificationClient {
    DocumentVerificationClient::builder(Region::Sandbox, credentials())
        .host_url(url)
        .attempt_timeout(Duration::from_secs(1))
        .operation_timeout(Duration::from_secs(3))
        .retry(RetrySettings { base_delay: Duration::from_millis(5), ..RetrySettings::default() })
        .max_response_bytes(64 * 1024)
        .max_image_bytes(64 * 1024)
        .build()
        .unwrap()
}

fn http(head: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    let mut bytes = format!("HTTP/1.1 {head}\r\n\r\n").into_bytes();
    bytes.extend_from_slice(body.as_ref());
    bytes
}

fn sized(status: &str, kind: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    let length = body.as_ref().len();
    let head = format!(
        "{status}\r\nContent-Type: {kind}\r\nConnection: close\r\nContent-Length: {length}"
    );
    http(&head, body)
}

/// A host that grants access tokens as it should, and answers everything else with these bytes.
async fn host(answer: Vec<u8>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let answer = answer.clone();
            tokio::spawn(async move {
                let mut request = vec![0; 64 * 1024];
                let read = stream.read(&mut request).await.unwrap_or_default();
                let token =
                    json!({"access_token": ACCESS, "token_type": "Bearer", "expires_in": 3600});
                let grant = sized("200 OK", "application/json", token.to_string());
                let granting = request[..read].starts_with(b"POST /oidc/token ");
                stream.write_all(if granting { &grant } else { &answer }).await.ok();
                stream.shutdown().await.ok();
            });
        }
    });
    url
}

#[track_caller]
fn opaque(error: &ApiError) {
    let shown = format!("{error:?} {error:#?} {} {}", chain(error), log::logged());
    for secret in [SECRET, ACCESS, SESSION, MARK] {
        assert!(!shown.contains(secret), "{secret}: {shown}");
    }
}

#[tokio::test]
async fn a_sound_host_is_understood_over_real_sockets() {
    log::record();
    let url = host(sized("200 OK", "application/json", allowed().to_string())).await;
    let result = client(&url).result(&session()).await.unwrap();
    assert_eq!(result.recommendation().unwrap().as_str(), "ALLOW");
    let url = host(sized("200 OK", "image/jpg", b"\xff\xd8\xff")).await;
    let image = client(&url).image(&session(), &ImageId::parse("i").unwrap()).await.unwrap();
    assert_eq!(image.into_bytes().await.unwrap(), b"\xff\xd8\xff".as_slice());
}

#[tokio::test]
async fn answers_that_cannot_be_relied_on_are_no_results() {
    log::record();
    let whole = allowed().to_string();
    let long = format!("{{\"x\":\"{}\"}}", "y".repeat(70_000));
    let gzip = format!("200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {}", whole.len());
    let redirect = "302 Found\r\nLocation: http://127.0.0.1:1/x\r\nContent-Length: 0";
    let cases: [(Vec<u8>, ErrorKind); 8] = [
        (sized("200 OK", "text/html", format!("<html>{MARK}")), ErrorKind::Undecodable),
        (sized("200 OK", "application/json", "{}"), ErrorKind::Undecodable),
        (sized("200 OK", "application/json", long), ErrorKind::Undecodable),
        (http(&gzip, &whole), ErrorKind::Undecodable),
        (http(redirect, ""), ErrorKind::UnexpectedStatus),
        (sized("500 Oh", "text/plain", MARK), ErrorKind::Failed),
        (http("200 OK\r\nContent-Length: 9999", &whole), ErrorKind::Interrupted),
        (b"SSH-2.0-OpenSSH\r\n".to_vec(), ErrorKind::Interrupted),
    ];
    for (answer, kind) in cases {
        let shown = String::from_utf8_lossy(&answer[..answer.len().min(80)]).into_owned();
        let url = host(answer).await;
        let began = Instant::now();
        let error = client(&url).result(&session()).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{shown}");
        assert!(began.elapsed() < GENEROUS);
        opaque(&error);
    }
}

#[tokio::test]
async fn a_host_that_breaks_every_connection_is_an_outage_within_the_deadline() {
    log::record();
    let flood = Act::Flood(
        b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n".to_vec(),
        MARK.repeat(1000).into_bytes(),
    );
    let drip = http("200 OK\r\nContent-Length: 400", MARK.repeat(40));
    for act in [
        Act::CloseAtOnce,
        Act::ResetAtOnce,
        Act::Close,
        Act::Reset,
        Act::SayAndHold(b"HTTP/1.1 200".to_vec()),
        Act::Drip(drip),
        flood,
    ] {
        let upstream = Upstream::start(act.clone()).await;
        let began = Instant::now();
        let error = client(&upstream.url()).result(&session()).await.unwrap_err();
        assert!(
            matches!(
                error.kind(),
                ErrorKind::Interrupted
                    | ErrorKind::Timeout
                    | ErrorKind::Unreachable
                    | ErrorKind::Undecodable
            ),
            "{act:?}: {error:?}"
        );
        assert!(began.elapsed() < GENEROUS, "{act:?}");
        opaque(&error);
        for request in upstream.requests() {
            assert!(request.starts_with("POST /oidc/token "), "no token, no call");
        }
    }
}

#[tokio::test]
async fn a_creation_whose_answer_is_lost_is_sent_once() {
    log::record();
    let whole = created().to_string();
    let url = host(http("201 Created\r\nContent-Length: 9999", &whole)).await;
    let error = client(&url).create_session(&NewSession::new()).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::OutcomeUnknown, 1));
    opaque(&error);
}

#[tokio::test]
async fn an_image_ends_at_its_limit_and_with_its_deadline() {
    log::record();
    let id = ImageId::parse("i").unwrap();
    let long = "x".repeat(70_000);
    let chunked = "200 OK\r\nContent-Type: image/jpg\r\nTransfer-Encoding: chunked";
    let body = format!("{:x}\r\n{long}\r\n0\r\n\r\n", long.len());
    let url = host(http(chunked, body)).await;
    let image = client(&url).image(&session(), &id).await.unwrap();
    let error = image.into_bytes().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Undecodable);
    opaque(&error);

    let url = host(http("200 OK\r\nContent-Type: image/jpg\r\nContent-Length: 9999", MARK)).await;
    let image = client(&url).image(&session(), &id).await.unwrap();
    let error = image.into_bytes().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Interrupted);
    opaque(&error);
}

#[tokio::test]
async fn nobody_there_is_an_outage() {
    log::record();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let error = client(&url).result(&session()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unreachable);
    opaque(&error);
}
