//! The real transport against servers that do what no server should: an error of the right kind
//! within the deadline, never a pass, never a second redemption, never a leak.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;
#[path = "hostile_upstream/server.rs"]
mod server;

use std::time::Duration;

use common::{CODE, KEY, TOKEN, chain, code, token};
use passid_core::client::{NewWebhook, RetrySettings};
use passid_core::{
    ApiError, ApiKey, ErrorKind, InstitutionJwt, NewSession, PassidClient, RequestId,
};
use serde_json::json;
use server::{Act, Upstream};
use tokio::net::TcpListener;
use tokio::time::Instant;

/// Stands in every body, and must stand in no error.
const MARK: &str = "Zq7-body-Xv9";

/// An operation has three seconds. Anything near this bound is a hang.
const GENEROUS: Duration = Duration::from_secs(30);

const BROKEN: &[ErrorKind] = &[ErrorKind::Interrupted];
const SLOW: &[ErrorKind] = &[ErrorKind::Interrupted, ErrorKind::Timeout];
const UNREADABLE: &[ErrorKind] = &[ErrorKind::Undecodable];
const ODD_STATUS: &[ErrorKind] = &[ErrorKind::UnexpectedStatus];

fn client(url: &str) -> PassidClient {
    PassidClient::builder(ApiKey::parse(KEY).unwrap())
        .base_url(url)
        .attempt_timeout(Duration::from_secs(1))
        .operation_timeout(Duration::from_secs(3))
        .retry(RetrySettings { base_delay: Duration::from_millis(5), ..RetrySettings::default() })
        .max_response_bytes(64 * 1024)
        .build()
        .unwrap()
}

/// An answer that passes, to both calls, where it arrives whole.
fn good_body() -> String {
    let body = json!({
        "credential_valid": true, "status": "verified", "verified_claims": {"income_verified": true},
        "decisioning_note": MARK
    });
    body.to_string()
}

fn with_head(head: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    let mut bytes = format!("{head}\r\n\r\n").into_bytes();
    bytes.extend_from_slice(body.as_ref());
    bytes
}

fn good() -> Vec<u8> {
    let body = good_body();
    with_head(&format!("HTTP/1.1 200 OK\r\nContent-Length: {}", body.len()), body)
}

#[track_caller]
fn opaque(error: &ApiError) {
    let shown = format!("{error:?} {error:#?} {}", chain(error).join(" ")).to_lowercase();
    for secret in [KEY, TOKEN, CODE, MARK] {
        assert!(!shown.contains(&secret.to_lowercase()), "{shown}");
    }
}

/// Both calls against a server that does this.
#[track_caller]
fn hostile(act: Act, kinds: &'static [ErrorKind]) -> impl Future<Output = ()> {
    let caller = std::panic::Location::caller();
    async move {
        let upstream = Upstream::start(act.clone()).await;
        let begun = Instant::now();
        let error = client(&upstream.url()).verify_token(&token()).await.unwrap_err();
        assert!(begun.elapsed() < GENEROUS, "{caller}: hung");
        assert!(kinds.contains(error.kind()), "{caller}: {error:?}");
        assert!((1..=3).contains(&upstream.connections()), "{caller}");
        assert!(upstream.requests().len() <= 3, "{caller}");
        opaque(&error);

        let upstream = Upstream::start(act).await;
        let begun = Instant::now();
        let error = client(&upstream.url()).redeem_code(&code()).await.unwrap_err();
        assert!(begun.elapsed() < GENEROUS, "{caller}: hung");
        assert_eq!(*error.kind(), ErrorKind::OutcomeUnknown, "{caller}: {error:?}");
        assert_eq!((error.attempts(), upstream.connections()), (1, 1), "{caller}");
        assert!(upstream.requests().len() <= 1, "{caller}: sent again");
        assert!(chain(&error).len() > 1, "{caller}: no cause");
        opaque(&error);
    }
}

fn say(head: &str, body: impl AsRef<[u8]>) -> Act {
    Act::Say(with_head(head, body))
}

#[tokio::test]
async fn a_good_answer_passes_or_these_tests_prove_nothing() {
    let upstream = Upstream::start(Act::Say(good())).await;
    let credential = client(&upstream.url()).verify_token(&token()).await.unwrap();
    assert_eq!(credential.decisioning_note(), Some(MARK));
    let redemption = client(&upstream.url()).redeem_code(&code()).await.unwrap();
    assert!(redemption.credential().is_some());
}

