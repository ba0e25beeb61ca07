//! A store that fails or waits when a test says so.

use std::sync::Arc;
use std::time::SystemTime;

use passid_core::Environment;
use passid_inbox::store::{
    BodyAt, Claim, Claimed, Counts, Entry, EntryId, Failure, Filter, Insertion, Kind, Lease,
    MemoryStore, NewEntry, Purge, Purged, Replay, Store, StoreError, StoreFuture, StoredBody,
};
use tokio::sync::watch;

/// What becomes of an insertion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inserts {
    /// It is carried out.
    Work,
    /// It fails.
    Fail,
    /// It waits until this is changed.
    Wait,
}

/// A [`MemoryStore`] whose insertions are in the test's hand. Clones share it.
#[derive(Clone, Debug)]
pub struct ScriptedStore {
    inner: Arc<MemoryStore>,
    inserts: Arc<watch::Sender<Inserts>>,
    begun: Arc<watch::Sender<u64>>,
}

impl ScriptedStore {
    /// A store that works.
    pub fn new() -> Self {
        Self {
            inner: Arc::new(MemoryStore::new()),
            inserts: Arc::new(watch::Sender::new(Inserts::Work)),
            begun: Arc::default(),
        }
    }

    /// From now on. Insertions that wait go on with it.
    pub fn set(&self, inserts: Inserts) {
        self.inserts.send_replace(inserts);
    }

    /// Waits until so many insertions have been begun.
    pub async fn begun(&self, insertions: u64) {
        // The sender lives as long as this store.
        let _ = self.begun.subscribe().wait_for(|begun| *begun >= insertions).await;
    }
}

impl Default for ScriptedStore {
    fn default() -> Self {
        Self::new()
    }
}

impl Store for ScriptedStore {
    fn insert(&self, entry: NewEntry) -> StoreFuture<'_, Insertion> {
        Box::pin(async move {
            self.begun.send_modify(|begun| *begun += 1);
            let mut inserts = self.inserts.subscribe();
            let changed = inserts.wait_for(|inserts| *inserts != Inserts::Wait).await;
            if changed.is_ok_and(|inserts| *inserts == Inserts::Work) {
                return self.inner.insert(entry).await;
            }
            Err(StoreError::Closed)
        })
    }

    fn claim<'a>(&'a self, claim: Claim<'a>) -> StoreFuture<'a, Claimed> {
        self.inner.claim(claim)
    }

    fn extend(&self, lease: Lease, until: SystemTime) -> StoreFuture<'_, bool> {
        self.inner.extend(lease, until)
    }

    fn complete(&self, lease: Lease, now: SystemTime) -> StoreFuture<'_, bool> {
        self.inner.complete(lease, now)
    }

    fn fail<'a>(
        &'a self,
        lease: Lease,
        failure: Failure<'a>,
        now: SystemTime,
    ) -> StoreFuture<'a, bool> {
        self.inner.fail(lease, failure, now)
    }

    fn release(&self, lease: Lease, now: SystemTime) -> StoreFuture<'_, bool> {
        self.inner.release(lease, now)
    }

    fn list(&self, filter: Filter) -> StoreFuture<'_, Vec<Entry>> {
        self.inner.list(filter)
    }

    fn show(
        &self,
        environment: Environment,
        id: EntryId,
    ) -> StoreFuture<'_, Option<(Entry, Option<StoredBody>)>> {
        self.inner.show(environment, id)
    }

    fn replay(
        &self,
        environment: Environment,
        id: EntryId,
        now: SystemTime,
    ) -> StoreFuture<'_, Replay> {
        self.inner.replay(environment, id, now)
    }

    fn purge(&self, purge: Purge) -> StoreFuture<'_, Purged> {
        self.inner.purge(purge)
    }

    fn counts(&self, kind: Kind, environment: Environment) -> StoreFuture<'_, Counts> {
        self.inner.counts(kind, environment)
    }

    fn bodies_not_under<'a>(
        &'a self,
        environment: Environment,
        key_id: &'a str,
        after: Option<EntryId>,
        limit: u32,
    ) -> StoreFuture<'a, Vec<BodyAt>> {
        self.inner.bodies_not_under(environment, key_id, after, limit)
    }

    fn replace_body(&self, id: EntryId, from: StoredBody, to: StoredBody) -> StoreFuture<'_, bool> {
        self.inner.replace_body(id, from, to)
    }
}
