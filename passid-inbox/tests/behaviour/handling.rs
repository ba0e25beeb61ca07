//! Which handler gets an event, when, and how many at a time.

use std::time::Duration;

use passid_core::webhook::{Event, OutcomeReported, VerificationCompleted, VerificationFailed};
use passid_inbox::store::State;
use passid_inbox::{Context, HandlerError, RetrySchedule, Topic, WorkerConfigError};
use serde_json::json;

use crate::desk::Desk;
use crate::stage::{HOUR, SECOND, Stage, completed, settle, test_event};

#[tokio::test]
async fn the_type_of_its_argument_picks_the_handler_and_any_event_goes_to_the_rest() {
    let (stage, desk) = (Stage::new(), Desk::new());
    let at = "2026-03-29T09:30:00Z";
    let event = |name: &str, data: serde_json::Value| json!({"event": name, "institution_id": "42", "timestamp": at, "data": data});
    stage.deliver(&completed("PASSID-A", 0)).await;
    stage.deliver(&event("verification.failed", json!({"deny_reason": "TOKEN_EXPIRED"}))).await;
    stage
        .deliver(&event("outcome.reported", json!({"token": "PASSID-B", "outcome": "repaid"})))
        .await;
    stage.deliver(&test_event("hello")).await;
    stage.deliver(&event("something.new", json!({}))).await;
    let (a, b, c, d) = (desk.clone(), desk.clone(), desk.clone(), desk.clone());
    let _running = stage
        .inbox
        .worker()
        .concurrency(1)
        .on(move |data: VerificationCompleted, _: Context| {
            a.write(format!("completed {}", data.token.is_some()));
            async { Ok(()) }
        })
        .on(move |data: VerificationFailed, _: Context| {
            b.write(format!("failed {}", data.reason));
            async { Ok(()) }
        })
        .on(move |data: OutcomeReported, _: Context| {
            c.write(format!("outcome {:?}", data.outcome));
            async { Ok(()) }
        })
        .on(move |event: Event, _: Context| {
            d.write(event.name().to_owned());
            async { Ok(()) }
        })
        .start()
        .unwrap();
    settle().await;
    let expected = [
        "completed true",
        "failed TOKEN_EXPIRED",
        "outcome Some(\"repaid\")",
        "webhook.test",
        "something.new",
    ];
    assert_eq!(desk.look(), expected);
    assert_eq!(stage.states().await, [State::Done; 5]);
}

#[tokio::test]
async fn an_event_that_no_handler_is_for_counts_as_handled() {
    let (stage, desk) = (Stage::new(), Desk::new());
    stage.deliver(&test_event("hello")).await;
    let at = desk.clone();
    let _running = stage
        .inbox
        .worker()
        .on(move |_: VerificationFailed, _: Context| {
            at.write("failed");
            async { Ok(()) }
        })
        .start()
        .unwrap();
    settle().await;
    assert_eq!((desk.look().len(), stage.states().await), (0, vec![State::Done]));
}

#[tokio::test]
async fn events_of_one_token_go_one_by_one_in_their_order_and_those_of_others_at_the_same_time() {
    let (stage, desk) = (Stage::new(), Desk::new());
    // The second of A arrives first.
    for (token, second) in [("PASSID-A", 20), ("PASSID-A", 10), ("PASSID-B", 30), ("PASSID-A", 40)]
    {
        stage.deliver(&completed(token, second)).await;
    }
    let at = desk.clone();
    let _running = stage
        .inbox
        .worker()
        .on(move |event: Event, context: Context| {
            let at = at.clone();
            async move {
                at.write(format!(
                    "{:?}",
                    event.timestamp.duration_since(crate::stage::beginning() - HOUR / 2)
                ));
                at.wait(event, context).await
            }
        })
        .start()
        .unwrap();
    settle().await;
    assert_eq!(desk.look(), ["Ok(10s)", "A begun 1", "Ok(30s)", "B begun 1"]);
    desk.let_in(2);
    settle().await;
    assert_eq!(desk.look(), ["A ended", "B ended", "Ok(20s)", "A begun 1"]);
    desk.let_in(2);
    settle().await;
    assert_eq!(desk.look(), ["A ended", "Ok(40s)", "A begun 1", "A ended"]);
}

#[tokio::test]
async fn an_event_that_was_overtaken_says_so() {
    let (stage, desk) = (Stage::new(), Desk::new());
    let at = desk.clone();
    let _running = stage
        .inbox
        .worker()
        .on(move |_: Event, context: Context| {
            at.write(format!("{}", context.superseded));
            async { Ok(()) }
        })
        .start()
        .unwrap();
    for second in [20, 10, 30] {
        stage.deliver(&completed("PASSID-A", second)).await;
        settle().await;
    }
    assert_eq!(desk.look(), ["false", "true", "false"]);
}

