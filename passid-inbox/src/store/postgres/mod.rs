//! The ledger in Postgres.

mod claim;
mod open;
mod options;
mod transactional;

use std::fmt;
use std::time::SystemTime;

use futures_util::FutureExt;
use passid_core::Environment;
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnectOptions, Postgres};
use sqlx::{Connection, PgPool};

pub use self::options::PostgresOptions;
pub use self::transactional::PostgresTransaction;
use super::sql::{self, Fault, LeaseEnd};
use super::{
    BodyAt, Claim, Claimed, Counts, Entry, EntryId, Failure, Filter, Hash, Insertion, Kind, Lease,
    NewEntry, NewRecord, Purge, Purged, Record, Replay, Store, StoreError, StoreFuture, StoredBody,
};

/// The ledger in Postgres 12 or newer, for several receivers and workers; cheap to clone.
///
/// Each write is on the server's disk before it is answered: a server with `fsync` or
/// `synchronous_commit` off is refused (decision P60). An event is one statement; a worker that finds
/// work needs one, and passes over what others are about to take.
///
/// The ledger is the table `passid_ledger`, beside `_passid_inbox_migrations`. Times come from the
/// application's clock, so those of several instances should agree.
///
/// Counting goes over an index, about 250 ms for each million entries.
///
/// ```no_run
/// use passid_core::Environment;
/// use passid_inbox::Inbox;
/// use passid_inbox::store::PostgresStore;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let store = PostgresStore::connect("postgres://inbox@db.example.com/loans").await?;
/// let inbox = Inbox::builder(store, Environment::Live).build()?;
/// # let _ = inbox;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct PostgresStore {
    pool: PgPool,
}

impl PostgresStore {
    /// Connects with the default [`PostgresOptions`]. Tables that are not there are made, older ones
    /// brought up to date, also when several instances start at once.
    ///
    /// # Errors
    ///
    /// [`StoreError::Address`] for an address that is none; [`StoreError::NotDurable`];
    /// [`StoreError::Refused`] for a standby, or tables of a newer version, which are not changed;
    /// [`StoreError::Database`] and [`StoreError::Deadline`] where the server cannot be reached.
    pub async fn connect(url: &str) -> Result<Self, StoreError> {
        PostgresOptions::new().connect(url).await
    }

    /// Uses the application's own pool, so that both share connections and a schema: that of the
    /// pool's search path. Its timeouts are the application's to set, and so is its isolation, which
    /// should be `READ COMMITTED`, Postgres' default.
    ///
    /// # Errors
    ///
    /// As [`connect`](Self::connect).
    pub async fn from_pool(pool: PgPool) -> Result<Self, StoreError> {
        open::prepare(&pool, None).await?;
        Ok(Self { pool })
    }

    async fn open(connect: PgConnectOptions, options: PostgresOptions) -> Result<Self, StoreError> {
        let schema = options.schema.as_deref();
        schema.map(open::check_schema).transpose()?;
        let pool = open::pool(connect, &options).await?;
        open::prepare(&pool, schema).await?;
        Ok(Self { pool })
    }

    /// Closes the connections once what was begun has ended. Calls after it fail with
    /// [`StoreError::Closed`].
    pub async fn close(&self) {
        self.pool.close().await;
    }

    async fn connection(&self) -> Result<PoolConnection<Postgres>, Fault> {
        let limit = self.pool.options().get_acquire_timeout();
        self.pool.acquire().await.map_err(|error| Fault::of_pool(error, limit))
    }

    fn end_lease(&self, lease: Lease, end: LeaseEnd) -> StoreFuture<'_, bool> {
        async move {
            let done = async {
                let mut connection = self.connection().await?;
                sql::end_lease(&mut *connection, lease, &end).await
            };
            done.await.map_err(|fault: Fault| fault.at(end.operation()))
        }
        .boxed()
    }
}

