//! Every fault of the sandbox x redeem and verify: the kind of error, and the number of calls that
//! arrived.

use std::time::Duration;

use passid_core::{ApiError, DenyReason, ErrorKind, ShareCode, Token};
use passid_sandbox::{FaultKind, NewCredential, Route, demo};
use passid_tests::soon;
use passid_tests::upstream::{Api, Upstream};

/// A fault, and what each operation makes of it when it meets it every time.
struct Line {
    fault: FaultKind,
    verify: (ErrorKind, u64),
    redeem: (ErrorKind, u64),
}

fn matrix() -> Vec<Line> {
    use ErrorKind::{
        Failed, Interrupted, KeyRefused, OutcomeUnknown, RateLimited, RequestRefused, Undecodable,
        UnexpectedStatus,
    };
    let line = |fault, verify, redeem| Line { fault, verify, redeem };
    vec![
        line(FaultKind::reset(), (Interrupted, 3), (OutcomeUnknown, 1)),
        line(FaultKind::empty(), (Interrupted, 3), (OutcomeUnknown, 1)),
        line(FaultKind::garbage(), (Interrupted, 3), (OutcomeUnknown, 1)),
        line(FaultKind::truncate(), (Interrupted, 3), (OutcomeUnknown, 1)),
        line(FaultKind::apply_then_drop(), (Interrupted, 3), (OutcomeUnknown, 1)),
        line(FaultKind::html(), (Undecodable, 1), (OutcomeUnknown, 1)),
        line(FaultKind::oversize(), (Undecodable, 1), (OutcomeUnknown, 1)),
        line(FaultKind::status(200), (Undecodable, 1), (OutcomeUnknown, 1)),
        line(FaultKind::status(500), (Failed, 3), (OutcomeUnknown, 1)),
        line(FaultKind::status(502), (Failed, 3), (OutcomeUnknown, 1)),
        line(FaultKind::status(503), (Failed, 3), (OutcomeUnknown, 1)),
        line(FaultKind::status(504), (Failed, 3), (OutcomeUnknown, 1)),
        line(FaultKind::status(302), (UnexpectedStatus, 1), (OutcomeUnknown, 1)),
        line(FaultKind::status(408), (RequestRefused, 1), (OutcomeUnknown, 1)),
        line(FaultKind::status(429), (RateLimited, 3), (RateLimited, 1)),
        line(FaultKind::status_with_retry_after(429, 30), (RateLimited, 1), (RateLimited, 1)),
        line(FaultKind::status(400), (RequestRefused, 1), (RequestRefused, 1)),
        line(FaultKind::status(401), (KeyRefused, 1), (KeyRefused, 1)),
        line(FaultKind::status(403), (KeyRefused, 1), (KeyRefused, 1)),
        line(FaultKind::status(404), (RequestRefused, 1), (ErrorKind::CodeNotFound, 1)),
        line(FaultKind::status(410), (RequestRefused, 1), (ErrorKind::AlreadyRedeemed, 1)),
        line(FaultKind::status(422), (RequestRefused, 1), (RequestRefused, 1)),
    ]
}

fn token() -> Token {
    Token::parse(demo::KENYA_TOKEN).unwrap()
}

/// What every error must have.
fn check(what: &str, error: &ApiError, expected: &ErrorKind) {
    assert_eq!(error.kind(), expected, "{what}: {error:?}");
    assert!(error.attempts() > 0, "{what}");
    if *expected == ErrorKind::OutcomeUnknown {
        assert!(!error.is_retry_safe(), "{what}");
        assert!(std::error::Error::source(error).is_some(), "{what}");
    }
    for secret in [demo::KENYA_TOKEN, demo::KENYA_CODE, demo::SANDBOX_KEY] {
        assert!(!format!("{error:?} {error}").contains(secret), "{what}");
    }
}

#[tokio::test]
async fn every_fault_gives_its_kind_of_error_after_the_right_number_of_calls() {
    let api = Api::start().await;
    for Line { fault, verify, redeem } in matrix() {
        let upstream = Upstream::Fault(fault, 0);
        api.prepare(upstream);
        let client = api.client(upstream);

        let what = format!("verify x {fault:?}");
        let error = soon(&what, client.verify_token(&token())).await.unwrap_err();
        check(&what, &error, &verify.0);
        assert_eq!(api.sandbox.calls(Route::Verify), verify.1, "{what}");

        let what = format!("redeem x {fault:?}");
        let code = ShareCode::parse(demo::KENYA_CODE).unwrap();
        let error = soon(&what, client.redeem_code(&code)).await.unwrap_err();
        check(&what, &error, &redeem.0);
        assert_eq!(api.sandbox.calls(Route::Redeem), redeem.1, "{what}");
    }
}

