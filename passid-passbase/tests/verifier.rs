//! From an identity to a verdict: the rows of the mapping table.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use common::{
    KEY, RECEIVED, api, bare, block_on, credential, denial, document, identity, judged, now, token,
};
use passid_core::client::TransportErrorKind;
use passid_core::{Token, UnavailableKind, Verdict, VerificationClaims, Verify};
use passid_passbase::webhook::WebhookOpener;
use passid_passbase::{Caller, PassbaseVerifier, RecentProcessedTimes, ScoreFloors, reason};
use serde_json::{Value, json};

fn claims_of(identity: &Value) -> VerificationClaims {
    credential(judged(identity, token(), |v| v)).claims().clone()
}

fn changed(change: impl FnOnce(&mut Value)) -> Value {
    let mut identity = identity();
    change(&mut identity);
    identity
}

#[test]
fn an_approved_identity_of_the_caller_is_a_credential() {
    let credential = credential(judged(&identity(), token(), |v| v));
    assert_eq!(credential.provider(), "passbase");
    let claims = credential.claims();
    assert_eq!(claims.identity_verified, Some(true));
    assert_eq!(claims.sanctions_screening_clear, Some(true));
    assert_eq!(claims.identity_and_fraud_checks_passed, Some(true));
    assert_eq!(claims.freshness_hours, Some(24));
    assert_eq!(claims.income_verified, None, "this provider cannot know");
    assert_eq!(credential.token(), Some(&token()));
    assert_eq!(credential.extra()["user"], "user-42");
    assert_eq!(credential.extra()["bound_by"], "metadata_nonce");
}

#[test]
fn only_approved_is_verified() {
    for (status, expected) in [
        ("declined", reason::DECLINED),
        ("created", reason::NOT_APPROVED),
        ("processing", reason::NOT_APPROVED),
        ("pending", reason::NOT_APPROVED),
    ] {
        let identity = changed(|identity| identity["status"] = json!(status));
        assert_eq!(denial(judged(&identity, token(), |v| v)), expected);
    }
    for status in [json!("Approved"), json!("verified"), json!("processed"), json!(null)] {
        let identity = changed(|identity| identity["status"] = status);
        let Verdict::Unavailable(outage) = judged(&identity, token(), |v| v) else { panic!() };
        assert_eq!(outage.kind(), UnavailableKind::Undecodable);
    }
}

#[test]
fn a_key_alone_proves_nothing() {
    let api = api();
    assert_eq!(denial(block_on(api.verifier().verify(bare()))), reason::NOT_BOUND);
    assert!(api.paths().is_empty(), "nothing was asked");

    let verdict = judged(&identity(), bare(), PassbaseVerifier::accepting_keys_from_anyone);
    let credential = credential(verdict);
    assert_eq!(credential.extra()["bound_by"], "nothing");
    assert!(!credential.extra().contains_key("user"), "nobody vouched for it");
}

#[test]
fn an_identity_of_somebody_else_is_refused() {
    let stolen = Token::parse(&format!("{KEY}.{}", "f".repeat(32))).unwrap();
    assert_eq!(denial(judged(&identity(), stolen, |v| v)), reason::ANOTHER_CALLER);
    for metadata in [
        json!(null),
        json!({}),
        json!({"passid": {}}),
        json!({"passid": {"nonce_sha256": ""}}),
        json!({"passid": {"nonce_sha256": true, "user": "user-42"}}),
        json!("undecrypted"),
        json!([]),
    ] {
        let identity = changed(|identity| identity["metadata"] = metadata);
        assert_eq!(denial(judged(&identity, token(), |v| v)), reason::ANOTHER_CALLER);
        let user = |v: PassbaseVerifier| v.for_caller(Caller::User(String::new()));
        assert_eq!(denial(judged(&identity, bare(), user)), reason::ANOTHER_CALLER);
    }
}

