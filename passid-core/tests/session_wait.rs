//! Waiting for a session, on a clock of the test's own: when it is polled, and when that ends.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;

use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, SystemTime};

use common::script::{CONNECT, INTERRUPTED, Step, play};
use common::{Api, KEY, api, api_with, block_on, start};
use futures_util::{FutureExt, Stream, StreamExt};
use passid_core::client::{AwaitedSession, RetrySettings};
use passid_core::testing::{ManualClock, MockTransport};
use passid_core::{
    ApiError, ApiKey, Clock, ErrorKind, PassidClient, RequestId, Session, SessionState,
};
use serde_json::json;

const INTERVAL: Duration = Duration::from_millis(2500);

fn id() -> RequestId {
    RequestId::parse("req_1").unwrap()
}

/// One that ends so many seconds after the start.
fn session(api: &Api, seconds: u64) -> Session {
    let end = jiff_time(start() + Duration::from_secs(seconds));
    let body = json!({
        "requestId": "req_1", "code": "AB3X-7YQM", "expiresAt": end,
        "deepLink": "passid://verify-request?r=req_1&i=42"
    });
    api.answer(201, body.to_string());
    block_on(api.client.create_session(&passid_core::NewSession::new())).unwrap()
}

/// RFC 3339 of a moment of 2026-03-17.
fn jiff_time(time: SystemTime) -> String {
    let since = time.duration_since(start()).unwrap().as_secs() + 2 * 60 + 11;
    format!("2026-03-17T{:02}:{:02}:{:02}Z", 14 + since / 3600, since / 60 % 60, since % 60)
}

fn state(status: &str) -> Step {
    Step::Body(200, json!({"status": status}).to_string())
}

fn completed() -> Step {
    let body = json!({
        "status": "completed", "claims": {"income_verified": true}, "verifiedAt": "2026-03-17T14:02:11Z"
    });
    Step::Body(200, body.to_string())
}

/// Polls are tried once, so that each step of a script is a poll.
fn single() -> Api {
    api_with(|builder| builder.retry(RetrySettings::never()))
}

fn wait(api: &Api, awaited: impl Into<AwaitedSession>) -> Result<SessionState, ApiError> {
    block_on(api.client.wait_for_session(awaited))
}

/// What a watch yields, in words.
fn watch(api: &Api, awaited: impl Into<AwaitedSession>) -> Vec<String> {
    let items = block_on(api.client.watch_session(awaited).collect::<Vec<_>>());
    let word = |item: Result<SessionState, ApiError>| match item {
        Ok(state) => state.status.as_str().to_owned(),
        Err(error) => format!("error: {}", error.kind().name()),
    };
    items.into_iter().map(word).collect()
}

#[test]
fn it_is_polled_at_once_and_then_every_two_and_a_half_seconds() {
    for (end, word) in
        [(completed(), "completed"), (state("declined"), "declined"), (state("expired"), "expired")]
    {
        let api = single();
        let session = session(&api, 600);
        play(&api, &[state("pending"), state("pending"), state("scanned"), end, state("never")]);
        assert_eq!(wait(&api, &session).unwrap().status.as_str(), word);
        assert_eq!(api.clock.slept(), [INTERVAL; 3]);
        assert_eq!(api.sent(), 5);
    }
}

#[test]
fn after_the_end_of_the_session_there_is_one_last_poll() {
    let api = single();
    let session = session(&api, 10);
    play(&api, &vec![state("pending"); 9]);
    let last = wait(&api, &session).unwrap();
    assert_eq!(last.status.as_str(), "pending", "what the API says, not what we make of it");
    assert_eq!(api.clock.elapsed(), Duration::from_secs(11), "the second that the end may lack");
    assert_eq!(api.sent(), 1 + 6);

    let over = single();
    let ended = common_ended(&over);
    play(&over, &[state("pending"), state("never")]);
    over.clock.advance(Duration::from_secs(700));
    assert_eq!(wait(&over, &ended).unwrap().status.as_str(), "pending");
    assert_eq!(over.sent(), 2);
}

fn common_ended(api: &Api) -> Session {
    session(api, 1)
}

#[test]
fn an_end_that_only_the_polls_name_counts_too_and_an_hour_is_the_longest() {
    let api = single();
    let named = json!({"status": "pending", "expiresAt": "2026-03-17T14:02:16Z"}).to_string();
    play(&api, &vec![Step::Body(200, named); 9]);
    wait(&api, &id()).unwrap();
    assert_eq!(api.clock.elapsed(), Duration::from_secs(6));

    for far in ["2036-03-17T14:02:16Z", "9990-12-31T23:59:59Z"] {
        let api = single();
        let named = json!({"status": "pending", "expiresAt": far}).to_string();
        play(&api, &vec![Step::Body(200, named); 2000]);
        wait(&api, &id()).unwrap();
        assert_eq!(api.clock.elapsed(), Duration::from_secs(3601));
    }
}

