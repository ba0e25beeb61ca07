use passid_core::Environment;
use passid_inbox::store::{EntryId, Insertion, Kind, NewEntry, Purge, Purged, Store};

use crate::stage::{Stage, at, entry, filter};

fn bodies(done_before: i64, dead_before: i64) -> Purge {
    Purge {
        environment: Environment::Live,
        done_before: at(done_before),
        dead_before: at(dead_before),
        entries_before: None,
        limit: 100,
    }
}

async fn purge(stage: &Stage, purge: Purge) -> (u64, u64) {
    let Purged { bodies, entries } = stage.store.purge(purge).await.unwrap();
    (bodies, entries)
}

fn dead(number: u32) -> NewEntry {
    NewEntry { dead: Some("UNREADABLE"), ..entry(number) }
}

async fn has_body(stage: &Stage, id: EntryId) -> bool {
    let (entry, body) = stage.store.show(Environment::Live, id).await.unwrap().unwrap();
    assert_eq!(entry.has_body, body.is_some());
    entry.has_body
}

pub(crate) async fn bodies_go_by_the_time_they_ended_and_hashes_stay(stage: &Stage) {
    let done = stage.insert(entry(1)).await;
    stage.complete_one(10).await;
    let given_up = stage.insert(dead(2)).await; // at 0
    assert_eq!(purge(stage, bodies(10, 0)).await, (0, 0));
    assert_eq!(purge(stage, bodies(11, 0)).await, (1, 0));
    assert_eq!((has_body(stage, done).await, has_body(stage, given_up).await), (false, true));
    assert_eq!(purge(stage, bodies(0, 1)).await, (1, 0));
    assert!(!has_body(stage, given_up).await);
    assert_eq!(purge(stage, bodies(100, 100)).await, (0, 0));
    let again = stage.store.insert(entry(1)).await.unwrap();
    assert_eq!(again, Insertion::Duplicate(done));
}

pub(crate) async fn entries_go_by_the_time_they_arrived_once_their_body_is_gone(stage: &Stage) {
    stage.insert(dead(1)).await;
    stage.insert(NewEntry { received_at: at(20), ..dead(2) }).await;
    for kind in [Kind::Outcome, Kind::Hint] {
        stage.insert(NewEntry { kind, ..dead(1) }).await;
    }
    let entries = |before| Purge { entries_before: Some(at(before)), ..bodies(0, 0) };
    assert_eq!(purge(stage, entries(100)).await, (0, 0));
    // Bodies that this purge removes count as gone.
    let both = Purge { entries_before: Some(at(20)), ..bodies(0, 100) };
    assert_eq!(purge(stage, both).await, (4, 3));
    let left: Vec<_> = stage.store.list(filter()).await.unwrap();
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].received_at, at(20));
    // What is forgotten is new.
    stage.insert(entry(1)).await;
}

pub(crate) async fn what_is_open_is_never_purged(stage: &Stage) {
    let leased = stage.insert(entry(1)).await;
    let lease = stage.lease_one(0).await.lease;
    let ready = stage.insert(entry(2)).await;
    let all = Purge { entries_before: Some(at(10_000)), ..bodies(10_000, 10_000) };
    assert_eq!(purge(stage, all).await, (0, 0));
    assert!(has_body(stage, leased).await && has_body(stage, ready).await);
    assert!(stage.store.complete(lease, at(0)).await.unwrap());
}

pub(crate) async fn no_more_is_purged_than_was_asked_for(stage: &Stage) {
    for number in 1..=3 {
        stage.insert(entry(number)).await;
        stage.complete_one(0).await;
        stage.insert(dead(10 + number)).await;
    }
    let some = Purge { entries_before: Some(at(100)), limit: 4, ..bodies(100, 100) };
    assert_eq!(purge(stage, some.clone()).await, (4, 4));
    assert_eq!(purge(stage, some.clone()).await, (2, 2));
    assert_eq!(purge(stage, some).await, (0, 0));
}

pub(crate) async fn environments_are_purged_apart(stage: &Stage) {
    stage.insert(dead(1)).await;
    stage.insert(NewEntry { environment: Environment::Sandbox, ..dead(1) }).await;
    let all = Purge { entries_before: Some(at(100)), ..bodies(100, 100) };
    assert_eq!(purge(stage, all.clone()).await, (1, 1));
    assert_eq!(purge(stage, all.clone()).await, (0, 0));
    let sandbox = Purge { environment: Environment::Sandbox, ..all };
    assert_eq!(purge(stage, sandbox).await, (1, 1));
}
