use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

use super::*;
use crate::client::wire::{AsOf, Secrets};
use crate::{Environment, FreshnessStatus, RevocationStatus, SignatureStatus};

const TOKEN: &str = "PASSID-AB3X-7YQM-K9PQ-3MNX";

/// 2026-03-17T14:02:11Z, when the vendor's example was verified.
fn received_at() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_773_756_131)
}

fn expected() -> Expected<'static> {
    Expected {
        environment: Environment::Sandbox,
        received_at: received_at(),
        api_version: None,
        as_of: AsOf::Answer,
        secrets: Secrets(&["pk_sandbox_secret", TOKEN]),
    }
}

fn read(body: &Value) -> Result<VerifyAnswer, DecodeError> {
    verify(body.to_string().as_bytes(), &Token::parse(TOKEN).unwrap(), expected())
}

#[track_caller]
fn valid(body: &Value) -> VerifiedCredential {
    match read(body) {
        Ok(VerifyAnswer::Valid(credential)) => credential,
        Ok(VerifyAnswer::Refused(reason)) => panic!("refused: {reason}"),
        Err(error) => panic!("undecodable: {error}"),
    }
}

#[track_caller]
fn refused(body: &Value) -> DenyReason {
    match read(body) {
        Ok(VerifyAnswer::Refused(reason)) => reason,
        Ok(VerifyAnswer::Valid(_)) => panic!("passed: {body}"),
        Err(error) => panic!("undecodable: {error}: {body}"),
    }
}

#[track_caller]
fn undecodable(body: &Value) -> DecodeError {
    match read(body) {
        Err(error) => error,
        Ok(VerifyAnswer::Refused(reason)) => panic!("refused ({reason}): {body}"),
        Ok(VerifyAnswer::Valid(_)) => panic!("passed: {body}"),
    }
}

/// The newest published shape (a of the reference), flat.
fn newest() -> Value {
    json!({
        "credential_valid": true, "verification_id": "vrf_01hzk3vw0kg9",
        "verified_at": "2026-03-17T14:02:11Z", "token": TOKEN, "credential_status": "active",
        "issuer": "passid",
        "claims": {
            "identity_verified": true, "income_verified": true, "sanctions_screening_clear": true,
            "payment_behavior_verified": true, "savings_behavior_verified": true,
            "identity_and_fraud_checks_passed": true, "data_window_days": 180, "freshness_hours": 48
        },
        "signature": {"algorithm": "ed25519", "status": "verified"},
        "revocation_status": "not_revoked", "raw_transactions_included": false,
        "expires_at": "2026-06-08T12:00:00Z", "policy_version": "verifier_policy_v1",
        "model_version": "passid_fsi_v1_0"
    })
}

fn with(mut body: Value, field: &str, value: Value) -> Value {
    body[field] = value;
    body
}

mod published_shapes {
    use super::*;

    #[test]
    fn a_newest_flat() {
        let credential = valid(&newest());
        assert_eq!(credential.audit_id(), Some("vrf_01hzk3vw0kg9"));
        assert_eq!(credential.status(), &CredentialStatus::Active);
        assert_eq!(credential.verified_at(), Some(received_at()));
        assert_eq!(credential.signature_status(), Some(&SignatureStatus::Verified));
        assert_eq!(credential.revocation_status(), Some(&RevocationStatus::NotRevoked));
        assert_eq!(credential.freshness_hours(), Some(48));
        assert_eq!(credential.issuer(), Some("passid"));
        assert_eq!(credential.token(), Some(&Token::parse(TOKEN).unwrap()));
        assert_eq!(credential.extra()["policy_version"], "verifier_policy_v1");
        assert!(credential.expires_at().is_some());
    }

    #[test]
    fn b_marketing_card() {
        let credential = valid(&json!({
            "credential_valid": true, "environment": "sandbox", "signature_valid": true,
            "token_status": "active", "claims": {"income_verified": true},
            "raw_transactions_included": false, "decisioning": {"provided_by_passid": false}
        }));
        assert_eq!(credential.claims().income_verified, Some(true));
    }

    #[test]
    fn c_rejection() {
        assert_eq!(
            refused(&json!({
                "credential_valid": false, "credential_status": "invalid",
                "reason_code": "invalid_signature", "message": "…"
            })),
            DenyReason::InvalidSignature
        );
    }

