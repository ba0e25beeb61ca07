use serde_json::{Value, json};

use super::*;
use crate::testing::webhook::envelope;
use crate::{DenyReason, ReportedOutcome};

fn read(name: &str, data: Value) -> Result<Event, EventError> {
    Event::read(envelope(name, data).into())
}

fn read_raw(text: &str) -> Result<Event, EventError> {
    Event::read(Bytes::copy_from_slice(text.as_bytes()))
}

fn completed(data: Value) -> VerificationCompleted {
    match read("verification.completed", data).unwrap().data {
        EventData::VerificationCompleted(data) => data,
        other => panic!("{other:?}"),
    }
}

fn outcome(data: Value) -> OutcomeReported {
    match read("outcome.reported", data).unwrap().data {
        EventData::OutcomeReported(data) => data,
        other => panic!("{other:?}"),
    }
}

const TOKEN: &str = "PASSID-AB3X-7YQM-K9PQ-3MNX";

#[test]
fn the_guides_example_is_read_whole() {
    let event = read_raw(
        r#"{"event":"verification.completed","institution_id":"42","timestamp":"2026-03-29T10:22:14Z",
        "data":{"token":"PASSID-AB3X-7YQM-K9PQ-3MNX","verified_at":"2026-03-29T10:22:14Z",
        "proof_type":"groth16/bn254","verified_claims":{"identity_verified":true,
        "income_verified":true,"sanctions_screening_clear":true,"payment_behavior_verified":true}}}"#,
    )
    .unwrap();
    assert_eq!((event.name(), &*event.institution_id), ("verification.completed", "42"));
    assert!(event.extra.is_empty());
    let EventData::VerificationCompleted(data) = &event.data else { panic!("{event:?}") };
    assert_eq!(data.token.as_ref().unwrap().expose(), TOKEN);
    assert_eq!(data.verified_at, Some(event.timestamp));
    assert_eq!(data.proof_type.as_deref(), Some("groth16/bn254"));
    assert_eq!(data.claims.payment_behavior_verified, Some(true));
    assert_eq!(data.claims.income_band, None);
    assert!(data.extra.is_empty());
    assert!(event.raw().starts_with(br#"{"event""#));
}

#[test]
fn claims_are_read_under_either_name_and_must_agree() {
    let claims = json!({"identity_verified": true});
    for data in [
        json!({"verified_claims": claims}),
        json!({"claims": claims}),
        json!({"claims": claims, "verified_claims": claims}),
    ] {
        assert_eq!(completed(data).claims.identity_verified, Some(true));
    }
    assert_eq!(completed(json!({})).claims, crate::VerificationClaims::default());
    let other = json!({"claims": claims, "verified_claims": {"identity_verified": false}});
    assert_eq!(
        read("verification.completed", other).unwrap_err(),
        EventError::Ambiguous { field: "claims" }
    );
}

#[test]
fn a_completed_verification_with_a_reason_to_deny_is_refused() {
    for field in ["deny_reason", "denyReason", "reason_code"] {
        let data = json!({field: "HARD_DENY_SANCTIONS_MATCH"});
        assert_eq!(
            read("verification.completed", data).unwrap_err(),
            EventError::Contradiction { field }
        );
        completed(json!({field: ""}));
        completed(json!({field: null}));
    }
}

#[test]
fn a_failed_verification_tells_its_reason_and_a_sanctions_match_outweighs_all() {
    let reason = |data| match read("verification.failed", data).unwrap().data {
        EventData::VerificationFailed(data) => (data.is_final(), data.reason),
        other => panic!("{other:?}"),
    };
    assert_eq!(
        reason(json!({"token": TOKEN, "deny_reason": "TOKEN_EXPIRED"})),
        (false, DenyReason::TokenExpired)
    );
    assert_eq!(
        reason(json!({"deny_reason": "TOKEN_EXPIRED", "reason_code": "hard_deny_sanctions_match"})),
        (true, DenyReason::HardDenySanctionsMatch)
    );
    assert_eq!(reason(json!({})), (false, DenyReason::Unspecified));
    // A token in the place of a reason is not repeated.
    assert_eq!(
        reason(json!({"token": TOKEN, "deny_reason": TOKEN})),
        (false, DenyReason::Other("unprintable".into()))
    );
}

#[test]
fn an_outcome_is_read_in_both_spellings() {
    let snake = outcome(json!({
        "token": TOKEN, "outcome": "no_default", "product_type": "loan", "amount_usd": 250.5,
        "verification_context": {"coverage": "high"}
    }));
    let camel = outcome(json!({
        "token": TOKEN, "outcome": "no_default", "productType": "loan", "amountUsd": 250.5,
        "verificationContext": {"coverage": "high"}
    }));
    assert_eq!(snake, camel);
    assert_eq!(snake.known_outcome(), Some(ReportedOutcome::NoDefault));
    assert_eq!(snake.amount_usd, Some(250.5));
    let new = outcome(json!({"outcome": "refinanced", "lender": "x"}));
    assert_eq!((new.known_outcome(), new.outcome.as_deref()), (None, Some("refinanced")));
    assert_eq!(new.extra["lender"], "x");
}

#[test]
fn tests_and_unknown_events_take_any_data() {
    for data in [json!({"message": "hi"}), json!([1]), json!("x"), Value::Null] {
        assert_eq!(read("webhook.test", data.clone()).unwrap().data, EventData::Test(data.clone()));
        assert_eq!(
            read("credential.revoked", data.clone()).unwrap().data,
            EventData::Other { event: "credential.revoked".into(), data }
        );
    }
    let bare = r#"{"event":"x","institution_id":42,"timestamp":"2026-01-01T00:00:00Z","v":2}"#;
    let bare = read_raw(bare).unwrap();
    assert_eq!((&*bare.institution_id, &bare.extra["v"]), ("42", &json!(2)));
}

#[test]
fn what_is_no_envelope_is_refused_by_the_name_of_the_member() {
    let envelope = |change: fn(&mut Value)| {
        let mut envelope = json!({
            "event": "webhook.test", "institution_id": "42", "timestamp": "2026-01-01T00:00:00Z",
            "data": {}
        });
        change(&mut envelope);
        read_raw(&envelope.to_string()).unwrap_err()
    };
    let missing = |field| EventError::Missing { field };
    let wrong = |field| EventError::WrongType { field };
    assert_eq!(envelope(|e| e["event"] = Value::Null), missing("event"));
    assert_eq!(envelope(|e| e["event"] = json!("  ")), missing("event"));
    assert_eq!(envelope(|e| e["event"] = json!(1)), wrong("event"));
    assert_eq!(envelope(|e| e["institution_id"] = Value::Null), missing("institution_id"));
    assert_eq!(envelope(|e| e["institution_id"] = json!("")), wrong("institution_id"));
    assert_eq!(envelope(|e| e["institution_id"] = json!(4.5)), wrong("institution_id"));
    assert_eq!(envelope(|e| e["timestamp"] = Value::Null), missing("timestamp"));
    assert_eq!(envelope(|e| e["timestamp"] = json!(1)), wrong("timestamp"));
    assert_eq!(envelope(|e| e["timestamp"] = json!("yesterday")), wrong("timestamp"));
    for text in ["", "null", "[]", "{", "{} {}", "\u{feff}{}", r#"{"event":"x","event":"x"}"#] {
        assert_eq!(read_raw(text).unwrap_err(), EventError::Malformed, "{text}");
    }
    let repeated = r#"{"event":"webhook.test","institution_id":"42",
        "timestamp":"2026-01-01T00:00:00Z","data":{"a":{"b":1,"b":2}}}"#;
    assert_eq!(read_raw(repeated).unwrap_err(), EventError::Malformed);
}

