//! Webhooks: the known answer, every event, and one error for whatever is wrong.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;

use std::time::{Duration, SystemTime};

use aes::cipher::{BlockModeEncrypt, KeyIvInit, block_padding::Pkcs7};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use common::{KEY, OTHER, api, block_on, identity};
use passid_passbase::IdentityStatus;
use passid_passbase::webhook::{Event, EventName, WebhookError, WebhookOpener, WebhookSecret};
use proptest::prelude::*;
use serde_json::{Value, json};

const SECRET: &str = "0123456789abcdef0123456789abcdef";
const KNOWN_ANSWER: &str = "AAECAwQFBgcICQoLDA0OD4J3M6iwm33/4/j96+uHliCeXvU5Qj+DpqpU/xA+YhShjo5j9nJ4gMAE/abSHlRi/WJ4FWEsY3r71ZfpjP5vXF0Oi81wc0IUzNhrJbE2N6URYpa7XbjwTJlHRuPJXh+wdhYV7QIYvbo9uWhZJYZB+rV2BQi7dPvoQ7SkL1ZV6G2+nQuzGP/lO7gEuxgWwfu2djib88/pqrIHz50Xdwuom0qiKY5wDUtTu0ALoneIxItY";

fn secret() -> WebhookSecret {
    WebhookSecret::parse(SECRET).unwrap()
}

fn encrypted() -> WebhookOpener {
    WebhookOpener::encrypted(secret())
}

fn sealed(secret: &str, plain: &[u8]) -> Vec<u8> {
    let iv = [7; 16];
    let cipher = cbc::Encryptor::<aes::Aes256>::new_from_slices(secret.as_bytes(), &iv).unwrap();
    let mut body = iv.to_vec();
    let mut padded = vec![0; plain.len() + 16];
    padded[..plain.len()].copy_from_slice(plain);
    body.extend_from_slice(cipher.encrypt_padded::<Pkcs7>(&mut padded, plain.len()).unwrap());
    body
}

fn open(body: &Value) -> Result<Event, WebhookError> {
    let body = STANDARD.encode(sealed(SECRET, body.to_string().as_bytes()));
    encrypted().open(Some("text/plain"), body.as_bytes())
}

#[test]
fn the_known_answer_opens() {
    for content_type in ["text/plain", "Text/Plain; charset=utf-8"] {
        let body = format!("{KNOWN_ANSWER}\n");
        let event = encrypted().open(Some(content_type), body.as_bytes()).unwrap();
        assert_eq!(event.event, EventName::VerificationReviewed);
        assert_eq!(event.key.expose(), OTHER);
        assert_eq!(event.status, Some(IdentityStatus::Approved));
        let at = |seconds| Some(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds));
        assert_eq!(event.created, at(1_582_628_711));
        assert_eq!((event.updated, event.processed), (at(1_582_628_999), at(1_582_628_999)));
        assert!(event.extra.is_empty());
    }
}

#[test]
fn every_event_is_read_and_demands_only_name_and_key() {
    for name in EventName::KNOWN {
        let event = open(&json!({"event": name.as_str(), "key": KEY})).unwrap();
        assert_eq!((&event.event, event.key.expose()), (name, KEY));
    }
    let edited = open(&json!({
        "event": "DATAPOINT_UPDATED", "key": KEY, "resource_key": OTHER, "type": "SEX",
        "value": "value-marker", "updated": 1_619_095_419, "created": 1_619_095_419
    }));
    let edited = edited.unwrap();
    assert_eq!(edited.resource_key.as_deref(), Some(OTHER));
    assert_eq!(edited.data_point.as_deref(), Some("SEX"));
    assert_eq!(edited.value, Some(json!("value-marker")));
    let shown = format!("{edited:?}");
    assert!(!shown.contains("value-marker") && !shown.contains(KEY), "{shown}");

    let old = open(&json!({
        "event": "AUTHENTICATION_PROCESSED", "authentication_key": KEY, "api_key": "key-marker",
        "authenticated": true, "created_at": "2019-12-12"
    }));
    let old = old.unwrap();
    assert_eq!(old.key.expose(), KEY);
    assert_eq!(old.extra.keys().collect::<Vec<_>>(), ["authenticated", "created_at"]);

    let unknown = open(&json!({"event": "IDENTITY_MERGED", "key": KEY, "with": OTHER})).unwrap();
    assert_eq!(unknown.event, EventName::Other("IDENTITY_MERGED".into()));
    assert_eq!(unknown.extra["with"], OTHER);
}

