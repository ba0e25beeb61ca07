//! Answers that come later than a try may take. No test waits: the clients' clock is moved on as
//! soon as the sandbox has dealt with a try.

use std::time::Duration;

use passid_core::ErrorKind;
use passid_sandbox::{Fault, FaultKind};
use passid_tests::soon;
use passid_tests::standing::{ATTEMPT, Standing};

use super::calls::{Call, Subject};

fn late() -> [FaultKind; 3] {
    let minute = Duration::from_secs(60);
    [
        FaultKind::delay(minute),
        FaultKind::slow_body(minute),
        FaultKind::delay_log_normal(minute, 0.0),
    ]
}

#[tokio::test]
async fn a_call_whose_every_try_is_late_is_given_up_and_has_taken_effect() {
    let standing = Standing::start().await;
    let client = standing.client();
    for call in Call::ALL {
        for fault in late() {
            let what = format!("{call} x {fault:?}");
            let subject = Subject::fresh(&standing, &client).await;
            let before = standing.sandbox.calls(call.route());
            standing.sandbox.inject_fault(Fault::on(call.route(), fault).always()).unwrap();
            let given_up = standing.time_out(call.route(), subject.call(call, &client));
            let error = soon(&what, given_up).await.unwrap_err();
            let (kind, calls) = match call {
                Call::Create => (ErrorKind::OutcomeUnknown, 1),
                _ => (ErrorKind::Interrupted, 3),
            };
            assert_eq!(*error.kind(), kind, "{what}");
            assert_eq!(standing.sandbox.calls(call.route()) - before, calls, "{what}");
            assert_eq!(u64::from(error.attempts()), calls, "{what}");
            assert_eq!(error.earlier_try_may_have_landed(), calls > 1, "{what}");
            assert_eq!(subject.took_effect(call, &standing.sandbox), call.writes(), "{what}");
        }
    }
}

#[tokio::test]
async fn a_call_without_time_for_another_try_is_a_timeout() {
    let standing = Standing::start().await;
    let client = standing.client().with_timeout(ATTEMPT);
    for call in Call::ALL {
        let subject = Subject::fresh(&standing, &client).await;
        let before = standing.sandbox.calls(call.route());
        let fault = Fault::on(call.route(), FaultKind::delay(Duration::from_secs(60)));
        standing.sandbox.inject_fault(fault).unwrap();
        let given_up = standing.time_out(call.route(), subject.call(call, &client));
        let error = soon("giving up", given_up).await.unwrap_err();
        let once = call == Call::Create;
        let kind = if once { ErrorKind::OutcomeUnknown } else { ErrorKind::Timeout };
        assert_eq!((error.kind(), error.is_retry_safe()), (&kind, !once), "{call}");
        assert_eq!(standing.sandbox.calls(call.route()) - before, 1, "{call}");
        standing.sandbox.clear_faults();
    }
}
