//! A store that fails, hangs or loses its answers: no event is lost, no end is told wrongly.

use passid_core::webhook::Event;
use passid_inbox::store::State;
use passid_inbox::{AcceptError, HandlerError, Receipt, RetrySchedule};

use crate::desk::Desk;
use crate::faulty::{Call, Fault, FaultyStore};
use crate::stage::{MINUTE, SECOND, Stage, completed, settle, test_event};

const FAULTS: [Fault; 4] = [Fault::Fails, Fault::Hangs, Fault::LosesAnswer, Fault::DoesAndHangs];

fn stage() -> (FaultyStore, Stage<FaultyStore>, Desk) {
    let store = FaultyStore::new();
    (store.clone(), Stage::over(store), Desk::new())
}

#[tokio::test]
async fn an_event_is_accepted_or_passid_is_told_to_come_again_and_never_both_lost() {
    for fault in FAULTS {
        let (store, stage, desk) = stage();
        desk.let_in(9);
        let at = desk.clone();
        let worker = stage.inbox.worker().poll(SECOND);
        let _running = worker.on(move |event, context| at.clone().wait(event, context)).start();
        store.spoil(Call::Insert, fault, 1);
        let body = completed("PASSID-A", 0);
        let (first, ()) = tokio::join!(stage.accept(&body), stage.pass(9 * SECOND));
        assert!(matches!(first, Err(AcceptError::Store(_))), "{fault:?}");
        let second = stage.accept(&body).await.unwrap();
        let done = matches!(fault, Fault::LosesAnswer | Fault::DoesAndHangs);
        assert_eq!(matches!(second, Receipt::Duplicate(_)), done, "{fault:?}");
        stage.pass(2 * SECOND).await;
        assert_eq!(desk.look(), ["A begun 1", "A ended"], "{fault:?}");
    }
}

#[tokio::test]
async fn work_that_is_done_is_recorded_when_the_store_is_back_and_not_done_again() {
    for fault in FAULTS {
        let (store, stage, desk) = stage();
        desk.let_in(9);
        store.spoil(Call::Complete, fault, if fault == Fault::Fails { 4 } else { 1 });
        let at = desk.clone();
        let worker = stage.inbox.worker().lease(MINUTE);
        let _running = worker.on(move |event, context| at.clone().wait(event, context)).start();
        stage.deliver(&completed("PASSID-A", 0)).await;
        stage.pass(50 * SECOND).await;
        assert_eq!(desk.look(), ["A begun 1", "A ended"], "{fault:?}");
        assert_eq!(stage.states().await, [State::Done], "{fault:?}");
        let told = (stage.listener.of("handled").len(), stage.listener.of("lease lost").len());
        assert_eq!(told, (1, 0), "{fault:?}");
        assert!(!stage.listener.of("store failed").is_empty(), "{fault:?}");
    }
}

#[tokio::test]
async fn a_dead_letter_is_told_of_also_when_the_answer_to_its_burial_is_lost() {
    for fault in FAULTS {
        let (store, stage, _) = stage();
        store.spoil(Call::Fail, fault, 1);
        let once = RetrySchedule { max_attempts: 1, ..RetrySchedule::default() };
        let worker = stage.inbox.worker().retries(once);
        let _running = worker.on(|_: Event, _| async { Err(HandlerError::retry("BUSY")) }).start();
        stage.deliver(&test_event("a")).await;
        stage.pass(50 * SECOND).await;
        assert_eq!(stage.states().await, [State::Dead], "{fault:?}");
        let told = (stage.listener.of("dead").len(), stage.listener.of("lease lost").len());
        assert_eq!(told, (1, 0), "{fault:?}");
    }
}

#[tokio::test]
async fn a_worker_goes_on_after_a_claim_that_went_wrong() {
    for fault in FAULTS {
        let (store, stage, desk) = stage();
        desk.let_in(9);
        store.spoil(Call::Claim, fault, 1);
        let at = desk.clone();
        let worker = stage.inbox.worker().lease(MINUTE);
        let _running = worker.on(move |event, context| at.clone().wait(event, context)).start();
        stage.deliver(&completed("PASSID-A", 0)).await;
        stage.pass(90 * SECOND).await;
        assert_eq!(stage.states().await, [State::Done], "{fault:?}");
        assert_eq!(desk.look().len(), 2, "{fault:?}");
        assert_eq!(stage.listener.of("store failed").len(), 1, "{fault:?}");
    }
}

#[tokio::test]
async fn what_could_not_be_handed_back_is_taken_over_when_its_lease_ends() {
    for fault in FAULTS {
        let (store, stage, desk) = stage();
        let start = || {
            let at = desk.clone();
            let worker = stage.inbox.worker().lease(MINUTE);
            worker.on(move |event, context| at.clone().wait(event, context)).start().unwrap()
        };
        let running = start();
        stage.deliver(&completed("PASSID-A", 0)).await;
        settle().await;
        store.spoil(Call::Release, fault, 1000);
        tokio::join!(running.shutdown(SECOND), stage.pass(4 * SECOND));
        desk.look();
        desk.let_in(1);
        let _next = start();
        stage.pass(2 * MINUTE).await;
        assert_eq!(stage.states().await, [State::Done], "{fault:?}");
        assert_eq!(desk.look().len(), 2, "{fault:?}");
    }
}

#[tokio::test]
async fn a_store_that_is_down_for_an_hour_costs_nothing_but_the_hour() {
    let (store, stage, desk) = stage();
    desk.let_in(99);
    let at = desk.clone();
    let worker = stage.inbox.worker();
    let _running = worker.on(move |event, context| at.clone().wait(event, context)).start();
    for letter in ["A", "B", "C"] {
        stage.deliver(&completed(&format!("PASSID-{letter}"), 0)).await;
    }
    for call in [Call::Claim, Call::Complete, Call::Fail, Call::Extend, Call::Release] {
        store.spoil(call, Fault::Fails, 100_000);
    }
    stage.pass(60 * MINUTE).await;
    store.heal();
    stage.pass(3 * MINUTE).await;
    assert_eq!(stage.states().await, [State::Done; 3]);
}
