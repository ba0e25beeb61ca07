use serde_json::json;

use super::*;
use crate::{ApiKey, CredentialStatus, Environment, UnavailableKind};

const TOKEN: &str = "psid_record";

fn token() -> Token {
    Token::parse(TOKEN).unwrap()
}

fn scope() -> VerifierScope {
    let key = ApiKey::parse("pk_sandbox_1").unwrap();
    VerifierScope::new("passid", "https://a.io/v1/verify", &key)
}

fn at(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::new(seconds, 123_456_789)
}

/// Everything that a credential can hold.
fn full(environment: Environment) -> VerifiedCredential {
    let mut claims = crate::testing::claims::complete();
    claims.extra.insert("tier".into(), json!({"grade": "B", "score": 0.1}));
    let extra = json!({"region": ["KE", null, 3]}).as_object().unwrap().clone();
    VerifiedCredential::builder("passid", environment, claims, at(1_000))
        .status(CredentialStatus::Active)
        .audit_id("aud_1")
        .freshness_status("fresh".into())
        .verified_at(at(900))
        .expires_at(at(9_000))
        .signature_status("verified".into())
        .revocation_status("not_revoked".into())
        .proof_type("groth16/bn254")
        .issuer("issuer")
        .decisioning_note("note")
        .subject(Subject::of("passid", "1"))
        .token(token())
        .api_version("1.2")
        .extra(extra)
        .build()
        .unwrap()
}

fn written(verdict: &Verdict) -> Option<Vec<u8>> {
    Record::of(verdict, &token(), &scope(), at(2_000))?.to_bytes()
}

fn read(bytes: &[u8], now: SystemTime) -> Option<Verdict> {
    Record::from_bytes(bytes)?.verdict(&token(), &scope(), now, Duration::ZERO)
}

#[test]
fn a_credential_comes_back_as_it_was() {
    let before = full(Environment::Sandbox);
    let bytes = written(&Verdict::Valid(before.clone())).unwrap();
    assert!(!String::from_utf8_lossy(&bytes).contains(TOKEN));
    let Some(Verdict::Valid(after)) = read(&bytes, at(1_500)) else { panic!("not read") };

    assert_eq!(after.served(), Served::Cached);
    assert_eq!(after.claims(), before.claims());
    assert_eq!(after.provider(), before.provider());
    assert_eq!(after.environment(), before.environment());
    assert_eq!(after.received_at(), before.received_at());
    assert_eq!(after.status(), before.status());
    assert_eq!(after.audit_id(), before.audit_id());
    assert_eq!(after.freshness_status(), before.freshness_status());
    assert_eq!(after.verified_at(), before.verified_at());
    assert_eq!(after.expires_at(), before.expires_at());
    assert_eq!(after.signature_status(), before.signature_status());
    assert_eq!(after.revocation_status(), before.revocation_status());
    assert_eq!(after.proof_type(), before.proof_type());
    assert_eq!(after.issuer(), before.issuer());
    assert_eq!(after.decisioning_note(), before.decisioning_note());
    assert_eq!(after.subject(), before.subject());
    assert_eq!(after.token(), before.token());
    assert_eq!(after.api_version(), before.api_version());
    assert_eq!(after.extra(), before.extra());
    // Age goes on counting from the provider's answer.
    assert_eq!(after.age_hours(at(1_000 + 7_200)), before.age_hours(at(1_000 + 7_200)));
}

#[test]
fn a_sanctions_denial_stays_one() {
    let bytes = written(&Verdict::Invalid(DenyReason::HardDenySanctionsMatch)).unwrap();
    let Some(Verdict::Invalid(reason)) = read(&bytes, at(1_500)) else { panic!("not read") };
    assert!(reason.is_final());
}

#[test]
fn nothing_is_served_past_its_end() {
    let bytes = written(&Verdict::Invalid(DenyReason::TokenRevoked)).unwrap();
    assert!(read(&bytes, at(1_999)).is_some());
    assert!(read(&bytes, at(2_000)).is_none());
}

#[test]
fn an_answer_from_the_future_is_not_served() {
    let bytes = written(&Verdict::Valid(full(Environment::Sandbox))).unwrap();
    assert!(read(&bytes, at(995)).is_some());
    assert!(read(&bytes, at(994)).is_none());
}

#[test]
fn what_may_not_be_kept_is_not_written() {
    let outage = crate::Unavailable::new(UnavailableKind::Failed);
    assert!(written(&Verdict::Unavailable(outage)).is_none());
    assert!(written(&Verdict::Valid(full(Environment::Live))).is_none());
    assert!(written(&Verdict::Invalid("x".repeat(65).as_str().into())).is_none());
    let other = Token::parse("psid_other").unwrap();
    let verdict = Verdict::Valid(full(Environment::Sandbox));
    assert!(Record::of(&verdict, &other, &scope(), at(2_000)).is_none());
}

#[test]
fn what_is_not_exactly_as_written_is_nothing() {
    let bytes = written(&Verdict::Valid(full(Environment::Sandbox))).unwrap();
    let record: Value = serde_json::from_slice(&bytes).unwrap();
    let changes: [fn(&mut Value); 6] = [
        |record| record["more"] = json!(1),
        |record| record["until"] = json!("2000"),
        |record| record["answer"]["valid"]["more"] = json!(1),
        |record| record["answer"]["valid"]["claims"]["identity_verified"] = json!("yes"),
        |record| record["answer"]["valid"]["status"] = json!("manual_review_required"),
        |record| record["answer"]["valid"]["revocation_status"] = json!("revoked"),
    ];
    for change in changes {
        let mut changed = record.clone();
        change(&mut changed);
        let bytes = serde_json::to_vec(&changed).unwrap();
        assert!(read(&bytes, at(1_500)).is_none(), "{changed}");
    }
}
