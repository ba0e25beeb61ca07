//! An effect of the application's and the end of a lease, or an outcome: both or neither.

use passid_core::{Environment, NewOutcome, ReportedOutcome, Token};
use passid_inbox::store::{EntryId, Insertion, Kind, Lease, State, Store};
use passid_inbox::{EnqueueError, Enqueued, Inbox};

use crate::effects::Effects;
use crate::stage::{MINUTE, at, claim, entry};

macro_rules! for_each_store {
    ($($test:ident)*) => {
        #[cfg(feature = "sqlite")]
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                let (store, _folder) = crate::stage::sqlite_store().await;
                super::$test(store).await;
            })*
        }

        #[cfg(feature = "postgres")]
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                if let Some((store, _schema)) = crate::stage::postgres_store().await {
                    super::$test(store).await;
                }
            })*
        }
    };
}

for_each_store! {
    an_effect_and_the_end_of_a_lease_are_one
    a_lease_that_was_lost_undoes_the_effect
    a_dropped_transaction_undoes_the_effect_and_leaves_the_store_usable
    an_aborted_handler_undoes_the_effect_and_leaves_the_store_usable
    what_is_inserted_in_a_transaction_is_there_after_its_commit
    a_repetition_in_a_transaction_is_told
    a_transaction_whose_statement_failed_does_not_pass_for_committed
    an_outcome_and_what_it_comes_from_are_one
}

async fn leased<S: Store>(store: &S) -> Lease {
    store.insert(entry(1)).await.unwrap();
    store.claim(claim(0)).await.unwrap().leased[0].lease
}

async fn state<S: Store>(store: &S, id: EntryId) -> State {
    store.show(Environment::Live, id).await.unwrap().unwrap().0.state
}

async fn an_effect_and_the_end_of_a_lease_are_one<S: Effects>(store: S) {
    store.make_table().await;
    let lease = leased(&store).await;
    let mut transaction = store.begin().await.unwrap();
    store.effect(&mut transaction).await.unwrap();
    assert!(store.complete_in(transaction, lease, at(1)).await.unwrap());
    assert_eq!(store.effects().await, 1);
    assert_eq!(state(&store, lease.id).await, State::Done);
}

async fn a_lease_that_was_lost_undoes_the_effect<S: Effects>(store: S) {
    store.make_table().await;
    let lease = leased(&store).await;
    let taken_over = store.claim(claim(MINUTE)).await.unwrap().leased[0].lease;
    let mut transaction = store.begin().await.unwrap();
    store.effect(&mut transaction).await.unwrap();
    assert!(!store.complete_in(transaction, lease, at(MINUTE)).await.unwrap());
    assert_eq!(store.effects().await, 0);
    assert_eq!(state(&store, lease.id).await, State::Leased);
    assert!(store.complete(taken_over, at(MINUTE)).await.unwrap());
}

async fn a_dropped_transaction_undoes_the_effect_and_leaves_the_store_usable<S: Effects>(store: S) {
    store.make_table().await;
    let lease = leased(&store).await;
    for _ in 0..30 {
        let mut transaction = store.begin().await.unwrap();
        store.effect(&mut transaction).await.unwrap();
        drop(transaction);
    }
    assert!(store.complete(lease, at(1)).await.unwrap());
    assert_eq!(store.effects().await, 0);
}

async fn an_aborted_handler_undoes_the_effect_and_leaves_the_store_usable<S: Effects>(store: S) {
    store.make_table().await;
    let lease = leased(&store).await;
    for _ in 0..20 {
        let (begun, begins) = tokio::sync::oneshot::channel();
        let handler = tokio::spawn({
            let store = store.clone();
            async move {
                let mut transaction = store.begin().await.unwrap();
                store.effect(&mut transaction).await.unwrap();
                begun.send(()).unwrap();
                // At some statement of these it is stopped.
                loop {
                    store.effect(&mut transaction).await.unwrap();
                }
            }
        });
        begins.await.unwrap();
        handler.abort();
        assert!(handler.await.unwrap_err().is_cancelled());
    }
    assert!(store.complete(lease, at(1)).await.unwrap());
    assert_eq!(store.effects().await, 0);
}

