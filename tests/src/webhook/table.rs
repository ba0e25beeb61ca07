//! The contract: what is sent to the webhook route -> what the sender is told.

use passid_core::testing::webhook::{envelope, sign};
use passid_core::webhook::WebhookVerifier;
use passid_core::{Token, WebhookSecret};
use serde_json::{Value, json};

use super::PATH;
use crate::http::Request;
use crate::table::Expected;

/// One row of the contract.
#[derive(Clone, Debug)]
pub struct Row {
    /// What the row is about, as a sentence.
    pub name: &'static str,
    /// What is sent.
    pub request: Request,
    /// What the sender gets.
    pub expected: Expected,
}

const LIMIT: usize = 1024;
const HEADER: &str = "X-PASSID-Signature";

/// The verifier that all rows are about: one previous secret, and a limit of 1 KiB.
///
/// # Panics
///
/// When it cannot be built.
#[expect(clippy::expect_used, reason = "a test cannot go on without it")]
pub fn verifier() -> WebhookVerifier {
    WebhookVerifier::builder()
        .secret(secret('1'))
        .previous_secret(secret('2'))
        .max_body(LIMIT)
        .build()
        .expect("a verifier")
}

#[expect(clippy::expect_used, reason = "a mistake in the table")]
fn secret(digit: char) -> WebhookSecret {
    let digits = digit.to_string().repeat(32);
    WebhookSecret::parse(&format!("whsec_{digits}")).expect("a secret")
}

/// Every row that both adapters must meet.
pub fn rows() -> Vec<Row> {
    [accepted(), unsigned(), too_large(), no_event()].into_iter().flatten().collect()
}

pub(super) fn row(name: &'static str, request: Request, expected: Expected) -> Row {
    Row { name, request, expected }
}

fn unsigned_request(body: &[u8]) -> Request {
    Request::new("POST", PATH).json(body)
}

fn with_header(value: impl Into<Vec<u8>>, body: &[u8]) -> Request {
    unsigned_request(body).header(HEADER, value)
}

pub(super) fn signed(body: &[u8]) -> Request {
    with_header(sign(&secret('1'), body), body)
}

fn event() -> Vec<u8> {
    envelope("webhook.test", json!({"message": "hello"}))
}

fn received(name: &str, body: &[u8], secret: usize) -> Expected {
    Expected {
        status: 200,
        body: Some(format!("{name} {} {secret}", body.len())),
        headers: vec![("www-authenticate", None)],
    }
}

