//! Whose an entry is: renewed, lost, taken over, handed back.

use std::sync::Arc;
use std::sync::mpsc;
use std::time::Duration;

use passid_core::Clock;
use passid_core::webhook::Event;
use passid_inbox::store::{State, Store};
use passid_inbox::{Context, Running};

use crate::desk::Desk;
use crate::faulty::{Call, Fault, FaultyStore};
use crate::stage::{HOUR, MINUTE, SECOND, Stage, completed, settle, test_event};

fn start<S: Store>(stage: &Stage<S>, desk: &Desk) -> Running {
    let at = desk.clone();
    let worker = stage.inbox.worker().lease(MINUTE).handler_timeout(HOUR);
    worker.on(move |event, context| at.clone().wait(event, context)).start().unwrap()
}

#[tokio::test]
async fn a_handler_that_takes_longer_than_the_lease_keeps_its_event() {
    let (stage, desk) = (Stage::new(), Desk::new());
    let _both = [start(&stage, &desk), start(&stage, &desk)];
    stage.deliver(&completed("PASSID-A", 0)).await;
    stage.pass(30 * MINUTE).await;
    assert_eq!(desk.look(), ["A begun 1"]);
    desk.let_in(1);
    settle().await;
    assert_eq!(
        (desk.look(), stage.states().await),
        (vec!["A ended".to_owned()], vec![State::Done])
    );
}

#[tokio::test]
async fn a_handler_whose_lease_cannot_be_renewed_is_stopped_before_another_gets_the_event() {
    for fault in [Fault::Fails, Fault::Hangs] {
        let store = FaultyStore::new();
        let (stage, desk) = (Stage::over(store.clone()), Desk::new());
        store.spoil(Call::Extend, fault, 1000);
        let _both = [start(&stage, &desk), start(&stage, &desk)];
        stage.deliver(&completed("PASSID-A", 0)).await;
        for _ in 0..100 {
            stage.pass(3 * SECOND).await;
        }
        let lines = desk.look();
        assert!(lines.len() >= 6, "{fault:?}: {lines:?}");
        for (place, line) in lines.iter().enumerate() {
            let begins = place % 2 == 0;
            assert_eq!(line.contains("begun"), begins, "{fault:?}: {lines:?}");
            assert_eq!(line.contains("stopped"), !begins, "{fault:?}: {lines:?}");
        }
    }
}

#[tokio::test]
async fn a_renewal_that_fails_once_or_whose_answer_is_lost_does_no_harm() {
    for fault in [Fault::Fails, Fault::Hangs, Fault::LosesAnswer, Fault::DoesAndHangs] {
        let store = FaultyStore::new();
        let (stage, desk) = (Stage::over(store.clone()), Desk::new());
        let _both = [start(&stage, &desk), start(&stage, &desk)];
        stage.deliver(&completed("PASSID-A", 0)).await;
        for _ in 0..5 {
            store.spoil(Call::Extend, fault, 1);
            for _ in 0..20 {
                stage.pass(3 * SECOND).await;
            }
        }
        assert_eq!(desk.look(), ["A begun 1"], "{fault:?}");
    }
}

#[tokio::test]
async fn a_worker_that_was_held_up_loses_its_event_and_can_say_nothing_about_it() {
    let (stage, desk) = (Stage::new(), Desk::new());
    let _first = start(&stage, &desk);
    let id = stage.deliver(&completed("PASSID-A", 0)).await;
    settle().await;
    // The wall clock runs ahead of what the first worker has slept.
    stage.clock.set_now(stage.clock.now() + 2 * MINUTE);
    let _second = start(&stage, &desk);
    settle().await;
    assert_eq!(desk.look(), ["A begun 1", "A begun 2"]);
    stage.pass(30 * SECOND).await;
    assert_eq!(desk.look(), ["A stopped"]);
    assert_eq!(stage.listener.of("lease lost")[0].id, Some(id));
    desk.let_in(1);
    settle().await;
    assert_eq!(stage.listener.of("handled")[0].attempts, 2);
}

#[tokio::test]
async fn what_a_dropped_worker_had_is_taken_over_when_its_lease_ends_and_not_before() {
    let (stage, desk) = (Stage::new(), Desk::new());
    let dropped = start(&stage, &desk);
    let id = stage.deliver(&completed("PASSID-A", 0)).await;
    settle().await;
    drop(dropped);
    settle().await;
    assert_eq!(desk.look(), ["A begun 1", "A stopped"]);
    let _next = start(&stage, &desk);
    stage.pass(58 * SECOND).await;
    assert_eq!((desk.look().len(), stage.entry(id).await.state), (0, State::Leased));
    stage.pass(5 * SECOND).await;
    assert_eq!(desk.look(), ["A begun 2"]);
    assert_eq!(stage.listener.of("leases lost").len(), 1);
}

