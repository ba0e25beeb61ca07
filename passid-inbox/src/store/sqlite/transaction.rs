use std::fmt;
use std::ops::{Deref, DerefMut};

use sqlx::{Sqlite, SqliteConnection, Transaction};

/// A transaction of the ledger's file, in which the application may run statements of its own: it can
/// be used like a [`SqliteConnection`]. It has the only right to write; dropped, it is rolled back.
///
/// ```
/// use passid_inbox::store::{SqliteStore, TransactionalStore};
///
/// # async fn transfer(store: &SqliteStore) -> Result<(), Box<dyn std::error::Error>> {
/// let mut transaction = store.begin().await?;
/// sqlx::query("UPDATE applications SET verified = 1 WHERE id = 7")
///     .execute(&mut *transaction)
///     .await?;
/// store.commit(transaction).await?;
/// # Ok(())
/// # }
/// ```
pub struct SqliteTransaction(pub(super) Transaction<'static, Sqlite>);

impl Deref for SqliteTransaction {
    type Target = SqliteConnection;

    fn deref(&self) -> &SqliteConnection {
        &self.0
    }
}

impl DerefMut for SqliteTransaction {
    fn deref_mut(&mut self) -> &mut SqliteConnection {
        &mut self.0
    }
}

impl fmt::Debug for SqliteTransaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteTransaction").finish_non_exhaustive()
    }
}
