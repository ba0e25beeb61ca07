//! Where the ledger is kept.
//!
//! A [`Store`] holds entries under two unique keys and hands them out on leases. It decides nothing:
//! times, limits and reasons come with each call, so that every store behaves the same by an injected
//! clock. One suite of tests runs over all of them.

mod address;
mod arc;
mod entry;
mod error;
mod lease;
mod memory;
mod operate;
#[cfg(feature = "postgres")]
mod postgres;
mod record;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod sql;
#[cfg(feature = "sqlite")]
mod sqlite;

use std::time::SystemTime;

use passid_core::{BoxFuture, Environment};

pub use address::open;
pub use entry::{Entry, EntryId, Hash, Insertion, Kind, NewEntry, State, StoredBody};
pub use error::StoreError;
pub use lease::{Claim, Claimed, Failure, Lease, Leased};
pub use memory::MemoryStore;
pub use operate::{BodyAt, Counts, Filter, Purge, Purged, Replay};
#[cfg(feature = "postgres")]
pub use postgres::{PostgresOptions, PostgresStore, PostgresTransaction};
pub use record::{NewRecord, Record};
#[cfg(feature = "sqlite")]
pub use sqlite::{SqliteOptions, SqliteStore, SqliteTransaction};

/// Why an entry was given up whose workers never came back: what a store writes of itself.
pub const LEASE_LOST: &str = "LEASE_LOST";

/// A future of a store's.
pub type StoreFuture<'a, T> = BoxFuture<'a, Result<T, StoreError>>;

/// Keeps the ledger.
///
/// What a call has confirmed is there after a crash of the process and of the machine. A call that
/// fails, or whose future is dropped, has been carried out whole or not at all; which of the two is
/// for the next call to find out. Calls that end a lease answer `false` where the lease was no longer
/// the caller's, and then changed nothing.
pub trait Store: Send + Sync + 'static {
    /// Keeps an entry, unless there is one with the same hash or the same semantic key in its kind and
    /// environment.
    fn insert(&self, entry: NewEntry) -> StoreFuture<'_, Insertion>;

    /// Leases entries whose time has come, in the order of that time. Leases that have ended are taken
    /// back first.
    ///
    /// Of entries of one subject only the one that happened first is given, and none while another is
    /// leased: [`NewEntry::occurred_at`] is the order, then the order of arrival. Dead letters do not
    /// hold up others. Two workers that ask at the same time get different entries.
    fn claim<'a>(&'a self, claim: Claim<'a>) -> StoreFuture<'a, Claimed>;

    /// Moves the end of a lease.
    fn extend(&self, lease: Lease, until: SystemTime) -> StoreFuture<'_, bool>;

    /// Ends a lease: the entry is handled.
    fn complete(&self, lease: Lease, now: SystemTime) -> StoreFuture<'_, bool>;

    /// Ends a lease: the entry is tried again later, or given up.
    fn fail<'a>(
        &'a self,
        lease: Lease,
        failure: Failure<'a>,
        now: SystemTime,
    ) -> StoreFuture<'a, bool>;

    /// Ends a lease as if it had not been: the try does not count.
    fn release(&self, lease: Lease, now: SystemTime) -> StoreFuture<'_, bool>;

    /// One page of entries, the newest first.
    fn list(&self, filter: Filter) -> StoreFuture<'_, Vec<Entry>>;

    /// One entry with its body, as far as that is kept.
    fn show(
        &self,
        environment: Environment,
        id: EntryId,
    ) -> StoreFuture<'_, Option<(Entry, Option<StoredBody>)>>;

    /// Makes an entry ready at once and its count of attempts zero, whether it waits, is handled or
    /// given up.
    fn replay(
        &self,
        environment: Environment,
        id: EntryId,
        now: SystemTime,
    ) -> StoreFuture<'_, Replay>;

    /// Removes what is no longer to be kept, up to a limit.
    fn purge(&self, purge: Purge) -> StoreFuture<'_, Purged>;

    /// How much there is.
    fn counts(&self, kind: Kind, environment: Environment) -> StoreFuture<'_, Counts>;

    /// Bodies that are plain, or sealed under another key than this one, up to a limit and after an
    /// entry.
    fn bodies_not_under<'a>(
        &'a self,
        environment: Environment,
        key_id: &'a str,
        after: Option<EntryId>,
        limit: u32,
    ) -> StoreFuture<'a, Vec<BodyAt>>;

    /// Puts the second body in place of the first; `false` if the first is no longer there.
    fn replace_body(&self, id: EntryId, from: StoredBody, to: StoredBody) -> StoreFuture<'_, bool>;

    /// The record under this key, also one whose time is over. Records stand beside the ledger, and are
    /// what [`Inbox::records`](crate::Inbox::records) keeps. A store without them refuses.
    fn read_record(&self, environment: Environment, key: Hash) -> StoreFuture<'_, Option<Record>> {
        let _ = (environment, key);
        Box::pin(async { Err(NO_RECORDS) })
    }

    /// Puts a record in the place of another, or of none; `false`, and nothing changed, if something
    /// else stands there.
    fn put_record(&self, record: NewRecord) -> StoreFuture<'_, bool> {
        let _ = record;
        Box::pin(async { Err(NO_RECORDS) })
    }

    /// Records that are plain, or sealed under another key than this one, up to a limit, in the order of
    /// their keys and after one of them.
    fn records_not_under<'a>(
        &'a self,
        environment: Environment,
        key_id: &'a str,
        after: Option<Hash>,
        limit: u32,
    ) -> StoreFuture<'a, Vec<Record>> {
        let _ = (environment, key_id, after, limit);
        Box::pin(async { Ok(Vec::new()) })
    }

    /// Removes records whose time was over before, up to a limit; how many.
    fn purge_records(
        &self,
        environment: Environment,
        before: SystemTime,
        limit: u32,
    ) -> StoreFuture<'_, u64> {
        let _ = (environment, before, limit);
        Box::pin(async { Ok(0) })
    }
}

const NO_RECORDS: StoreError = StoreError::Refused { reason: "it keeps no records" };

/// A store whose transactions can carry an effect of the application's beside the end of a lease, so
/// that either both happen or neither.
pub trait TransactionalStore: Store {
    /// A transaction of the database.
    type Transaction: Send + 'static;

    /// Begins one.
    fn begin(&self) -> StoreFuture<'_, Self::Transaction>;

    /// [`Store::complete`] as the last step of a transaction, and its commit. The transaction is
    /// rolled back where the answer is `false`.
    fn complete_in(
        &self,
        transaction: Self::Transaction,
        lease: Lease,
        now: SystemTime,
    ) -> StoreFuture<'_, bool>;

    /// [`Store::insert`] as a part of a transaction: the entry is there once the transaction is
    /// committed.
    fn insert_in<'a>(
        &'a self,
        transaction: &'a mut Self::Transaction,
        entry: NewEntry,
    ) -> StoreFuture<'a, Insertion>;

    /// Commits what the application and [`insert_in`](Self::insert_in) did. A transaction that is
    /// dropped instead is rolled back.
    fn commit(&self, transaction: Self::Transaction) -> StoreFuture<'_, ()>;
}