#[tokio::test]
async fn an_answer_that_does_not_come_in_time_is_given_up() {
    let api = Api::start().await;
    let minute = Duration::from_secs(60);
    for fault in [FaultKind::delay(minute), FaultKind::slow_body(minute)] {
        let upstream = Upstream::Fault(fault, 0);
        api.prepare(upstream);
        let client = api.client(upstream);
        let error = soon("giving up", client.verify_token(&token())).await.unwrap_err();
        assert!(
            matches!(error.kind(), ErrorKind::Timeout | ErrorKind::Interrupted),
            "{fault:?}: {error:?}"
        );
        let code = ShareCode::parse(demo::KENYA_CODE).unwrap();
        let error = soon("giving up", client.redeem_code(&code)).await.unwrap_err();
        check("redeem", &error, &ErrorKind::OutcomeUnknown);
        assert_eq!(api.sandbox.calls(Route::Redeem), 1, "{fault:?}");
    }
}

#[tokio::test]
async fn nobody_listening_is_unreachable_and_safe_to_try_again() {
    let api = Api::start().await;
    let client = api.client(Upstream::Down);
    let code = ShareCode::parse(demo::KENYA_CODE).unwrap();
    let verify = client.verify_token(&token()).await.unwrap_err();
    let redeem = client.redeem_code(&code).await.unwrap_err();
    for error in [verify, redeem] {
        assert_eq!(*error.kind(), ErrorKind::Unreachable);
        assert!(error.is_retry_safe());
        assert_eq!(error.attempts(), 3);
    }
}

#[tokio::test]
async fn a_code_whose_answer_was_lost_is_burnt() {
    let api = Api::start().await;
    let code = api.sandbox.mint_code(NewCredential::new()).unwrap();
    let code = ShareCode::parse(&code).unwrap();
    let upstream = Upstream::Sound;
    let client = api.client(upstream);
    api.sandbox
        .inject_fault(passid_sandbox::Fault::on(Route::Redeem, FaultKind::apply_then_drop()))
        .unwrap();
    let lost = client.redeem_code(&code).await.unwrap_err();
    assert_eq!(*lost.kind(), ErrorKind::OutcomeUnknown);
    let again = client.redeem_code(&code).await.unwrap_err();
    assert_eq!(*again.kind(), ErrorKind::AlreadyRedeemed);
    assert_eq!(again.status(), Some(410));
    assert_eq!(again.code(), Some("CODE_ALREADY_REDEEMED"));
    assert!(again.request_id().is_some());
}

#[tokio::test]
async fn a_verification_whose_answer_was_lost_is_got_over_with_the_same_idempotency_key() {
    let api = Api::start().await;
    let upstream = Upstream::Fault(FaultKind::apply_then_drop(), 1);
    api.prepare(upstream);
    let credential = api.client(upstream).verify_token(&token()).await.unwrap();
    // The sandbox numbers its verifications: the second try got the first one's answer.
    assert_eq!(credential.audit_id(), Some("vrf_000000000001"));
    assert_eq!(api.sandbox.calls(Route::Verify), 2);
}

#[tokio::test]
async fn every_state_of_a_credential_behind_a_code_and_behind_a_token_is_told() {
    use passid_sandbox::CredentialState::{BadSignature, Expired, Revoked, SanctionsDenied};
    let api = Api::start().await;
    let client = api.client(Upstream::Sound);
    for (state, reason) in [
        (Expired, DenyReason::TokenExpired),
        (Revoked, DenyReason::TokenRevoked),
        (BadSignature, DenyReason::InvalidSignature),
        (SanctionsDenied, DenyReason::HardDenySanctionsMatch),
    ] {
        let token = api.sandbox.mint_token(NewCredential::new().state(state)).unwrap();
        let error = client.verify_token(&Token::parse(&token).unwrap()).await.unwrap_err();
        assert_eq!(error.deny_reason(), Some(&reason));
        let code = api.sandbox.mint_code(NewCredential::new().state(state)).unwrap();
        let error = client.redeem_code(&ShareCode::parse(&code).unwrap()).await.unwrap_err();
        assert_eq!(error.deny_reason(), Some(&reason));
    }
    let token = api.sandbox.mint_token(NewCredential::new()).unwrap();
    client.verify_token(&Token::parse(&token).unwrap()).await.unwrap();
}
