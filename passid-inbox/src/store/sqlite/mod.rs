//! The ledger in a SQLite file: one connection writes, a few read.

mod codes;
mod file;
mod open;
mod options;
mod transaction;
mod transactional;
mod write;
mod writer;

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use futures_util::FutureExt;
use passid_core::Environment;
use sqlx::pool::PoolConnection;
use sqlx::sqlite::{Sqlite, SqliteConnectOptions, SqlitePoolOptions};
use sqlx::{Connection, SqlitePool};
use tokio::sync::{mpsc, oneshot};

pub use self::options::SqliteOptions;
pub use self::transaction::SqliteTransaction;
use self::write::{
    EndLease, Insert, Job, MakeReady, PurgeRecords, ReplaceBody, TakeDue, Waiting, Write,
};
use self::writer::Queues;
use super::sql::{self, Fault, LeaseEnd};
use super::{
    BodyAt, Claim, Claimed, Counts, Entry, EntryId, Failure, Filter, Hash, Insertion, Kind, Lease,
    NewEntry, NewRecord, Purge, Purged, Record, Replay, Store, StoreError, StoreFuture, StoredBody,
};

/// The ledger in a SQLite file, for one receiver; cheap to clone.
///
/// Each write is on the disk before it is answered: the file has a write-ahead log with
/// `synchronous = FULL` (decision P60). One task does all writing and puts what waits into one
/// transaction. Several processes may use one file at a time, on a local file system; for several
/// receivers Postgres is faster.
///
/// The file may be the application's own: the ledger is the table `passid_ledger`, beside
/// `passid_record` and `_passid_inbox_migrations`. Opening it switches it to the write-ahead log.
///
/// Counting goes over an index, about 50 ms for each million entries.
///
/// ```
/// use passid_core::Environment;
/// use passid_inbox::Inbox;
/// use passid_inbox::store::SqliteStore;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("inbox.db");
/// let store = SqliteStore::open(&path).await?;
/// let inbox = Inbox::builder(store, Environment::Live).build()?;
/// assert_eq!(inbox.counts().await?.ready, 0);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct SqliteStore {
    shared: Arc<Shared>,
}

struct Shared {
    inserts: mpsc::Sender<Box<dyn Job>>,
    others: mpsc::Sender<Box<dyn Job>>,
    /// Of one connection: whoever has it may write.
    writer: SqlitePool,
    readers: SqlitePool,
    options: SqliteOptions,
}

impl SqliteStore {
    /// Opens the ledger in this file with the default [`SqliteOptions`]. A file that does not exist is
    /// made, and only its owner may read it; an older ledger is brought up to date.
    ///
    /// # Errors
    ///
    /// [`StoreError::NotDurable`] for a database in memory; [`StoreError::Refused`] for a file that is
    /// no SQLite database, is damaged, or was written by a newer version, none of which is changed;
    /// [`StoreError::Database`] where the file cannot be opened.
    pub async fn open(path: impl AsRef<Path> + Send) -> Result<Self, StoreError> {
        SqliteOptions::new().open(path).await
    }

    async fn open_with(path: &Path, options: SqliteOptions) -> Result<Self, StoreError> {
        let path = file::prepare(path)?;
        open::prepare(&path, &options).await?;
        let connect = open::connect_options(&path, &options);
        let limit = options.busy_timeout;
        let mut writing = connect.clone();
        if let Some(bytes) = options.max_bytes {
            let pages = i64::try_from(bytes / PAGE).unwrap_or(i64::MAX).max(1);
            writing = writing.pragma("max_page_count", pages.to_string());
        }
        let writer = pool(1, limit)
            // SQLite rolls a transaction back by itself when the disk is full, which sqlx does not
            // notice: such a connection would never begin another one.
            .after_release(|connection, _| {
                Box::pin(async move {
                    connection.ping().await?;
                    Ok(!connection.is_in_transaction())
                })
            });
        let writer = connected(writer, writing, limit).await?;
        let readers =
            connected(pool(options.readers, limit), connect.read_only(true), limit).await?;
        let (inserts, waiting_inserts) = mpsc::channel(options.queue);
        let (others, waiting_others) = mpsc::channel(options.group);
        let queues = Queues { inserts: waiting_inserts, others: waiting_others };
        tokio::spawn(writer::run(writer.clone(), queues, options.group));
        Ok(Self { shared: Arc::new(Shared { inserts, others, writer, readers, options }) })
    }

    /// Closes the file once what was begun has ended. Calls after it fail with [`StoreError::Closed`].
    pub async fn close(&self) {
        self.shared.readers.close().await;
        self.shared.writer.close().await;
    }

    fn write<W: Write>(&self, write: W) -> StoreFuture<'_, W::Answer> {
        async move {
            let (reply, answer) = oneshot::channel();
            let job = Box::new(Waiting::new(write, reply));
            self.shared.others.send(job).await.map_err(|_| StoreError::Closed)?;
            answer.await.unwrap_or(Err(StoreError::Closed))
        }
        .boxed()
    }

    async fn reader(&self) -> Result<PoolConnection<Sqlite>, Fault> {
        let limit = self.shared.options.busy_timeout;
        self.shared.readers.acquire().await.map_err(|error| Fault::of_pool(error, limit))
    }
}

