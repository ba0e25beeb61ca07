//! From a token to a verdict: whose session it is, what the API says, what a guard is told.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod common;

use std::time::Duration;

use common::{ACCESS, SECRET, SESSION, allowed, created, ready, start, status, verifier};
use passid_core::{Environment, Guard, Policy, Token, UnavailableKind, Verdict, Verify};
use passid_docverify::result::Recommendation;
use passid_docverify::{
    CallbackState, DocumentVerifier, MemorySessionRecords, MockBehavior, NewSession, Region,
    SessionFlow, SessionId, SessionToken,
};
use serde_json::{Value, json};

async fn judged(region: Region, asked: &NewSession, code: u16, body: &Value) -> Verdict {
    let api = ready(region);
    let (verifier, token) = verifier(&api, asked).await;
    api.answer(code, body);
    verifier.verify(token.to_token().unwrap()).await
}

#[track_caller]
fn refused(verdict: &Verdict) -> String {
    let Verdict::Invalid(reason) = verdict else { panic!("{verdict:?}") };
    reason.as_str().to_owned()
}

#[track_caller]
fn outage(verdict: &Verdict) -> UnavailableKind {
    let Verdict::Unavailable(outage) = verdict else { panic!("{verdict:?}") };
    outage.kind()
}

#[tokio::test]
async fn a_session_that_passed_becomes_a_credential() {
    let mut body = allowed();
    body["risk_details"] = json!({"general": {"correlation_id": "c-1"}});
    body["checks"]["risk_recommendation"]["reasons"] = json!(["profile_trusted", "brand_new"]);
    let verdict = judged(Region::Eu, &NewSession::new(), 200, &body).await;
    let Verdict::Valid(credential) = verdict else { panic!("{verdict:?}") };
    assert_eq!(credential.provider(), "docverify");
    assert_eq!(credential.environment(), Environment::Live);
    assert_eq!(credential.audit_id(), Some(SESSION));
    assert_eq!(credential.claims().identity_verified, Some(true));
    assert_eq!(credential.claims().identity_and_fraud_checks_passed, Some(true));
    assert_eq!(credential.freshness_hours(), Some(0));
    assert_eq!(credential.verified_at(), Some(start()));
    let retention = Duration::from_secs(90 * 24 * 3600);
    assert_eq!(credential.expires_at(), Some(start() + retention));
    let audit =
        json!({"reasons": ["risk_recommendation:profile_trusted"], "correlation_id": "c-1"});
    assert_eq!(Value::Object(credential.extra().clone()), audit);
    assert!(!format!("{credential:?} {:?}", credential.extra()).contains("Marker"));
}

#[tokio::test]
async fn allow_challenge_and_deny_are_kept_apart() {
    for (recommendation, reason) in [("CHALLENGE", "manual_review_required"), ("DENY", "DENY")] {
        let mut body = allowed();
        body["recommendation"] = json!(recommendation);
        let verdict = judged(Region::Us, &NewSession::new(), 200, &body).await;
        assert_eq!(refused(&verdict), reason);
    }
    let mut lacking = allowed();
    lacking["checks"]["document_liveness"] = json!({"recommendation": "N/A"});
    let verdict = judged(Region::Us, &NewSession::new(), 200, &lacking).await;
    assert_eq!(refused(&verdict), "manual_review_required");
}

#[tokio::test]
async fn a_session_that_is_not_complete_is_the_callers_business_and_no_outage() {
    for word in ["pending", "capturing", "processing", "recapture", "error", "expired"] {
        let verdict = judged(Region::Us, &NewSession::new(), 200, &status(word)).await;
        assert_eq!(refused(&verdict), "session_not_complete", "{word}");
    }
}

#[tokio::test]
async fn words_that_are_not_known_are_no_verdict() {
    let verdict = judged(Region::Us, &NewSession::new(), 200, &status("cancelled")).await;
    assert_eq!(outage(&verdict), UnavailableKind::Undecodable);
    for recommendation in [json!("allow"), json!("N/A"), Value::Null] {
        let mut body = allowed();
        body["recommendation"] = recommendation;
        let verdict = judged(Region::Us, &NewSession::new(), 200, &body).await;
        assert_eq!(outage(&verdict), UnavailableKind::Undecodable);
    }
}

#[tokio::test]
async fn each_status_of_the_api_has_its_verdict() {
    for (code, kind) in [
        (400, UnavailableKind::Undecodable),
        (403, UnavailableKind::Misconfigured),
        (418, UnavailableKind::Undecodable),
        (302, UnavailableKind::Undecodable),
    ] {
        let verdict = judged(Region::Us, &NewSession::new(), code, &json!({})).await;
        assert_eq!(outage(&verdict), kind, "{code}");
    }
    for (code, kind) in [(429, UnavailableKind::RateLimited), (503, UnavailableKind::Failed)] {
        let api = ready(Region::Us);
        let (verifier, token) = verifier(&api, &NewSession::new()).await;
        for _ in 0..3 {
            api.answer(code, "");
        }
        let verdict = verifier.verify(token.to_token().unwrap()).await;
        assert_eq!(outage(&verdict), kind, "{code}");
    }
    let verdict = judged(Region::Us, &NewSession::new(), 404, &json!({})).await;
    assert_eq!(refused(&verdict), "TOKEN_NOT_FOUND");
}