#[test]
fn a_caller_who_is_known_from_elsewhere_is_held_against_the_identity() {
    let as_caller = |caller: Caller| judged(&identity(), bare(), |v| v.for_caller(caller));
    credential(as_caller(Caller::User("user-42".into())));
    let mine = credential(as_caller(Caller::OwnerEmail(" jane@example.COM ".into())));
    assert_eq!(mine.extra()["bound_by"], "owner_email");
    assert!(!mine.extra().contains_key("user"));
    for other in [
        Caller::User("user-43".into()),
        Caller::User(String::new()),
        Caller::OwnerEmail("john@example.com".into()),
        Caller::OwnerEmail("  ".into()),
        Caller::OwnerEmail("\u{a0}jane@example.com".into()),
    ] {
        assert_eq!(denial(as_caller(other)), reason::ANOTHER_CALLER);
    }
    let nobodys = changed(|identity| identity["owner"] = json!({"email": ""}));
    let empty = judged(&nobodys, bare(), |v| v.for_caller(Caller::OwnerEmail(String::new())));
    assert_eq!(denial(empty), reason::ANOTHER_CALLER);
}

#[test]
fn an_address_that_only_looks_alike_is_somebody_elses() {
    for (owner, caller) in [
        ("mi\u{212a}e@example.com", "mike@example.com"),
        ("mike@example.com", "mi\u{212a}e@example.com"),
        ("mike@example.com\u{3000}", "mike@example.com"),
        ("\u{130}@example.com", "i\u{307}@example.com"),
    ] {
        let identity = changed(|identity| identity["owner"]["email"] = json!(owner));
        let verdict =
            judged(&identity, bare(), |v| v.for_caller(Caller::OwnerEmail(caller.into())));
        assert_eq!(denial(verdict), reason::ANOTHER_CALLER, "{owner:?} {caller:?}");
    }
}

#[test]
fn an_event_about_something_else_makes_no_evidence_younger() {
    for (event, hours) in [
        ("VERIFICATION_REVIEWED", 23),
        ("AUTHENTICATION_PROCESSED", 23),
        ("IDENTITY_AUTHENTICATED", 24),
        ("WATCHLIST_MONITORING", 24),
        ("DATAPOINT_UPDATED", 24),
        ("IDENTITY_MERGED", 24),
    ] {
        let times = RecentProcessedTimes::with_capacity(1);
        let body = json!({"event": event, "key": KEY, "processed": RECEIVED + 3600}).to_string();
        let opener = WebhookOpener::plain_and_forgeable();
        times.note(&opener.open(Some("application/json"), body.as_bytes()).unwrap());
        let verdict = judged(&identity(), token(), |v| v.processed_times(Arc::new(times)));
        assert_eq!(credential(verdict).claims().freshness_hours, Some(hours), "{event}");
    }
}

#[test]
fn tokens_of_other_providers_are_refused_without_a_call() {
    let api = api();
    for raw in ["PASSID-AB3X-7YQM-K9PQ-3MNX", "psid_sandbox_demo_001", "..", &format!("{KEY}.x")] {
        let verdict = block_on(api.verifier().verify(Token::parse(raw).unwrap()));
        assert_eq!(denial(verdict), reason::NOT_AN_IDENTITY, "{raw}");
    }
    assert!(api.paths().is_empty());
}

#[test]
fn no_screening_is_not_clear() {
    for watchlist in [json!(null), json!({}), json!({"clean": null})] {
        let identity = changed(|identity| identity["watchlist"] = watchlist);
        assert_eq!(claims_of(&identity).sanctions_screening_clear, None);
    }
    let unclean = json!({"clean": false, "types": ["adverse-media"]});
    let claims = claims_of(&changed(|identity| identity["watchlist"] = unclean));
    assert_eq!(claims.sanctions_screening_clear, Some(false));
    assert_eq!(claims.identity_and_fraud_checks_passed, None, "withheld");
    assert_eq!(claims.identity_verified, Some(true));
    let contradiction = json!({"clean": true, "types": ["pep-class-1"]});
    let claims = claims_of(&changed(|identity| identity["watchlist"] = contradiction));
    assert_eq!(claims.sanctions_screening_clear, None);
}