#[tokio::test]
async fn an_event_that_kills_its_worker_every_time_becomes_a_dead_letter() {
    let (stage, desk) = (Stage::new(), Desk::new());
    let schedule = passid_inbox::RetrySchedule { max_attempts: 3, ..Default::default() };
    let start = || {
        let at = desk.clone();
        let worker = stage.inbox.worker().lease(MINUTE).retries(schedule);
        worker.on(move |event, context| at.clone().wait(event, context)).start().unwrap()
    };
    let id = stage.deliver(&completed("PASSID-A", 0)).await;
    for _ in 0..4 {
        let killed = start();
        settle().await;
        drop(killed);
        stage.pass(2 * MINUTE).await;
    }
    let entry = stage.entry(id).await;
    assert_eq!((entry.state, entry.attempts), (State::Dead, 3));
    assert_eq!(entry.last_error.as_deref(), Some(passid_inbox::store::LEASE_LOST));
}

#[tokio::test]
async fn shutdown_lets_handlers_finish_within_its_grace_and_begins_nothing_more() {
    let (stage, desk) = (Stage::new(), Desk::new());
    let running = start(&stage, &desk);
    stage.deliver(&completed("PASSID-A", 0)).await;
    stage.deliver(&completed("PASSID-A", 10)).await;
    settle().await;
    let finishing = async {
        stage.pass(5 * SECOND).await;
        desk.let_in(1);
        settle().await;
    };
    tokio::join!(running.shutdown(10 * SECOND), finishing);
    assert_eq!(desk.look(), ["A begun 1", "A ended"]);
    assert_eq!(stage.states().await, [State::Done, State::Ready]);
}

#[tokio::test]
async fn shutdown_hands_back_what_does_not_finish_and_no_try_is_counted() {
    let (stage, desk) = (Stage::new(), Desk::new());
    let running = start(&stage, &desk);
    let id = stage.deliver(&completed("PASSID-A", 0)).await;
    settle().await;
    tokio::join!(running.shutdown(10 * SECOND), stage.pass(10 * SECOND));
    settle().await;
    assert_eq!(desk.look(), ["A begun 1", "A stopped"]);
    let entry = stage.entry(id).await;
    assert_eq!((entry.state, entry.attempts, entry.lease_owner), (State::Ready, 0, None));
    assert_eq!(stage.listener.of("handed back").len(), 1);
    let _next = start(&stage, &desk);
    settle().await;
    assert_eq!(desk.look(), ["A begun 1"]);
}

#[tokio::test]
async fn shutdown_ends_although_the_store_answers_nothing_any_more() {
    for call in [Call::Claim, Call::Complete, Call::Release] {
        let store = FaultyStore::new();
        let (stage, desk) = (Stage::over(store.clone()), Desk::new());
        let running = start(&stage, &desk);
        stage.deliver(&completed("PASSID-A", 0)).await;
        settle().await;
        store.spoil(call, Fault::Hangs, 1000);
        if call == Call::Complete {
            desk.let_in(1);
        }
        stage.pass(2 * SECOND).await;
        tokio::join!(running.shutdown(5 * SECOND), stage.pass(7 * SECOND));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn a_handler_that_cannot_be_stopped_keeps_its_event_and_its_result_counts() {
    let (stage, desk) = (Stage::new(), Desk::new());
    let (let_go, held) = mpsc::channel::<()>();
    let held = Arc::new(std::sync::Mutex::new(held));
    let at = desk.clone();
    let worker = stage.inbox.worker().lease(MINUTE).handler_timeout(10 * SECOND);
    let _running = worker
        .on(move |_: Event, _: Context| {
            let (at, held) = (at.clone(), Arc::clone(&held));
            async move {
                at.write("begun");
                held.lock().unwrap().recv().unwrap();
                Ok(())
            }
        })
        .start()
        .unwrap();
    let id = stage.deliver(&test_event("a")).await;
    let eventually = async |holds: &dyn Fn(&passid_inbox::store::Entry) -> bool| {
        for _ in 0..1_000_000 {
            if holds(&stage.entry(id).await) {
                return;
            }
            tokio::task::yield_now().await;
        }
        panic!("{:?}", stage.entry(id).await);
    };
    eventually(&|entry| entry.state == State::Leased).await;
    let mut until = stage.entry(id).await.lease_until;
    for _ in 0..10 {
        // A renewal each, long after the handler's time was over.
        let before = until;
        for _ in 0..5 {
            stage.clock.advance(Duration::from_secs(5));
            for _ in 0..200 {
                tokio::task::yield_now().await;
            }
        }
        eventually(&|entry| entry.state == State::Leased && entry.lease_until > before).await;
        until = stage.entry(id).await.lease_until;
    }
    let_go.send(()).unwrap();
    eventually(&|entry| entry.state == State::Done).await;
    assert_eq!((desk.look().len(), stage.entry(id).await.attempts), (1, 1));
}