/// The size of SQLite's pages, unless the application made the file with another.
const PAGE: u64 = 4096;

fn pool(connections: u32, limit: Duration) -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(limit)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
}

async fn connected(
    pool: SqlitePoolOptions,
    connect: SqliteConnectOptions,
    limit: Duration,
) -> Result<SqlitePool, StoreError> {
    pool.connect_with(connect).await.map_err(|error| Fault::of_pool(error, limit).at("open"))
}

impl Store for SqliteStore {
    fn insert(&self, entry: NewEntry) -> StoreFuture<'_, Insertion> {
        async move {
            let (reply, answer) = oneshot::channel();
            let job = Box::new(Waiting::new(Insert(entry), reply));
            self.shared.inserts.try_send(job).map_err(|error| match error {
                mpsc::error::TrySendError::Full(_) => {
                    StoreError::Busy { waiting: self.shared.options.queue }
                }
                mpsc::error::TrySendError::Closed(_) => StoreError::Closed,
            })?;
            answer.await.unwrap_or(Err(StoreError::Closed))
        }
        .boxed()
    }

    fn claim<'a>(&'a self, claim: Claim<'a>) -> StoreFuture<'a, Claimed> {
        self.write(TakeDue {
            kind: claim.kind,
            environment: claim.environment,
            owner: claim.owner.to_owned(),
            now: claim.now,
            until: claim.until,
            max: claim.max,
            max_attempts: claim.max_attempts,
        })
    }

    fn extend(&self, lease: Lease, until: SystemTime) -> StoreFuture<'_, bool> {
        self.write(EndLease(lease, LeaseEnd::Extended { until }))
    }

    fn complete(&self, lease: Lease, now: SystemTime) -> StoreFuture<'_, bool> {
        self.write(EndLease(lease, LeaseEnd::Complete { now }))
    }

    fn fail<'a>(
        &'a self,
        lease: Lease,
        failure: Failure<'a>,
        now: SystemTime,
    ) -> StoreFuture<'a, bool> {
        self.write(EndLease(lease, LeaseEnd::failed(&failure, now)))
    }

    fn release(&self, lease: Lease, now: SystemTime) -> StoreFuture<'_, bool> {
        self.write(EndLease(lease, LeaseEnd::Released { now }))
    }

    fn list(&self, filter: Filter) -> StoreFuture<'_, Vec<Entry>> {
        async move {
            let listed = async { sql::list(&mut *self.reader().await?, &filter).await };
            listed.await.map_err(|fault| fault.at("list"))
        }
        .boxed()
    }

    fn show(
        &self,
        environment: Environment,
        id: EntryId,
    ) -> StoreFuture<'_, Option<(Entry, Option<StoredBody>)>> {
        async move {
            let shown = async { sql::show(&mut *self.reader().await?, environment, id).await };
            shown.await.map_err(|fault| fault.at("show"))
        }
        .boxed()
    }

    fn replay(
        &self,
        environment: Environment,
        id: EntryId,
        now: SystemTime,
    ) -> StoreFuture<'_, Replay> {
        self.write(MakeReady(environment, id, now))
    }

    fn purge(&self, purge: Purge) -> StoreFuture<'_, Purged> {
        self.write(purge)
    }

    fn counts(&self, kind: Kind, environment: Environment) -> StoreFuture<'_, Counts> {
        async move {
            let counted =
                async { sql::counts(&mut *self.reader().await?, kind, environment).await };
            counted.await.map_err(|fault| fault.at("counts"))
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
            let found = async {
                let mut reader = self.reader().await?;
                sql::bodies_not_under(&mut *reader, environment, key_id, after, limit).await
            };
            found.await.map_err(|fault| fault.at("bodies_not_under"))
        }
        .boxed()
    }

    fn replace_body(&self, id: EntryId, from: StoredBody, to: StoredBody) -> StoreFuture<'_, bool> {
        self.write(ReplaceBody { id, from, to })
    }

    fn read_record(&self, environment: Environment, key: Hash) -> StoreFuture<'_, Option<Record>> {
        async move {
            let read = async { sql::record(&mut *self.reader().await?, environment, &key).await };
            read.await.map_err(|fault| fault.at("read_record"))
        }
        .boxed()
    }

    fn put_record(&self, record: NewRecord) -> StoreFuture<'_, bool> {
        self.write(record)
    }

    fn records_not_under<'a>(
        &'a self,
        environment: Environment,
        key_id: &'a str,
        after: Option<Hash>,
        limit: u32,
    ) -> StoreFuture<'a, Vec<Record>> {
        async move {
            let found = async {
                let mut reader = self.reader().await?;
                sql::records_not_under(&mut *reader, environment, key_id, after, limit).await
            };
            found.await.map_err(|fault| fault.at("records_not_under"))
        }
        .boxed()
    }

    fn purge_records(
        &self,
        environment: Environment,
        before: SystemTime,
        limit: u32,
    ) -> StoreFuture<'_, u64> {
        self.write(PurgeRecords(environment, before, limit))
    }
}

impl fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteStore").field("options", &self.shared.options).finish_non_exhaustive()
    }
}
