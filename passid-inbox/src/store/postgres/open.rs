//! From an address to a database that is durable and has our tables.

use std::time::Duration;

use sqlx::migrate::MigrateError;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection, PgPool};

use super::options::PostgresOptions;
use crate::store::StoreError;
use crate::store::sql::{self, Columns, Fault, Session, Value};

const MIGRATIONS: &[(i64, &str, &str)] = &[
    (1, "ledger", include_str!("migrations/0001_ledger.sql")),
    (2, "hints", include_str!("migrations/0002_hints.sql")),
    (3, "records", include_str!("migrations/0003_records.sql")),
];

/// Whoever brings the tables up to date holds this lock, so that others wait for it: `passid-i` in
/// ASCII.
const MIGRATION_LOCK: i64 = i64::from_be_bytes(*b"passid-i");

/// After this long without use a connection is tried before it is given out.
const FRESH: Duration = Duration::from_secs(1);

pub(super) async fn pool(
    connect: PgConnectOptions,
    options: &PostgresOptions,
) -> Result<PgPool, StoreError> {
    let millis = options.statement_timeout.as_millis().to_string();
    let mut connect = connect
        .application_name("passid-inbox")
        .options([("statement_timeout", millis.as_str())])
        // A stricter one would fail where this one looks again.
        .options([("default_transaction_isolation", "read committed")])
        .disable_statement_logging();
    if let Some(schema) = &options.schema {
        connect = connect.options([("search_path", schema.as_str())]);
    }
    let pool = PgPoolOptions::new()
        .max_connections(options.connections)
        .acquire_timeout(options.acquire_timeout)
        .test_before_acquire(false)
        .before_acquire(|connection, use_| {
            Box::pin(async move {
                if use_.idle_for > FRESH {
                    connection.ping().await?;
                }
                Ok(true)
            })
        })
        .connect_with(connect)
        .await;
    pool.map_err(|error| Fault::of_pool(error, options.acquire_timeout).at("connect"))
}

/// A schema's name goes into statements as it is.
pub(super) fn check_schema(name: &str) -> Result<(), StoreError> {
    let harmless = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    let begins = name.bytes().next().is_some_and(|byte| !byte.is_ascii_digit());
    if begins && name.len() < 64 && name.bytes().all(harmless) {
        return Ok(());
    }
    Err(StoreError::Address { expected: "a schema of 1 to 63 of a-z 0-9 _, not a digit first" })
}

/// Makes sure that the database keeps what it confirms, and that the ledger is there and ours.
pub(super) async fn prepare(pool: &PgPool, schema: Option<&str>) -> Result<(), StoreError> {
    let limit = pool.options().get_acquire_timeout();
    let mut connection =
        pool.acquire().await.map_err(|error| Fault::of_pool(error, limit).at("connect"))?;
    check_durable(&mut connection).await?;
    let known = MIGRATIONS.last().map_or(0, |(version, ..)| *version);
    match version(&mut connection).await.map_err(|fault| fault.at("migrate"))? {
        // A user that may not change tables can use them.
        Some(found) if found == known => Ok(()),
        Some(found) if found > known => Err(sql::newer()),
        _ => migrate(&mut connection, schema).await,
    }
}

/// What is said here is for all connections of this user to this database (decision P60).
async fn check_durable(connection: &mut PgConnection) -> Result<(), StoreError> {
    const SETTINGS: &str = "SELECT current_setting('fsync') = 'on' AS fsync, \
        current_setting('synchronous_commit') <> 'off' AS synchronous_commit, \
        pg_is_in_recovery() OR current_setting('transaction_read_only') = 'on' AS read_only";
    let checked = async {
        let rows = connection.rows(SETTINGS, &[]).await?;
        let row = rows.first().ok_or(Fault::Protocol)?;
        Ok((row.flag("fsync")?, row.flag("synchronous_commit")?, row.flag("read_only")?))
    };
    let (fsync, synchronous_commit, read_only) =
        checked.await.map_err(|fault: Fault| fault.at("connect"))?;
    if read_only {
        return Err(StoreError::Refused { reason: "it may only be read, as a standby's" });
    }
    if !fsync {
        return Err(StoreError::NotDurable { setting: "fsync = on" });
    }
    if !synchronous_commit {
        return Err(StoreError::NotDurable { setting: "synchronous_commit = on" });
    }
    Ok(())
}

/// The last migration that the database has had; `None` if it has had none.
async fn version(connection: &mut PgConnection) -> Result<Option<i64>, Fault> {
    const THERE: &str = "SELECT to_regclass('_passid_inbox_migrations') IS NOT NULL AS there";
    const VERSION: &str = "SELECT max(version) AS version FROM _passid_inbox_migrations";
    let rows = connection.rows(THERE, &[]).await?;
    if !rows.first().ok_or(Fault::Protocol)?.flag("there")? {
        return Ok(None);
    }
    connection.rows(VERSION, &[]).await?.first().ok_or(Fault::Protocol)?.maybe_int("version")
}

/// In one transaction, and one after the other: of several instances one does it and the others find
/// it done.
async fn migrate(connection: &mut PgConnection, schema: Option<&str>) -> Result<(), StoreError> {
    const LOCK: &str = "SELECT pg_advisory_xact_lock($1)";
    let failed = |error: sqlx::Error| Fault::from(error).at("migrate");
    let mut transaction = connection.begin().await.map_err(failed)?;
    let locked = transaction.rows(LOCK, &[Value::Int(MIGRATION_LOCK)]).await;
    locked.map_err(|fault| fault.at("migrate"))?;
    if let Some(schema) = schema {
        let create = format!("CREATE SCHEMA IF NOT EXISTS {schema}");
        sqlx::query(AssertSqlSafe(create)).execute(&mut *transaction).await.map_err(failed)?;
    }
    let mut migrator = sql::migrator(MIGRATIONS);
    // sqlx's own lock is the session's, and outlives an error.
    migrator.set_locking(false);
    let migrated = migrator.run_direct(None, &mut *transaction, false).await;
    migrated.map_err(|error| match error {
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => failed(error),
        error => sql::not_migrated(&error),
    })?;
    transaction.commit().await.map_err(failed)
}