    #[test]
    fn d_envelope_with_camel_case_time() {
        let credential = valid(&json!({"success": true, "data": {
            "valid": true, "token": TOKEN, "verifiedAt": "2026-04-09T14:12:00Z",
            "claims": {
                "income_verified": true, "income_stability": "stable", "fraud_risk": "low",
                "identity_verified": true, "payment_reliability": 0.91, "fsi_score": 812, "tier": "B"
            }
        }}));
        assert!(credential.verified_at().is_some());
        assert_eq!(credential.claims().extra["fsi_score"], 812);
    }

    #[test]
    fn e_deny_reason_in_camel_case() {
        assert_eq!(
            refused(&json!({"valid": false, "claims": null, "denyReason": "TOKEN_EXPIRED"})),
            DenyReason::TokenExpired
        );
        valid(&json!({"valid": true, "claims": {"identity_verified": true}, "analytics": {}}));
    }

    #[test]
    fn f_three_validity_fields() {
        let credential = valid(&json!({
            "ok": true, "credential_valid": true, "proof_verified": true, "signature_valid": true,
            "freshness": "valid", "claims": {"fsi_score": 812}
        }));
        assert_eq!(credential.freshness_status(), Some(&FreshnessStatus::Other("valid".into())));
    }

    #[test]
    fn g_older_claims_are_kept_whatever_their_type() {
        let credential = valid(&json!({
            "valid": true, "verification_id": "vrf_1", "verified_at": "2026-01-01T00:00:00Z",
            "credential_status": "active", "credential_id": "pid_7f3c9x2mab4k", "issuer": "passid",
            "claims": {"income_stability": "high", "cashflow_discipline": "moderate",
                       "payment_reliability": "strong", "fraud_integrity": "clear"}
        }));
        assert_eq!(credential.claims().extra["payment_reliability"], "strong");
    }

    #[test]
    fn h_age_beside_the_claims() {
        let credential = valid(&json!({
            "valid": true, "credential_status": "active", "stability_band": "B",
            "freshness_hours": 48, "proof": "groth16_verified", "sanctions": "clear"
        }));
        assert_eq!(credential.freshness_hours(), Some(48));
        assert_eq!(credential.proof_type(), Some("groth16_verified"));
        assert_eq!(credential.claims().sanctions_screening_clear, None);
        assert_eq!(credential.extra()["sanctions"], "clear");
    }

    #[test]
    fn the_seeds_own_names_inside_data() {
        let credential = valid(&json!({"success": true, "data": {
            "credential_valid": true, "verified_claims": {"identity_verified": true},
            "claims": {"identity_verified": true}
        }}));
        assert_eq!(credential.claims().identity_verified, Some(true));
    }
}

#[test]
fn an_answer_without_a_validity_field_is_no_pass() {
    for body in [
        json!({}),
        json!({"claims": {"identity_verified": true}}),
        json!({"success": true, "data": {"verified_claims": {}}}),
        json!({"credential_valid": null, "status": "verified"}),
    ] {
        assert!(matches!(undecodable(&body), DecodeError::NoValidityField), "{body}");
    }
}

#[test]
fn an_answer_that_contradicts_itself_is_no_pass() {
    for (field, value) in [
        ("deny_reason", json!("TOKEN_EXPIRED")),
        ("reason_code", json!("something_new")),
        ("valid", json!(false)),
        ("ok", json!(false)),
        ("success", json!(false)),
        ("error", json!({"code": "X"})),
        ("error", json!("X")),
        ("revocation_status", json!("revoked")),
        ("revocation_status", json!("unknown")),
        ("revoked", json!(true)),
        ("credential_status", json!("invalid")),
        ("token_status", json!("suspended")),
        ("status", json!("manual_review_required")),
        ("signature_valid", json!(false)),
        ("proof_verified", json!(false)),
        ("signature", json!({"status": "failed"})),
        ("verified_claims", json!({"identity_verified": false})),
        ("freshness_hours", json!(1)),
    ] {
        let body = with(newest(), field, value);
        assert!(matches!(undecodable(&body), DecodeError::Contradiction { .. }), "{body}");
    }
}

