//! A fault that every try meets: the kind of error, the number of calls, the effect, and the next
//! call after it.

use passid_core::{ApiError, ErrorKind};
use passid_sandbox::{Fault, FaultKind, Route};
use passid_tests::soon;
use passid_tests::standing::Standing;

use super::calls::{Call, Subject};

/// What a call makes of a fault: the kind of its error, if it is one, and how often it arrives.
type End = (Option<ErrorKind>, u64);

struct Line {
    fault: FaultKind,
    /// A call that may be sent again.
    repeatable: End,
    /// The creation of a session, which may not (decision D12).
    create: End,
    /// Whether the sandbox carries the call out.
    applied: bool,
}

fn matrix() -> Vec<Line> {
    use ErrorKind::{
        Failed, Interrupted, OutcomeUnknown, RateLimited, Undecodable, UnexpectedStatus,
    };
    let nothing = |fault, repeatable: (ErrorKind, u64), create: (ErrorKind, u64)| Line {
        fault,
        repeatable: (Some(repeatable.0), repeatable.1),
        create: (Some(create.0), create.1),
        applied: false,
    };
    let applied =
        |fault, repeatable, create| Line { applied: true, ..nothing(fault, repeatable, create) };
    vec![
        nothing(FaultKind::status(500), (Failed, 3), (Failed, 1)),
        nothing(FaultKind::status(503), (Failed, 3), (Failed, 1)),
        nothing(FaultKind::status_with_retry_after(503, 0), (Failed, 3), (Failed, 1)),
        // Later than the whole call may take.
        nothing(FaultKind::status_with_retry_after(503, 3600), (Failed, 1), (Failed, 1)),
        nothing(FaultKind::status(429), (RateLimited, 3), (RateLimited, 3)),
        nothing(FaultKind::status_with_retry_after(429, 0), (RateLimited, 3), (RateLimited, 3)),
        nothing(FaultKind::rate_limit(3600), (RateLimited, 1), (RateLimited, 1)),
        nothing(FaultKind::status(302), (UnexpectedStatus, 1), (UnexpectedStatus, 1)),
        nothing(FaultKind::reset(), (Interrupted, 3), (OutcomeUnknown, 1)),
        nothing(FaultKind::empty(), (Interrupted, 3), (OutcomeUnknown, 1)),
        nothing(FaultKind::garbage(), (Interrupted, 3), (OutcomeUnknown, 1)),
        nothing(FaultKind::html(), (Undecodable, 1), (OutcomeUnknown, 1)),
        applied(FaultKind::truncate(), (Interrupted, 3), (OutcomeUnknown, 1)),
        applied(FaultKind::oversize(), (Undecodable, 1), (OutcomeUnknown, 1)),
        applied(FaultKind::apply_then_drop(), (Interrupted, 3), (OutcomeUnknown, 1)),
        // Media types are not looked at: only what an answer says counts.
        Line {
            fault: FaultKind::wrong_content_type(),
            repeatable: (None, 1),
            create: (None, 1),
            applied: true,
        },
    ]
}

/// What every error must have, whatever it is.
fn check(what: &str, error: &ApiError, subject: &Subject) {
    assert!(error.attempts() > 0, "{what}");
    assert_eq!(error.deny_reason(), None, "{what}");
    let unknown = *error.kind() == ErrorKind::OutcomeUnknown;
    assert!(!(unknown && error.is_retry_safe()), "{what}");
    assert!(!unknown || std::error::Error::source(error).is_some(), "{what}");
    let shown = format!("{error:?} {error} {:?}", error.code());
    for secret in subject.secrets() {
        assert!(!shown.contains(secret), "{what}: {shown}");
    }
}

/// Makes the call while the fault meets every try of it, and gives how often it arrived.
async fn meet(
    standing: &Standing,
    subject: &Subject,
    call: Call,
    client: &passid_core::PassidClient,
    fault: FaultKind,
) -> (Result<(), ApiError>, u64) {
    let before = standing.sandbox.calls(call.route());
    standing.sandbox.inject_fault(Fault::on(call.route(), fault).always()).unwrap();
    let what = format!("{call} x {fault:?}");
    let result = soon(&what, subject.call(call, client)).await;
    standing.sandbox.clear_faults();
    (result, standing.sandbox.calls(call.route()) - before)
}