#[test]
fn a_known_event_with_data_of_another_type_is_refused() {
    let refused = |name, data| read(name, data).unwrap_err();
    let wrong = |field| EventError::WrongType { field };
    for name in ["verification.completed", "verification.failed", "outcome.reported"] {
        assert_eq!(refused(name, Value::Null), EventError::Missing { field: "data" });
        assert_eq!(refused(name, json!([])), wrong("data"));
        assert_eq!(refused(name, json!({"token": 1})), wrong("token"));
        assert_eq!(refused(name, json!({"token": "two words"})), wrong("token"));
    }
    let completed = "verification.completed";
    assert_eq!(refused(completed, json!({"verified_at": 5})), wrong("verified_at"));
    assert_eq!(refused(completed, json!({"claims": []})), wrong("claims"));
    assert!(matches!(
        refused(completed, json!({"claims": {"identity_verified": "yes"}})),
        EventError::WrongClaimType(_)
    ));
    assert_eq!(refused("verification.failed", json!({"deny_reason": 1})), wrong("deny_reason"));
    assert_eq!(refused("outcome.reported", json!({"amountUsd": "5"})), wrong("amountUsd"));
    assert_eq!(
        refused("outcome.reported", json!({"amountUsd": 5, "amount_usd": 6})),
        EventError::Ambiguous { field: "amountUsd" }
    );
}