#[test]
fn what_speaks_against_validity_counts_in_the_envelope_too() {
    for (field, value) in [
        ("success", json!(false)),
        ("credential_valid", json!(false)),
        ("deny_reason", json!("TOKEN_EXPIRED")),
        ("signature", json!({"status": "failed"})),
        ("revocation_status", json!("revoked")),
    ] {
        let body = with(json!({"data": newest()}), field, value);
        assert!(matches!(undecodable(&body), DecodeError::Contradiction { .. }), "{body}");
    }
}

#[test]
fn a_wrong_type_is_no_pass() {
    for (field, value) in [
        ("credential_valid", json!("true")),
        ("credential_valid", json!(1)),
        ("credential_valid", json!([true])),
        ("success", json!("yes")),
        ("data", json!([])),
        ("claims", json!([])),
        ("claims", json!("all")),
        ("claims", json!({"identity_verified": "true"})),
        ("verified_claims", json!(true)),
        ("credential_status", json!(1)),
        ("revocation_status", json!(false)),
        ("signature", json!("ed25519")),
        ("signature", json!({"status": 1})),
        ("expires_at", json!(1_780_000_000)),
        ("expires_at", json!("soon")),
        ("verified_at", json!("2026-13-01T00:00:00Z")),
        ("token", json!(7)),
        ("token", json!("")),
        ("audit_id", json!(7)),
        ("freshness_hours", json!("2")),
        ("deny_reason", json!(7)),
        ("environment", json!(1)),
    ] {
        let body = with(newest(), field, value);
        assert!(read(&body).is_err(), "{body}");
    }
}

#[test]
fn an_answer_about_another_token_or_environment_is_no_pass() {
    let other = with(newest(), "token", json!("PASSID-AAAA-AAAA-AAAA-AAAA"));
    assert!(matches!(undecodable(&other), DecodeError::AnotherToken));
    let no = with(other, "credential_valid", json!(false));
    assert!(matches!(undecodable(&no), DecodeError::AnotherToken));
    let same = with(newest(), "token", json!(" passid-ab3x-7yqm-k9pq-3mnx"));
    valid(&same);
    for environment in ["live", "staging"] {
        let body = with(newest(), "environment", json!(environment));
        assert!(matches!(undecodable(&body), DecodeError::AnotherEnvironment));
    }
}

#[test]
fn a_sanctions_match_is_final_whatever_else_the_answer_says() {
    for body in [
        with(newest(), "deny_reason", json!("HARD_DENY_SANCTIONS_MATCH")),
        with(newest(), "reason_code", json!("hard_deny_sanctions_match")),
        with(newest(), "error", json!({"code": "HARD_DENY_SANCTIONS_MATCH"})),
        json!({"data": newest(), "denyReason": "HARD_DENY_SANCTIONS_MATCH"}),
        json!({"success": false, "deny_reason": "HARD_DENY_SANCTIONS_MATCH"}),
    ] {
        assert_eq!(refused(&body), DenyReason::HardDenySanctionsMatch);
    }
}

#[test]
fn a_token_cannot_be_worded_to_hide_a_sanctions_match() {
    let token = Token::parse("SANCTIONS").unwrap();
    let expected = Expected { secrets: Secrets(&["SANCTIONS"]), ..expected() };
    let body = json!({"credential_valid": false, "deny_reason": "HARD_DENY_SANCTIONS_MATCH"});
    match verify(body.to_string().as_bytes(), &token, expected) {
        Ok(VerifyAnswer::Refused(reason)) => assert!(reason.is_final(), "{reason}"),
        _ => panic!("not refused"),
    }
}

#[test]
fn a_denial_without_a_reason_is_a_denial() {
    assert_eq!(refused(&json!({"credential_valid": false})), DenyReason::Unspecified);
    assert_eq!(
        refused(&json!({"credential_valid": false, "deny_reason": ""})),
        DenyReason::Unspecified
    );
    assert_eq!(refused(&json!({"ok": true, "credential_valid": false})), DenyReason::Unspecified);
    assert_eq!(
        refused(&json!({"success": false, "reason_code": "new_one"})),
        DenyReason::Other("new_one".into())
    );
}

#[test]
fn a_credential_that_has_ended_is_refused_even_if_called_valid() {
    let body = with(newest(), "expires_at", json!("2026-03-17T14:02:11Z"));
    assert_eq!(refused(&body), DenyReason::TokenExpired);
}