#[test]
fn passing_failures_make_the_pauses_longer_and_a_good_poll_makes_them_short_again() {
    let api = single();
    let session = session(&api, 600);
    let failures = [CONNECT, INTERRUPTED, Step::Status(500), Step::Status(503), CONNECT];
    play(&api, &failures);
    play(&api, &[state("pending"), completed()]);
    wait(&api, &session).unwrap();
    let seconds: Vec<_> = api.clock.slept().iter().map(Duration::as_secs_f64).collect();
    assert_eq!(seconds, [5.0, 10.0, 20.0, 30.0, 30.0, 2.5]);
}

#[test]
fn a_delay_that_the_api_asks_for_is_kept() {
    let api = single();
    let session = session(&api, 600);
    play(&api, &[Step::Later(429, 90), completed()]);
    wait(&api, &session).unwrap();
    assert_eq!(api.clock.slept(), [Duration::from_secs(90)]);
}

#[test]
fn an_error_that_will_not_pass_ends_the_wait_at_once() {
    for (step, kind) in [
        (Step::Status(404), ErrorKind::SessionNotFound),
        (Step::Status(410), ErrorKind::SessionOver),
        (Step::Status(401), ErrorKind::KeyRefused),
        (Step::Status(400), ErrorKind::RequestRefused),
        (Step::Status(302), ErrorKind::UnexpectedStatus),
        (Step::Body(200, "<html>".into()), ErrorKind::Undecodable),
        (state("completed"), ErrorKind::Undecodable),
    ] {
        let api = single();
        let session = session(&api, 600);
        play(&api, &[state("pending"), step.clone(), completed()]);
        assert_eq!(*wait(&api, &session).unwrap_err().kind(), kind, "{step:?}");
        assert_eq!(api.sent(), 3);
    }
}

#[test]
fn a_wait_that_fails_to_its_end_says_how() {
    let api = single();
    let session = session(&api, 60);
    let error = wait(&api, &session).unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Unreachable);
    assert!(api.clock.elapsed() >= Duration::from_secs(61));
}

#[test]
fn a_watch_yields_each_change_once_and_ends() {
    let api = single();
    let first = session(&api, 600);
    let script = ["pending", "pending", "scanned", "scanned", "pending", "declined", "never"];
    play(&api, &script.map(state));
    assert_eq!(watch(&api, &first), ["pending", "scanned", "pending", "declined"]);

    let api = single();
    let second = session(&api, 600);
    play(&api, &[CONNECT, state("pending"), CONNECT, state("pending"), completed()]);
    assert_eq!(watch(&api, &second), ["pending", "completed"], "passing failures are no change");

    let api = single();
    let third = session(&api, 5);
    play(&api, &vec![state("pending"); 9]);
    assert_eq!(watch(&api, &third), ["pending"]);

    let api = single();
    play(&api, &[state("pending"), Step::Status(404), state("never")]);
    assert_eq!(watch(&api, &id()), ["pending", "error: session_not_found"]);
}

#[test]
fn a_watch_that_has_ended_stays_ended() {
    let api = single();
    play(&api, &[state("declined")]);
    let mut changes = api.client.watch_session(&id());
    let mut cx = Context::from_waker(Waker::noop());
    assert!(matches!(changes.poll_next_unpin(&mut cx), Poll::Ready(Some(Ok(_)))));
    for _ in 0..3 {
        assert!(matches!(changes.poll_next_unpin(&mut cx), Poll::Ready(None)));
    }
    assert_eq!(api.sent(), 1);
    fn usable<S: Stream + Send + Unpin + 'static>(_: &S) {}
    usable(&changes);
}

#[test]
fn a_dropped_wait_loses_nothing() {
    let transport = MockTransport::new();
    let clock = ManualClock::at(start());
    let client = PassidClient::builder(ApiKey::parse(KEY).unwrap())
        .transport(transport.clone())
        .clock(Arc::new(clock.clone()))
        .build()
        .unwrap();
    let api = Api { client, transport, clock };
    let awaited = id();
    for round in 1..=3 {
        // Dropped while it sleeps, and while a poll is under way.
        play(&api, &[state("pending"), Step::Hang]);
        assert!(api.client.wait_for_session(&id()).now_or_never().is_none());
        let mut second = Box::pin(api.client.wait_for_session(&awaited));
        assert!(second.as_mut().now_or_never().is_none());
        assert_eq!(api.sent(), 2 * round);
    }
    play(&api, &[completed()]);
    assert!(wait(&api, &id()).unwrap().credential().is_some());
    assert!(api.clock.slept().len() >= 3);
}

#[test]
fn each_poll_is_itself_tried_again() {
    let api = api();
    play(&api, &[Step::Status(500), CONNECT, completed()]);
    wait(&api, &id()).unwrap();
    assert_eq!(api.sent(), 3);
    assert!(api.clock.elapsed() < INTERVAL);
}

#[test]
fn a_wait_can_move_between_threads() {
    fn movable(_: impl Send) {}
    let (api, id) = (api(), id());
    movable(api.client.wait_for_session(&id));
    movable(api.client.watch_session(&id));
}
