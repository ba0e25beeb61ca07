//! A store that fails when it is told to.

use std::collections::VecDeque;
use std::future::pending;
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use passid_core::Environment;
use passid_inbox::store::{
    BodyAt, Claim, Claimed, Counts, Entry, EntryId, Failure, Filter, Insertion, Kind, Lease,
    MemoryStore, NewEntry, Purge, Purged, Replay, Store, StoreError, StoreFuture, StoredBody,
    TransactionalStore,
};

/// The calls that can be spoilt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Call {
    Insert,
    Begin,
    Claim,
    Extend,
    Complete,
    Fail,
    Release,
    Show,
    Replay,
}

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Nothing is done, and that is said.
    Fails,
    /// Nothing is done, and nothing is said.
    Hangs,
    /// It is done, and the answer is an error.
    LosesAnswer,
    /// It is done, and there is no answer.
    DoesAndHangs,
}

/// A store in memory, with faults in a row for each call. Clones share it.
#[derive(Clone, Debug, Default)]
pub(crate) struct FaultyStore {
    store: Arc<MemoryStore>,
    faults: Arc<Mutex<VecDeque<(Call, Fault)>>>,
    effects: Arc<Mutex<Vec<String>>>,
}

impl FaultyStore {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// What transactions did that were committed.
    pub(crate) fn effects(&self) -> Vec<String> {
        self.effects.lock().unwrap().clone()
    }

    /// The next so many calls of this kind go wrong.
    pub(crate) fn spoil(&self, call: Call, fault: Fault, times: usize) {
        self.faults.lock().unwrap().extend(std::iter::repeat_n((call, fault), times));
    }

    /// All is well from now on.
    pub(crate) fn heal(&self) {
        self.faults.lock().unwrap().clear();
    }

    fn take(&self, call: Call) -> Option<Fault> {
        let mut faults = self.faults.lock().unwrap();
        let place = faults.iter().position(|(spoilt, _)| *spoilt == call)?;
        faults.remove(place).map(|(_, fault)| fault)
    }

    fn spoilt<'a, T: Send + 'a>(
        &self,
        call: Call,
        well: impl FnOnce() -> StoreFuture<'a, T> + Send + 'a,
    ) -> StoreFuture<'a, T> {
        let fault = self.take(call);
        Box::pin(async move {
            match fault {
                None => well().await,
                Some(Fault::Fails) => Err(StoreError::Closed),
                Some(Fault::Hangs) => pending().await,
                Some(Fault::LosesAnswer) => {
                    well().await?;
                    Err(StoreError::Deadline { millis: 1 })
                }
                Some(Fault::DoesAndHangs) => {
                    well().await?;
                    pending().await
                }
            }
        })
    }
}

impl Store for FaultyStore {
    fn insert(&self, entry: NewEntry) -> StoreFuture<'_, Insertion> {
        self.spoilt(Call::Insert, move || self.store.insert(entry))
    }

    fn claim<'a>(&'a self, claim: Claim<'a>) -> StoreFuture<'a, Claimed> {
        self.spoilt(Call::Claim, move || self.store.claim(claim))
    }

    fn extend(&self, lease: Lease, until: SystemTime) -> StoreFuture<'_, bool> {
        self.spoilt(Call::Extend, move || self.store.extend(lease, until))
    }

    fn complete(&self, lease: Lease, now: SystemTime) -> StoreFuture<'_, bool> {
        self.spoilt(Call::Complete, move || self.store.complete(lease, now))
    }

    fn fail<'a>(
        &'a self,
        lease: Lease,
        failure: Failure<'a>,
        now: SystemTime,
    ) -> StoreFuture<'a, bool> {
        self.spoilt(Call::Fail, move || self.store.fail(lease, failure, now))
    }

    fn release(&self, lease: Lease, now: SystemTime) -> StoreFuture<'_, bool> {
        self.spoilt(Call::Release, move || self.store.release(lease, now))
    }

    fn list(&self, filter: Filter) -> StoreFuture<'_, Vec<Entry>> {
        self.store.list(filter)
    }

    fn show(
        &self,
        environment: Environment,
        id: EntryId,
    ) -> StoreFuture<'_, Option<(Entry, Option<StoredBody>)>> {
        self.spoilt(Call::Show, move || self.store.show(environment, id))
    }

    fn replay(
        &self,
        environment: Environment,
        id: EntryId,
        now: SystemTime,
    ) -> StoreFuture<'_, Replay> {
        self.spoilt(Call::Replay, move || self.store.replay(environment, id, now))
    }

    fn purge(&self, purge: Purge) -> StoreFuture<'_, Purged> {
        self.store.purge(purge)
    }

    fn counts(&self, kind: Kind, environment: Environment) -> StoreFuture<'_, Counts> {
        self.store.counts(kind, environment)
    }

    fn bodies_not_under<'a>(
        &'a self,
        environment: Environment,
        key_id: &'a str,
        after: Option<EntryId>,
        limit: u32,
    ) -> StoreFuture<'a, Vec<BodyAt>> {
        self.store.bodies_not_under(environment, key_id, after, limit)
    }

    fn replace_body(&self, id: EntryId, from: StoredBody, to: StoredBody) -> StoreFuture<'_, bool> {
        self.store.replace_body(id, from, to)
    }
}

/// Effects of the application's that count only when they are committed together with the end of a
/// lease. What is inserted is there at once: enough to see what the outbox asks for.
impl TransactionalStore for FaultyStore {
    type Transaction = Vec<String>;

    fn begin(&self) -> StoreFuture<'_, Vec<String>> {
        self.spoilt(Call::Begin, || Box::pin(async { Ok(Vec::new()) }))
    }

    fn complete_in(
        &self,
        transaction: Vec<String>,
        lease: Lease,
        now: SystemTime,
    ) -> StoreFuture<'_, bool> {
        self.spoilt(Call::Complete, move || {
            Box::pin(async move {
                let held = self.store.complete(lease, now).await?;
                if held {
                    self.effects.lock().unwrap().extend(transaction);
                }
                Ok(held)
            })
        })
    }

    fn insert_in<'a>(
        &'a self,
        _transaction: &'a mut Vec<String>,
        entry: NewEntry,
    ) -> StoreFuture<'a, Insertion> {
        self.insert(entry)
    }

    fn commit(&self, transaction: Vec<String>) -> StoreFuture<'_, ()> {
        self.effects.lock().unwrap().extend(transaction);
        Box::pin(async { Ok(()) })
    }
}
