//! What the handlers do: rows, so that the test can count them in the database.

use std::time::Duration;

use passid_inbox::Context;
use passid_inbox::store::{EntryId, PostgresStore, SqliteStore, TransactionalStore};
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};
use sqlx::{PgPool, SqlitePool};

/// An effect in the ledger's own database.
pub(crate) trait Effects: TransactionalStore {
    /// Makes it, as a part of a transaction.
    fn record(
        transaction: &mut Self::Transaction,
        entry: EntryId,
        superseded: bool,
    ) -> impl Future<Output = sqlx::Result<()>> + Send;
}

impl Effects for SqliteStore {
    async fn record(
        transaction: &mut Self::Transaction,
        entry: EntryId,
        superseded: bool,
    ) -> sqlx::Result<()> {
        sqlx::query("INSERT INTO effect (entry, superseded) VALUES (?, ?)")
            .bind(entry.get())
            .bind(superseded)
            .execute(&mut **transaction)
            .await?;
        Ok(())
    }
}

impl Effects for PostgresStore {
    async fn record(
        transaction: &mut Self::Transaction,
        entry: EntryId,
        superseded: bool,
    ) -> sqlx::Result<()> {
        sqlx::query("INSERT INTO effect (entry, superseded) VALUES ($1, $2)")
            .bind(entry.get())
            .bind(superseded)
            .execute(&mut **transaction)
            .await?;
        Ok(())
    }
}

/// Where effects happen that are not in the ledger's transactions.
#[derive(Clone)]
pub(crate) enum Outside {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

impl Outside {
    /// Beside the ledger: another file, or another connection.
    pub(crate) async fn open(url: &str) -> sqlx::Result<Self> {
        Ok(match url.strip_prefix("sqlite:") {
            Some(path) => {
                let options = SqliteConnectOptions::new()
                    .filename(format!("{path}.outside"))
                    .busy_timeout(Duration::from_secs(10));
                Self::Sqlite(
                    SqlitePoolOptions::new().max_connections(1).connect_with(options).await?,
                )
            }
            None => Self::Postgres(PgPool::connect(url).await?),
        })
    }

    pub(crate) async fn record(&self, context: &Context) -> sqlx::Result<()> {
        const ROW: &str = "INSERT INTO outside (entry, idempotency_key) VALUES ($1, $2)";
        let (entry, key) = (context.id.get(), context.idempotency_key());
        match self {
            Self::Sqlite(pool) => {
                sqlx::query(ROW).bind(entry).bind(key).execute(pool).await?;
            }
            Self::Postgres(pool) => {
                sqlx::query(ROW).bind(entry).bind(key).execute(pool).await?;
            }
        }
        Ok(())
    }
}