#[test]
fn an_echoed_secret_does_not_get_into_what_is_printed() {
    let body = with(newest(), "verification_id", json!(TOKEN.to_lowercase()));
    let credential = valid(&body);
    assert_eq!(credential.audit_id(), None);
    let body = json!({"credential_valid": false, "reason_code": format!("bad {TOKEN}")});
    assert_eq!(refused(&body), DenyReason::Other("unprintable".into()));
}

mod redemptions {
    use super::*;

    fn read(body: &Value) -> Result<RedeemAnswer, DecodeError> {
        redeem(body.to_string().as_bytes(), expected())
    }

    #[track_caller]
    fn redeemed(body: &Value) -> Redemption {
        match read(body) {
            Ok(RedeemAnswer::Redeemed(redemption)) => redemption,
            Ok(RedeemAnswer::Refused(reason)) => panic!("refused: {reason}"),
            Err(error) => panic!("undecodable: {error}"),
        }
    }

    fn guide() -> Value {
        json!({"success": true, "data": {
            "status": "verified", "verified_claims": {"income_verified": true, "freshness_hours": 2},
            "audit_id": "aud_1", "raw_transactions_included": false, "freshness_status": "fresh",
            "decisioning_note": "The institution decides."
        }})
    }

    #[test]
    fn the_guides_answer_is_a_verified_credential() {
        let redemption = redeemed(&guide());
        assert_eq!(redemption.status(), &CredentialStatus::Verified);
        assert_eq!(redemption.audit_id(), Some("aud_1"));
        assert_eq!(redemption.freshness_status(), Some(&FreshnessStatus::Fresh));
        assert_eq!(redemption.decisioning_note(), Some("The institution decides."));
        assert_eq!(redemption.token(), None);
        let credential = redemption.credential().unwrap();
        assert_eq!(credential.claims().income_verified, Some(true));
    }

    #[test]
    fn the_same_without_an_envelope_and_with_a_token() {
        let mut body = guide()["data"].clone();
        body["token"] = json!("passid-new");
        let redemption = redeemed(&body);
        assert_eq!(redemption.token().unwrap().expose(), "PASSID-NEW");
        assert!(redemption.credential().is_some());
    }

    #[test]
    fn a_manual_review_is_told_and_is_not_verified() {
        let mut body = guide();
        body["data"]["status"] = json!("manual_review_required");
        let redemption = redeemed(&body);
        assert_eq!(redemption.status(), &CredentialStatus::ManualReviewRequired);
        assert!(redemption.credential().is_none());
        assert_eq!(redemption.reported_claims().income_verified, Some(true));
    }

    #[test]
    fn a_rejection_is_a_refusal_with_its_reason() {
        for (body, reason) in [
            (
                json!({"data": {"status": "denied", "deny_reason": "HARD_DENY_SANCTIONS_MATCH"}}),
                DenyReason::HardDenySanctionsMatch,
            ),
            (
                json!({"data": {"status": "verified", "deny_reason": "HARD_DENY_SANCTIONS_MATCH"}}),
                DenyReason::HardDenySanctionsMatch,
            ),
            (
                json!({"data": {"status": "rejected", "deny_reason": "TOKEN_EXPIRED"}}),
                DenyReason::TokenExpired,
            ),
            (
                json!({"credential_valid": false, "reason_code": "invalid_signature"}),
                DenyReason::InvalidSignature,
            ),
        ] {
            match read(&body) {
                Ok(RedeemAnswer::Refused(found)) => assert_eq!(found, reason),
                _ => panic!("{body}"),
            }
        }
    }

    #[test]
    fn doubt_is_no_redemption() {
        for (field, value) in [
            ("status", json!(null)),
            ("status", json!(1)),
            ("credential_valid", json!("no")),
            ("deny_reason", json!("TOKEN_EXPIRED")),
            ("revocation_status", json!("revoked")),
            ("signature", json!({"status": "bad"})),
            ("environment", json!("live")),
            ("verified_claims", json!({"income_verified": "yes"})),
            ("token", json!(7)),
        ] {
            let mut body = guide();
            body["data"][field] = value;
            assert!(read(&body).is_err(), "{body}");
        }
        assert!(read(&json!({"success": true, "data": {}})).is_err());
    }
}
