//! From a path to an open data file and its rows.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteLockingMode, SqliteSynchronous};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection};

use super::claim::Claim;
use super::error::StoreError;
use super::file::{self, Condition};
use super::header::{APPLICATION_ID, VERSION};
use super::{StoreLimits, StoredRow};

const CREATE: &str = "CREATE TABLE rows (\
    table_name TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, \
    PRIMARY KEY (table_name, key)) STRICT, WITHOUT ROWID";
const LOAD: &str = "SELECT table_name, key, value FROM rows ORDER BY table_name, key";

/// A connection that holds the file's exclusive lock, and the right to it.
#[derive(Debug)]
pub(super) struct Opened {
    pub(super) connection: SqliteConnection,
    // Last, so that it is given back after the connection.
    pub(super) claim: Claim,
}

pub(super) async fn open(
    given: &Path,
    limits: StoreLimits,
) -> Result<(Opened, Vec<StoredRow>), StoreError> {
    let resolved = file::resolve(given)?;
    let Some(claim) = Claim::within(limits.patience, &resolved).await else {
        return Err(StoreError::InUse { path: given.to_owned() });
    };
    let file = DataFile { given: given.to_owned(), resolved };
    let found = file::check(given, &file.resolved)?;
    // A crash while the file was created leaves a journal that only a writer can roll back. Nothing
    // that was acknowledged is in such a file.
    let half_created = file::beside(&file.resolved, "-journal").exists();
    if found != Condition::New && !half_created {
        file.inspect(limits.patience).await?;
    }
    if found != Condition::Ready || half_created {
        file.prepare(limits.patience).await?;
        file.inspect(limits.patience).await?;
    }
    let mut connection = file.connect(limits.patience).await?;
    match file.take_over(&mut connection, limits.max_bytes).await {
        Ok(rows) => Ok((Opened { connection, claim }, rows)),
        Err(error) => {
            // What went wrong says more than that the file then did not close.
            let _ = connection.close().await;
            Err(error)
        }
    }
}

/// A data file under the name it was given, for messages, and under the one SQLite opens: an
/// absolute path is never taken for one of SQLite's special names.
struct DataFile {
    given: PathBuf,
    resolved: PathBuf,
}

impl DataFile {
    /// Looks for damage without the right to write: a connection that may write would fold the
    /// write-ahead log into a damaged file when it is closed.
    async fn inspect(&self, patience: Duration) -> Result<(), StoreError> {
        let log = file::beside(&self.resolved, "-wal").exists();
        let index = file::beside(&self.resolved, "-shm");
        let index_was_there = index.exists();
        // Without a log the file is complete and at rest: nothing beside it has to be made.
        let options = self.options(patience).read_only(true).immutable(!log);
        let inspected = self.with(options, async |connection| {
            if !log {
                self.length_check(connection).await?;
            }
            self.quick_check(connection).await
        });
        let inspected = inspected.await;
        if !index_was_there {
            // Made by SQLite to read the log; the exclusive connection does without.
            let _ = fs::remove_file(index);
        }
        inspected
    }

    /// Makes a data file of an empty one, and sees to it that it is in WAL mode. Not with the
    /// exclusive connection: that one would leave its rollback journal behind.
    async fn prepare(&self, patience: Duration) -> Result<(), StoreError> {
        // One transaction, so that a crash leaves a whole data file or an empty one. The number of
        // the application goes into the file itself here, not into a log beside it, so that it is
        // found by our own look at the header.
        let create = format!(
            "BEGIN IMMEDIATE; PRAGMA application_id = {APPLICATION_ID}; \
             PRAGMA user_version = {VERSION}; {CREATE}; COMMIT"
        );
        let options = self.options(patience).synchronous(SqliteSynchronous::Full);
        self.with(options, async |connection| {
            if self.number(connection, "PRAGMA page_count").await? == 0 {
                let created = sqlx::raw_sql(AssertSqlSafe(create)).execute(&mut *connection).await;
                created.map_err(|e| self.failed(e))?;
            }
            let mode: String = sqlx::query_scalar("PRAGMA journal_mode = WAL")
                .fetch_one(connection)
                .await
                .map_err(|e| self.failed(e))?;
            if mode == "wal" { Ok(()) } else { Err(self.damaged("it cannot keep a log")) }
        })
        .await
    }

    /// A short use of the file. The connection is closed also when the work fails.
    async fn with(
        &self,
        options: SqliteConnectOptions,
        work: impl AsyncFnOnce(&mut SqliteConnection) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let mut connection = options.connect().await.map_err(|e| self.failed(e))?;
        let done = work(&mut connection).await;
        let closed = connection.close().await.map_err(|e| self.failed(e));
        done.and(closed)
    }