async fn what_is_inserted_in_a_transaction_is_there_after_its_commit<S: Effects>(store: S) {
    store.make_table().await;
    let mut transaction = store.begin().await.unwrap();
    store.effect(&mut transaction).await.unwrap();
    let inserted = store.insert_in(&mut transaction, entry(1)).await.unwrap();
    let Insertion::New(id) = inserted else { panic!("{inserted:?}") };
    assert!(store.show(Environment::Live, id).await.unwrap().is_none());
    store.commit(transaction).await.unwrap();
    assert_eq!(state(&store, id).await, State::Ready);
    assert_eq!(store.effects().await, 1);

    let mut transaction = store.begin().await.unwrap();
    store.insert_in(&mut transaction, entry(2)).await.unwrap();
    drop(transaction);
    let counts = store.counts(Kind::Event, Environment::Live).await.unwrap();
    assert_eq!(counts.ready, 1);
    assert!(matches!(store.insert(entry(2)).await.unwrap(), Insertion::New(_)));
}

async fn a_repetition_in_a_transaction_is_told<S: Effects>(store: S) {
    let known = store.insert(entry(1)).await.unwrap();
    let Insertion::New(id) = known else { panic!("{known:?}") };
    let mut transaction = store.begin().await.unwrap();
    let again = store.insert_in(&mut transaction, entry(1)).await.unwrap();
    assert_eq!(again, Insertion::Duplicate(id));
    let first = store.insert_in(&mut transaction, entry(2)).await.unwrap();
    let Insertion::New(id) = first else { panic!("{first:?}") };
    let again = store.insert_in(&mut transaction, entry(2)).await.unwrap();
    assert_eq!(again, Insertion::Duplicate(id));
    store.commit(transaction).await.unwrap();
}

async fn a_transaction_whose_statement_failed_does_not_pass_for_committed<S: Effects>(store: S) {
    store.make_table().await;
    let lease = leased(&store).await;
    for complete in [true, false] {
        let mut transaction = store.begin().await.unwrap();
        store.effect(&mut transaction).await.unwrap();
        store.lose(&mut transaction).await;
        let committed = if complete {
            store.complete_in(transaction, lease, at(1)).await.map(drop)
        } else {
            store.commit(transaction).await
        };
        assert!(committed.is_err(), "an effect that is gone was confirmed");
    }
    assert_eq!(store.effects().await, 0);
    assert_eq!(state(&store, lease.id).await, State::Leased);
    assert!(store.complete(lease, at(1)).await.unwrap());
}

async fn an_outcome_and_what_it_comes_from_are_one<S: Effects>(store: S) {
    store.make_table().await;
    let outbox = Inbox::builder(store.clone(), Environment::Live).build().unwrap().outbox();
    let token = Token::parse("PASSID-AB3X-7YQM-K9PQ-3MNX").unwrap();
    let repaid = NewOutcome::new(&token, ReportedOutcome::Repaid);
    let defaulted = NewOutcome::new(&token, ReportedOutcome::Defaulted);

    let mut transaction = store.begin().await.unwrap();
    store.effect(&mut transaction).await.unwrap();
    outbox.enqueue_in(&mut transaction, &repaid).await.unwrap();
    drop(transaction);
    assert_eq!((outbox.counts().await.unwrap().ready, store.effects().await), (0, 0));

    let mut transaction = store.begin().await.unwrap();
    store.effect(&mut transaction).await.unwrap();
    let enqueued = outbox.enqueue_in(&mut transaction, &repaid).await.unwrap();
    assert!(matches!(enqueued, Enqueued::New(_)));
    // Not yet to be seen from outside, so that it cannot be told from another one.
    let again = outbox.enqueue_in(&mut transaction, &repaid).await.unwrap_err();
    assert!(matches!(again, EnqueueError::Conflict { .. }), "{again:?}");
    store.commit(transaction).await.unwrap();
    assert_eq!((outbox.counts().await.unwrap().ready, store.effects().await), (1, 1));

    let mut transaction = store.begin().await.unwrap();
    let again = outbox.enqueue_in(&mut transaction, &repaid).await.unwrap();
    assert_eq!(again, Enqueued::Duplicate(enqueued.id()));
    let other = outbox.enqueue_in(&mut transaction, &defaulted).await.unwrap_err();
    assert!(matches!(other, EnqueueError::Conflict { id } if id == enqueued.id()), "{other:?}");
}