#[tokio::test]
async fn a_connection_that_is_closed_or_reset() {
    hostile(Act::CloseAtOnce, BROKEN).await;
    hostile(Act::ResetAtOnce, BROKEN).await;
    hostile(Act::Close, BROKEN).await;
    hostile(Act::Reset, BROKEN).await;
}

#[tokio::test]
async fn bytes_that_are_no_http() {
    let garbage: Vec<u8> =
        (0..4096_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    hostile(Act::Say(garbage), BROKEN).await;
    hostile(Act::Say(good_body().into_bytes()), BROKEN).await;
    hostile(Act::Say(b"SSH-2.0-OpenSSH_9.6\r\n".to_vec()), BROKEN).await;
    hostile(say("HTTP/1.1 99999 Odd", good_body()), BROKEN).await;
    hostile(say("HTTP/3.7 200 OK\r\nContent-Length: 2", "{}"), BROKEN).await;
    hostile(say("HTTP/1.1 200 OK\r\nX: a\0b\r\nContent-Length: 2", "{}"), BROKEN).await;
}

#[tokio::test]
async fn headers_without_end() {
    let head = b"HTTP/1.1 200 OK\r\n".to_vec();
    hostile(
        Act::Flood(head.clone(), b"X-Filler: 0123456789012345678901234567\r\n".to_vec()),
        BROKEN,
    )
    .await;
    hostile(Act::Flood(head, b"one-endless-line".to_vec()), BROKEN).await;
}

#[tokio::test]
async fn a_body_without_end_is_read_as_far_as_allowed_and_asked_for_once() {
    let filler = vec![b' '; 4096];
    let chunk = [&b"1000\r\n"[..], &filler, b"\r\n"].concat();
    for act in [
        Act::Flood(with_head("HTTP/1.1 200 OK\r\nContent-Length: 1000000000", "{"), filler.clone()),
        Act::Flood(with_head("HTTP/1.1 200 OK", "{"), filler.clone()),
        Act::Flood(with_head("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked", ""), chunk),
    ] {
        let upstream = Upstream::start(act.clone()).await;
        client(&upstream.url()).verify_token(&token()).await.unwrap_err();
        assert_eq!(upstream.connections(), 1);
        hostile(act, UNREADABLE).await;
    }
}

#[tokio::test]
async fn a_length_that_is_not_the_bodys() {
    let body = good_body();
    let length = |length: usize| format!("HTTP/1.1 200 OK\r\nContent-Length: {length}");
    hostile(say(&length(body.len() + 1), &body), BROKEN).await;
    hostile(Act::SayAndHold(with_head(&length(body.len() + 1), &body)), SLOW).await;
    hostile(say(&length(body.len() - 1), &body), UNREADABLE).await;
    hostile(say(&length(0), &body), UNREADABLE).await;
    let two = format!("{}\r\nContent-Length: {}", length(body.len()), body.len() + 5);
    hostile(say(&two, &body), BROKEN).await;
    hostile(say("HTTP/1.1 200 OK\r\nContent-Length: -1", &body), BROKEN).await;
    // Without a length the end of the connection is the end of the body, truncated or not.
    hostile(say("HTTP/1.1 200 OK", &body[..body.len() - 1]), UNREADABLE).await;
    hostile(say("HTTP/1.1 204 No Content", &body), UNREADABLE).await;
}

#[tokio::test]
async fn chunks_that_are_none_or_never_end() {
    let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked";
    let body = good_body();
    hostile(say(head, &body), BROKEN).await;
    hostile(say(head, format!("{:x}\r\n{body}\r\n", body.len())), BROKEN).await;
    hostile(say(head, format!("{:x}\r\n{body}\r\nZZZ\r\n\r\n", body.len())), BROKEN).await;
    hostile(say(head, format!("fffffffffffffffff\r\n{body}")), BROKEN).await;
}

#[tokio::test]
async fn informational_answers_without_end_and_a_switch_of_protocols() {
    let again = b"HTTP/1.1 100 Continue\r\n\r\n".to_vec();
    hostile(Act::Flood(Vec::new(), again), SLOW).await;
    let head = "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x";
    hostile(say(head, good_body()), &[ErrorKind::UnexpectedStatus, ErrorKind::Interrupted]).await;
}

#[tokio::test]
async fn a_redirect_is_not_followed_and_the_key_goes_nowhere_else() {
    for status in [301, 302, 303, 307, 308] {
        let elsewhere = Upstream::start(Act::Say(good())).await;
        let head = format!(
            "HTTP/1.1 {status} Moved\r\nLocation: {}/v1/verify\r\nContent-Length: 0",
            elsewhere.url()
        );
        hostile(say(&head, ""), ODD_STATUS).await;
        assert_eq!(elsewhere.connections(), 0, "{status}");

        let upstream = Upstream::start(say(&head, "")).await;
        client(&upstream.url()).verify_token(&token()).await.unwrap_err();
        let requests = upstream.requests();
        assert_eq!(requests.len(), 1, "an odd status is not retried");
        let request = requests[0].to_ascii_lowercase();
        assert!(request.contains(&format!("\r\nhost: {}\r\n", upstream.authority)));
        assert!(request.contains(&format!("\r\nx-institution-key: {}\r\n", KEY.to_lowercase())));
    }
}

#[tokio::test]
async fn bodies_that_are_not_what_was_asked_for() {
    let html = format!("<html><body>{MARK} {}</body></html>", good_body());
    let length = html.len();
    let head = format!("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {length}");
    hostile(say(&head, &html), UNREADABLE).await;
    let zipped = b"\x1f\x8b\x08\0\0\0\0\0\0\xff\x01\x02\0\xfd\xff{}\x43\xbf\xa6\xa3\x02\0\0\0";
    let head = "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 25";
    hostile(say(head, zipped), UNREADABLE).await;
    let nested = "[".repeat(50_000);
    hostile(say("HTTP/1.1 200 OK", nested), UNREADABLE).await;
}

#[tokio::test]
async fn an_answer_that_drips() {
    hostile(Act::Drip(good()), SLOW).await;
    let head = with_head("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked", "1\r\n{\r\n");
    hostile(Act::SayAndHold(head), SLOW).await;
}

#[tokio::test]
async fn an_answer_that_never_comes() {
    hostile(Act::SayAndHold(Vec::new()), SLOW).await;
    hostile(Act::SayAndHold(b"HTTP/1.1 200 OK\r\nContent-Le".to_vec()), SLOW).await;
}

#[tokio::test]
async fn a_server_that_fails_is_asked_again_about_a_token_and_never_about_a_code() {
    let body = json!({"error": {"message": MARK}}).to_string();
    let head = format!("HTTP/1.1 502 Bad Gateway\r\nContent-Length: {}", body.len());
    hostile(say(&head, &body), &[ErrorKind::Failed]).await;
    let upstream = Upstream::start(say(&head, &body)).await;
    let error = client(&upstream.url()).verify_token(&token()).await.unwrap_err();
    assert_eq!((error.attempts(), upstream.requests().len()), (3, 3));
    let keys: Vec<_> = upstream
        .requests()
        .iter()
        .map(|request| {
            request.lines().find(|line| line.starts_with("idempotency-key")).unwrap().to_owned()
        })
        .collect();
    assert!(keys.iter().all(|key| *key == keys[0]));
}

#[tokio::test]
async fn a_refused_connection_is_tried_again_by_both_calls() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let verify = client(&url).verify_token(&token()).await.unwrap_err();
    let redeem = client(&url).redeem_code(&code()).await.unwrap_err();
    for error in [verify, redeem] {
        assert_eq!((error.kind(), error.attempts()), (&ErrorKind::Unreachable, 3));
        assert!(error.is_retry_safe());
        opaque(&error);
    }
}

