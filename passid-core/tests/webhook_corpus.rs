//! The checks of the fuzz targets (`fuzz/checks` at the root of the repository), on every input that
//! is kept there and on inputs of proptest.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

#[path = "../../fuzz/checks/mod.rs"]
mod checks;
mod common;

use std::path::Path;

use checks::{body_pieces, envelope, signature_header};
use common::{cases, json};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Value, json};

/// Checks every input of a target, and tells a failure's file.
fn replay(target: &str, check: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus").join(target);
    let mut replayed = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let input = std::fs::read(&path).unwrap();
        let checked = std::panic::catch_unwind(|| check(&input));
        assert!(checked.is_ok(), "{}", path.display());
        replayed += 1;
    }
    assert!(replayed > 10, "{target} has {replayed} inputs");
}

#[test]
fn every_kept_signature_header_is_judged_by_the_rule() {
    replay("signature_header", signature_header::check);
}

#[test]
fn every_kept_envelope_is_read_whole_or_refused() {
    replay("envelope", envelope::check);
}

#[test]
fn every_kept_body_in_pieces_has_the_verdict_of_the_whole() {
    replay("body_pieces", body_pieces::check);
}

/// Nearly the right header, or anything.
fn header() -> impl Strategy<Value = Vec<u8>> {
    let right = select(vec!["sha256=%0", "sha256=%1", "sha256=%2", "sha256=%U"]);
    let scheme = select(vec!["sha256=", "sha1=", "", " sha256=", "SHA256=", "sha256=sha256="]);
    let digits = prop_oneof!["[0-9a-fA-F]{64}", "[0-9a-fA-Fgx, ]{62,66}", "%[012U][ ,0]?"];
    let nearly = (scheme, digits).prop_map(|(scheme, digits)| format!("{scheme}{digits}"));
    prop_oneof![
        3 => right.prop_map(|header| header.as_bytes().to_vec()),
        2 => nearly.prop_map(String::into_bytes),
        1 => vec(any::<u8>(), 0..100),
    ]
}

/// As the fuzz targets spell it.
fn delivery() -> impl Strategy<Value = Vec<u8>> {
    let headers = prop_oneof![5 => vec(header(), 1), 1 => vec(header(), 0..4)];
    let body = prop_oneof![vec(any::<u8>(), 0..300), vec(any::<u8>(), 250..260)];
    (headers, body).prop_map(|(headers, body)| [&headers.join(&0x1f)[..], &[0x1e], &body].concat())
}

/// Members of an event's data, known and not, that are likely to be taken.
fn data() -> impl Strategy<Value = Value> {
    let member = prop_oneof![
        select(vec!["passid ab3x 7yqm k9pq", "psid_sandbox_demo_001"])
            .prop_map(|token| ("token".to_owned(), json!(token))),
        (
            select(vec!["verified_at", "verifiedAt"]),
            select(vec![
                "2026-03-29T10:22:14Z",
                "1969-12-31T23:59:59.5Z",
                "-009999-01-02T01:59:59Z"
            ]),
        )
            .prop_map(|(name, time)| (name.to_owned(), json!(time))),
        (select(vec!["claims", "verified_claims", "verification_context"]), json::object())
            .prop_map(|(name, members)| (name.to_owned(), Value::Object(members))),
        (select(vec!["deny_reason", "denyReason", "reason_code", "outcome"]), json::text())
            .prop_map(|(name, word)| (name.to_owned(), json!(word))),
        (select(vec!["amount_usd", "amountUsd"]), json::number())
            .prop_map(|(name, number)| (name.to_owned(), json!(number))),
        (json::name(), json::value()),
    ];
    let members =
        vec(member, 0..6).prop_map(|members| Value::Object(members.into_iter().collect()));
    prop_oneof![6 => members, 1 => json::value()]
}

fn event() -> impl Strategy<Value = Value> {
    let name = select(vec![
        "verification.completed",
        "verification.failed",
        "outcome.reported",
        "webhook.test",
        "credential.revoked",
    ]);
    let id = prop_oneof![Just(json!("42")), any::<i64>().prop_map(Value::from)];
    (name, id, data(), proptest::option::weighted(0.2, (json::name(), json::value()))).prop_map(
        |(name, id, data, extra)| {
            let mut event = json!({
                "event": name, "institution_id": id, "timestamp": "2026-03-29T10:22:14Z", "data": data
            });
            if let Some((name, value)) = extra {
                event[name] = value;
            }
            event
        },
    )
}

proptest! {
    #![proptest_config(cases(512))]

    #[test]
    fn any_signature_header_is_judged_by_the_rule(delivery in delivery()) {
        signature_header::check(&delivery);
    }

    #[test]
    fn any_body_in_pieces_has_the_verdict_of_the_whole(
        announced in 0..6_u8,
        breaking in prop_oneof![3 => Just(255_u8), 1 => 0..12_u8],
        sizes in vec(prop_oneof![0..4_u8, any::<u8>()], 0..8),
        delivery in delivery(),
    ) {
        let count = u8::try_from(sizes.len()).unwrap();
        body_pieces::check(&[&[announced, breaking, count], &sizes[..], &delivery].concat());
    }

    #[test]
    fn any_event_is_read_whole_or_refused(event in event()) {
        envelope::check(event.to_string().as_bytes());
    }

    #[test]
    fn an_event_with_a_byte_changed_is_read_whole_or_refused(
        event in event(), at in any::<Index>(), byte in any::<u8>()
    ) {
        let mut body = event.to_string().into_bytes();
        let at = at.index(body.len());
        body[at] = byte;
        envelope::check(&body);
    }
}
