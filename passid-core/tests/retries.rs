//! What the client does when a call fails: when it tries again, when it must not (decision D12), and
//! what it then says.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;

use std::collections::HashSet;
use std::time::Duration;

use common::script::{CONNECT, INTERRUPTED, Step, TOO_LARGE, good, play, redeem, redeemed, verify};
use common::{Api, api, api_with, block_on, cases, chain, denial, token};
use passid_core::client::{
    ApiResponse, IdempotencyKey, RetrySettings, TransportErrorKind, VerifyOptions,
};
use passid_core::{ApiError, Clock, DenyReason, ErrorKind};
use proptest::prelude::*;
use serde_json::json;

fn keys(api: &Api) -> Vec<String> {
    let requests = api.transport.requests();
    requests.iter().map(|request| request.header("idempotency-key").unwrap().to_owned()).collect()
}

fn attempts(max_attempts: u32) -> Api {
    api_with(|builder| builder.retry(RetrySettings { max_attempts, ..RetrySettings::default() }))
}

#[test]
fn a_verification_is_tried_again_after_every_passing_failure_with_the_same_key() {
    let statuses = (500..600).chain([429]).map(Step::Status);
    for step in statuses.chain([CONNECT, INTERRUPTED, Step::Hang]) {
        let api = api_with(|builder| builder.operation_timeout(Duration::from_secs(60)));
        verify(&api, &[step.clone(), step.clone(), good()]).unwrap();
        let keys = keys(&api);
        assert_eq!(keys.len(), 3, "{step:?}");
        assert!(keys.iter().all(|key| *key == keys[0]), "{step:?}");
        assert!(IdempotencyKey::parse(keys[0].clone()).is_ok());
    }
}

#[test]
fn the_callers_own_key_is_kept_over_all_tries() {
    let api = api();
    play(&api, &[Step::Status(503), INTERRUPTED, good()]);
    let own = IdempotencyKey::parse("loan-10482").unwrap();
    let options = VerifyOptions::default().idempotency_key(own);
    block_on(api.client.verify_token_with(&token(), options)).unwrap();
    assert_eq!(keys(&api), ["loan-10482"; 3]);
}

#[test]
fn two_operations_never_share_a_key() {
    let api = api();
    for _ in 0..50 {
        verify(&api, &[Step::Status(500), good()]).unwrap();
    }
    let keys = keys(&api);
    assert_eq!(keys.len(), 100);
    assert_eq!(keys.into_iter().collect::<HashSet<_>>().len(), 50);
}

#[test]
fn no_more_tries_are_made_than_allowed() {
    for (allowed, made) in [(0, 1), (1, 1), (2, 2), (7, 7)] {
        let api = attempts(allowed);
        let error = verify(&api, &vec![Step::Status(503); 9]).unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::Failed);
        assert_eq!((error.attempts(), api.sent()), (made, made as usize));
    }
    let api = api_with(|builder| builder.retry(RetrySettings::never()));
    assert_eq!(verify(&api, &[CONNECT, good()]).unwrap_err().attempts(), 1);
}

#[test]
fn delays_are_random_and_grow_up_to_twice_the_last_bound() {
    let api = api();
    for _ in 0..50 {
        verify(&api, &[Step::Status(500), CONNECT, good()]).unwrap();
    }
    let slept = api.clock.slept();
    assert_eq!(slept.len(), 100);
    for (pair, bound) in [(0, 100), (1, 200)] {
        let delays: HashSet<_> = slept.iter().skip(pair).step_by(2).collect();
        assert!(delays.iter().all(|delay| **delay <= Duration::from_millis(bound)));
        assert!(delays.iter().any(|delay| **delay > Duration::from_millis(bound / 2)));
        assert!(delays.len() > 25, "the delays are not random");
    }
}

#[test]
fn retry_after_takes_the_place_of_the_random_delay() {
    for status in [429, 500, 503] {
        let api = api();
        verify(&api, &[Step::Later(status, 7), good()]).unwrap();
        assert_eq!(api.clock.slept(), [Duration::from_secs(7)]);
    }
    let api = api();
    api.transport.answer(
        ApiResponse::new(429, "").with_header("retry-after", "Tue, 17 Mar 2026 14:02:15 GMT"),
    );
    verify(&api, &[good()]).unwrap();
    assert_eq!(api.clock.slept(), [Duration::from_secs(4)]);
}