pub(super) fn refused(status: u16, code: &str, message: &str) -> Expected {
    let challenge = (status == 401).then_some(r#"PASSID-Signature realm="passid""#);
    Expected {
        status,
        body: Some(format!(r#"{{"error":{{"code":"{code}","message":"{message}"}}}}"#)),
        headers: vec![
            ("content-type", Some("application/json")),
            ("cache-control", Some("no-store")),
            ("www-authenticate", challenge),
        ],
    }
}

fn invalid() -> Expected {
    refused(401, "SIGNATURE_INVALID", "The webhook signature is not valid.")
}

fn accepted() -> Vec<Row> {
    let token = Token::parse("PASSID-AB3X-7YQM").map(|token| token.expose().to_owned());
    let token = token.unwrap_or_default();
    let at = "2026-03-29T10:22:14Z";
    let of_name = |sentence, name: &str, data: Value| {
        let body = envelope(name, data);
        row(sentence, signed(&body), received(name, &body, 0))
    };
    let event = event();
    let ok = |index| received("webhook.test", &event, index);
    let numbered =
        br#"{"event":"webhook.test","institution_id":42,"timestamp":"2026-01-01T00:00:00Z"}"#;
    let fitting = envelope("webhook.test", "x".repeat(LIMIT - envelope("webhook.test", "").len()));
    vec![
        of_name(
            "a completed verification is received",
            "verification.completed",
            json!({"token": token, "verified_at": at, "proof_type": "groth16/bn254",
                "verified_claims": {"identity_verified": true}}),
        ),
        of_name(
            "a failed verification is received",
            "verification.failed",
            json!({"token": token, "deny_reason": "HARD_DENY_SANCTIONS_MATCH"}),
        ),
        of_name(
            "a reported outcome is received",
            "outcome.reported",
            json!({"token": token, "outcome": "repaid", "productType": "loan"}),
        ),
        of_name("a test is received", "webhook.test", json!({"message": "hello"})),
        of_name("an event that is not known is received", "credential.revoked", json!([1, "x"])),
        row(
            "a number is an institution too",
            signed(numbered),
            received("webhook.test", numbered, 0),
        ),
        row(
            "the previous secret is accepted",
            with_header(sign(&secret('2'), &event), &event),
            ok(1),
        ),
        row(
            "upper-case hex is accepted",
            with_header(sign(&secret('1'), &event).to_uppercase().replace("SHA", "sha"), &event),
            ok(0),
        ),
        row(
            "white space around a header's value is not part of it",
            with_header(format!("  {} ", sign(&secret('1'), &event)), &event),
            ok(0),
        ),
        row(
            "neither type nor coding of the content counts",
            Request::new("POST", PATH)
                .header("Content-Type", "text/plain")
                .header("Content-Encoding", "gzip")
                .header(HEADER, sign(&secret('1'), &event))
                .body(event.clone()),
            ok(0),
        ),
        row(
            "a body of exactly the limit is received",
            signed(&fitting),
            received("webhook.test", &fitting, 0),
        ),
        row(
            "another method is not allowed",
            Request::new("GET", PATH),
            Expected { status: 405, body: None, headers: Vec::new() },
        ),
    ]
}

fn unsigned() -> Vec<Row> {
    let event = event();
    let good = sign(&secret('1'), &event);
    let of_value = |name, value: &str| row(name, with_header(value, &event), invalid());
    let line_feed = [&event[..], b"\n"].concat();
    vec![
        row("no signature is refused", unsigned_request(&event), invalid()),
        row("no signature and no body is refused", unsigned_request(b""), invalid()),
        row("no signature and no JSON is refused", unsigned_request(b"<html>"), invalid()),
        of_value("an empty header is refused", ""),
        of_value("a signature without its scheme is refused", good.trim_start_matches("sha256=")),
        of_value("another scheme is refused", &good.replace("sha256", "sha1")),
        of_value("a digit too few is refused", good.get(..70).unwrap_or_default()),
        of_value("a digit too many is refused", &format!("{good}0")),
        of_value("a letter that is no digit is refused", &good.replacen("=", "=x", 1)),
        of_value("two values in one header are refused", &format!("{good}, {good}")),
        row(
            "two headers are refused",
            with_header(good.clone(), &event).header(HEADER, good.clone()),
            invalid(),
        ),
        row(
            "bytes that are no text are refused",
            with_header(b"sha256=\xff\xfe", &event),
            invalid(),
        ),
        row(
            "a secret of nobody's is refused",
            with_header(sign(&secret('3'), &event), &event),
            invalid(),
        ),
        row("the signature of other bytes is refused", with_header(good, &line_feed), invalid()),
        row(
            "a long body with a malformed signature is refused for that",
            with_header("sha256=", &vec![b'x'; LIMIT + 1]),
            invalid(),
        ),
    ]
}

fn too_large() -> Vec<Row> {
    let long = vec![b'x'; LIMIT + 1];
    let expected = || refused(413, "BODY_TOO_LARGE", "The request body is too large.");
    vec![
        row("a body of a byte too many is refused", signed(&long), expected()),
        row(
            "a body over the limit is refused before its signature is checked",
            with_header(sign(&secret('3'), &long), &long),
            expected(),
        ),
    ]
}

fn no_event() -> Vec<Row> {
    let of_body = |name, body: &[u8]| {
        let expected = refused(400, "EVENT_INVALID", "The request body is not a PASSID event.");
        row(name, signed(body), expected)
    };
    let denied = json!({"deny_reason": "HARD_DENY_SANCTIONS_MATCH"});
    vec![
        of_body("a signed empty body is no event", b""),
        of_body("signed bytes that are no text are no event", b"\xff\xfe\x00\x80\n"),
        of_body("a signed list is no event", b"[]"),
        of_body("a signed object without a name is no event", b"{}"),
        of_body(
            "a signed envelope that repeats a name is no event",
            br#"{"event":"webhook.test","event":"webhook.test","institution_id":"42","timestamp":"2026-01-01T00:00:00Z"}"#,
        ),
        of_body(
            "a signed envelope without its institution is no event",
            br#"{"event":"webhook.test","timestamp":"2026-01-01T00:00:00Z","data":{}}"#,
        ),
        of_body(
            "a signed claim of another type is no event",
            &envelope("verification.completed", json!({"claims": {"identity_verified": "yes"}})),
        ),
        of_body(
            "a completed verification that is denied is no event",
            &envelope("verification.completed", denied),
        ),
    ]
}
