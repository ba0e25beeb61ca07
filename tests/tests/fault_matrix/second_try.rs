//! A fault that only the first try meets: the second gets over it, and says what the first has done.

use passid_core::{ErrorKind, PassidClient};
use passid_sandbox::{Fault, FaultKind, RequestFilter};
use passid_tests::soon;
use passid_tests::standing::Standing;

use super::calls::{Call, Subject};

/// Makes the call while the fault meets its first try only.
async fn once(
    standing: &Standing,
    call: Call,
    client: &PassidClient,
    fault: FaultKind,
) -> (Subject, Result<(), passid_core::ApiError>) {
    let subject = Subject::fresh(standing, client).await;
    standing.sandbox.inject_fault(Fault::on(call.route(), fault)).unwrap();
    let what = format!("{call} x {fault:?}");
    let result = soon(&what, subject.call(call, client)).await;
    (subject, result)
}

fn passing() -> [FaultKind; 7] {
    [
        FaultKind::status(500),
        FaultKind::status(503),
        FaultKind::status(429),
        FaultKind::status_with_retry_after(429, 0),
        FaultKind::reset(),
        FaultKind::empty(),
        FaultKind::garbage(),
    ]
}

#[tokio::test]
async fn a_passing_failure_is_got_over_where_the_call_may_be_repeated() {
    let standing = Standing::start().await;
    let client = standing.client();
    for call in Call::ALL.into_iter().filter(|call| *call != Call::Create) {
        for fault in passing() {
            let (subject, result) = once(&standing, call, &client, fault).await;
            result.unwrap();
            assert_eq!(subject.took_effect(call, &standing.sandbox), call.writes());
        }
    }
}

#[tokio::test]
async fn a_session_is_created_once_even_where_the_first_try_was_rate_limited() {
    let standing = Standing::start().await;
    let limited = FaultKind::status_with_retry_after(429, 0);
    let (subject, result) = once(&standing, Call::Create, &standing.client(), limited).await;
    result.unwrap();
    assert!(subject.took_effect(Call::Create, &standing.sandbox));
}

#[tokio::test]
async fn a_report_whose_answer_was_lost_is_on_record_and_the_409_says_so() {
    let standing = Standing::start().await;
    let client = standing.client();
    for fault in [FaultKind::apply_then_drop(), FaultKind::truncate()] {
        let (subject, result) = once(&standing, Call::Report, &client, fault).await;
        let error = result.unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::OutcomeAlreadyReported);
        assert_eq!((error.status(), error.attempts()), (Some(409), 2));
        assert!(error.earlier_try_may_have_landed() && !error.is_retry_safe());
        assert!(subject.took_effect(Call::Report, &standing.sandbox));
    }
}

#[tokio::test]
async fn the_same_settings_twice_are_the_same_settings() {
    let standing = Standing::start().await;
    let lost = FaultKind::apply_then_drop();
    let (subject, result) = once(&standing, Call::SetWebhook, &standing.client(), lost).await;
    result.unwrap();
    assert!(subject.took_effect(Call::SetWebhook, &standing.sandbox));
}

#[tokio::test]
async fn an_idempotency_key_is_on_every_try_and_on_no_call_that_has_none() {
    let standing = Standing::start().await;
    let client = standing.client();
    for call in Call::ALL {
        let (_, result) = once(&standing, call, &client, FaultKind::status(429)).await;
        result.unwrap();
        let calls = RequestFilter::new().route(call.route());
        let tries = standing.sandbox.requests(&calls);
        // A session was made before, for the calls to be about.
        let tries = &tries[usize::from(call == Call::Create)..];
        assert_eq!(tries.len(), 2, "{call}");
        for request in tries {
            let key = request.headers.get("idempotency-key").map(String::as_str);
            assert_eq!(key, (call == Call::Report).then_some("present"), "{call}");
        }
    }
}

#[tokio::test]
async fn the_key_and_the_jwt_go_only_where_they_are_asked_for() {
    let standing = Standing::start().await;
    let client = standing.client();
    for call in Call::ALL {
        let subject = Subject::fresh(&standing, &client).await;
        subject.call(call, &client).await.unwrap();
        let seen = standing.sandbox.requests(&RequestFilter::new().route(call.route()));
        let headers = &seen.last().unwrap().headers;
        let (key, jwt) =
            (headers.contains_key("x-institution-key"), headers.contains_key("authorization"));
        let expected = match call {
            Call::PublicById | Call::PublicByCode => (false, false),
            Call::Cohort | Call::SetWebhook => (false, true),
            _ => (true, false),
        };
        assert_eq!((key, jwt), expected, "{call}");
    }
}