#[test]
fn retry_after_past_the_deadline_is_told_and_not_waited_for() {
    for seconds in [10, 11, 3600] {
        let api = api_with(|builder| builder.operation_timeout(Duration::from_secs(10)));
        let error = verify(&api, &[Step::Later(429, seconds), good()]).unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::RateLimited);
        assert_eq!(error.retry_after(), Some(Duration::from_secs(seconds)));
        assert_eq!((error.status(), api.sent()), (Some(429), 1));
        assert!(api.clock.slept().is_empty());
    }
    let api = api_with(|builder| builder.operation_timeout(Duration::from_secs(10)));
    verify(&api, &[Step::Later(429, 9), good()]).unwrap();
}

#[test]
fn an_answer_that_will_not_change_is_not_asked_for_again() {
    let big = api_with(|builder| builder.max_response_bytes(8));
    assert_eq!(*verify(&big, &[good(), good()]).unwrap_err().kind(), ErrorKind::Undecodable);
    assert_eq!(big.sent(), 1);
    let refused = ErrorKind::Refused(DenyReason::InvalidSignature);
    for (step, kind) in [
        (Step::Status(400), ErrorKind::RequestRefused),
        (Step::Status(401), ErrorKind::KeyRefused),
        (Step::Status(403), ErrorKind::KeyRefused),
        (Step::Status(404), ErrorKind::RequestRefused),
        (Step::Status(408), ErrorKind::RequestRefused),
        (Step::Status(422), ErrorKind::RequestRefused),
        (Step::Status(301), ErrorKind::UnexpectedStatus),
        (Step::Status(200), ErrorKind::Undecodable),
        (Step::Status(204), ErrorKind::Undecodable),
        (Step::Body(200, "<html>".into()), ErrorKind::Undecodable),
        (Step::Body(200, denial().to_string()), refused.clone()),
        (Step::Body(401, denial().to_string()), refused),
        (TOO_LARGE, ErrorKind::Undecodable),
    ] {
        let api = api();
        let error = verify(&api, &[step.clone(), good()]).unwrap_err();
        assert_eq!((error.kind(), api.sent(), error.attempts()), (&kind, 1, 1), "{step:?}");
    }
}

#[test]
fn a_redemption_is_tried_again_only_when_nothing_can_have_left() {
    let api = attempts(3);
    assert!(redeem(&api, &[CONNECT, CONNECT, redeemed()]).unwrap().credential().is_some());
    assert_eq!(api.sent(), 3);

    let api = attempts(3);
    let error = redeem(&api, &vec![CONNECT; 5]).unwrap_err();
    assert_eq!((error.kind(), error.attempts(), api.sent()), (&ErrorKind::Unreachable, 3, 3));
}

#[test]
fn what_may_have_burnt_the_code_is_an_unknown_outcome_with_its_cause() {
    let mut steps = vec![INTERRUPTED, TOO_LARGE, Step::Hang];
    let statuses = [301, 302, 307, 308, 100, 999, 408, 200, 204].into_iter().chain(500..600);
    steps.extend(statuses.map(Step::Status));
    steps.extend(
        ["<html>", "{", "[]", "{}", r#"{"data": {"status": 1}}"#]
            .map(|body| Step::Body(200, body.to_owned())),
    );
    for step in steps {
        for unsent in [0, 1] {
            let api = api();
            let mut script = vec![CONNECT; unsent];
            script.extend([step.clone(), redeemed(), redeemed()]);
            let error = redeem(&api, &script).unwrap_err();
            assert_eq!(*error.kind(), ErrorKind::OutcomeUnknown, "{step:?}");
            assert_eq!(api.sent(), unsent + 1, "{step:?}");
            assert_eq!(error.attempts() as usize, unsent + 1);
            assert!(chain(&error).len() > 1, "{step:?} has no cause");
        }
    }
}

#[test]
fn a_redemption_that_was_answered_says_what_the_answer_was() {
    let api = api();
    let error = redeem(&api, &[Step::Later(429, 30), redeemed()]).unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::RateLimited);
    assert_eq!((error.retry_after(), api.sent()), (Some(Duration::from_secs(30)), 1));

    for (status, kind) in [
        (400, ErrorKind::RequestRefused),
        (401, ErrorKind::KeyRefused),
        (403, ErrorKind::KeyRefused),
        (404, ErrorKind::CodeNotFound),
        (410, ErrorKind::AlreadyRedeemed),
        (422, ErrorKind::RequestRefused),
    ] {
        let body = json!({"success": false, "error": {"code": "SOME_CODE", "message": "m"}});
        for step in [Step::Status(status), Step::Body(status, body.to_string())] {
            let api = common::api();
            let error = redeem(&api, &[step, redeemed()]).unwrap_err();
            assert_eq!((error.kind(), api.sent(), error.status()), (&kind, 1, Some(status)));
        }
    }
}

