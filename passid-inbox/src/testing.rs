//! For doubles of a store (feature `test-util`): [`store_double!`](crate::store_double) writes the calls
//! that a double hands on to the store inside, each through one function of the double's.
//!
//! ```
//! use std::sync::Arc;
//! use passid_inbox::store::{MemoryStore, StoreError, StoreFuture};
//! use passid_inbox::testing::Call;
//!
//! /// A store whose purges fail.
//! #[derive(Clone, Debug, Default)]
//! struct NeverPurged(Arc<MemoryStore>);
//!
//! impl NeverPurged {
//!     fn inner(&self) -> &MemoryStore {
//!         &self.0
//!     }
//!
//!     fn around<'a, T: Send + 'a>(
//!         &'a self,
//!         call: Call,
//!         well: impl FnOnce() -> StoreFuture<'a, T> + Send + 'a,
//!     ) -> StoreFuture<'a, T> {
//!         match call {
//!             Call::Purge => Box::pin(async { Err(StoreError::Closed) }),
//!             _ => well(),
//!         }
//!     }
//! }
//!
//! passid_inbox::store_double!(NeverPurged);
//! # fn is_a_store<S: passid_inbox::store::Store>(_: S) {}
//! # is_a_store(NeverPurged::default());
//! ```

/// The calls of a [`Store`](crate::store::Store), and of a transaction's begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[expect(missing_docs, reason = "each is the call of its name")]
pub enum Call {
    Insert,
    Claim,
    Extend,
    Complete,
    Fail,
    Release,
    List,
    Show,
    Replay,
    Purge,
    Counts,
    BodiesNotUnder,
    ReplaceBody,
    ReadRecord,
    PutRecord,
    RecordsNotUnder,
    PurgeRecords,
    Begin,
}

/// Implements [`Store`](crate::store::Store) for a double that has a store inside, `inner`, and a function
/// that each call goes through, `around`; see [`testing`](crate::testing).
#[macro_export]
macro_rules! store_double {
    ($double:ty) => {
        const _: () = {
            use ::std::time::SystemTime;
            use $crate::__private::Environment;
            use $crate::store::{
                BodyAt, Claim, Claimed, Counts, Entry, EntryId, Failure, Filter, Hash, Insertion,
                Kind, Lease, NewEntry, NewRecord, Purge, Purged, Record, Replay, Store,
                StoreFuture, StoredBody,
            };
            use $crate::testing::Call;

            impl Store for $double {
                fn insert(&self, entry: NewEntry) -> StoreFuture<'_, Insertion> {
                    self.around(Call::Insert, move || self.inner().insert(entry))
                }

                fn claim<'a>(&'a self, claim: Claim<'a>) -> StoreFuture<'a, Claimed> {
                    self.around(Call::Claim, move || self.inner().claim(claim))
                }

                fn extend(&self, lease: Lease, until: SystemTime) -> StoreFuture<'_, bool> {
                    self.around(Call::Extend, move || self.inner().extend(lease, until))
                }

                fn complete(&self, lease: Lease, now: SystemTime) -> StoreFuture<'_, bool> {
                    self.around(Call::Complete, move || self.inner().complete(lease, now))
                }

                fn fail<'a>(
                    &'a self,
                    lease: Lease,
                    failure: Failure<'a>,
                    now: SystemTime,
                ) -> StoreFuture<'a, bool> {
                    self.around(Call::Fail, move || self.inner().fail(lease, failure, now))
                }

                fn release(&self, lease: Lease, now: SystemTime) -> StoreFuture<'_, bool> {
                    self.around(Call::Release, move || self.inner().release(lease, now))
                }

                fn list(&self, filter: Filter) -> StoreFuture<'_, Vec<Entry>> {
                    self.around(Call::List, move || self.inner().list(filter))
                }

                fn show(
                    &self,
                    environment: Environment,
                    id: EntryId,
                ) -> StoreFuture<'_, Option<(Entry, Option<StoredBody>)>> {
                    self.around(Call::Show, move || self.inner().show(environment, id))
                }

                fn replay(
                    &self,
                    environment: Environment,
                    id: EntryId,
                    now: SystemTime,
                ) -> StoreFuture<'_, Replay> {
                    self.around(Call::Replay, move || self.inner().replay(environment, id, now))
                }

                fn purge(&self, purge: Purge) -> StoreFuture<'_, Purged> {
                    self.around(Call::Purge, move || self.inner().purge(purge))
                }

                fn counts(&self, kind: Kind, environment: Environment) -> StoreFuture<'_, Counts> {
                    self.around(Call::Counts, move || self.inner().counts(kind, environment))
                }

                fn bodies_not_under<'a>(
                    &'a self,
                    environment: Environment,
                    key_id: &'a str,
                    after: Option<EntryId>,
                    limit: u32,
                ) -> StoreFuture<'a, Vec<BodyAt>> {
                    self.around(Call::BodiesNotUnder, move || {
                        self.inner().bodies_not_under(environment, key_id, after, limit)
                    })
                }

                fn replace_body(
                    &self,
                    id: EntryId,
                    from: StoredBody,
                    to: StoredBody,
                ) -> StoreFuture<'_, bool> {
                    self.around(Call::ReplaceBody, move || self.inner().replace_body(id, from, to))
                }

                fn read_record(
                    &self,
                    environment: Environment,
                    key: Hash,
                ) -> StoreFuture<'_, Option<Record>> {
                    self.around(Call::ReadRecord, move || {
                        self.inner().read_record(environment, key)
                    })
                }

                fn put_record(&self, record: NewRecord) -> StoreFuture<'_, bool> {
                    self.around(Call::PutRecord, move || self.inner().put_record(record))
                }

                fn records_not_under<'a>(
                    &'a self,
                    environment: Environment,
                    key_id: &'a str,
                    after: Option<Hash>,
                    limit: u32,
                ) -> StoreFuture<'a, Vec<Record>> {
                    self.around(Call::RecordsNotUnder, move || {
                        self.inner().records_not_under(environment, key_id, after, limit)
                    })
                }

                fn purge_records(
                    &self,
                    environment: Environment,
                    before: SystemTime,
                    limit: u32,
                ) -> StoreFuture<'_, u64> {
                    self.around(Call::PurgeRecords, move || {
                        self.inner().purge_records(environment, before, limit)
                    })
                }
            }
        };
    };
}
