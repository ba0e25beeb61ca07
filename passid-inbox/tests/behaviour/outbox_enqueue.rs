//! What gets into the outbox, and what does not.

use passid_core::client::IdempotencyKey;
use passid_core::{Environment, NewOutcome, ReportedOutcome, Token};
use passid_inbox::store::{MemoryStore, Replay, State, Store};
use passid_inbox::{BodyKey, BodyKeys, EnqueueError, Enqueued, Inbox, ListFilter};

use crate::faulty::{Call, Fault, FaultyStore};
use crate::stage::{DAY, SECOND, Stage, chain, completed, settle};

pub(crate) const TOKEN: &str = "PASSID-AB3X-7YQM-K9PQ-3MNX";

pub(crate) fn outcome_of(token: &str, outcome: ReportedOutcome) -> NewOutcome {
    NewOutcome::new(&Token::parse(token).unwrap(), outcome)
}

pub(crate) fn repaid() -> NewOutcome {
    outcome_of(TOKEN, ReportedOutcome::Repaid)
}

#[tokio::test]
async fn the_same_outcome_is_kept_once_and_another_one_of_the_token_is_refused() {
    let outbox = Stage::new().inbox.outbox();
    let Enqueued::New(id) = outbox.enqueue(&repaid()).await.unwrap() else { panic!("not new") };
    let again = repaid();
    assert_eq!(outbox.enqueue(&again).await.unwrap(), Enqueued::Duplicate(id));
    for other in [
        outcome_of(TOKEN, ReportedOutcome::Defaulted),
        repaid().observation_days(90),
        repaid().amount_usd(1.0).unwrap(),
    ] {
        let refused = outbox.enqueue(&other).await.unwrap_err();
        assert!(matches!(refused, EnqueueError::Conflict { id: there } if there == id));
        assert!(!chain(&refused).contains("AB3X"));
    }
    let elsewhere = outcome_of("PASSID-ZZZZ", ReportedOutcome::Repaid);
    assert!(matches!(outbox.enqueue(&elsewhere).await.unwrap(), Enqueued::New(_)));
    assert_eq!(outbox.counts().await.unwrap().ready, 2);
}

#[tokio::test]
async fn an_idempotency_key_does_not_make_another_outcome_of_it() {
    let outbox = Stage::new().inbox.outbox();
    let key = |key: &str| IdempotencyKey::parse(key).unwrap();
    let id = outbox.enqueue(&repaid().idempotency_key(key("first"))).await.unwrap().id();
    for again in [repaid(), repaid().idempotency_key(key("second"))] {
        assert_eq!(outbox.enqueue(&again).await.unwrap(), Enqueued::Duplicate(id));
    }
}

#[tokio::test]
async fn events_and_outcomes_and_both_environments_never_meet() {
    let stage = Stage::new();
    let (inbox, outbox) = (&stage.inbox, stage.inbox.outbox());
    let event = stage.deliver(&completed(TOKEN, 0)).await;
    let outcome = outbox.enqueue(&repaid()).await.unwrap().id();
    assert!(inbox.show(outcome).await.unwrap().is_none());
    assert!(outbox.show(event).await.unwrap().is_none());
    assert_eq!(inbox.replay(outcome).await.unwrap(), Replay::Unknown);
    assert_eq!(outbox.replay(event).await.unwrap(), Replay::Unknown);
    assert_eq!(inbox.list(ListFilter::default()).await.unwrap().len(), 1);
    let listed = outbox.list(ListFilter::default()).await.unwrap();
    assert_eq!((listed.len(), listed[0].name.as_str()), (1, "repaid"));
    let (entry, body) = outbox.show(outcome).await.unwrap().unwrap();
    assert_eq!((entry.state, body.unwrap().outcome()), (State::Ready, Some(repaid())));

    let store = std::sync::Arc::new(MemoryStore::new());
    for environment in [Environment::Sandbox, Environment::Live] {
        let inbox = Inbox::builder(std::sync::Arc::clone(&store), environment).build().unwrap();
        let enqueued = inbox.outbox().enqueue(&repaid()).await.unwrap();
        assert!(matches!(enqueued, Enqueued::New(_)), "{environment}");
    }
}

#[tokio::test]
async fn an_outcome_is_sealed_at_rest_and_told_apart_all_the_same() {
    let keys = BodyKeys::new("k1", &BodyKey::from_bytes([7; 32])).unwrap();
    let stage = Stage::with(MemoryStore::new(), |builder| builder.body_keys(keys));
    let outbox = stage.inbox.outbox();
    let kept = repaid().idempotency_key(IdempotencyKey::parse("a").unwrap());
    let id = outbox.enqueue(&kept).await.unwrap().id();
    let store = stage.inbox.store();
    let (_, stored) = store.show(Environment::Sandbox, id).await.unwrap().unwrap();
    let stored = stored.unwrap();
    assert_eq!(stored.key_id.as_deref(), Some("k1"));
    assert!(!stored.bytes.windows(4).any(|window| window == b"AB3X" || window == b"repa"));
    assert_eq!(outbox.enqueue(&repaid()).await.unwrap(), Enqueued::Duplicate(id));
    let other = outcome_of(TOKEN, ReportedOutcome::Delinquent);
    assert!(matches!(outbox.enqueue(&other).await, Err(EnqueueError::Conflict { .. })));
}

#[tokio::test]
async fn a_repetition_is_told_by_its_hash_when_the_body_is_gone() {
    let stage = Stage::new();
    let outbox = stage.inbox.outbox();
    let id = outbox.enqueue(&repaid()).await.unwrap().id();
    crate::outbox_report::report_all(&stage).await;
    stage.clock.advance(31 * DAY);
    assert_eq!(stage.inbox.purge().await.unwrap().bodies, 1);
    assert_eq!(outbox.enqueue(&repaid()).await.unwrap(), Enqueued::Duplicate(id));
    let other = repaid().observation_days(1);
    assert!(matches!(outbox.enqueue(&other).await, Err(EnqueueError::Conflict { .. })));
    assert_eq!(outbox.replay(id).await.unwrap(), Replay::BodyGone);
}

#[tokio::test]
async fn what_is_not_known_to_be_durable_is_an_error_and_may_be_enqueued_again() {
    for fault in [Fault::Fails, Fault::Hangs, Fault::LosesAnswer, Fault::DoesAndHangs] {
        let store = FaultyStore::new();
        let stage = Stage::over(store.clone());
        let outbox = stage.inbox.outbox();
        store.spoil(Call::Insert, fault, 1);
        let outcome = repaid();
        let enqueuing = outbox.enqueue(&outcome);
        let passing = async {
            settle().await;
            stage.pass(9 * SECOND).await;
        };
        let (enqueued, ()) = tokio::join!(enqueuing, passing);
        assert!(matches!(enqueued, Err(EnqueueError::Store(_))), "{fault:?}");
        outbox.enqueue(&repaid()).await.unwrap();
        assert_eq!(outbox.counts().await.unwrap().ready, 1, "{fault:?}");
    }
}
