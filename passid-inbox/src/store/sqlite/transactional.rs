use std::time::SystemTime;

use futures_util::FutureExt;
use sqlx::SqliteConnection;

use super::{SqliteStore, SqliteTransaction, codes};
use crate::store::sql::{self, Fault, LeaseEnd, Session};
use crate::store::{Insertion, Lease, NewEntry, StoreFuture, TransactionalStore};

/// A transaction has the writer from [`begin`](TransactionalStore::begin) to its end: nothing else is
/// written meanwhile, and calls that wait longer than [`SqliteOptions::busy_timeout`] fail.
///
/// [`SqliteOptions::busy_timeout`]: super::SqliteOptions::busy_timeout
impl TransactionalStore for SqliteStore {
    type Transaction = SqliteTransaction;

    fn begin(&self) -> StoreFuture<'_, SqliteTransaction> {
        async move {
            let limit = self.shared.options.busy_timeout;
            let begun = self.shared.writer.begin_with("BEGIN IMMEDIATE").await;
            begun.map(SqliteTransaction).map_err(|error| Fault::of_pool(error, limit).at("begin"))
        }
        .boxed()
    }

    fn complete_in(
        &self,
        mut transaction: SqliteTransaction,
        lease: Lease,
        now: SystemTime,
    ) -> StoreFuture<'_, bool> {
        async move {
            let end = LeaseEnd::Complete { now };
            let completed = async {
                still_open(&mut transaction).await?;
                let held = sql::end_lease(&mut *transaction, lease, &end).await?;
                if held {
                    transaction.0.commit().await?;
                } else {
                    transaction.0.rollback().await?;
                }
                Ok::<_, Fault>(held)
            };
            completed.await.map_err(|fault| fault.at("complete"))
        }
        .boxed()
    }

    fn insert_in<'a>(
        &'a self,
        transaction: &'a mut SqliteTransaction,
        entry: NewEntry,
    ) -> StoreFuture<'a, Insertion> {
        async move {
            let inserted = async {
                still_open(transaction).await?;
                sql::insert(&mut **transaction, &entry).await
            };
            inserted.await.map_err(|fault| fault.at("insert"))
        }
        .boxed()
    }

    fn commit(&self, mut transaction: SqliteTransaction) -> StoreFuture<'_, ()> {
        async move {
            let committed = async {
                still_open(&mut transaction).await?;
                Ok::<_, Fault>(transaction.0.commit().await?)
            };
            committed.await.map_err(|fault| fault.at("commit"))
        }
        .boxed()
    }
}

/// A full disk or a read error makes SQLite roll back by itself; what a handler does after it, not
/// minding the error, would be a transaction of its own. `BEGIN` fails inside a transaction, and
/// changes nothing there.
async fn still_open(connection: &mut SqliteConnection) -> Result<(), Fault> {
    match connection.rows("BEGIN", &[]).await {
        Err(fault) if codes::primary(&fault) == Some(codes::ERROR) => Ok(()),
        Err(fault) => Err(fault),
        Ok(_) => {
            connection.rows("ROLLBACK", &[]).await?;
            Err(Fault::RolledBack)
        }
    }
}