#[tokio::test]
async fn a_redemption_after_the_server_closed_an_idle_connection_is_seen_once() {
    let upstream = Upstream::start(Act::Answer(good(), 1)).await;
    let client = client(&upstream.url());
    for round in 1..=20 {
        client.redeem_code(&code()).await.unwrap();
        assert_eq!((upstream.requests().len(), upstream.connections()), (round, round));
        upstream.ended(round).await;
    }
}

#[tokio::test]
async fn a_redemption_that_races_with_the_close_of_its_connection_is_sent_at_most_once() {
    for _ in 0..50 {
        let upstream = Upstream::start(Act::Answer(good(), 1)).await;
        let client = client(&upstream.url());
        client.redeem_code(&code()).await.unwrap();
        let result = client.redeem_code(&code()).await;
        let seen = upstream.requests().len();
        match result {
            Ok(_) => assert_eq!(seen, 2),
            Err(error) => {
                assert_eq!(*error.kind(), ErrorKind::OutcomeUnknown);
                assert_eq!((error.attempts(), seen, upstream.connections()), (1, 1, 1));
            }
        }
    }
}

#[tokio::test]
async fn a_connection_is_kept_for_the_next_call() {
    let upstream = Upstream::start(Act::Answer(good(), 6)).await;
    let client = client(&upstream.url());
    for _ in 0..3 {
        client.verify_token(&token()).await.unwrap();
        client.clone().redeem_code(&code()).await.unwrap();
    }
    assert_eq!((upstream.connections(), upstream.requests().len()), (1, 6));
}

