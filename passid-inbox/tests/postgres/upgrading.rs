//! A ledger of an earlier version is brought up to date with all that is in it.

use passid_core::Environment;
use passid_inbox::store::{EntryId, Insertion, Kind, NewEntry, PostgresStore, Store};
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::{Connection, Executor, PgConnection, SqlSafeStr};

use crate::postgres_server::TestSchema;
use crate::stage::entry;

const FIRST: &str = include_str!("../../src/store/postgres/migrations/0001_ledger.sql");

#[tokio::test]
async fn an_earlier_ledger_takes_hints_and_keeps_its_entries() {
    let Some(schema) = TestSchema::new().await else { return };
    let mut connection = PgConnection::connect(&schema.url()).await.unwrap();
    let first =
        Migration::new(1, "ledger".into(), MigrationType::Simple, FIRST.into_sql_str(), false);
    let mut migrator = Migrator::with_migrations(vec![first]);
    migrator.dangerous_set_table_name("_passid_inbox_migrations");
    migrator.run_direct(None, &mut connection, false).await.unwrap();
    let row = "INSERT INTO passid_ledger (kind, environment, state, name, body_sha256, \
        occurred_at, received_at, next_at, body) VALUES ('event', 'live', 'ready', 'an old event', \
        decode(repeat('00', 32), 'hex'), 1, 2, 3, '{}')";
    connection.execute(row).await.unwrap();

    let store = PostgresStore::connect(&schema.url()).await.unwrap();
    let hint = NewEntry { kind: Kind::Hint, ..entry(1) };
    assert_eq!(store.insert(hint).await.unwrap(), Insertion::New(EntryId::new(2)));
    let (old, _) = store.show(Environment::Live, EntryId::new(1)).await.unwrap().unwrap();
    assert_eq!((old.kind, &*old.name), (Kind::Event, "an old event"));
    let unknown = "UPDATE passid_ledger SET kind = 'other'";
    assert!(connection.execute(unknown).await.is_err(), "it is still checked");
}