#[test]
fn the_semantic_key_is_that_of_the_meaning_and_stays_the_same() {
    let key = |name, data| read(name, data).unwrap().semantic_key();
    let at = "2026-03-29T10:22:14Z";
    let first = key("verification.completed", json!({"token": TOKEN, "verified_at": at}));
    // Computed with another implementation from the documented form.
    assert_eq!(
        first.unwrap().to_string(),
        "eed1a0e01d12c5ef5130793d40b2f253e7f1b335b349b76901dbb0cbcf6ca089"
    );
    let spelled = json!({
        "token": "passid ab3x 7yqm k9pq 3mnx", "verified_at": "2026-03-29T12:22:14+02:00",
        "verified_claims": {}
    });
    assert_eq!(key("verification.completed", spelled), first);
    let later = json!({"token": TOKEN, "verified_at": "2026-03-29T10:22:15Z"});
    assert_ne!(key("verification.completed", later), first);

    let repaid = key("outcome.reported", json!({"token": TOKEN, "outcome": "repaid"}));
    assert_ne!(repaid, None);
    assert_ne!(repaid, key("outcome.reported", json!({"token": TOKEN, "outcome": "other"})));

    for (name, data) in [
        ("verification.completed", json!({"token": TOKEN})),
        ("verification.completed", json!({"verified_at": at})),
        ("outcome.reported", json!({"token": TOKEN})),
        ("outcome.reported", json!({"outcome": "repaid"})),
        ("verification.failed", json!({"token": TOKEN, "verified_at": at})),
        ("webhook.test", json!({"token": TOKEN, "verified_at": at})),
        ("other", json!({"token": TOKEN, "verified_at": at, "outcome": "repaid"})),
    ] {
        assert_eq!(key(name, data), None, "{name}");
    }
}

#[test]
fn another_institution_has_another_key() {
    let of = |id: &str| {
        let data = json!({"token": TOKEN, "outcome": "repaid"});
        let timestamp = "2026-01-01T00:00:00Z";
        let body = json!({
            "event": "outcome.reported", "institution_id": id, "timestamp": timestamp, "data": data
        });
        read_raw(&body.to_string()).unwrap().semantic_key().unwrap()
    };
    assert_ne!(of("42"), of("43"));
}

#[test]
fn debug_shows_what_happened_and_nothing_of_whom() {
    let marked = json!({"message": "zq7-marker"});
    let data = json!({
        "token": "PASSID-ZQ7X", "verified_at": "2026-03-29T10:22:14Z", "proof_type": "zq7-marker",
        "verified_claims": {"income_band": "zq7-marker", "zq7-marker": 1}, "zq7-marker": "x"
    });
    let outcome = json!({
        "token": "PASSID-ZQ7X", "outcome": "zq7-marker", "product_type": "zq7-marker",
        "verification_context": "zq7-marker", "amount_usd": 918273
    });
    for event in [
        read("verification.completed", data).unwrap(),
        read("verification.failed", json!({"token": "PASSID-ZQ7X", "zq7": "zq7"})).unwrap(),
        read("outcome.reported", outcome).unwrap(),
        read("webhook.test", marked.clone()).unwrap(),
        read("line\nbreak and zq7", marked).unwrap(),
    ] {
        let shown = format!("{event:?} {event:#?}").to_lowercase();
        assert!(!shown.contains("zq7") && !shown.contains("918273"), "{shown}");
    }
}

#[test]
fn a_token_in_the_place_of_the_institution_is_not_shown() {
    let body = json!({
        "event": "verification.failed", "institution_id": TOKEN,
        "timestamp": "2026-03-29T10:22:14Z", "data": {"token": TOKEN}
    });
    let event = read_raw(&body.to_string()).unwrap();
    assert_eq!(event.institution_id, TOKEN);
    assert!(!format!("{event:?}").contains("7YQM"), "{event:?}");
}