#[tokio::test]
async fn a_session_belongs_to_whoever_has_its_state() {
    let api = ready(Region::Us);
    let (verifier, token) = verifier(&api, &NewSession::new()).await;
    let other = CallbackState::parse("00000000000000000000000000000000").unwrap();
    let unknown = SessionId::parse("someone-elses").unwrap();
    let forged = [
        (SessionToken::new(token.session_id(), &other).expose().to_owned(), "SESSION_NOT_BOUND"),
        (SessionToken::new(&unknown, token.state()).expose().to_owned(), "SESSION_NOT_BOUND"),
        (SESSION.to_owned(), "TOKEN_NOT_FOUND"),
        ("PASSID-AB3X-7YQM-K9PQ-3MNX".to_owned(), "TOKEN_NOT_FOUND"),
        (format!("docverify.{SESSION}"), "TOKEN_NOT_FOUND"),
        (format!("docverify..{SESSION}"), "TOKEN_NOT_FOUND"),
        (token.expose().to_uppercase(), "TOKEN_NOT_FOUND"),
    ];
    for (forged, reason) in forged {
        let verdict = verifier.verify(Token::parse(&forged).unwrap()).await;
        assert_eq!(refused(&verdict), reason, "{forged}");
    }
    assert_eq!(api.sent().len(), 2, "nothing was asked about them");
}

#[tokio::test]
async fn the_id_alone_passes_only_where_somebody_says_so_by_name() {
    let api = ready(Region::Us);
    let (verifier, _) = verifier(&api, &NewSession::new()).await;
    let lax = verifier.clone().accept_session_id_without_binding();
    api.answer(200, allowed());
    let id = Token::parse(SESSION).unwrap();
    assert!(matches!(lax.verify(id).await, Verdict::Valid(_)));
    let unknown = lax.verify(Token::parse("someone-elses").unwrap()).await;
    assert_eq!(refused(&unknown), "SESSION_NOT_BOUND", "it must be ours all the same");
    let verdict =
        lax.verify(Token::parse(&format!("docverify.{}.{SESSION}", "0".repeat(32))).unwrap());
    assert_eq!(refused(&verdict.await), "SESSION_NOT_BOUND", "a wrong state is none the better");
    assert_ne!(format!("{lax:?}"), format!("{verifier:?}"));
}

#[tokio::test]
async fn a_mocked_session_counts_in_the_sandbox_only() {
    let mock = NewSession::new().mock(MockBehavior::ending_in(Recommendation::Allow));
    let verdict = judged(Region::Sandbox, &mock, 200, &allowed()).await;
    let Verdict::Valid(credential) = verdict else { panic!("{verdict:?}") };
    assert_eq!(credential.environment(), Environment::Sandbox);

    let forced = mock.force_mock_outside_sandbox();
    let verdict = judged(Region::Us, &forced, 200, &allowed()).await;
    assert_eq!(refused(&verdict), "MOCKED_SESSION");
}

#[tokio::test]
async fn evidence_ends_with_the_vendors_retention() {
    let api = ready(Region::Us);
    let (verifier, token) = verifier(&api, &NewSession::new()).await;
    api.clock.set_now(start() + Duration::from_secs(90 * 24 * 3600));
    let verdict = verifier.verify(token.to_token().unwrap()).await;
    assert_eq!(refused(&verdict), "TOKEN_EXPIRED");
}

#[tokio::test]
async fn a_session_of_the_other_world_is_nobodys() {
    let (live, sandbox) = (ready(Region::Us), ready(Region::Sandbox));
    let records = MemorySessionRecords::default();
    live.answer(200, created());
    let flow = SessionFlow::new(live.client.clone(), records.clone());
    let session = flow.begin(&NewSession::new()).await.unwrap();
    let token = SessionToken::new(&session.session_id, &session.state);
    let verifier = DocumentVerifier::new(SessionFlow::new(sandbox.client.clone(), records));
    let verdict = verifier.verify(token.to_token().unwrap()).await;
    assert_eq!(refused(&verdict), "SESSION_NOT_BOUND");
    assert!(sandbox.sent().is_empty());
}

#[tokio::test]
async fn a_guard_refuses_what_this_api_cannot_know() {
    let api = ready(Region::Us);
    let (verifier, token) = verifier(&api, &NewSession::new()).await;
    api.answer(200, allowed());
    let Verdict::Valid(credential) = verifier.verify(token.to_token().unwrap()).await else {
        panic!()
    };
    let policy = Policy::builder().require_sanctions_clear().build().unwrap();
    let violation = policy.evaluate(&credential, start()).unwrap_err();
    assert!(violation.to_string().contains("sanctions"), "{violation}");
    let identity = Policy::builder().require_claims(["identity_verified"]).build().unwrap();
    identity.evaluate(&credential, start()).unwrap();
    let _guard: Guard<DocumentVerifier> = Guard::new(verifier, identity);
}

#[tokio::test]
async fn scopes_differ_by_everything_that_a_verdict_depends_on_and_show_nothing() {
    let api = ready(Region::Us);
    let (strict, _) = verifier(&api, &NewSession::new()).await;
    let lax = strict.clone().accept_session_id_without_binding();
    assert!(strict.scope() != lax.scope());
    assert!(strict.is_repeatable());
    let shown = format!("{strict:?} {:?} {:?}", strict.scope(), api.client);
    for hidden in [SECRET, ACCESS, SESSION] {
        assert!(!shown.contains(hidden), "{shown}");
    }
}

#[tokio::test]
async fn an_echo_of_the_access_token_is_not_kept_for_the_audit() {
    let mut body = allowed();
    for echo in [ACCESS.to_owned(), format!("id:{ACCESS}"), SECRET.to_owned()] {
        body["risk_details"] = json!({"general": {"correlation_id": echo}});
        let verdict = judged(Region::Eu, &NewSession::new(), 200, &body).await;
        let Verdict::Valid(credential) = verdict else { panic!("{verdict:?}") };
        assert!(!credential.extra().contains_key("correlation_id"));
    }
}
