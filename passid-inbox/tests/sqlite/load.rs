use std::fs;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use passid_core::Environment;
use passid_inbox::store::{
    Insertion, Kind, NewEntry, Purge, SqliteOptions, SqliteStore, Store, StoreError, StoredBody,
    TransactionalStore,
};
use tokio::task::JoinSet;

use crate::stage::{at, claim, entry};

fn large(number: u32, bytes: usize) -> NewEntry {
    let body = StoredBody { bytes: Bytes::from(vec![7; bytes]), key_id: None };
    NewEntry { body, dead: Some("UNREADABLE"), ..entry(number) }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_an_error_and_goes_on_once_there_is_room() {
    let folder = tempfile::tempdir().unwrap();
    let options = SqliteOptions::new().max_bytes(1 << 20);
    let store = options.open(folder.path().join("inbox.db")).await.unwrap();
    let mut stored = 0;
    let error = loop {
        match store.insert(large(stored, 50_000)).await {
            Ok(_) => stored += 1,
            Err(error) => break error,
        }
        assert!(stored < 100);
    };
    assert!(matches!(error, StoreError::Database { operation: "insert", .. }), "{error:?}");
    assert!(std::error::Error::source(&error).unwrap().to_string().ends_with("(full)"));
    // Nothing half written, and the rest of it still works.
    let counts = store.counts(Kind::Event, Environment::Live).await.unwrap();
    assert_eq!(counts.dead, u64::from(stored));
    assert!(store.insert(large(stored, 50_000)).await.is_err());

    let all = Purge {
        environment: Environment::Live,
        done_before: at(10),
        dead_before: at(10),
        entries_before: None,
        limit: 1000,
    };
    assert_eq!(store.purge(all).await.unwrap().bodies, u64::from(stored));
    assert!(matches!(store.insert(large(stored, 50_000)).await.unwrap(), Insertion::New(_)));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_fit_keeps_out_nothing_that_does() {
    let folder = tempfile::tempdir().unwrap();
    let options = SqliteOptions::new().max_bytes(1 << 20);
    let store = options.open(folder.path().join("inbox.db")).await.unwrap();
    // All of these wait while the writer is taken, and make one group.
    let transaction = store.begin().await.unwrap();
    let mut tasks = JoinSet::new();
    for number in 0..20 {
        let store = store.clone();
        let bytes = if number == 10 { 5_000_000 } else { 10 };
        tasks.spawn(async move { (number, store.insert(large(number, bytes)).await) });
    }
    tokio::task::yield_now().await;
    drop(transaction);
    for (number, inserted) in tasks.join_all().await {
        assert_eq!(inserted.is_err(), number == 10, "{number}: {inserted:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn more_than_may_wait_is_told_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let options = SqliteOptions::new().queue(4).group(2);
    let store = Arc::new(options.open(folder.path().join("inbox.db")).await.unwrap());
    let transaction = store.begin().await.unwrap();
    let mut tasks = JoinSet::new();
    for number in 0..40 {
        let store = Arc::clone(&store);
        tasks.spawn(async move { store.insert(entry(number)).await });
    }
    let mut busy = 0;
    // One group is with the writer, four wait; the others were told while nothing could be written.
    while busy < 40 - 6 {
        let told = tasks.join_next().await.unwrap().unwrap().unwrap_err();
        assert!(matches!(told, StoreError::Busy { waiting: 4 }), "{told:?}");
        busy += 1;
    }
    drop(transaction);
    let stored = tasks.join_all().await.into_iter().filter(Result::is_ok).count();
    assert!(stored >= 4, "{stored}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_that_does_not_end_is_an_error_for_others_within_the_limit() {
    let folder = tempfile::tempdir().unwrap();
    let options = SqliteOptions::new().busy_timeout(Duration::from_secs(1));
    let store = options.open(folder.path().join("inbox.db")).await.unwrap();
    let transaction = store.begin().await.unwrap();
    let late = store.insert(entry(1)).await.unwrap_err();
    assert!(matches!(late, StoreError::Deadline { millis: 1000 }), "{late:?}");
    assert!(store.begin().await.is_err());
    assert!(store.counts(Kind::Event, Environment::Live).await.is_ok());
    drop(transaction);
    // Not done behind the back of who was told that it failed.
    assert_eq!(store.counts(Kind::Event, Environment::Live).await.unwrap().ready, 0);
    assert!(matches!(store.insert(entry(1)).await.unwrap(), Insertion::New(_)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lock_of_another_process_is_an_error_and_then_it_goes_on() {
    use sqlx::{ConnectOptions, Executor};

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("inbox.db");
    let options = SqliteOptions::new().busy_timeout(Duration::from_secs(1));
    let store = options.open(&path).await.unwrap();
    let other = sqlx::sqlite::SqliteConnectOptions::new().filename(&path);
    let mut other = other.connect().await.unwrap();
    other.execute("BEGIN IMMEDIATE").await.unwrap();
    let error = store.insert(entry(1)).await.unwrap_err();
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert!(source.contains("locked by another process"), "{source}");
    other.execute("COMMIT").await.unwrap();
    assert!(matches!(store.insert(entry(1)).await.unwrap(), Insertion::New(_)));
}

#[tokio::test(flavor = "multi_thread")]
async fn many_at_once_share_transactions_and_the_log_stays_small() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("inbox.db");
    let options = SqliteOptions::new().queue(4000);
    let store = options.open(&path).await.unwrap();
    let mut tasks = JoinSet::new();
    for number in 0..3000 {
        let store = store.clone();
        tasks.spawn(async move { store.insert(entry(number)).await.unwrap() });
    }
    assert_eq!(tasks.join_all().await.len(), 3000);
    let log = folder.path().join("inbox.db-wal");
    assert!(fs::metadata(&log).unwrap().len() <= 32 << 20);
}

#[tokio::test(flavor = "multi_thread")]
async fn inserts_do_not_keep_a_worker_waiting() {
    let folder = tempfile::tempdir().unwrap();
    let options = SqliteOptions::new().queue(10_000).group(16);
    let store = options.open(folder.path().join("inbox.db")).await.unwrap();
    store.insert(entry(0)).await.unwrap();
    let mut inserts = JoinSet::new();
    for number in 1..3000 {
        let store = store.clone();
        inserts.spawn(async move { store.insert(entry(number)).await.unwrap() });
    }
    tokio::task::yield_now().await;
    let leased = store.claim(claim(0)).await.unwrap().leased;
    assert!(store.complete(leased[0].lease, at(0)).await.unwrap());
    let counts = store.counts(Kind::Event, Environment::Live).await.unwrap();
    assert!(counts.ready + counts.leased < 2999, "the worker came after all inserts: {counts:?}");
    inserts.join_all().await;
}

#[tokio::test]
async fn nothing_that_is_stored_is_in_an_error_or_in_debug() {
    let folder = tempfile::tempdir().unwrap();
    let options = SqliteOptions::new().max_bytes(1 << 17);
    let store: SqliteStore = options.open(folder.path().join("inbox.db")).await.unwrap();
    let secret = "income band C ".repeat(100_000);
    let mut given = entry(1);
    given.body.bytes = secret.into();
    let error = store.insert(given).await.unwrap_err();
    let source = std::error::Error::source(&error).unwrap();
    let told = format!("{error} {error:?} {source} {source:?} {store:?}");
    assert!(!told.contains("income") && !told.contains("INSERT"), "{told}");
}