impl Store for PostgresStore {
    fn insert(&self, entry: NewEntry) -> StoreFuture<'_, Insertion> {
        async move {
            let done = async {
                let mut connection = self.connection().await?;
                sql::insert(&mut *connection, &entry).await
            };
            done.await.map_err(|fault: Fault| fault.at("insert"))
        }
        .boxed()
    }

    fn claim<'a>(&'a self, claim: Claim<'a>) -> StoreFuture<'a, Claimed> {
        async move {
            let done = async {
                let mut connection = self.connection().await?;
                claim::claim(&mut connection, &claim).await
            };
            done.await.map_err(|fault: Fault| fault.at("claim"))
        }
        .boxed()
    }

    fn extend(&self, lease: Lease, until: SystemTime) -> StoreFuture<'_, bool> {
        self.end_lease(lease, LeaseEnd::Extended { until })
    }

    fn complete(&self, lease: Lease, now: SystemTime) -> StoreFuture<'_, bool> {
        self.end_lease(lease, LeaseEnd::Complete { now })
    }

    fn fail<'a>(
        &'a self,
        lease: Lease,
        failure: Failure<'a>,
        now: SystemTime,
    ) -> StoreFuture<'a, bool> {
        self.end_lease(lease, LeaseEnd::failed(&failure, now))
    }

    fn release(&self, lease: Lease, now: SystemTime) -> StoreFuture<'_, bool> {
        self.end_lease(lease, LeaseEnd::Released { now })
    }

    fn list(&self, filter: Filter) -> StoreFuture<'_, Vec<Entry>> {
        async move {
            let done = async {
                let mut connection = self.connection().await?;
                sql::list(&mut *connection, &filter).await
            };
            done.await.map_err(|fault: Fault| fault.at("list"))
        }
        .boxed()
    }

    fn show(
        &self,
        environment: Environment,
        id: EntryId,
    ) -> StoreFuture<'_, Option<(Entry, Option<StoredBody>)>> {
        async move {
            let done = async {
                let mut connection = self.connection().await?;
                sql::show(&mut *connection, environment, id).await
            };
            done.await.map_err(|fault: Fault| fault.at("show"))
        }
        .boxed()
    }

    fn replay(
        &self,
        environment: Environment,
        id: EntryId,
        now: SystemTime,
    ) -> StoreFuture<'_, Replay> {
        async move {
            let done = async {
                let mut connection = self.connection().await?;
                sql::replay(&mut *connection, environment, id, now).await
            };
            done.await.map_err(|fault: Fault| fault.at("replay"))
        }
        .boxed()
    }

    fn purge(&self, purge: Purge) -> StoreFuture<'_, Purged> {
        async move {
            let done = async {
                let mut connection = self.connection().await?;
                let mut transaction = connection.begin().await?;
                let purged = sql::purge(&mut *transaction, &purge).await?;
                transaction.commit().await?;
                Ok(purged)
            };
            done.await.map_err(|fault: Fault| fault.at("purge"))
        }
        .boxed()
    }

    fn counts(&self, kind: Kind, environment: Environment) -> StoreFuture<'_, Counts> {
        async move {
            let done = async {
                let mut connection = self.connection().await?;
                sql::counts(&mut *connection, kind, environment).await
            };
            done.await.map_err(|fault: Fault| fault.at("counts"))
        }
        .boxed()
    }

    fn bodies_not_under<'a>(
        &'a self,
        environment: Environment,
        key_id: &'a str,
        after: Option<EntryId>,
        limit: u32,
    ) -> StoreFuture<'a, Vec<BodyAt>> {
        async move {
            let done = async {
                let mut connection = self.connection().await?;
                sql::bodies_not_under(&mut *connection, environment, key_id, after, limit).await
            };
            done.await.map_err(|fault: Fault| fault.at("bodies_not_under"))
        }
        .boxed()
    }

    fn replace_body(&self, id: EntryId, from: StoredBody, to: StoredBody) -> StoreFuture<'_, bool> {
        async move {
            let done = async {
                let mut connection = self.connection().await?;
                sql::replace_body(&mut *connection, id, &from, &to).await
            };
            done.await.map_err(|fault: Fault| fault.at("replace_body"))
        }
        .boxed()
    }

    fn read_record(&self, environment: Environment, key: Hash) -> StoreFuture<'_, Option<Record>> {
        async move {
            let done = async {
                let mut connection = self.connection().await?;
                sql::record(&mut *connection, environment, &key).await
            };
            done.await.map_err(|fault: Fault| fault.at("read_record"))
        }
        .boxed()
    }

    fn put_record(&self, record: NewRecord) -> StoreFuture<'_, bool> {
        async move {
            let done = async {
                let mut connection = self.connection().await?;
                sql::put_record(&mut *connection, &record).await
            };
            done.await.map_err(|fault: Fault| fault.at("put_record"))
        }
        .boxed()
    }

    fn records_not_under<'a>(
        &'a self,
        environment: Environment,
        key_id: &'a str,
        after: Option<Hash>,
        limit: u32,
    ) -> StoreFuture<'a, Vec<Record>> {
        async move {
            let done = async {
                let mut connection = self.connection().await?;
                sql::records_not_under(&mut *connection, environment, key_id, after, limit).await
            };
            done.await.map_err(|fault: Fault| fault.at("records_not_under"))
        }
        .boxed()
    }

    fn purge_records(
        &self,
        environment: Environment,
        before: SystemTime,
        limit: u32,
    ) -> StoreFuture<'_, u64> {
        async move {
            let done = async {
                let mut connection = self.connection().await?;
                sql::purge_records(&mut *connection, environment, before, limit).await
            };
            done.await.map_err(|fault: Fault| fault.at("purge_records"))
        }
        .boxed()
    }
}

impl fmt::Debug for PostgresStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The pool would show the address.
        f.debug_struct("PostgresStore").finish_non_exhaustive()
    }
}
