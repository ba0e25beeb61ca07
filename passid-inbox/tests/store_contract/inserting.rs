use std::time::{Duration, SystemTime};

use passid_core::Environment;
use passid_inbox::store::{Entry, Insertion, Kind, NewEntry, Purge, State, Store, StoredBody};

use crate::stage::{Stage, at, entry, filter, hash, of_subject};

pub(crate) async fn an_entry_is_kept_as_it_was_given(stage: &Stage) {
    let sealed = StoredBody { key_id: Some("2026-11".to_owned()), ..entry(1).body };
    let given = NewEntry { body: sealed.clone(), ..of_subject(1, 9, -5) };
    let id = stage.insert(given.clone()).await;
    let (kept, body) = stage.store.show(Environment::Live, id).await.unwrap().unwrap();
    assert_eq!(kept, Entry::arrived(id, &given));
    assert_eq!(body, Some(sealed));
}

pub(crate) async fn a_repetition_is_told_by_the_hash_of_its_body(stage: &Stage) {
    let id = stage.insert(entry(1)).await;
    let same_bytes = NewEntry { semantic_key: None, name: "other".to_owned(), ..entry(1) };
    assert_eq!(stage.store.insert(same_bytes).await.unwrap(), Insertion::Duplicate(id));
}

pub(crate) async fn a_repetition_is_told_by_its_semantic_key(stage: &Stage) {
    let id = stage.insert(entry(1)).await;
    let stamped_anew = NewEntry { body_sha256: hash(2), ..entry(1) };
    assert_eq!(stage.store.insert(stamped_anew).await.unwrap(), Insertion::Duplicate(id));
}

pub(crate) async fn entries_without_a_semantic_key_are_no_repetitions_of_each_other(stage: &Stage) {
    stage.insert(NewEntry { semantic_key: None, ..entry(1) }).await;
    stage.insert(NewEntry { semantic_key: None, ..entry(2) }).await;
}

pub(crate) async fn kinds_and_environments_never_meet(stage: &Stage) {
    for kind in [Kind::Event, Kind::Hint, Kind::Outcome] {
        for environment in [Environment::Sandbox, Environment::Live] {
            stage.insert(NewEntry { kind, environment, ..entry(1) }).await;
        }
    }
    assert_eq!(stage.store.list(filter()).await.unwrap().len(), 1);
}

pub(crate) async fn a_repetition_changes_nothing(stage: &Stage) {
    let id = stage.insert(entry(1)).await;
    let before = stage.store.show(Environment::Live, id).await.unwrap();
    let other = NewEntry { received_at: at(9), dead: Some("UNREADABLE"), ..of_subject(1, 3, 4) };
    stage.store.insert(other).await.unwrap();
    assert_eq!(stage.store.show(Environment::Live, id).await.unwrap(), before);
    assert_eq!(stage.store.list(filter()).await.unwrap().len(), 1);
}

pub(crate) async fn a_dead_letter_from_the_first_is_never_leased(stage: &Stage) {
    let id = stage.insert(NewEntry { dead: Some("UNREADABLE"), ..entry(1) }).await;
    let kept = stage.show(id).await;
    assert_eq!(kept.state, State::Dead);
    assert_eq!(kept.ended_at, Some(at(0)));
    assert_eq!(kept.last_error.as_deref(), Some("UNREADABLE"));
    assert!(stage.leased(100).await.is_empty());
}

pub(crate) async fn numbers_follow_the_order_of_arrival_and_are_not_given_twice(stage: &Stage) {
    let dead = |number| NewEntry { dead: Some("UNREADABLE"), ..entry(number) };
    let first = stage.insert(dead(1)).await;
    let second = stage.insert(dead(2)).await;
    assert!(first < second);
    let all = Purge {
        environment: Environment::Live,
        done_before: at(100),
        dead_before: at(100),
        entries_before: Some(at(100)),
        limit: 10,
    };
    assert_eq!(stage.store.purge(all).await.unwrap().entries, 2);
    assert!(second < stage.insert(dead(1)).await);
}

pub(crate) async fn times_before_1970_and_far_away_come_back(stage: &Stage) {
    let epoch = SystemTime::UNIX_EPOCH;
    let far = Duration::from_secs(7000 * 365 * 24 * 60 * 60);
    let times = [epoch - Duration::from_micros(1), epoch - far, epoch + far, epoch];
    for (number, time) in (0..).zip(times) {
        let given = NewEntry { occurred_at: time, ..entry(number) };
        let id = stage.insert(given).await;
        assert_eq!(stage.show(id).await.occurred_at, time);
    }
}
