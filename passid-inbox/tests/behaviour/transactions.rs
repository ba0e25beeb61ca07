//! Effects in the same database: made together with the end of an event, or not at all.

use passid_core::webhook::Event;
use passid_inbox::store::{State, TransactionalStore};
use passid_inbox::{Context, EnqueueError, Enqueued, HandlerError, Running};

use crate::faulty::{Call, Fault, FaultyStore};
use crate::outbox_enqueue::{outcome_of, repaid};
use crate::stage::{MINUTE, Stage, completed, settle};

fn start(stage: &Stage<FaultyStore>) -> Running {
    let handler = |event: Event, context: Context, mut transaction: Vec<String>| async move {
        transaction.push(format!("{} at try {}", event.name(), context.attempt));
        Ok(transaction)
    };
    stage.inbox.worker().on_in_transaction(handler).start().unwrap()
}

#[tokio::test]
async fn an_effect_and_the_end_of_its_event_are_one_whatever_the_store_does() {
    for (call, fault) in [
        (Call::Begin, Fault::Fails),
        (Call::Begin, Fault::Hangs),
        (Call::Complete, Fault::Fails),
        (Call::Complete, Fault::Hangs),
        (Call::Complete, Fault::LosesAnswer),
        (Call::Complete, Fault::DoesAndHangs),
    ] {
        let store = FaultyStore::new();
        let stage = Stage::over(store.clone());
        store.spoil(call, fault, 1);
        let _running = start(&stage);
        stage.deliver(&completed("PASSID-A", 0)).await;
        for _ in 0..100 {
            stage.pass(MINUTE / 10).await;
        }
        assert_eq!(stage.states().await, [State::Done], "{call:?} {fault:?}");
        assert_eq!(store.effects().len(), 1, "{call:?} {fault:?}");
    }
}

#[tokio::test]
async fn an_effect_of_a_handler_that_fails_does_not_happen() {
    let store = FaultyStore::new();
    let stage = Stage::over(store.clone());
    let handler = |_: Event, context: Context, mut transaction: Vec<String>| async move {
        transaction.push(format!("try {}", context.attempt));
        if context.attempt == 1 { Err(HandlerError::retry("BUSY")) } else { Ok(transaction) }
    };
    let _running = stage.inbox.worker().on_in_transaction(handler).start().unwrap();
    stage.deliver(&completed("PASSID-A", 0)).await;
    stage.pass(MINUTE).await;
    assert_eq!(store.effects(), ["try 2"]);
}

#[tokio::test]
async fn an_effect_of_a_worker_that_lost_its_lease_does_not_happen() {
    let store = FaultyStore::new();
    let stage = Stage::over(store.clone());
    let clock = stage.clock.clone();
    let handler = move |_: Event, context: Context, mut transaction: Vec<String>| {
        let clock = clock.clone();
        async move {
            if context.attempt == 1 {
                passid_core::Clock::sleep(&clock, MINUTE / 6).await;
            }
            transaction.push(format!("try {}", context.attempt));
            Ok(transaction)
        }
    };
    let worker = || stage.inbox.worker().on_in_transaction(handler.clone()).start().unwrap();
    let _first = worker();
    stage.deliver(&completed("PASSID-A", 0)).await;
    settle().await;
    stage.clock.set_now(passid_core::Clock::now(&stage.clock) + 2 * MINUTE);
    let _second = worker();
    stage.pass(MINUTE).await;
    assert_eq!(store.effects(), ["try 2"]);
    assert_eq!(stage.listener.of("lease lost").len(), 1);
}

#[tokio::test]
async fn an_outcome_is_enqueued_within_a_transaction_and_a_second_one_is_told_apart_there_too() {
    let store = FaultyStore::new();
    let outbox = Stage::over(store.clone()).inbox.outbox();
    let mut transaction = store.begin().await.unwrap();
    let enqueued = outbox.enqueue_in(&mut transaction, &repaid()).await.unwrap();
    let Enqueued::New(id) = enqueued else { panic!("{enqueued:?}") };
    let again = outbox.enqueue_in(&mut transaction, &repaid()).await.unwrap();
    assert_eq!(again, Enqueued::Duplicate(id));
    let other = outcome_of(crate::outbox_enqueue::TOKEN, passid_core::ReportedOutcome::Other);
    let refused = outbox.enqueue_in(&mut transaction, &other).await.unwrap_err();
    assert!(matches!(refused, EnqueueError::Conflict { .. }));
    store.spoil(Call::Insert, Fault::Fails, 1);
    let elsewhere = outcome_of("PASSID-ZZZZ", passid_core::ReportedOutcome::Other);
    let failed = outbox.enqueue_in(&mut transaction, &elsewhere).await.unwrap_err();
    assert!(matches!(failed, EnqueueError::Store(_)));
}