#[test]
fn a_sanctions_match_is_told_for_what_it_is_by_both_calls() {
    let body = json!({"success": false, "deny_reason": "HARD_DENY_SANCTIONS_MATCH"}).to_string();
    for status in [200, 400, 401, 403, 404, 410, 422] {
        let refused = ErrorKind::Refused(DenyReason::HardDenySanctionsMatch);
        let script = [Step::Body(status, body.clone()), good()];
        let api = api();
        assert_eq!(*verify(&api, &script).unwrap_err().kind(), refused);
        let other = common::api();
        assert_eq!(*redeem(&other, &script).unwrap_err().kind(), refused);
        assert_eq!((api.sent(), other.sent()), (1, 1));
    }
}

#[test]
fn a_sanctions_match_is_not_asked_about_again_whatever_its_status() {
    for status in [429, 500, 503] {
        let body = json!({"error": {"code": "HARD_DENY_SANCTIONS_MATCH"}}).to_string();
        let api = api();
        let result = verify(&api, &[Step::Body(status, body), good()]);
        assert!(result.is_err(), "{status}: a retry turned a sanctions match into a pass");
    }
}

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => Just(CONNECT),
        2 => Just(INTERRUPTED),
        1 => Just(TOO_LARGE),
        2 => Just(Step::Hang),
        2 => (100_u16..1000).prop_map(Step::Status),
        2 => prop::sample::select(vec![429, 500, 502, 503, 504]).prop_map(Step::Status),
        2 => (prop::sample::select(vec![429, 503]), 0..20_u64).prop_map(|(s, d)| Step::Later(s, d)),
        1 => Just(good()),
        1 => Just(redeemed()),
        1 => Just(Step::Body(200, denial().to_string())),
    ]
}

/// Whether a verification may be sent again after this step.
fn passes_away(step: &Step) -> bool {
    match step {
        Step::Fail(kind) => *kind != TransportErrorKind::TooLarge,
        Step::Hang => true,
        Step::Status(status) | Step::Later(status, _) | Step::Body(status, _) => {
            *status == 429 || (500..600).contains(status)
        }
    }
}

fn any_client() -> impl Strategy<Value = (u64, u64, RetrySettings)> {
    (1..6000_u64, 1..20_000_u64, 0..8_u32, 0..3000_u64, 0..5000_u64).prop_map(
        |(attempt, operation, max_attempts, base, max)| {
            let (base_delay, max_delay) = (Duration::from_millis(base), Duration::from_millis(max));
            (attempt, operation, RetrySettings { max_attempts, base_delay, max_delay })
        },
    )
}

