//! What a poll says of a session, and what a completed one gives: evidence, or nothing (guide, step 3).
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;

use common::{TOKEN, api, block_on, start};
use passid_core::{
    ApiError, DenyReason, Environment, ErrorKind, Policy, RequestId, SessionState, SessionStatus,
};
use serde_json::{Value, json};

fn id() -> RequestId {
    RequestId::parse("req_4k9xP2").unwrap()
}

fn poll(status: u16, body: &Value) -> Result<SessionState, ApiError> {
    let api = api();
    api.answer(status, body.to_string());
    block_on(api.client.session(&id()))
}

fn completed() -> Value {
    json!({
        "requestId": "req_4k9xP2", "status": "completed", "expiresAt": "2026-03-17T14:10:00Z",
        "claims": {"income_verified": true, "sanctions_screening_clear": true, "freshness_hours": 2},
        "verifiedAt": "2026-03-17T14:02:11Z", "token": TOKEN, "auditId": "aud_7"
    })
}

#[test]
fn every_status_of_a_session_is_read() {
    for (word, expected) in [
        ("pending", "pending"),
        ("Declined", "declined"),
        ("EXPIRED", "expired"),
        (" pending ", "pending"),
        ("scanned", "scanned"),
        ("a sentence about Jane", "unprintable"),
    ] {
        let body = json!({"requestId": "req_4k9xP2", "status": word, "expiresAt": null});
        for body in [body.clone(), common::enveloped(&body)] {
            let state = poll(200, &body).unwrap();
            assert_eq!(state.status.as_str(), expected);
            assert_eq!(state.status.is_final(), ["declined", "expired"].contains(&expected));
            assert!(state.credential().is_none() && state.expires_at.is_none());
        }
    }
}

#[test]
fn a_completed_session_gives_a_credential_that_a_policy_can_judge() {
    let mut other_names = completed();
    other_names["verified_claims"] = other_names["claims"].take();
    other_names["verified_at"] = other_names["verifiedAt"].take();
    for body in [completed(), common::enveloped(&completed()), other_names] {
        let state = poll(200, &body).unwrap();
        assert!(state.status.is_final());
        let credential = state.credential().unwrap();
        assert_eq!(credential.provider(), "passid");
        assert_eq!(credential.environment(), Environment::Sandbox);
        assert_eq!(credential.claims().income_verified, Some(true));
        assert_eq!(credential.token().unwrap().expose(), TOKEN);
        assert_eq!(credential.audit_id(), Some("aud_7"));
        assert_eq!(credential.verified_at(), Some(start()));
        assert_eq!(credential.expires_at(), None, "the end is the session's, not the credential's");
        let policy = Policy::builder()
            .require_claims(["income_verified"])
            .require_sanctions_clear()
            .max_credential_age_hours(2)
            .build()
            .unwrap();
        assert!(policy.evaluate(credential, start()).is_ok());
        let fraud = Policy::builder().require_fraud_checks_passed().build().unwrap();
        assert!(fraud.evaluate(credential, start()).is_err(), "absent is not true");
    }
}

#[test]
fn the_age_of_what_was_shared_counts_from_the_approval() {
    let mut old = completed();
    old["verifiedAt"] = json!("2026-03-17T04:02:11Z");
    assert_eq!(poll(200, &old).unwrap().credential().unwrap().age_hours(start()), Some(12));
    old["verifiedAt"] = json!("2026-03-18T04:02:11Z");
    let ahead = poll(200, &old).unwrap();
    assert_eq!(ahead.credential().unwrap().age_hours(start()), Some(2), "their clock is ahead");
    old.as_object_mut().unwrap().remove("verifiedAt");
    let unknown = poll(200, &old).unwrap();
    assert_eq!(unknown.credential().unwrap().age_hours(start()), None);
}

#[test]
fn nothing_that_contradicts_a_completed_session_passes() {
    for (field, value) in [
        ("claims", json!(null)),
        ("claims", json!([])),
        ("claims", json!("yes")),
        ("claims", json!({"income_verified": "true"})),
        ("verified_claims", json!({"income_verified": false})),
        ("credential_valid", json!(false)),
        ("credential_status", json!("revoked")),
        ("token_status", json!("expired")),
        ("revocation_status", json!("revoked")),
        ("revoked", json!(true)),
        ("signature", json!({"status": "failed"})),
        ("signature_valid", json!(false)),
        ("success", json!(false)),
        ("error", json!({"code": "X"})),
        ("deny_reason", json!("TOKEN_EXPIRED")),
        ("environment", json!("live")),
        ("verifiedAt", json!("yesterday")),
        ("verifiedAt", json!(17)),
        ("token", json!(17)),
        ("requestId", json!("req_other")),
        ("request_id", json!("req_other")),
        ("requestId", json!(7)),
        ("status", json!(["completed"])),
        ("status", json!(null)),
    ] {
        let mut body = completed();
        body[field] = value;
        for body in [body.clone(), common::enveloped(&body)] {
            let error = poll(200, &body).unwrap_err();
            assert_eq!(*error.kind(), ErrorKind::Undecodable, "{body}");
        }
    }
    let mut two = common::enveloped(&completed());
    two["status"] = json!("declined");
    assert_eq!(*poll(200, &two).unwrap_err().kind(), ErrorKind::Undecodable);
    let repeated = completed().to_string().replacen('{', r#"{"status":"declined","#, 1);
    let api = api();
    api.answer(200, repeated);
    let error = block_on(api.client.session(&id())).unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Undecodable);
}

#[test]
fn a_sanctions_match_is_told_whatever_the_session_says() {
    for status in ["pending", "completed", "declined", "expired"] {
        let mut body = completed();
        body["status"] = json!(status);
        body["deny_reason"] = json!("hard_deny_sanctions_match");
        let error = poll(200, &body).unwrap_err();
        assert_eq!(error.deny_reason(), Some(&DenyReason::HardDenySanctionsMatch));
    }
}

#[test]
fn a_refused_poll_says_why() {
    for (status, kind) in [
        (400, ErrorKind::RequestRefused),
        (401, ErrorKind::KeyRefused),
        (403, ErrorKind::KeyRefused),
        (404, ErrorKind::SessionNotFound),
        (410, ErrorKind::SessionOver),
        (422, ErrorKind::RequestRefused),
        (500, ErrorKind::Failed),
        (301, ErrorKind::UnexpectedStatus),
    ] {
        let body = json!({"success": false, "error": {"code": "SOME_CODE", "message": "m"}});
        let api = api();
        for _ in 0..3 {
            api.answer(status, body.to_string());
        }
        let error = block_on(api.client.session(&id())).unwrap_err();
        assert_eq!((error.kind(), error.code()), (&kind, Some("SOME_CODE")), "{status}");
        assert_eq!(api.sent(), if status == 500 { 3 } else { 1 }, "reading is repeatable");
    }
}

#[test]
fn a_state_shows_no_claim() {
    let state = poll(200, &completed()).unwrap();
    let shown = format!("{state:?} {}", state.status);
    assert!(!shown.contains(TOKEN), "{shown}");
    assert!(matches!(state.status, SessionStatus::Completed(_)));
}

#[test]
fn a_poll_that_reports_a_failure_is_no_state_of_the_session() {
    for status in ["pending", "declined", "expired", "scanned"] {
        for (field, value) in [("success", json!(false)), ("error", json!({"code": "INTERNAL"}))] {
            let mut body = json!({"requestId": "req_4k9xP2", "status": status});
            body[field] = value;
            let error = poll(200, &body).unwrap_err();
            assert_eq!(*error.kind(), ErrorKind::Undecodable, "{body}");
        }
    }
}
