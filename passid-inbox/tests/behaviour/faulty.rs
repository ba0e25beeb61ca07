//! A store that fails when it is told to.

use std::collections::VecDeque;
use std::future::pending;
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use passid_inbox::store::{
    Insertion, Lease, MemoryStore, NewEntry, Store, StoreError, StoreFuture, TransactionalStore,
};
pub(crate) use passid_inbox::testing::Call;

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

    fn inner(&self) -> &MemoryStore {
        &self.store
    }

    fn around<'a, T: Send + 'a>(
        &'a self,
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

passid_inbox::store_double!(FaultyStore);

/// Effects of the application's that count only when they are committed together with the end of a
/// lease. What is inserted is there at once: enough to see what the outbox asks for.
impl TransactionalStore for FaultyStore {
    type Transaction = Vec<String>;

    fn begin(&self) -> StoreFuture<'_, Vec<String>> {
        self.around(Call::Begin, || Box::pin(async { Ok(Vec::new()) }))
    }

    fn complete_in(
        &self,
        transaction: Vec<String>,
        lease: Lease,
        now: SystemTime,
    ) -> StoreFuture<'_, bool> {
        self.around(Call::Complete, move || {
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
