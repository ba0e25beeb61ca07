//! Statuses that say no: one call each, and a kind that is named for what was asked.

use std::time::Duration;

use passid_core::{DenyReason, ErrorKind, Token};
use passid_sandbox::{Fault, FaultKind, NewCredential, Route};
use passid_tests::soon;
use passid_tests::standing::Standing;

use super::calls::{Call, Subject};

/// What a call makes of a refusal.
fn kind(call: Call, status: u16) -> ErrorKind {
    use Call::{Cohort, Poll, PublicByCode, PublicById, Report, SetWebhook, Stored};
    match (status, call) {
        // No key and no JWT was sent that could be refused.
        (401 | 403, PublicById | PublicByCode) => ErrorKind::RequestRefused,
        (401 | 403, Cohort | SetWebhook) => ErrorKind::JwtRefused,
        (401 | 403, _) => ErrorKind::KeyRefused,
        (404, Poll | PublicById | PublicByCode) => ErrorKind::SessionNotFound,
        (404, Report) => ErrorKind::TokenNotFound,
        (404, Stored) => ErrorKind::VerificationNotFound,
        (409, Report) => ErrorKind::OutcomeAlreadyReported,
        (410, Poll | PublicById | PublicByCode) => ErrorKind::SessionOver,
        _ => ErrorKind::RequestRefused,
    }
}

#[tokio::test]
async fn a_refusal_is_named_for_what_was_asked_and_not_repeated() {
    let standing = Standing::start().await;
    let client = standing.client();
    for call in Call::ALL {
        for status in [400, 401, 403, 404, 405, 408, 409, 410, 413, 415, 422, 451] {
            let what = format!("{call} x {status}");
            let subject = Subject::fresh(&standing, &client).await;
            let before = standing.sandbox.calls(call.route());
            let fault = Fault::on(call.route(), FaultKind::status(status)).always();
            standing.sandbox.inject_fault(fault).unwrap();
            let error = soon(&what, subject.call(call, &client)).await.unwrap_err();
            assert_eq!(*error.kind(), kind(call, status), "{what}");
            assert_eq!((error.status(), error.attempts()), (Some(status), 1), "{what}");
            assert_eq!(standing.sandbox.calls(call.route()) - before, 1, "{what}");
            assert!(!error.is_retry_safe() && !error.earlier_try_may_have_landed(), "{what}");
            assert!(!subject.took_effect(call, &standing.sandbox), "{what}");
        }
    }
}

#[tokio::test]
async fn a_key_that_is_not_known_is_refused_by_every_call_that_sends_it() {
    let standing = Standing::start().await;
    let stranger = standing.builder_for("pk_sandbox_of_nobody").build().unwrap();
    for call in Call::ALL {
        let subject = Subject::fresh(&standing, &standing.client()).await;
        let result = subject.call(call, &stranger).await;
        match call {
            Call::PublicById | Call::PublicByCode | Call::Cohort | Call::SetWebhook => {
                result.unwrap();
            }
            _ => assert_eq!(*result.unwrap_err().kind(), ErrorKind::KeyRefused, "{call}"),
        }
    }
}

#[tokio::test]
async fn the_live_key_sees_nothing_of_the_sandbox() {
    let standing = Standing::start().await;
    let live = standing.builder_for(standing.sandbox.live_key()).build().unwrap();
    for (call, kind) in [
        (Call::Poll, ErrorKind::SessionNotFound),
        (Call::Report, ErrorKind::TokenNotFound),
        (Call::Stored, ErrorKind::VerificationNotFound),
    ] {
        let subject = Subject::fresh(&standing, &standing.client()).await;
        assert_eq!(*subject.call(call, &live).await.unwrap_err().kind(), kind, "{call}");
    }
}

#[tokio::test]
async fn a_token_of_tricks_reaches_its_own_route_only() {
    let standing = Standing::start().await;
    let client = standing.client();
    let longest = "%".repeat(Token::MAX_LEN);
    for token in ["psid/../x", "../../v1/outcome", "%2e%2e", "a?b=c", "a#b", "a;b", "...", &longest]
    {
        standing.sandbox.reset();
        let token = Token::parse(token).unwrap();
        let error = client.stored_verification(&token).await.unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::VerificationNotFound, "{}", token.expose());
        let calls = standing.sandbox.calls(Route::StoredVerification);
        assert_eq!((calls, standing.sandbox.calls(Route::Any)), (1, 1), "{}", token.expose());
    }
}

#[tokio::test]
async fn a_record_of_a_credential_that_has_ended_since_is_a_refusal() {
    let standing = Standing::start().await;
    let client = standing.client();
    let end = standing.sandbox.now() + Duration::from_secs(3600);
    let token = standing.sandbox.mint_token(NewCredential::new().expires_at(end)).unwrap();
    let token = Token::parse(&token).unwrap();
    let verified = client.verify_token(&token).await.unwrap();
    let stored = client.stored_verification(&token).await.unwrap();
    assert_eq!(stored.record().audit_id(), verified.audit_id());
    standing.advance(Duration::from_secs(3600));
    let error = client.stored_verification(&token).await.unwrap_err();
    assert_eq!(error.deny_reason(), Some(&DenyReason::TokenExpired));
}
