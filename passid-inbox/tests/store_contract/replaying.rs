use passid_core::Environment;
use passid_inbox::store::{EntryId, Failure, NewEntry, Purge, Replay, State, Store};

use crate::stage::{Stage, at, entry};

async fn replay(stage: &Stage, id: EntryId) -> Replay {
    stage.store.replay(Environment::Live, id, at(40)).await.unwrap()
}

pub(crate) async fn what_is_not_there_is_unknown(stage: &Stage) {
    let id = stage.insert(entry(1)).await;
    assert_eq!(replay(stage, EntryId::new(id.get() + 1)).await, Replay::Unknown);
    let elsewhere = stage.store.replay(Environment::Sandbox, id, at(40)).await.unwrap();
    assert_eq!(elsewhere, Replay::Unknown);
    assert_eq!(stage.show(id).await.replays, 0);
}

pub(crate) async fn what_a_worker_has_is_not_replayed(stage: &Stage) {
    let id = stage.insert(entry(1)).await;
    let lease = stage.lease_one(0).await.lease;
    assert_eq!(replay(stage, id).await, Replay::Leased);
    assert!(stage.store.complete(lease, at(1)).await.unwrap());
}

pub(crate) async fn what_has_no_body_is_not_replayed(stage: &Stage) {
    let id = stage.insert(NewEntry { dead: Some("UNREADABLE"), ..entry(1) }).await;
    let bodies = Purge {
        environment: Environment::Live,
        done_before: at(100),
        dead_before: at(100),
        entries_before: None,
        limit: 10,
    };
    assert_eq!(stage.store.purge(bodies).await.unwrap().bodies, 1);
    assert_eq!(replay(stage, id).await, Replay::BodyGone);
    assert_eq!(stage.show(id).await.state, State::Dead);
}

pub(crate) async fn what_has_ended_or_waits_is_ready_at_once(stage: &Stage) {
    let handled = stage.insert(entry(1)).await;
    stage.complete_one(0).await;
    let given_up = stage.insert(entry(2)).await;
    let dead = Failure { retry_at: None, reason: "GAVE_UP" };
    let lease = stage.lease_one(0).await.lease;
    stage.store.fail(lease, dead, at(0)).await.unwrap();
    let waiting = stage.insert(entry(3)).await;
    let again = Failure { retry_at: Some(at(10_000)), reason: "AGAIN" };
    let lease = stage.lease_one(0).await.lease;
    stage.store.fail(lease, again, at(0)).await.unwrap();

    for (id, error) in [(handled, None), (given_up, Some("GAVE_UP")), (waiting, Some("AGAIN"))] {
        assert_eq!(replay(stage, id).await, Replay::Ready);
        assert_eq!(replay(stage, id).await, Replay::Ready);
        let ready = stage.show(id).await;
        assert_eq!((ready.state, ready.attempts, ready.replays), (State::Ready, 0, 2));
        assert_eq!((ready.next_at, ready.ended_at), (at(40), None));
        assert_eq!(ready.last_error.as_deref(), error);
    }
    let leased = stage.leased(40).await;
    assert_eq!(leased.len(), 3);
    assert!(leased.iter().all(|leased| leased.entry.attempts == 1));
}