#[tokio::test]
async fn never_more_entries_are_worked_on_than_the_worker_may() {
    let (stage, desk) = (Stage::new(), Desk::new());
    let at = desk.clone();
    let worker = stage.inbox.worker().concurrency(3);
    let _running =
        worker.on(move |event, context| at.clone().wait(event, context)).start().unwrap();
    for number in 0..10 {
        stage.deliver(&test_event(&number.to_string())).await;
    }
    let mut begun = 0;
    for ended in 0..10 {
        stage.pass(2 * SECOND).await;
        begun += desk.look().iter().filter(|line| line.contains("begun")).count();
        assert_eq!(begun, (ended + 3).min(10));
        desk.let_in(1);
        settle().await;
    }
    assert_eq!(stage.states().await, [State::Done; 10]);
}

#[tokio::test]
async fn what_this_process_accepts_or_replays_is_taken_at_once_and_the_rest_at_the_next_look() {
    let (stage, desk) = (Stage::new(), Desk::new());
    desk.let_in(100);
    let at = desk.clone();
    let worker = stage.inbox.worker().poll(HOUR);
    let _running =
        worker.on(move |event, context| at.clone().wait(event, context)).start().unwrap();
    settle().await;
    let id = stage.deliver(&completed("PASSID-A", 0)).await;
    settle().await;
    assert_eq!(desk.look(), ["A begun 1", "A ended"]);
    stage.inbox.replay(id).await.unwrap();
    settle().await;
    assert_eq!(desk.look(), ["A begun 1", "A ended"]);
    // As another process would: past the inbox that wakes this worker.
    passid_inbox::store::Store::replay(
        stage.inbox.store(),
        stage.inbox.environment(),
        id,
        crate::stage::beginning(),
    )
    .await
    .unwrap();
    stage.pass(HOUR - SECOND).await;
    assert_eq!(desk.look().len(), 0);
    stage.pass(2 * SECOND).await;
    assert_eq!(desk.look(), ["A begun 1", "A ended"]);
}

#[tokio::test]
async fn the_idempotency_key_stays_the_same_through_retries_and_replays_and_is_the_entrys_own() {
    let (stage, desk) = (Stage::new(), Desk::new());
    let at = desk.clone();
    let _running = stage
        .inbox
        .worker()
        .on(move |_: Event, context: Context| {
            at.write(context.idempotency_key());
            let fails = context.attempt == 1;
            async move { if fails { Err(HandlerError::retry("ONCE")) } else { Ok(()) } }
        })
        .start()
        .unwrap();
    let id = stage.deliver(&completed("PASSID-A", 0)).await;
    stage.pass(5 * SECOND).await;
    stage.inbox.replay(id).await.unwrap();
    stage.pass(5 * SECOND).await;
    let keys = desk.look();
    assert_eq!(keys.len(), 4);
    assert!(keys.iter().all(|key| *key == keys[0] && key.len() == 32));
    stage.deliver(&completed("PASSID-B", 0)).await;
    settle().await;
    assert_ne!(desk.look()[0], keys[0]);
}

#[tokio::test]
async fn two_workers_never_have_the_same_entry() {
    let (stage, desk) = (Stage::new(), Desk::new());
    let start = || {
        let at = desk.clone();
        stage.inbox.worker().on(move |event, context| at.clone().wait(event, context)).start()
    };
    let _both = [start().unwrap(), start().unwrap()];
    for letter in ["A", "B", "C", "D"] {
        stage.deliver(&completed(&format!("PASSID-{letter}"), 0)).await;
    }
    stage.pass(10 * SECOND).await;
    let mut begun = desk.look();
    begun.sort();
    assert_eq!(begun, ["A begun 1", "B begun 1", "C begun 1", "D begun 1"]);
}

#[tokio::test]
async fn a_worker_with_settings_that_make_no_sense_does_not_start() {
    async fn any(_: Event, _: Context) -> Result<(), HandlerError> {
        Ok(())
    }
    let inbox = Stage::new().inbox;
    let worker = || inbox.worker().on(any);
    let refused = |worker: passid_inbox::WorkerBuilder<_>| worker.start().unwrap_err();
    assert_eq!(refused(inbox.worker()), WorkerConfigError::NoHandler);
    let twice = WorkerConfigError::TwoHandlers { topic: Topic::Any };
    assert_eq!(refused(worker().on(any)), twice);
    for concurrency in [0, 1025] {
        let refused = refused(worker().concurrency(concurrency));
        assert_eq!(refused, WorkerConfigError::Concurrency);
    }
    let none = RetrySchedule { max_attempts: 0, ..RetrySchedule::default() };
    assert_eq!(refused(worker().retries(none)), WorkerConfigError::NoAttempt);
    let slow = RetrySchedule { longest: 25 * HOUR, ..RetrySchedule::default() };
    for (worker, name) in [
        (worker().lease(Duration::from_millis(99)), "lease"),
        (worker().handler_timeout(Duration::ZERO), "handler_timeout"),
        (worker().poll(25 * HOUR), "poll"),
        (worker().retries(slow), "retries.longest"),
    ] {
        let WorkerConfigError::Time { setting, .. } = refused(worker) else { panic!("{name}") };
        assert_eq!(setting, name);
    }
}
