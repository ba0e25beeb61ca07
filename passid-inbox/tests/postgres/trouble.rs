use std::collections::HashSet;
use std::time::Duration;

use passid_core::Environment;
use passid_inbox::store::{
    Claim, Insertion, Kind, PostgresOptions, PostgresStore, Store, StoreError, TransactionalStore,
};
use sqlx::{Connection, PgConnection};
use tokio::task::JoinSet;

use crate::postgres_server::TestSchema;
use crate::stage::{at, claim, entry, of_subject};

/// Ends every connection of this schema's store, as a restart of the server would.
async fn end_connections(schema: &TestSchema, store: &PostgresStore) {
    let mut transaction = store.begin().await.unwrap();
    let pid: i32 =
        sqlx::query_scalar("SELECT pg_backend_pid()").fetch_one(&mut *transaction).await.unwrap();
    let mut other = PgConnection::connect(schema.server()).await.unwrap();
    let ended: bool = sqlx::query_scalar("SELECT pg_terminate_backend($1, 5000)")
        .bind(pid)
        .fetch_one(&mut other)
        .await
        .unwrap();
    assert!(ended);
    drop(transaction);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_broke_is_an_error_and_then_it_goes_on() {
    let Some(schema) = TestSchema::new().await else { return };
    let options = PostgresOptions::new().connections(1);
    let store = options.connect(&schema.url()).await.unwrap();
    let Insertion::New(id) = store.insert(entry(1)).await.unwrap() else { panic!() };
    end_connections(&schema, &store).await;
    assert_eq!(store.insert(entry(1)).await.unwrap(), Insertion::Duplicate(id));
    assert!(matches!(store.insert(entry(2)).await.unwrap(), Insertion::New(_)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_that_broke_confirms_nothing() {
    let Some(schema) = TestSchema::new().await else { return };
    let store = PostgresStore::connect(&schema.url()).await.unwrap();
    store.insert(entry(1)).await.unwrap();
    let lease = store.claim(claim(0)).await.unwrap().leased[0].lease;
    let mut transaction = store.begin().await.unwrap();
    let pid: i32 =
        sqlx::query_scalar("SELECT pg_backend_pid()").fetch_one(&mut *transaction).await.unwrap();
    let mut other = PgConnection::connect(schema.server()).await.unwrap();
    sqlx::query("SELECT pg_terminate_backend($1, 5000)")
        .bind(pid)
        .execute(&mut other)
        .await
        .unwrap();
    assert!(store.complete_in(transaction, lease, at(1)).await.is_err());
    assert!(store.complete(lease, at(1)).await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn when_no_connection_is_free_the_answer_comes_within_the_limit() {
    let Some(schema) = TestSchema::new().await else { return };
    let options = PostgresOptions::new().connections(1).acquire_timeout(Duration::from_secs(1));
    let store = options.connect(&schema.url()).await.unwrap();
    let transaction = store.begin().await.unwrap();
    let late = store.insert(entry(1)).await.unwrap_err();
    assert!(matches!(late, StoreError::Deadline { millis: 1000 }), "{late:?}");
    drop(transaction);
    assert!(matches!(store.insert(entry(1)).await.unwrap(), Insertion::New(_)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_that_takes_too_long_is_an_error() {
    let Some(schema) = TestSchema::new().await else { return };
    let options = PostgresOptions::new().statement_timeout(Duration::from_millis(300));
    let store = options.connect(&schema.url()).await.unwrap();
    let mut transaction = store.begin().await.unwrap();
    store.insert_in(&mut transaction, entry(1)).await.unwrap();
    // The same event waits for that transaction to end.
    let error = store.insert(entry(1)).await.unwrap_err();
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert!(source.contains("57014"), "{source}");
    store.commit(transaction).await.unwrap();
    assert!(matches!(store.insert(entry(1)).await.unwrap(), Insertion::Duplicate(_)));
}

/// Each arrival is earlier than those before it, so that claims keep meeting on one subject.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn earlier_events_that_arrive_amid_claims_never_give_one_subject_to_two_workers() {
    const EVENTS: i64 = 300;
    let Some(schema) = TestSchema::new().await else { return };
    let store = PostgresStore::connect(&schema.url()).await.unwrap();
    let mut tasks = JoinSet::new();
    for part in 0..2_i64 {
        let store = store.clone();
        tasks.spawn(async move {
            for number in 0..EVENTS / 2 {
                let number = u32::try_from(part * EVENTS + number).unwrap();
                let given = of_subject(number, number % 2, -i64::from(number));
                store.insert(given).await.unwrap();
            }
            HashSet::new()
        });
    }
    for _ in 0..6 {
        let store = store.clone();
        tasks.spawn(async move {
            let mut done = HashSet::new();
            loop {
                let asked = Claim { max: 4, ..claim(0) };
                for leased in store.claim(asked).await.unwrap().leased {
                    assert!(store.complete(leased.lease, at(0)).await.unwrap());
                    done.insert(leased.entry.id);
                }
                let counts = store.counts(Kind::Event, Environment::Live).await.unwrap();
                if counts.done == EVENTS.unsigned_abs() {
                    return done;
                }
            }
        });
    }
    let by_worker = tasks.join_all().await;
    let total: usize = by_worker.iter().map(HashSet::len).sum();
    assert_eq!(total, usize::try_from(EVENTS).unwrap());
}
