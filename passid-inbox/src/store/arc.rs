//! A shared store is a store.

use std::sync::Arc;
use std::time::SystemTime;

use passid_core::Environment;

use super::{
    BodyAt, Claim, Claimed, Counts, Entry, EntryId, Failure, Filter, Hash, Insertion, Kind, Lease,
    NewEntry, NewRecord, Purge, Purged, Record, Replay, Store, StoreFuture, StoredBody,
    TransactionalStore,
};

impl<S: TransactionalStore + ?Sized> TransactionalStore for Arc<S> {
    type Transaction = S::Transaction;

    fn begin(&self) -> StoreFuture<'_, Self::Transaction> {
        (**self).begin()
    }

    fn complete_in(
        &self,
        transaction: Self::Transaction,
        lease: Lease,
        now: SystemTime,
    ) -> StoreFuture<'_, bool> {
        (**self).complete_in(transaction, lease, now)
    }

    fn insert_in<'a>(
        &'a self,
        transaction: &'a mut Self::Transaction,
        entry: NewEntry,
    ) -> StoreFuture<'a, Insertion> {
        (**self).insert_in(transaction, entry)
    }

    fn commit(&self, transaction: Self::Transaction) -> StoreFuture<'_, ()> {
        (**self).commit(transaction)
    }
}

impl<S: Store + ?Sized> Store for Arc<S> {
    fn insert(&self, entry: NewEntry) -> StoreFuture<'_, Insertion> {
        (**self).insert(entry)
    }

    fn claim<'a>(&'a self, claim: Claim<'a>) -> StoreFuture<'a, Claimed> {
        (**self).claim(claim)
    }

    fn extend(&self, lease: Lease, until: SystemTime) -> StoreFuture<'_, bool> {
        (**self).extend(lease, until)
    }

    fn complete(&self, lease: Lease, now: SystemTime) -> StoreFuture<'_, bool> {
        (**self).complete(lease, now)
    }

    fn fail<'a>(
        &'a self,
        lease: Lease,
        failure: Failure<'a>,
        now: SystemTime,
    ) -> StoreFuture<'a, bool> {
        (**self).fail(lease, failure, now)
    }

    fn release(&self, lease: Lease, now: SystemTime) -> StoreFuture<'_, bool> {
        (**self).release(lease, now)
    }

    fn list(&self, filter: Filter) -> StoreFuture<'_, Vec<Entry>> {
        (**self).list(filter)
    }

    fn show(
        &self,
        environment: Environment,
        id: EntryId,
    ) -> StoreFuture<'_, Option<(Entry, Option<StoredBody>)>> {
        (**self).show(environment, id)
    }

    fn replay(
        &self,
        environment: Environment,
        id: EntryId,
        now: SystemTime,
    ) -> StoreFuture<'_, Replay> {
        (**self).replay(environment, id, now)
    }

    fn purge(&self, purge: Purge) -> StoreFuture<'_, Purged> {
        (**self).purge(purge)
    }

    fn counts(&self, kind: Kind, environment: Environment) -> StoreFuture<'_, Counts> {
        (**self).counts(kind, environment)
    }

    fn bodies_not_under<'a>(
        &'a self,
        environment: Environment,
        key_id: &'a str,
        after: Option<EntryId>,
        limit: u32,
    ) -> StoreFuture<'a, Vec<BodyAt>> {
        (**self).bodies_not_under(environment, key_id, after, limit)
    }

    fn replace_body(&self, id: EntryId, from: StoredBody, to: StoredBody) -> StoreFuture<'_, bool> {
        (**self).replace_body(id, from, to)
    }

    fn read_record(&self, environment: Environment, key: Hash) -> StoreFuture<'_, Option<Record>> {
        (**self).read_record(environment, key)
    }

    fn put_record(&self, record: NewRecord) -> StoreFuture<'_, bool> {
        (**self).put_record(record)
    }

    fn records_not_under<'a>(
        &'a self,
        environment: Environment,
        key_id: &'a str,
        after: Option<Hash>,
        limit: u32,
    ) -> StoreFuture<'a, Vec<Record>> {
        (**self).records_not_under(environment, key_id, after, limit)
    }

    fn purge_records(
        &self,
        environment: Environment,
        before: SystemTime,
        limit: u32,
    ) -> StoreFuture<'_, u64> {
        (**self).purge_records(environment, before, limit)
    }
}