#[test]
fn a_finding_on_a_sanctions_list_outweighs_an_approval() {
    for watchlist in [
        json!({"clean": false, "types": ["sanction"]}),
        json!({"clean": true, "types": ["Sanction-former"]}),
        json!({"listings": {"ofac": {"aml_types": ["warning", "sanction"]}}}),
    ] {
        let identity = changed(|identity| identity["watchlist"] = watchlist);
        assert_eq!(denial(judged(&identity, token(), |v| v)), "HARD_DENY_SANCTIONS_MATCH");
        let left = judged(&identity, token(), PassbaseVerifier::leaving_sanctions_to_the_policy);
        let credential = credential(left);
        assert_eq!(credential.claims().sanctions_screening_clear, Some(false));
        assert_eq!(credential.claims().identity_and_fraud_checks_passed, None);
        assert_eq!(credential.extra()["sanctions_match"], true);
    }
}

#[test]
fn without_an_identity_document_nobody_is_verified() {
    for resources in [
        json!([]),
        json!(null),
        json!([{"type": "PROOF_OF_ADDRESS", "status": "processed"}]),
        json!([{"type": "passport", "status": "processed"}]),
        json!([{"type": "PASSPORT", "status": "processing"}]),
        json!([{"type": "PASSPORT", "status": "unverified"}]),
        json!([{"status": "processed"}]),
    ] {
        let claims = claims_of(&changed(|identity| identity["resources"] = resources));
        assert_eq!(claims.identity_verified, None);
        assert_eq!(claims.identity_and_fraud_checks_passed, None);
        assert_eq!(claims.freshness_hours, None);
    }
    for kind in ["PASSPORT", "DRIVERS_LICENSE", "NATIONAL_ID_CARD", "NATIONAL_ID"] {
        let claims = claims_of(&changed(|identity| identity["resources"][0]["type"] = json!(kind)));
        assert_eq!(claims.identity_verified, Some(true), "{kind}");
    }
}

#[test]
fn scores_under_their_floors_fail_and_unreadable_ones_are_withheld() {
    let passed = |path: &str, value: Value| {
        let identity = changed(|identity| *identity.pointer_mut(path).unwrap() = value);
        claims_of(&identity).identity_and_fraud_checks_passed
    };
    let points = "/resources/0/datapoints";
    let authenticity = &format!("{points}/id_authenticity_factor");
    let face = &format!("{points}/face_match_factor");
    let expiry = &format!("{points}/date_of_expiry");
    for path in ["/score", authenticity, face] {
        assert_eq!(passed(path, json!(0.75)), Some(true), "{path}: at the floor");
        assert_eq!(passed(path, json!(0.749)), Some(false), "{path}");
        assert_eq!(passed(path, json!(0)), Some(false), "{path}");
        assert_eq!(passed(path, json!(86)), None, "{path}: no score from 0 to 1");
        assert_eq!(passed(path, json!(-0.1)), None, "{path}");
    }
    assert_eq!(passed("/score", json!(null)), None);
    assert_eq!(passed(authenticity, json!(null)), Some(true), "the score stands for it");
    assert_eq!(passed(authenticity, json!("0.8")), Some(true));
    for unreadable in [json!("high"), json!("NaN"), json!(true), json!({})] {
        assert_eq!(passed(authenticity, unreadable), None);
    }
    assert_eq!(passed(expiry, json!("2021-05-15")), Some(true), "its last day");
    assert_eq!(passed(expiry, json!("2021-05-14")), Some(false));
    for unknown in [json!(null), json!("N/A"), json!("15/05/2030"), json!("20300515"), json!(2030)]
    {
        assert_eq!(passed(expiry, unknown), None);
    }
}

#[test]
fn each_document_counts_and_the_worst_decides() {
    let mut expired = document();
    expired["datapoints"]["date_of_expiry"] = json!("2019-01-01");
    let identity = changed(|identity| identity["resources"] = json!([document(), expired]));
    assert_eq!(claims_of(&identity).identity_and_fraud_checks_passed, Some(false));
}

#[test]
fn floors_can_be_set() {
    let floors = ScoreFloors::all(0.5).unwrap().score(0.9).unwrap();
    let claims = credential(judged(&identity(), token(), |v| v.floors(floors))).claims().clone();
    assert_eq!(claims.identity_and_fraud_checks_passed, Some(false));
    for floor in [0.0, -1.0, 1.1, f64::NAN, f64::INFINITY] {
        assert!(ScoreFloors::all(floor).is_err());
        assert!(ScoreFloors::default().face_match(floor).is_err());
        assert!(ScoreFloors::default().authenticity(floor).is_err());
    }
}

