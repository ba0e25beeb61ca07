//! A ledger of an earlier version is brought up to date with all that is in it, and all that points at it.

use std::path::Path;

use passid_core::Environment;
use passid_inbox::store::{EntryId, Insertion, Kind, NewEntry, SqliteStore, Store};
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::{ConnectOptions, Connection, SqlSafeStr};

use crate::stage::entry;

const FIRST: &str = include_str!("../../src/store/sqlite/migrations/0001_ledger.sql");

/// What was there before hints were.
async fn first_version(path: &Path) {
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path).create_if_missing(true);
    let mut connection = options.connect().await.unwrap();
    let first =
        Migration::new(1, "ledger".into(), MigrationType::Simple, FIRST.into_sql_str(), false);
    let mut migrator = Migrator::with_migrations(vec![first]);
    migrator.dangerous_set_table_name("_passid_inbox_migrations");
    migrator.run_direct(None, &mut connection, false).await.unwrap();
    let rows = "INSERT INTO passid_ledger (kind, environment, state, name, body_sha256, \
        occurred_at, received_at, next_at, body) VALUES \
        ('event', 'live', 'ready', 'an old event', zeroblob(32), 1, 2, 3, x'7b7d'); \
        CREATE TABLE mine (event INTEGER NOT NULL REFERENCES passid_ledger (id)); \
        INSERT INTO mine VALUES (1); \
        CREATE VIEW names AS SELECT name FROM passid_ledger";
    sqlx::raw_sql(rows).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

#[tokio::test]
async fn an_earlier_ledger_takes_hints_and_keeps_its_entries_and_what_points_at_them() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("inbox.db");
    first_version(&path).await;
    let store = SqliteStore::open(&path).await.unwrap();
    let hint = NewEntry { kind: Kind::Hint, ..entry(1) };
    assert_eq!(store.insert(hint).await.unwrap(), Insertion::New(EntryId::new(2)));
    let (old, _) = store.show(Environment::Live, EntryId::new(1)).await.unwrap().unwrap();
    assert_eq!((old.kind, &*old.name), (Kind::Event, "an old event"));
    store.close().await;

    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(&path);
    let mut connection = options.connect().await.unwrap();
    let check = "SELECT (SELECT group_concat(integrity_check) FROM pragma_integrity_check) || ' ' \
        || (SELECT count(*) FROM pragma_foreign_key_check) || ' ' || (SELECT count(*) FROM names)";
    let checked: String = sqlx::query_scalar(check).fetch_one(&mut connection).await.unwrap();
    assert_eq!(checked, "ok 0 2");
    let unknown = "UPDATE passid_ledger SET kind = 'other'";
    assert!(sqlx::raw_sql(unknown).execute(&mut connection).await.is_err(), "it is still checked");
    // Also a second time.
    SqliteStore::open(&path).await.unwrap().close().await;
}
