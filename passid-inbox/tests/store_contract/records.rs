use std::sync::Arc;

use bytes::Bytes;
use passid_core::Environment;
use passid_inbox::store::{NewRecord, Record, StoredBody};
use tokio::task::JoinSet;

use crate::stage::{Stage, at, hash};

fn body(text: &str, key_id: Option<&str>) -> StoredBody {
    StoredBody { bytes: Bytes::from(text.to_owned()), key_id: key_id.map(str::to_owned) }
}

fn record(number: u32, text: &str) -> Record {
    Record { key: hash(number), body: body(text, None), keep_until: at(100) }
}

fn put(from: Option<&Record>, to: &Record) -> NewRecord {
    let from = from.map(|record| record.body.clone());
    NewRecord { environment: Environment::Live, from, to: to.clone() }
}

async fn there(stage: &Stage, number: u32) -> Option<Record> {
    stage.store.read_record(Environment::Live, hash(number)).await.unwrap()
}

pub(crate) async fn a_record_is_kept_as_it_was_given(stage: &Stage) {
    assert_eq!(there(stage, 1).await, None);
    let sealed = Record { body: body("a", Some("key-1")), ..record(1, "a") };
    assert!(stage.store.put_record(put(None, &sealed)).await.unwrap());
    assert_eq!(there(stage, 1).await, Some(sealed));
    assert_eq!(there(stage, 2).await, None);
    assert_eq!(stage.store.read_record(Environment::Sandbox, hash(1)).await.unwrap(), None);
}

pub(crate) async fn a_record_is_put_only_in_the_place_of_what_was_named(stage: &Stage) {
    let (a, b, c) = (record(1, "a"), record(1, "b"), record(1, "c"));
    assert!(!stage.store.put_record(put(Some(&a), &b)).await.unwrap(), "there is none");
    assert!(stage.store.put_record(put(None, &a)).await.unwrap());
    assert!(!stage.store.put_record(put(None, &b)).await.unwrap());
    assert!(!stage.store.put_record(put(Some(&b), &c)).await.unwrap());
    let other_key = Record { body: body("a", Some("key")), ..a.clone() };
    assert!(!stage.store.put_record(put(Some(&other_key), &c)).await.unwrap());
    assert_eq!(there(stage, 1).await, Some(a.clone()));
    let b = Record { keep_until: at(200), ..b };
    assert!(stage.store.put_record(put(Some(&a), &b)).await.unwrap());
    assert_eq!(there(stage, 1).await, Some(b));
}

pub(crate) async fn of_many_who_put_at_the_same_time_one_does(stage: &Stage) {
    let mut all = JoinSet::new();
    for writer in 0..16 {
        let store = Arc::clone(&stage.store);
        all.spawn(async move {
            store.put_record(put(None, &record(1, &format!("{writer}")))).await.unwrap()
        });
    }
    let done = all.join_all().await;
    assert_eq!(done.into_iter().filter(|put| *put).count(), 1);
}

pub(crate) async fn records_go_by_the_end_of_their_time_and_by_environment(stage: &Stage) {
    for number in 1..=5 {
        let record = Record { keep_until: at(i64::from(number)), ..record(number, "a") };
        assert!(stage.store.put_record(put(None, &record)).await.unwrap());
    }
    let sandbox = NewRecord { environment: Environment::Sandbox, ..put(None, &record(1, "a")) };
    assert!(stage.store.put_record(sandbox).await.unwrap());
    let purge = |second, limit| stage.store.purge_records(Environment::Live, at(second), limit);
    assert_eq!(purge(1, 10).await.unwrap(), 0, "its time is over after it");
    assert_eq!(purge(4, 2).await.unwrap(), 2);
    assert_eq!(purge(4, 2).await.unwrap(), 1);
    assert!(there(stage, 3).await.is_none() && there(stage, 4).await.is_some());
    assert!(stage.store.read_record(Environment::Sandbox, hash(1)).await.unwrap().is_some());
}

pub(crate) async fn records_under_other_keys_are_found_page_by_page(stage: &Stage) {
    for (number, key_id) in [(1, None), (2, Some("old")), (3, Some("new")), (4, Some("old"))] {
        let record = Record { body: body("a", key_id), ..record(number, "a") };
        assert!(stage.store.put_record(put(None, &record)).await.unwrap());
    }
    let page = |after| stage.store.records_not_under(Environment::Live, "new", after, 2);
    let keys = |page: Vec<Record>| page.iter().map(|record| record.key).collect::<Vec<_>>();
    assert_eq!(keys(page(None).await.unwrap()), [hash(1), hash(2)]);
    assert_eq!(keys(page(Some(hash(2))).await.unwrap()), [hash(4)]);
    let sandbox = stage.store.records_not_under(Environment::Sandbox, "new", None, 9);
    assert!(sandbox.await.unwrap().is_empty());
}