#[tokio::test]
async fn an_operation_ends_at_its_deadline_whatever_the_attempts_may_take() {
    let upstream = Upstream::start(Act::SayAndHold(Vec::new())).await;
    let client = PassidClient::builder(ApiKey::parse(KEY).unwrap())
        .base_url(upstream.url())
        .operation_timeout(Duration::from_millis(200))
        .build()
        .unwrap();
    let begun = Instant::now();
    let error = client.verify_token(&token()).await.unwrap_err();
    assert!(begun.elapsed() < GENEROUS);
    assert_eq!((error.kind(), error.attempts()), (&ErrorKind::Timeout, 1));
}

#[tokio::test]
async fn a_value_in_a_path_arrives_in_its_segment() {
    let upstream =
        Upstream::start(Act::Answer(with_head("HTTP/1.1 404 N\r\nContent-Length: 0", ""), 9)).await;
    let client = client(&upstream.url());
    for id in ["../../outcome", "a?b=c#d", "%2e%2e", "a\\..\\b", "..;/x"] {
        let error = client.session(&RequestId::parse(id).unwrap()).await.unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::SessionNotFound);
    }
    let lines: Vec<_> = upstream
        .requests()
        .iter()
        .map(|request| request.lines().next().unwrap().to_owned())
        .collect();
    assert_eq!(
        lines,
        [
            "GET /v1/sessions/..%2F..%2Foutcome HTTP/1.1",
            "GET /v1/sessions/a%3Fb%3Dc%23d HTTP/1.1",
            "GET /v1/sessions/%252e%252e HTTP/1.1",
            "GET /v1/sessions/a%5C..%5Cb HTTP/1.1",
            "GET /v1/sessions/..%3B%2Fx HTTP/1.1",
        ]
    );
    let first = upstream.requests().swap_remove(0).to_lowercase();
    assert!(!first.contains("content-"), "a request without a body announces one: {first}");
}

#[tokio::test]
async fn the_key_and_the_jwt_travel_apart() {
    let upstream = Upstream::start(Act::Answer(b"HTTP/1.1 204 N\r\n\r\n".to_vec(), 9)).await;
    let client = client(&upstream.url());
    let jwt = InstitutionJwt::parse("eyJ.jwt.mark").unwrap();
    let webhook = NewWebhook::new("https://bank.example/hook").unwrap();
    client.set_webhook(&jwt, &webhook).await.unwrap();
    client.public_session(&RequestId::parse("req_1").unwrap()).await.unwrap_err();
    let [settings, public] = &upstream.requests()[..] else { panic!() };
    assert!(settings.starts_with("PATCH /api/institution/webhook HTTP/1.1\r\n"), "{settings}");
    assert!(settings.contains("authorization: Bearer eyJ.jwt.mark\r\n"));
    assert!(settings.ends_with(r#"{"webhookUrl":"https://bank.example/hook"}"#));
    for request in [settings, public] {
        assert!(!request.contains(KEY) && !request.to_lowercase().contains("x-institution-key"));
    }
    assert!(!public.to_lowercase().contains("authorization"));
}

#[tokio::test]
async fn a_session_that_may_have_come_about_is_not_created_again() {
    for act in [Act::Close, Act::Reset, Act::SayAndHold(b"HTTP/1.1 201 C\r\n".to_vec())] {
        let upstream = Upstream::start(act.clone()).await;
        let created = client(&upstream.url()).create_session(&NewSession::new()).await;
        let error = created.unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::OutcomeUnknown, "{act:?}");
        assert_eq!(upstream.requests().len(), 1, "{act:?}");
        opaque(&error);
    }
}
