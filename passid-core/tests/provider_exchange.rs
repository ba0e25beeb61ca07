//! What clients of other providers are built from: calls of any request, and answers read piece by
//! piece.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

#[path = "hostile_upstream/server.rs"]
#[allow(dead_code, reason = "these tests need a part of it")]
mod server;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use passid_core::client::{ApiRequest, ApiResponse, RetrySettings, Transport, TransportErrorKind};
use passid_core::provider::{Exchange, ExchangeErrorKind, ReqwestTransport, json_object};
use passid_core::testing::{ManualClock, MockTransport, SeededEntropy};
use server::{Act, Upstream};

const LIMIT: usize = 100;

fn request(url: &str) -> ApiRequest {
    ApiRequest::new("GET", "/files/{id}", url)
        .with_secret_header("x-api-key", "key-marker")
        .with_max_response_bytes(LIMIT)
}

fn scripted() -> (Exchange, MockTransport, ManualClock) {
    let transport = MockTransport::new();
    let clock = ManualClock::at(SystemTime::UNIX_EPOCH).auto_advance();
    let exchange = Exchange {
        transport: Arc::new(transport.clone()),
        clock: Arc::new(clock.clone()),
        entropy: Arc::new(SeededEntropy::new(7)),
        retry: RetrySettings::default(),
        attempt_timeout: Duration::from_secs(5),
        operation_timeout: Duration::from_secs(10),
    };
    (exchange, transport, clock)
}

fn transport() -> ReqwestTransport {
    ReqwestTransport::builder().https_only(false).build().unwrap()
}

fn answer(body: &str) -> Vec<u8> {
    let head = "HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nContent-Length:";
    format!("{head} {}\r\n\r\n{body}", body.len()).into_bytes()
}

#[tokio::test]
async fn a_read_is_tried_again_until_its_answer_is_for_good() {
    let (exchange, transport, clock) = scripted();
    transport.fail(TransportErrorKind::Interrupted);
    transport.answer(ApiResponse::new(503, "").with_header("Retry-After", "4"));
    transport.answer(ApiResponse::new(404, "gone"));
    let exchanged = exchange.read(&request("https://a.io/files/1")).await;
    assert_eq!((exchanged.attempts, exchanged.result.unwrap().status()), (3, 404));
    assert!(clock.slept().contains(&Duration::from_secs(4)));
}

#[tokio::test]
async fn no_delay_goes_past_the_deadline() {
    let (exchange, transport, _) = scripted();
    transport.answer(ApiResponse::new(429, "").with_header("Retry-After", "60"));
    let exchanged = exchange.read(&request("https://a.io/files/1")).await;
    assert_eq!((exchanged.attempts, exchanged.result.unwrap().status()), (1, 429));
    assert_eq!(exchanged.retry_after, Some(Duration::from_secs(60)));
}

#[tokio::test]
async fn a_call_that_is_never_answered_ends_at_its_deadline() {
    let (exchange, transport, _) = scripted();
    (0..3).for_each(|_| transport.hang());
    let exchanged = exchange.read(&request("https://a.io/files/1")).await;
    let kind = exchanged.result.unwrap_err().kind();
    assert!(matches!(kind, ExchangeErrorKind::Timeout | ExchangeErrorKind::Interrupted));
    assert!(exchanged.attempts >= 2);
}

#[tokio::test]
async fn what_must_not_happen_twice_is_sent_twice_only_when_nothing_can_have_happened() {
    let (exchange, transport, _) = scripted();
    transport.fail(TransportErrorKind::Connect);
    transport.answer(ApiResponse::new(429, ""));
    transport.answer(ApiResponse::new(503, ""));
    let exchanged = exchange.once(&request("https://a.io/files")).await;
    assert_eq!((exchanged.attempts, exchanged.result.unwrap().status()), (3, 503));

    transport.fail(TransportErrorKind::Interrupted);
    let exchanged = exchange.once(&request("https://a.io/files")).await;
    assert_eq!(exchanged.attempts, 1);
    assert_eq!(exchanged.result.unwrap_err().kind(), ExchangeErrorKind::Interrupted);
}