#[test]
fn the_age_counts_from_processed_or_the_newest_document_and_never_from_an_edit() {
    let edited = changed(|identity| identity["updated"] = json!(RECEIVED + 24 * 3600));
    assert_eq!(claims_of(&edited).freshness_hours, Some(24));
    let begun = changed(|identity| identity["resources"][0]["created"] = json!(RECEIVED - 1));
    assert_eq!(claims_of(&begun).freshness_hours, Some(25), "a begun hour counts");
    let future =
        changed(|identity| identity["resources"][0]["created"] = json!(RECEIVED + 25 * 3600));
    assert_eq!(claims_of(&future).freshness_hours, None);
    let ahead =
        changed(|identity| identity["resources"][0]["created"] = json!(RECEIVED + 24 * 3600 + 60));
    assert_eq!(claims_of(&ahead).freshness_hours, Some(0));

    let times = RecentProcessedTimes::with_capacity(2);
    let note = |key: &str, processed: u64| {
        let body = json!({"event": "VERIFICATION_COMPLETED", "key": key, "processed": processed});
        let opener = WebhookOpener::plain_and_forgeable();
        let body = body.to_string();
        times.note(&opener.open(Some("application/json"), body.as_bytes()).unwrap());
    };
    note(KEY, RECEIVED - 24 * 3600);
    note(KEY, RECEIVED + 3600);
    let noted = |times: RecentProcessedTimes| {
        let verdict = judged(&identity(), token(), |v| v.processed_times(Arc::new(times)));
        credential(verdict).claims().freshness_hours
    };
    assert_eq!(noted(times.clone()), Some(48), "the earliest counts");
    note(common::OTHER, RECEIVED);
    note(common::RESOURCE, RECEIVED);
    assert_eq!(noted(times), Some(24), "forgotten, beyond the capacity");
}

#[test]
fn an_api_without_an_answer_is_an_outage_and_an_unknown_identity_is_not() {
    for (status, expected) in [
        (401, UnavailableKind::Misconfigured),
        (403, UnavailableKind::Misconfigured),
        (400, UnavailableKind::Undecodable),
        (429, UnavailableKind::RateLimited),
        (500, UnavailableKind::Failed),
        (302, UnavailableKind::Undecodable),
        (204, UnavailableKind::Undecodable),
    ] {
        let api = api();
        (0..3).for_each(|_| api.answer_raw(status, identity().to_string()));
        let Verdict::Unavailable(outage) = block_on(api.verifier().verify(token())) else {
            panic!("{status}")
        };
        assert_eq!(outage.kind(), expected, "{status}");
    }
    let api = api();
    (0..3).for_each(|_| api.transport.fail(TransportErrorKind::Connect));
    let Verdict::Unavailable(outage) = block_on(api.verifier().verify(token())) else { panic!() };
    assert_eq!(outage.kind(), UnavailableKind::Unreachable);

    api.answer_raw(404, "");
    assert_eq!(denial(block_on(api.verifier().verify(token()))), "TOKEN_NOT_FOUND");
}

#[test]
fn the_scope_tells_settings_apart_and_a_bound_verifier_has_none() {
    let api = api();
    let verifier = api.verifier();
    let scope = verifier.scope().unwrap();
    assert!(scope == api.verifier().scope().unwrap());
    let others = [
        verifier.clone().accepting_keys_from_anyone(),
        verifier.clone().leaving_sanctions_to_the_policy(),
        verifier.clone().floors(ScoreFloors::all(0.8).unwrap()),
    ];
    for other in others {
        assert!(scope != other.scope().unwrap());
    }
    assert!(verifier.for_caller(Caller::User("user-42".into())).scope().is_none());
    assert!(verifier.is_repeatable());
    let at = SystemTime::UNIX_EPOCH + Duration::from_secs(RECEIVED + 24 * 3600);
    assert_eq!(at, now());
}
