//! From a file to one that has our tables.

use std::path::Path;
use std::time::Duration;

use passid_core::{Clock, SystemClock};
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection};

use super::codes;
use super::options::SqliteOptions;
use crate::store::StoreError;
use crate::store::sql::{self, Columns, Fault, Session};

const MIGRATIONS: &[(i64, &str, &str)] = &[
    (1, "ledger", include_str!("migrations/0001_ledger.sql")),
    (2, "hints", include_str!("migrations/0002_hints.sql")),
    (3, "records", include_str!("migrations/0003_records.sql")),
];

/// What the write-ahead log is cut back to once its pages are in the file.
const LOG_BYTES: &str = "16777216";

/// How every connection to the file is made.
pub(super) fn connect_options(path: &Path, options: &SqliteOptions) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(false)
        .busy_timeout(options.busy_timeout)
        .foreign_keys(true)
        .synchronous(SqliteSynchronous::Full)
        // macOS: a plain `fsync` there stops at the drive's own cache.
        .pragma("fullfsync", "ON")
        .pragma("journal_size_limit", LOG_BYTES)
        // What is purged is to be gone from the file.
        .pragma("secure_delete", "ON")
        .disable_statement_logging()
}

/// Looks at the file without the right to change it, and then makes a ledger of it or brings the one
/// that is there up to date.
pub(super) async fn prepare(path: &Path, options: &SqliteOptions) -> Result<(), StoreError> {
    inspect(path, options).await?;
    let connection = connect_options(path, options).connect().await;
    let mut connection = connection.map_err(|error| refused(error.into(), "open"))?;
    let prepared = match keep_log(&mut connection, options.busy_timeout).await {
        Ok(()) => migrate(&mut connection).await,
        Err(error) => Err(error),
    };
    // What went wrong says more than that the file then did not close.
    let closed = connection.close().await.map_err(|error| Fault::from(error).at("open"));
    prepared.and(closed)
}

async fn inspect(path: &Path, options: &SqliteOptions) -> Result<(), StoreError> {
    let opened = connect_options(path, options).read_only(true).connect().await;
    let looked = match opened {
        Ok(mut connection) => {
            let looked = look(&mut connection).await;
            let _ = connection.close().await;
            looked
        }
        Err(error) => Err(refused(error.into(), "open")),
    };
    match looked {
        // A crash can leave a file that only a writer can bring in order: SQLite's own work.
        Err(StoreError::Database { .. }) => Ok(()),
        looked => looked,
    }
}

async fn look(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    const TABLES: &str = "SELECT name FROM sqlite_schema WHERE type = 'table' \
        AND name IN ('passid_ledger', '_passid_inbox_migrations')";
    const VERSION: &str = "SELECT max(version) AS version FROM _passid_inbox_migrations";
    let failed = |fault| refused(fault, "open");
    let tables = connection.rows(TABLES, &[]).await.map_err(failed)?.len();
    if tables == 0 {
        return Ok(());
    }
    if tables == 1 {
        return Err(StoreError::Refused { reason: "it has another table of the ledger's name" });
    }
    let rows = connection.rows(VERSION, &[]).await.map_err(failed)?;
    let version = rows.first().map(|row| row.maybe_int("version")).transpose().map_err(failed)?;
    let known = MIGRATIONS.last().map_or(0, |(version, ..)| *version);
    match version.flatten() {
        Some(version) if version > known => Err(sql::newer()),
        _ => Ok(()),
    }
}

/// Switches to the write-ahead log, which SQLite does for the file and for good. It does not wait for
/// others that do the same, so this does.
async fn keep_log(connection: &mut SqliteConnection, patience: Duration) -> Result<(), StoreError> {
    let pause = Duration::from_millis(10);
    let until = SystemClock.elapsed() + patience;
    loop {
        let mode = connection.rows("PRAGMA journal_mode = WAL", &[]).await;
        match mode {
            Ok(rows) => {
                let mode = rows.first().map(|row| row.text("journal_mode")).transpose();
                let mode = mode.map_err(|fault| fault.at("open"))?;
                return match mode.as_deref() {
                    Some("wal") => Ok(()),
                    _ => Err(StoreError::Refused { reason: "a log cannot be kept beside it" }),
                };
            }
            Err(fault) if codes::is_busy(&fault) && SystemClock.elapsed() < until => {
                SystemClock.sleep(pause).await;
            }
            Err(fault) => return Err(refused(fault, "open")),
        }
    }
}

/// In one transaction that has the right to write from the first, so that of several processes one
/// does it and the others find it done.
async fn migrate(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    let failed = |error: sqlx::Error| refused(error.into(), "migrate");
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await.map_err(failed)?;
    let migrator: Migrator = sql::migrator(MIGRATIONS);
    let migrated = migrator.run_direct(None, &mut *transaction, false).await;
    migrated.map_err(|error| match error {
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => failed(error),
        error => sql::not_migrated(&error),
    })?;
    transaction.commit().await.map_err(failed)
}

fn refused(fault: Fault, operation: &'static str) -> StoreError {
    match codes::primary(&fault) {
        Some(codes::CORRUPT) => StoreError::Refused { reason: "it is damaged" },
        Some(codes::NOTADB) => StoreError::Refused { reason: "it is not a SQLite database" },
        _ => fault.at(operation),
    }
}
