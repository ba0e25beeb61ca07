//! What a single call may say: how long it may take, and its idempotency key.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;

use std::time::Duration;

use common::script::{Step, good, play, redeemed};
use common::{api, api_with, block_on, code, token};
use passid_core::client::{IdempotencyKey, RetrySettings, VerifyOptions};
use passid_core::{
    ApiError, Clock, ErrorKind, NewOutcome, NewSession, PassidClient, ReportedOutcome, RequestId,
};

/// Every call that takes the key, on this client.
async fn every_call(client: &PassidClient) -> Vec<Result<(), ApiError>> {
    let id = RequestId::parse("req_1").unwrap();
    let outcome = NewOutcome::new(&token(), ReportedOutcome::Repaid);
    vec![
        client.verify_token(&token()).await.map(|_| ()),
        client.redeem_code(&code()).await.map(|_| ()),
        client.create_session(&NewSession::new()).await.map(|_| ()),
        client.session(&id).await.map(|_| ()),
        client.public_session(&id).await.map(|_| ()),
        client.report_outcome(&outcome).await.map(|_| ()),
        client.stored_verification(&token()).await.map(|_| ()),
    ]
}

#[test]
fn a_call_can_have_less_time_than_the_client_gives() {
    let api = api();
    play(&api, &vec![Step::Hang; 7]);
    let brief = api.client.with_timeout(Duration::from_millis(300));
    for result in block_on(every_call(&brief)) {
        let kind = result.unwrap_err().kind().clone();
        assert!(matches!(kind, ErrorKind::Timeout | ErrorKind::OutcomeUnknown), "{kind:?}");
    }
    assert_eq!(api.sent(), 7, "no time is left for another try");
    assert_eq!(api.clock.elapsed(), Duration::from_millis(7 * 300));
}

#[test]
fn a_call_can_have_more_time_than_the_client_gives() {
    let api = api_with(|builder| {
        builder
            .operation_timeout(Duration::from_secs(5))
            .retry(RetrySettings { max_attempts: 9, ..RetrySettings::default() })
    });
    let patient = api.client.with_timeout(Duration::from_secs(60));
    play(&api, &[Step::Later(429, 30), good()]);
    block_on(patient.verify_token(&token())).unwrap();
    assert_eq!(api.clock.slept(), [Duration::from_secs(30)]);
    play(&api, &[Step::Later(429, 30), good()]);
    let error = block_on(api.client.verify_token(&token())).unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::RateLimited, "the client itself is as it was");
}

#[test]
fn a_call_without_time_is_not_carried_out_twice() {
    let api = api();
    play(&api, &[Step::Hang, redeemed()]);
    let error = block_on(api.client.with_timeout(Duration::ZERO).redeem_code(&code())).unwrap_err();
    assert_eq!((error.kind(), api.sent()), (&ErrorKind::OutcomeUnknown, 1));
}

#[test]
fn a_key_of_ones_own_goes_along_with_one_call_only() {
    let api = api();
    play(&api, &[good(), good()]);
    let own = VerifyOptions::default().idempotency_key(IdempotencyKey::parse("own").unwrap());
    block_on(api.client.verify_token_with(&token(), own)).unwrap();
    block_on(api.client.verify_token(&token())).unwrap();
    let keys: Vec<_> = api.transport.requests();
    assert_eq!(keys[0].header("idempotency-key"), Some("own"));
    assert_ne!(keys[1].header("idempotency-key"), Some("own"));
}