#[test]
fn whatever_is_wrong_gives_the_same_error() {
    let good = json!({"event": "VERIFICATION_REVIEWED", "key": KEY}).to_string();
    let text = |bytes: &[u8]| STANDARD.encode(bytes).into_bytes();
    let whole = sealed(SECRET, good.as_bytes());
    let mut flipped = whole.clone();
    *flipped.last_mut().unwrap() ^= 1;
    let repeated = format!(r#"{{"event":"A","event":"B","key":"{KEY}"}}"#);
    let bodies = [
        good.clone().into_bytes(),
        Vec::new(),
        b"%%%".to_vec(),
        text(&[]),
        text(&whole[..16]),
        text(&whole[..whole.len() - 1]),
        text(&flipped),
        text(&sealed(&"x".repeat(32), good.as_bytes())),
        text(&sealed(SECRET, b"not json")),
        text(&sealed(SECRET, b"")),
        text(&sealed(SECRET, b"{}")),
        text(&sealed(SECRET, br#"{"event":"VERIFICATION_REVIEWED"}"#)),
        text(&sealed(SECRET, br#"{"event":"VERIFICATION_REVIEWED","key":"42"}"#)),
        text(&sealed(SECRET, repeated.as_bytes())),
        vec![b'A'; WebhookOpener::MAX_BYTES + 4],
    ];
    for body in bodies {
        let error = encrypted().open(Some("text/plain"), &body).unwrap_err();
        assert_eq!(error, WebhookError);
    }
    for content_type in [None, Some(""), Some("application/json"), Some("text/html")] {
        assert!(encrypted().open(content_type, KNOWN_ANSWER.as_bytes()).is_err());
    }
}

#[test]
fn with_a_secret_nothing_in_plain_text_is_taken_and_without_one_nothing_else() {
    let plain = json!({"event": "VERIFICATION_REVIEWED", "key": KEY}).to_string();
    assert!(encrypted().open(Some("application/json"), plain.as_bytes()).is_err());
    let forgeable = WebhookOpener::plain_and_forgeable();
    assert!(forgeable.open(Some("application/json; charset=utf-8"), plain.as_bytes()).is_ok());
    assert!(forgeable.open(Some("text/plain"), KNOWN_ANSWER.as_bytes()).is_err());
    let no_longer = forgeable.or_with(secret());
    assert!(no_longer.open(Some("application/json"), plain.as_bytes()).is_err());
    assert!(no_longer.open(Some("text/plain"), KNOWN_ANSWER.as_bytes()).is_ok());
}

#[test]
fn the_previous_secret_opens_while_one_is_being_changed() {
    let next = WebhookSecret::parse(&"n".repeat(32)).unwrap();
    let both = WebhookOpener::encrypted(next.clone()).or_with(secret());
    assert!(both.open(Some("text/plain"), KNOWN_ANSWER.as_bytes()).is_ok());
    let only = WebhookOpener::encrypted(next);
    assert!(only.open(Some("text/plain"), KNOWN_ANSWER.as_bytes()).is_err());
    assert!(!format!("{both:?}").contains("nnn"));
}

#[test]
fn a_secret_has_exactly_32_characters() {
    let with_newline = format!("{}\n", "a".repeat(31));
    for wrong in ["", "short", &"a".repeat(31), &"a".repeat(33), &with_newline, &"é".repeat(16)] {
        let error = WebhookSecret::parse(wrong).unwrap_err();
        assert!(!error.to_string().contains("short"));
    }
}

#[test]
fn repetitions_have_the_same_key_and_later_events_another() {
    let event = |name: &str, key: &str, updated: Value| {
        let body = json!({"event": name, "key": key, "updated": updated, "status": "approved"});
        open(&body).unwrap().semantic_key()
    };
    let one = event("VERIFICATION_REVIEWED", KEY, json!(5));
    assert_eq!(one, event("VERIFICATION_REVIEWED", KEY, json!(5)));
    for other in [
        event("VERIFICATION_REVIEWED", KEY, json!(6)),
        event("VERIFICATION_REVIEWED", KEY, json!(null)),
        event("VERIFICATION_REVIEWED", OTHER, json!(5)),
        event("VERIFICATION_COMPLETED", KEY, json!(5)),
    ] {
        assert_ne!(one, other);
    }
}

#[test]
fn whatever_could_take_an_approval_back_says_so() {
    let revokes = |name: &str, status: Value| {
        open(&json!({"event": name, "key": KEY, "status": status})).unwrap().may_revoke()
    };
    assert!(!revokes("VERIFICATION_REVIEWED", json!("approved")));
    assert!(!revokes("IDENTITY_AUTHENTICATED", json!(null)));
    assert!(revokes("VERIFICATION_REVIEWED", json!("declined")));
    assert!(revokes("VERIFICATION_COMPLETED", json!("approved")), "the documented trap");
    assert!(revokes("VERIFICATION_COMPLETED", json!("new_status")));
    assert!(revokes("VERIFICATION_COMPLETED", json!(null)));
    assert!(revokes("WATCHLIST_MONITORING", json!("approved")));
    assert!(revokes("DATAPOINT_UPDATED", json!(null)));
    assert!(revokes("IDENTITY_MERGED", json!("approved")));
}

/// The documented trap: COMPLETED says `approved` while a finding keeps the identity `pending`.
#[test]
fn an_event_is_a_hint_and_the_identity_is_read_again() {
    let api = api();
    let body = json!({"event": "VERIFICATION_COMPLETED", "key": KEY, "status": "approved"});
    let event = open(&body).unwrap();
    let mut pending = identity();
    pending["status"] = json!("pending");
    api.answer(&pending);
    let identity = block_on(api.client.identity_of(&event)).unwrap();
    assert_eq!(event.status, Some(IdentityStatus::Approved));
    assert_eq!(identity.status, Some(IdentityStatus::Pending));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_body_panics_and_none_opens_by_chance(body in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(encrypted().open(Some("text/plain"), &body).is_err());
        let body = STANDARD.encode(&body);
        prop_assert!(encrypted().open(Some("text/plain"), body.as_bytes()).is_err());
    }
}