fn client((attempt, operation, retry): (u64, u64, RetrySettings)) -> Api {
    api_with(|builder| {
        builder
            .attempt_timeout(Duration::from_millis(attempt))
            .operation_timeout(Duration::from_millis(operation))
            .retry(retry)
    })
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn a_verification_ends_within_its_deadline_and_repeats_only_what_may_be_repeated(
        settings in any_client(),
        script in prop::collection::vec(any_step(), 1..10),
    ) {
        let api = client(settings);
        let result = verify(&api, &script);
        prop_assert!(api.clock.elapsed() <= Duration::from_millis(settings.1));
        let sent = api.sent();
        prop_assert!(sent >= 1 && sent <= settings.2.max_attempts.max(1) as usize);
        prop_assert!(script.iter().take(sent - 1).all(passes_away));
        prop_assert_eq!(keys(&api).into_iter().collect::<HashSet<_>>().len(), 1);
        let last = script.get(sent - 1).map(|step| format!("{step:?}"));
        prop_assert_eq!(result.is_ok(), last == Some(format!("{:?}", good())));
        if let Err(error) = result {
            prop_assert_eq!(error.attempts() as usize, sent);
        }
    }

    #[test]
    fn a_redemption_is_never_sent_again_once_bytes_of_it_may_have_left(
        settings in any_client(),
        script in prop::collection::vec(any_step(), 1..10),
    ) {
        let api = client(settings);
        let result = redeem(&api, &script);
        prop_assert!(api.clock.elapsed() <= Duration::from_millis(settings.1));
        let sent = api.sent();
        let unsent = |step: &Step| matches!(step, Step::Fail(TransportErrorKind::Connect));
        prop_assert!(script.iter().take(sent - 1).all(unsent), "sent {} times", sent);
        let connected = script.get(sent - 1).is_some_and(|step| !unsent(step));
        match result {
            Ok(redemption) => prop_assert!(connected && redemption.credential().is_some()),
            Err(error) if !connected => prop_assert_eq!(error.kind(), &ErrorKind::Unreachable),
            Err(error) => prop_assert!(*error.kind() != ErrorKind::Unreachable),
        }
    }
}

/// Every kind of error that the two calls can end in.
fn every_error() -> Vec<ApiError> {
    let mut steps = vec![CONNECT, INTERRUPTED, TOO_LARGE, Step::Hang, Step::Later(429, 90)];
    let statuses = [200, 301, 400, 401, 403, 404, 408, 410, 422, 429, 500, 503];
    steps.extend(statuses.map(Step::Status));
    steps.push(Step::Body(200, denial().to_string()));
    steps.push(Step::Body(200, r#"{"deny_reason": "HARD_DENY_SANCTIONS_MATCH"}"#.into()));
    let claims = r#"{"valid": true, "status": "verified", "claims": {"corridor": 1}}"#;
    steps.push(Step::Body(200, claims.into()));
    let mut errors = Vec::new();
    for step in steps {
        let script = vec![step; 3];
        errors.push(verify(&api(), &script).unwrap_err());
        errors.push(redeem(&api(), &script).unwrap_err());
    }
    let hasty = api_with(|builder| builder.operation_timeout(Duration::from_secs(1)));
    errors.push(verify(&hasty, &[Step::Hang]).unwrap_err());
    errors
}

#[test]
fn whether_a_retry_is_safe_follows_from_the_kind() {
    let mut seen = HashSet::new();
    for error in every_error() {
        let safe = match error.kind() {
            ErrorKind::RateLimited
            | ErrorKind::Failed
            | ErrorKind::Unreachable
            | ErrorKind::Interrupted
            | ErrorKind::Timeout
            | ErrorKind::Undecodable => true,
            ErrorKind::Refused(_)
            | ErrorKind::CodeNotFound
            | ErrorKind::AlreadyRedeemed
            | ErrorKind::RequestRefused
            | ErrorKind::KeyRefused
            | ErrorKind::UnexpectedStatus
            | ErrorKind::OutcomeUnknown => false,
            unknown => panic!("{unknown:?} is not in this table"),
        };
        assert_eq!(error.is_retry_safe(), safe, "{:?}", error.kind());
        seen.insert(std::mem::discriminant(error.kind()));
    }
    assert_eq!(seen.len(), 13, "a kind of error is not reached");
}

#[test]
fn an_error_and_its_cause_do_not_say_the_same_thing() {
    for error in every_error() {
        for pair in chain(&error).windows(2) {
            let [parent, source] = pair else { unreachable!() };
            assert!(!source.is_empty() && !parent.contains(source.as_str()), "{pair:?}");
        }
    }
}
