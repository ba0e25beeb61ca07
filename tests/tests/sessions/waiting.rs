//! `wait_for_session`: how it ends, and what it gets over.

use std::time::Duration;

use passid_core::{Clock, ErrorKind, SessionStatus};
use passid_sandbox::{Fault, FaultKind, Route};
use passid_tests::soon;
use passid_tests::standing::Standing;

use super::{INTERVAL, create, single, wait};

#[tokio::test]
async fn a_wait_ends_with_what_the_customer_does_while_it_lasts() {
    for (what, polls) in [("completed", 1), ("declined", 2), ("expired", 3), ("completed", 40)] {
        let standing = Standing::start().await;
        let client = single(&standing);
        let session = create(&client, 600).await;
        let sandbox = &standing.sandbox;
        let state = wait(&standing, &client, &session, polls, |id| match what {
            "completed" => drop(sandbox.approve_session(id).unwrap()),
            "declined" => sandbox.decline_session(id).unwrap(),
            _ => sandbox.expire_session(id).unwrap(),
        });
        let state = state.await.unwrap();
        assert_eq!(state.status.as_str(), what);
        assert_eq!(state.expires_at, Some(session.expires_at));
        assert_eq!(state.credential().is_some(), what == "completed");
        assert_eq!(standing.pauses(), vec![INTERVAL; polls]);
        assert_eq!(sandbox.calls(Route::Session), polls as u64 + 1);
    }
}

#[tokio::test]
async fn a_session_that_nobody_looks_at_expires_and_the_wait_says_so() {
    let standing = Standing::start().await;
    let client = single(&standing);
    let session = create(&client, 7).await;
    let state = wait(&standing, &client, &session, 0, |_| {}).await.unwrap();
    assert!(matches!(state.status, SessionStatus::Expired));
    assert_eq!(standing.clock.elapsed(), Duration::from_millis(7500), "at the first poll after it");
    assert_eq!(standing.sandbox.calls(Route::Session), 4);
    let error = client.public_session(&session.request_id).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::SessionOver);
    assert!(standing.sandbox.approve_session(session.request_id.as_str()).is_err());
}

#[tokio::test]
async fn a_wait_gets_over_every_passing_fault_and_backs_off() {
    let standing = Standing::start().await;
    let client = single(&standing);
    for fault in [
        FaultKind::status(500),
        FaultKind::status(503),
        FaultKind::status(429),
        FaultKind::reset(),
        FaultKind::empty(),
        FaultKind::garbage(),
        FaultKind::truncate(),
        FaultKind::apply_then_drop(),
    ] {
        let session = create(&client, 600).await;
        let before = standing.pauses().len();
        let sandbox = &standing.sandbox;
        // The second and the third poll fail; the customer approves behind their back.
        let faults = Fault::on(Route::Session, fault).nth(2).times(2);
        sandbox.inject_fault(faults).unwrap();
        let approve = |id: &str| drop(sandbox.approve_session(id).unwrap());
        let state = wait(&standing, &client, &session, 2, approve).await.unwrap();
        assert!(state.credential().is_some(), "{fault:?}");
        let seconds: Vec<_> =
            standing.pauses()[before..].iter().map(Duration::as_secs_f64).collect();
        assert_eq!(seconds, [2.5, 5.0, 10.0], "{fault:?}");
    }
}

#[tokio::test]
async fn a_wait_outlives_an_api_that_cannot_be_reached_for_a_while() {
    let standing = Standing::start().await;
    let client = single(&standing);
    let session = create(&client, 600).await;
    let sandbox = &standing.sandbox;
    let minute = Duration::from_secs(60);
    let id = session.request_id.as_str();
    let waited = standing.pass(client.wait_for_session(&session), |pause, _| match pause {
        1 => {
            let refusal = Fault::on(Route::Any, FaultKind::connect_refused(minute));
            sandbox.inject_fault(refusal).unwrap();
        }
        3 => {
            sandbox.clear_faults();
            sandbox.approve_session(id).unwrap();
        }
        _ => {}
    });
    let state = soon("the end of the session", waited).await.unwrap();
    assert!(state.credential().is_some());
}

#[tokio::test]
async fn a_wait_keeps_the_delay_that_the_api_asks_for_but_not_past_the_end() {
    let standing = Standing::start().await;
    let client = single(&standing);
    let session = create(&client, 60).await;
    let limit = Fault::on(Route::Session, FaultKind::rate_limit(50));
    standing.sandbox.inject_fault(limit).unwrap();
    let limit = Fault::on(Route::Session, FaultKind::rate_limit(3600));
    standing.sandbox.inject_fault(limit).unwrap();
    let state = wait(&standing, &client, &session, 0, |_| {}).await.unwrap();
    assert!(matches!(state.status, SessionStatus::Expired));
    assert_eq!(standing.pauses(), [50, 11].map(Duration::from_secs), "one second of grace");
}

#[tokio::test]
async fn a_fault_that_will_not_pass_ends_the_wait() {
    let standing = Standing::start().await;
    let client = single(&standing);
    for (fault, kind) in [
        (FaultKind::html(), ErrorKind::Undecodable),
        (FaultKind::oversize(), ErrorKind::Undecodable),
        (FaultKind::status(401), ErrorKind::KeyRefused),
        (FaultKind::status(404), ErrorKind::SessionNotFound),
        (FaultKind::status(302), ErrorKind::UnexpectedStatus),
    ] {
        let session = create(&client, 600).await;
        standing.sandbox.inject_fault(Fault::on(Route::Session, fault).nth(2)).unwrap();
        let error = wait(&standing, &client, &session, 0, |_| {}).await.unwrap_err();
        assert_eq!(*error.kind(), kind, "{fault:?}");
    }
}

#[tokio::test]
async fn a_late_answer_does_not_hold_a_wait_up_for_ever() {
    let standing = Standing::start().await;
    let client = single(&standing);
    let session = create(&client, 600).await;
    let late = Fault::on(Route::Session, FaultKind::delay(Duration::from_secs(60)));
    standing.sandbox.inject_fault(late).unwrap();
    standing.sandbox.approve_session(session.request_id.as_str()).unwrap();
    // The first poll takes the whole day that it may: only the last one, after the end, is left.
    let waited = standing.time_out(Route::Session, client.wait_for_session(&session));
    let state = soon("the last poll", waited).await.unwrap();
    assert!(state.credential().is_some());
    assert_eq!(standing.sandbox.calls(Route::Session), 2);
}
