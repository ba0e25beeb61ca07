//! Building a verifier, receiving a body in pieces, and what is told to whom.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;

use std::cell::Cell;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use common::log::{logged, record};
use common::{block_on, chain, start};
use futures_util::stream::{self, Stream, StreamExt};
use passid_core::WebhookSecret;
use passid_core::testing::ManualClock;
use passid_core::testing::webhook::{envelope, sign};
use passid_core::webhook::{
    EventError, SignatureError, WebhookRejection, WebhookVerifier, WebhookVerifierError,
};
use serde_json::json;

const SECRET: &str = "whsec_zq7marker0000000000000000000";

fn secret() -> WebhookSecret {
    WebhookSecret::parse(SECRET).unwrap()
}

fn verifier() -> WebhookVerifier {
    WebhookVerifier::builder()
        .secret(secret())
        .max_body(1000)
        .clock(Arc::new(ManualClock::at(start()).auto_advance()))
        .build()
        .unwrap()
}

fn pieces(body: &[u8]) -> impl Stream<Item = Result<Bytes, WebhookRejection>> {
    let pieces: Vec<_> = body.chunks(10).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
    stream::iter(pieces)
}

#[test]
fn a_verifier_without_a_secret_or_with_one_to_guess_does_not_build() {
    let secret = |length: usize| WebhookSecret::parse(&"s".repeat(length)).unwrap();
    let builder = WebhookVerifier::builder;
    let refused =
        |builder: passid_core::webhook::WebhookVerifierBuilder| builder.build().unwrap_err();
    assert_eq!(refused(builder()), WebhookVerifierError::NoSecret);
    assert_eq!(
        refused(builder().previous_secret(secret(32))),
        WebhookVerifierError::NoSecret,
        "an old secret alone is none"
    );
    assert_eq!(
        refused(builder().secret(secret(15))),
        WebhookVerifierError::ShortSecret { index: 0 }
    );
    let short_previous = builder().secret(secret(16)).previous_secret(secret(1));
    assert_eq!(refused(short_previous.clone()), WebhookVerifierError::ShortSecret { index: 1 });
    assert!(short_previous.allow_short_secrets().build().is_ok());
    assert!(WebhookVerifier::with_secret(secret(16)).is_ok());
    let full = (1..WebhookVerifier::MAX_SECRETS)
        .fold(builder().secret(secret(16)), |builder, _| builder.previous_secret(secret(16)));
    assert!(full.clone().build().is_ok());
    assert_eq!(refused(full.previous_secret(secret(16))), WebhookVerifierError::TooManySecrets);
    assert_eq!(refused(builder().secret(secret(16)).max_body(0)), WebhookVerifierError::NoBody);
    let no_time = builder().secret(secret(16)).body_timeout(Duration::ZERO);
    assert_eq!(refused(no_time), WebhookVerifierError::NoBody);
}

#[test]
fn an_event_is_received_in_pieces() {
    let body = envelope("webhook.test", json!({"message": "x".repeat(100)}));
    let received =
        block_on(verifier().receive_event([sign(&secret(), &body)], None, pieces(&body))).unwrap();
    assert_eq!(received.event.name(), "webhook.test");
    assert_eq!((received.body.bytes(), received.body.secret_index()), (&body[..], 0));
    assert_eq!(received.event.raw(), &body);
}

#[test]
fn a_request_with_a_malformed_header_or_a_long_announcement_is_not_received() {
    let touched = Cell::new(false);
    let body = stream::poll_fn(|_| {
        touched.set(true);
        std::task::Poll::Ready(None::<Result<Bytes, WebhookRejection>>)
    });
    let found = block_on(verifier().receive(["sha256=00"], None, body)).unwrap_err();
    assert_eq!(found, SignatureError::WrongLength { digits: 2 }.into());
    let body = stream::poll_fn(|_| {
        touched.set(true);
        std::task::Poll::Ready(None::<Result<Bytes, WebhookRejection>>)
    });
    let header = sign(&secret(), b"");
    let found = block_on(verifier().receive([header], Some(1001), body)).unwrap_err();
    assert_eq!((found.status(), found.code()), (413, "BODY_TOO_LARGE"));
    assert!(!touched.get());
}

#[test]
fn a_body_that_is_longer_than_announced_is_cut_off_at_the_limit() {
    let taken = Cell::new(0);
    let endless = stream::repeat_with(|| {
        taken.set(taken.get() + 1);
        Ok::<_, WebhookRejection>(Bytes::from_static(&[b'x'; 100]))
    });
    // Not quite: a limit that does not hold must fail the test, not fill the memory.
    let endless = endless.take(1_000);
    let header = sign(&secret(), b"");
    let found = block_on(verifier().receive([header], Some(1), endless)).unwrap_err();
    assert_eq!(found, WebhookRejection::BodyTooLarge);
    assert_eq!(taken.get(), 11);
}