#[tokio::test]
async fn every_call_x_every_fault_ends_as_decided_and_the_next_call_tells_the_effect() {
    let standing = Standing::start().await;
    let hour = std::time::Duration::from_secs(3600);
    for call in Call::ALL {
        let client = standing.builder().operation_timeout(hour).build().unwrap();
        for Line { fault, repeatable, create, applied } in matrix() {
            let what = format!("{call} x {fault:?}");
            let subject = Subject::fresh(&standing, &client).await;
            let expected = if call == Call::Create { create } else { repeatable };
            let (result, calls) = meet(&standing, &subject, call, &client, fault).await;
            let kind = result.as_ref().err().map(|error| error.kind().clone());
            assert_eq!((kind, calls), expected, "{what}: {result:?}");
            if let Err(error) = &result {
                check(&what, error, &subject);
                assert_eq!(u64::from(error.attempts()), calls, "{what}");
            }
            let took_effect = subject.took_effect(call, &standing.sandbox);
            assert_eq!(took_effect, applied && call.writes(), "{what}");

            let again = soon(&what, subject.call(call, &client)).await;
            match again {
                // What is on record is not this call's doing, as far as it can tell.
                Err(error) if call == Call::Report && applied => {
                    assert_eq!(*error.kind(), ErrorKind::OutcomeAlreadyReported, "{what}");
                    assert!(!error.earlier_try_may_have_landed(), "{what}");
                    assert_eq!((error.status(), error.attempts()), (Some(409), 1), "{what}");
                }
                again => again.unwrap(),
            }
        }
    }
}

#[tokio::test]
async fn a_delay_that_is_asked_for_is_told_with_the_error() {
    let standing = Standing::start().await;
    let hour = std::time::Duration::from_secs(3600);
    let client = standing.builder().operation_timeout(hour).build().unwrap();
    for call in Call::ALL {
        let subject = Subject::fresh(&standing, &client).await;
        let fault = FaultKind::rate_limit(3600);
        let (result, _) = meet(&standing, &subject, call, &client, fault).await;
        let error = result.unwrap_err();
        assert_eq!((error.status(), error.retry_after()), (Some(429), Some(hour)), "{call}");
        assert_eq!(error.code(), Some("INJECTED_FAULT"), "{call}");
        assert!(error.is_retry_safe() && error.request_id().is_some(), "{call}");
    }
}

#[tokio::test]
async fn a_delay_that_fits_into_the_call_is_waited_for() {
    let standing = Standing::start().await;
    let client = standing.client();
    for call in Call::ALL {
        let subject = Subject::fresh(&standing, &client).await;
        let before = standing.sandbox.calls(call.route());
        let fault = Fault::on(call.route(), FaultKind::rate_limit(90));
        standing.sandbox.inject_fault(fault).unwrap();
        let mut pauses = Vec::new();
        let result = standing.pass(subject.call(call, &client), |_, pause| pauses.push(pause));
        soon("the second try", result).await.unwrap();
        assert_eq!(pauses, [std::time::Duration::from_secs(90)], "{call}");
        assert_eq!(standing.sandbox.calls(call.route()) - before, 2, "{call}");
    }
}

#[tokio::test]
async fn refused_connections_are_safe_to_try_again_whatever_the_call() {
    let standing = Standing::start().await;
    let minute = std::time::Duration::from_secs(60);
    for call in Call::ALL {
        // A connection that a client keeps could be hung up in the middle of a call.
        let subject = Subject::fresh(&standing, &standing.client()).await;
        let client = standing.client();
        let before = standing.sandbox.calls(Route::Any);
        let refusal = Fault::on(Route::Any, FaultKind::connect_refused(minute));
        standing.sandbox.inject_fault(refusal).unwrap();
        let error = soon("refusals", subject.call(call, &client)).await.unwrap_err();
        check("refused", &error, &subject);
        assert_eq!((error.kind(), error.attempts()), (&ErrorKind::Unreachable, 3), "{call}");
        assert!(error.is_retry_safe() && error.status().is_none(), "{call}");
        assert!(!error.earlier_try_may_have_landed(), "{call}: nothing left");
        assert_eq!(standing.sandbox.calls(Route::Any), before, "{call}");
        assert!(!subject.took_effect(call, &standing.sandbox), "{call}");
        standing.sandbox.clear_faults();
        soon("the way is open", subject.call(call, &client)).await.unwrap();
    }
}