#[tokio::test]
async fn whether_an_earlier_try_may_have_landed_is_told() {
    for (earlier, landed) in [
        (Err(TransportErrorKind::Connect), false),
        (Ok(429), false),
        (Err(TransportErrorKind::Interrupted), true),
        (Ok(503), true),
    ] {
        let (exchange, transport, _) = scripted();
        match earlier {
            Ok(status) => transport.answer(ApiResponse::new(status, "")),
            Err(kind) => transport.fail(kind),
        }
        transport.answer(ApiResponse::new(404, ""));
        let exchanged = exchange.read(&request("https://a.io/files/1")).await;
        assert_eq!(exchanged.attempts, 2);
        assert_eq!(exchanged.earlier_try_may_have_landed, landed, "{earlier:?}");
    }
    let (exchange, transport, _) = scripted();
    transport.answer(ApiResponse::new(404, ""));
    let exchanged = exchange.read(&request("https://a.io/files/1")).await;
    assert!(!exchanged.earlier_try_may_have_landed, "the last try is no earlier one");
}

#[tokio::test]
async fn an_answer_in_a_coding_that_was_not_asked_for_is_no_answer() {
    let (exchange, transport, _) = scripted();
    transport.answer(ApiResponse::new(200, "{}").with_header("Content-Encoding", "gzip"));
    let exchanged = exchange.open(&request("https://a.io/files/1")).await;
    assert_eq!(exchanged.result.unwrap_err().kind(), ExchangeErrorKind::Unreadable);
}

#[tokio::test]
async fn a_file_is_read_piece_by_piece_with_its_content_type() {
    let upstream = Upstream::start(Act::Say(answer(&"x".repeat(LIMIT)))).await;
    let mut opened = transport().open(request(&upstream.url())).await.unwrap();
    assert_eq!((opened.status(), opened.header("content-type")), (200, Some("image/png")));
    let mut length = 0;
    while let Some(chunk) = opened.chunk().await.unwrap() {
        length += chunk.len();
    }
    assert_eq!(length, LIMIT);
    assert!(opened.chunk().await.unwrap().is_none(), "the end stays the end");
    assert!(upstream.requests()[0].to_lowercase().contains("x-api-key: key-marker"));
}

#[tokio::test]
async fn a_file_ends_with_an_error_at_the_byte_that_is_one_too_many() {
    let endless = b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\n\r\n".to_vec();
    let upstream = Upstream::start(Act::Flood(endless, vec![b'x'; 64])).await;
    let opened = transport().open(request(&upstream.url())).await.unwrap();
    let error = opened.into_whole().await.unwrap_err();
    assert_eq!(error.kind(), TransportErrorKind::TooLarge);
}

#[tokio::test]
async fn a_file_that_breaks_off_is_no_file() {
    let short = b"HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\nhalf".to_vec();
    let upstream = Upstream::start(Act::Say(short)).await;
    let mut opened = transport().open(request(&upstream.url())).await.unwrap();
    let error = loop {
        match opened.chunk().await {
            Ok(Some(_)) => {}
            Ok(None) => panic!("half a file passed for a whole one"),
            Err(error) => break error,
        }
    };
    assert_eq!(error.kind(), TransportErrorKind::Interrupted);
    assert!(opened.chunk().await.unwrap().is_none(), "nothing follows an error");
}

#[tokio::test]
async fn a_transport_that_only_sends_opens_answers_too() {
    let transport = MockTransport::new();
    transport.answer(ApiResponse::new(200, "body").with_header("Content-Type", "image/png"));
    let opened = transport.open(request("https://a.io")).await.unwrap();
    assert_eq!(opened.header("content-type"), Some("image/png"));
    assert_eq!(opened.into_whole().await.unwrap().body(), "body");

    transport.answer(ApiResponse::new(200, "x".repeat(LIMIT + 1)));
    let opened = transport.open(request("https://a.io")).await.unwrap();
    assert_eq!(opened.into_whole().await.unwrap_err().kind(), TransportErrorKind::TooLarge);
}

#[tokio::test]
async fn a_header_name_that_cannot_be_sent_is_an_error_and_no_panic() {
    let request = request("http://127.0.0.1:1").with_header("two words", "x");
    let error = transport().send(request).await.unwrap_err();
    assert_eq!(error.kind(), TransportErrorKind::Connect);
}

#[test]
fn an_answer_that_repeats_a_name_is_malformed() {
    assert!(json_object(br#"{"status":"declined","status":"approved"}"#).is_err());
    assert!(json_object(b"[]").is_err());
}
