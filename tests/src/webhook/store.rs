//! A store that fails or waits when a test says so.

use std::sync::Arc;

use passid_inbox::store::{MemoryStore, StoreError, StoreFuture};
use passid_inbox::testing::Call;
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

    fn inner(&self) -> &MemoryStore {
        &self.inner
    }

    fn around<'a, T: Send + 'a>(
        &'a self,
        call: Call,
        well: impl FnOnce() -> StoreFuture<'a, T> + Send + 'a,
    ) -> StoreFuture<'a, T> {
        if call != Call::Insert {
            return well();
        }
        Box::pin(async move {
            self.begun.send_modify(|begun| *begun += 1);
            let mut inserts = self.inserts.subscribe();
            let changed = inserts.wait_for(|inserts| *inserts != Inserts::Wait).await;
            let works = changed.is_ok_and(|inserts| *inserts == Inserts::Work);
            if works { well().await } else { Err(StoreError::Closed) }
        })
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

passid_inbox::store_double!(ScriptedStore);