    async fn connect(&self, patience: Duration) -> Result<SqliteConnection, StoreError> {
        self.options(patience)
            .locking_mode(SqliteLockingMode::Exclusive)
            .synchronous(SqliteSynchronous::Full)
            // macOS: a plain `fsync` there stops at the drive's own cache.
            .pragma("fullfsync", "ON")
            .connect()
            .await
            .map_err(|e| self.failed(e))
    }

    /// Takes the exclusive lock with its first read, and keeps it.
    async fn take_over(
        &self,
        connection: &mut SqliteConnection,
        max_bytes: u64,
    ) -> Result<Vec<StoredRow>, StoreError> {
        // Somebody else may have changed the file until now. Asked of SQLite, because to close a
        // file of our own would give up SQLite's lock (see `claim`).
        let application = self.number(connection, "PRAGMA application_id").await?;
        let version = self.number(connection, "PRAGMA user_version").await?;
        if (application, version) != (u64::from(APPLICATION_ID), u64::from(VERSION)) {
            return Err(StoreError::InUse { path: self.given.clone() });
        }
        let page_size = self.number(connection, "PRAGMA page_size").await?.max(1);
        let pages = max_bytes / page_size;
        self.number(connection, &format!("PRAGMA max_page_count = {pages}")).await?;
        let rows: Vec<(String, String, String)> =
            sqlx::query_as(LOAD).fetch_all(connection).await.map_err(|e| self.failed(e))?;
        Ok(rows.into_iter().map(|(table, key, value)| StoredRow { table, key, value }).collect())
    }

    /// SQLite reads what is missing of a last page as zeros, also in the middle of a row.
    async fn length_check(&self, connection: &mut SqliteConnection) -> Result<(), StoreError> {
        let page_size = self.number(connection, "PRAGMA page_size").await?;
        let length = fs::metadata(&self.resolved).map_or(0, |found| found.len());
        if length.is_multiple_of(page_size) { Ok(()) } else { Err(self.damaged("it was cut off")) }
    }

    async fn quick_check(&self, connection: &mut SqliteConnection) -> Result<(), StoreError> {
        let found: String = sqlx::query_scalar("PRAGMA quick_check(1)")
            .fetch_one(&mut *connection)
            .await
            .map_err(|e| self.failed(e))?;
        if found != "ok" {
            return Err(self.damaged(&found));
        }
        // Whole, but is the table there?
        sqlx::query(LOAD).fetch_optional(connection).await.map_err(|error| match &error {
            sqlx::Error::Database(_) if primary_code(&error) == Some(SQLITE_ERROR) => {
                self.damaged("its table is missing")
            }
            _ => self.failed(error),
        })?;
        Ok(())
    }

    async fn number(
        &self,
        connection: &mut SqliteConnection,
        pragma: &str,
    ) -> Result<u64, StoreError> {
        let number: i64 = sqlx::query_scalar(AssertSqlSafe(pragma))
            .fetch_one(connection)
            .await
            .map_err(|e| self.failed(e))?;
        Ok(u64::try_from(number).unwrap_or_default())
    }

    fn options(&self, patience: Duration) -> SqliteConnectOptions {
        SqliteConnectOptions::new()
            .filename(&self.resolved)
            .busy_timeout(patience)
            .disable_statement_logging()
    }

    fn damaged(&self, detail: &str) -> StoreError {
        StoreError::Damaged { path: self.given.clone(), detail: detail.to_owned() }
    }

    fn failed(&self, error: sqlx::Error) -> StoreError {
        let path = self.given.clone();
        match (primary_code(&error), &error) {
            (Some(SQLITE_BUSY | SQLITE_LOCKED), _) => StoreError::InUse { path },
            (Some(SQLITE_CORRUPT | SQLITE_NOTADB), _) => self.damaged("pages that cannot be read"),
            (_, sqlx::Error::ColumnDecode { .. }) => self.damaged("rows that are no text"),
            _ => StoreError::Sqlite { path, source: Arc::new(error) },
        }
    }
}

const SQLITE_ERROR: u32 = 1;
const SQLITE_BUSY: u32 = 5;
const SQLITE_LOCKED: u32 = 6;
const SQLITE_CORRUPT: u32 = 11;
const SQLITE_NOTADB: u32 = 26;

/// SQLite's result code without the extension in its upper bits.
fn primary_code(error: &sqlx::Error) -> Option<u32> {
    let code: u32 = error.as_database_error()?.code()?.parse().ok()?;
    Some(code & 0xff)
}
