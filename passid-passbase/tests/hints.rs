//! What an inbox is given of a webhook, what comes back from it, and what follows from reading again.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use common::{KEY, OTHER, api, block_on, credential, identity, judged, key, shows_nothing, token};
use passid_core::Subject;
use passid_core::provider::{Hint, HintOpener, NoHint};
use passid_passbase::webhook::{Event, EventName, Refetched, WebhookOpener};
use passid_passbase::{ErrorKind, IdentityAccessKey};
use proptest::prelude::*;
use serde_json::{Value, json};

fn opened(body: &Value) -> Hint {
    let body = Bytes::from(body.to_string());
    WebhookOpener::plain_and_forgeable().open_hint(Some("application/json"), body).unwrap()
}

fn reviewed(status: &str) -> Value {
    json!({"event": "VERIFICATION_REVIEWED", "key": KEY, "status": status, "updated": 1_619_095_419})
}

#[test]
fn a_hint_says_the_event_whom_it_is_about_and_when_and_reads_back_the_same() {
    let hint = opened(&reviewed("approved"));
    assert_eq!(hint.name(), "VERIFICATION_REVIEWED");
    let about = IdentityAccessKey::parse(&KEY.to_uppercase()).unwrap().subject();
    assert_eq!((hint.about(), about), (Some(key().subject()), Subject::of("passbase", KEY)));
    let at = SystemTime::UNIX_EPOCH + Duration::from_secs(1_619_095_419);
    assert_eq!(hint.time(), Some(at));
    let event = Event::from_opened(hint.body()).unwrap();
    assert_eq!(event.event, EventName::VerificationReviewed);
    assert_eq!(hint.semantic_key(), Some(&event.semantic_key()));
    shows_nothing(&format!("{hint:?}"));
    assert!(Event::from_opened(b"{}").is_err());
}

#[test]
fn what_says_nothing_of_its_time_has_no_key_so_that_none_is_lost() {
    let hint = opened(&json!({"event": "WATCHLIST_MONITORING", "key": KEY}));
    assert_eq!((hint.semantic_key(), hint.time()), (None, None));
    assert_eq!(hint.about(), Some(key().subject()));
}

#[test]
fn two_decisions_in_one_second_are_two() {
    let key = |status| *opened(&reviewed(status)).semantic_key().unwrap();
    assert_eq!(key("approved"), key("approved"));
    assert_ne!(key("approved"), key("declined"));
}

#[test]
fn a_key_of_the_project_is_not_handed_on() {
    let hint = opened(&json!({
        "event": "AUTHENTICATION_PROCESSED", "authentication_key": KEY, "api_key": "key-marker"
    }));
    assert!(!String::from_utf8_lossy(hint.body()).contains("key-marker"));
    assert_eq!(Event::from_opened(hint.body()).unwrap().key, key());
}

#[test]
fn an_unknown_event_is_a_hint_too() {
    assert_eq!(opened(&json!({"event": "MERGED", "key": KEY, "with": OTHER})).name(), "MERGED");
}

#[test]
fn a_credential_says_whom_it_is_about_as_the_events_do() {
    let credential = credential(judged(&identity(), token(), |verifier| verifier));
    assert_eq!(credential.subject(), opened(&reviewed("declined")).about());
}

fn refetched(event: &Value, identity: &Value) -> Refetched {
    let api = api();
    api.answer(identity);
    let event = Event::from_opened(event.to_string().as_bytes()).unwrap();
    block_on(api.client.refetch(&event)).unwrap()
}

#[test]
fn an_approved_identity_stands_unless_the_event_or_a_finding_speaks_against_it() {
    let with = |member: &str, value: Value| {
        let mut identity = identity();
        identity[member] = value;
        identity
    };
    let stands = refetched(&reviewed("approved"), &identity());
    assert!(matches!(&stands, Refetched::Stands(read) if read.id == Some(key())));
    assert!(!stands.may_revoke() && stands.identity().is_some());
    shows_nothing(&format!("{stands:?}"));
    let unscreened = with("watchlist", Value::Null);
    assert!(!refetched(&reviewed("approved"), &unscreened).may_revoke());
    for (event, identity) in [
        (reviewed("declined"), identity()),
        (json!({"event": "WATCHLIST_MONITORING", "key": KEY}), identity()),
        (reviewed("approved"), with("status", json!("pending"))),
        (reviewed("approved"), with("status", json!("of_tomorrow"))),
        (reviewed("approved"), with("watchlist", json!({"clean": false}))),
        (reviewed("approved"), with("watchlist", json!({"clean": true, "types": ["pep"]}))),
    ] {
        let outcome = refetched(&event, &identity);
        assert!(matches!(outcome, Refetched::MayBeRevoked(_)) && outcome.may_revoke(), "{event}");
    }
}

#[test]
fn an_identity_that_is_not_there_is_gone_and_an_outage_is_no_answer() {
    let event = Event::from_opened(reviewed("approved").to_string().as_bytes()).unwrap();
    let api = api();
    api.answer_raw(404, "");
    let gone = block_on(api.client.refetch(&event)).unwrap();
    assert!(matches!(gone, Refetched::Gone) && gone.may_revoke() && gone.identity().is_none());
    api.answer_raw(401, "");
    assert_eq!(block_on(api.client.refetch(&event)).unwrap_err().kind(), ErrorKind::KeyRefused);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_refused_alike_or_read_back(
        body in prop_oneof![
            prop::collection::vec(any::<u8>(), 0..200),
            "\\{\"event\":\"[A-Z_]{1,9}\",\"key\":\"a44c2593-e2ae-4ed9-b81b-c1330580338[0-9]\",\
             \"updated\":-?[0-9]{0,20}\\}".prop_map(String::into_bytes),
        ],
        content_type in prop::option::of("[ -~]{0,20}"),
        json in any::<bool>(),
    ) {
        let content_type = if json { Some("application/json") } else { content_type.as_deref() };
        let opener = WebhookOpener::plain_and_forgeable();
        match opener.open_hint(content_type, Bytes::from(body)) {
            Ok(hint) => prop_assert!(Event::from_opened(hint.body()).is_ok()),
            Err(error) => prop_assert_eq!(error, NoHint),
        }
    }
}
