use std::fmt;
use std::ops::{Deref, DerefMut};
use std::time::SystemTime;

use futures_util::FutureExt;
use sqlx::{PgConnection, Postgres, Transaction};

use super::PostgresStore;
use crate::store::sql::{self, Fault, LeaseEnd, Session};
use crate::store::{Insertion, Lease, NewEntry, StoreFuture, TransactionalStore};

/// A transaction of the ledger's database, in which the application may run statements of its own: it
/// can be used like a [`PgConnection`]. Dropped, it is rolled back.
///
/// ```
/// use passid_inbox::store::{PostgresStore, TransactionalStore};
///
/// # async fn transfer(store: &PostgresStore) -> Result<(), Box<dyn std::error::Error>> {
/// let mut transaction = store.begin().await?;
/// sqlx::query("UPDATE applications SET verified = true WHERE id = 7")
///     .execute(&mut *transaction)
///     .await?;
/// store.commit(transaction).await?;
/// # Ok(())
/// # }
/// ```
pub struct PostgresTransaction(Transaction<'static, Postgres>);

impl Deref for PostgresTransaction {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        &self.0
    }
}

impl DerefMut for PostgresTransaction {
    fn deref_mut(&mut self) -> &mut PgConnection {
        &mut self.0
    }
}

impl fmt::Debug for PostgresTransaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresTransaction").finish_non_exhaustive()
    }
}

impl TransactionalStore for PostgresStore {
    type Transaction = PostgresTransaction;

    fn begin(&self) -> StoreFuture<'_, PostgresTransaction> {
        async move {
            let begun = self.pool.begin().await;
            let limit = self.pool.options().get_acquire_timeout();
            begun.map(PostgresTransaction).map_err(|error| Fault::of_pool(error, limit).at("begin"))
        }
        .boxed()
    }

    fn complete_in(
        &self,
        mut transaction: PostgresTransaction,
        lease: Lease,
        now: SystemTime,
    ) -> StoreFuture<'_, bool> {
        async move {
            let end = LeaseEnd::Complete { now };
            let completed = async {
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
        transaction: &'a mut PostgresTransaction,
        entry: NewEntry,
    ) -> StoreFuture<'a, Insertion> {
        async move {
            let inserted = sql::insert(&mut **transaction, &entry).await;
            inserted.map_err(|fault| fault.at("insert"))
        }
        .boxed()
    }

    fn commit(&self, mut transaction: PostgresTransaction) -> StoreFuture<'_, ()> {
        async move {
            let committed = async {
                // A transaction with a failed statement cannot be committed, and `COMMIT` does not
                // say so: it rolls back. Any other statement does.
                transaction.rows("SELECT 1 AS alive", &[]).await?;
                Ok::<_, Fault>(transaction.0.commit().await?)
            };
            committed.await.map_err(|fault| fault.at("commit"))
        }
        .boxed()
    }
}