#[test]
fn a_body_that_breaks_off_or_never_ends_is_not_waited_for() {
    let header = sign(&secret(), b"ab");
    let broken =
        stream::iter([Ok(Bytes::from_static(b"ab")), Err(WebhookRejection::BodyUnreadable)]);
    let found = block_on(verifier().receive([&header], None, broken)).unwrap_err();
    assert_eq!((found.status(), found), (401, WebhookRejection::BodyUnreadable));
    let stuck = stream::iter([Ok::<_, WebhookRejection>(Bytes::from_static(b"ab"))])
        .chain(stream::pending());
    let found = block_on(verifier().receive([&header], None, stuck)).unwrap_err();
    assert_eq!((found.status(), found), (408, WebhookRejection::BodyTimeout));
}

#[test]
fn every_failed_check_of_a_signature_has_one_answer_and_only_signed_bodies_get_a_400() {
    let body = b"{}";
    let answers: Vec<_> = [
        vec![],
        vec!["sha256=00".to_owned()],
        vec!["sha1=00".to_owned()],
        vec![sign(&secret(), b"{ }")],
        vec![sign(&secret(), body), sign(&secret(), body)],
    ]
    .into_iter()
    .map(|header| {
        block_on(verifier().receive_event(header, None, pieces(body))).unwrap_err().answer()
    })
    .collect();
    assert!(answers.iter().all(|answer| *answer == answers[0]));
    assert_eq!(
        &answers[0].body[..],
        br#"{"error":{"code":"SIGNATURE_INVALID","message":"The webhook signature is not valid."}}"#
    );
    let header = |name| {
        let found = answers[0].headers.iter().find(|(found, _)| *found == name);
        found.map(|(_, value)| value.as_str())
    };
    assert_eq!(header("cache-control"), Some("no-store"));
    assert_eq!(header("www-authenticate"), Some(r#"PASSID-Signature realm="passid""#));

    let signed = [sign(&secret(), body)];
    let found = block_on(verifier().receive_event(signed, None, pieces(body))).unwrap_err();
    assert_eq!(found.status(), 400);
    assert_eq!(found, EventError::Missing { field: "event" }.into());
}

#[test]
fn neither_log_nor_error_nor_debug_shows_secret_signature_or_body() {
    record();
    let body =
        envelope("verification.failed", json!({"token": "PASSID-ZQ7MARKER", "x": "zq7marker"}));
    let header = sign(&secret(), &body);
    let verifier = verifier();
    let wrong =
        WebhookVerifier::with_secret(WebhookSecret::parse(&"x".repeat(32)).unwrap()).unwrap();
    let received = block_on(verifier.receive_event([&header], None, pieces(&body))).unwrap();
    let mismatch = block_on(wrong.receive([&header], None, pieces(&body))).unwrap_err();
    let broken = br#"{"event":"zq7marker"#;
    let malformed =
        block_on(verifier.receive_event([sign(&secret(), broken)], None, pieces(broken)))
            .unwrap_err();
    let check = verifier.begin([&header]).unwrap().update(body.clone()).unwrap();
    let builder = WebhookVerifier::builder().secret(secret());
    let mut shown = format!(
        "{received:?} {mismatch:?} {malformed:?} {check:?} {verifier:?} {builder:?} {}",
        logged()
    );
    for error in [&mismatch, &malformed] {
        let lines = chain(error);
        let repeated = lines.iter().any(|line| lines.iter().filter(|it| *it == line).count() > 1);
        assert!(!repeated, "{lines:?}");
        shown.push_str(&lines.join(": "));
    }
    let shown = shown.to_lowercase();
    assert!(!shown.contains("zq7marker"), "{shown}");
    assert!(!shown.contains(&header["sha256=".len()..]), "{shown}");
    assert!(shown.contains("is the body raw"), "{shown}");
}

#[test]
fn a_flood_of_wrong_signatures_is_logged_once_a_second() {
    record();
    let clock = ManualClock::at(start());
    let verifier =
        WebhookVerifier::builder().secret(secret()).clock(Arc::new(clock.clone())).build().unwrap();
    let flood = |body: &str| {
        for _ in 0..5 {
            let header = sign(&secret(), b"another");
            block_on(verifier.receive([header], None, pieces(body.as_bytes()))).unwrap_err();
        }
    };
    let before = logged().matches("suppressed=4").count();
    flood("flood");
    clock.advance(Duration::from_secs(2));
    flood("flood");
    assert_eq!(logged().matches("suppressed=4").count(), before + 1);
}
