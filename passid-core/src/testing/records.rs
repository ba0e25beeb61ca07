use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;

use crate::BoxFuture;
use crate::provider::{RecordError, RecordKey, RecordStore};

/// Records in memory, which no time ends. Clones share them.
#[derive(Clone, Default)]
pub struct MemoryRecords(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    records: HashMap<RecordKey, Bytes>,
    down: bool,
}

impl MemoryRecords {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether each call fails from now on.
    pub fn set_down(&self, down: bool) {
        self.lock().down = down;
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn with<T: Send + 'static>(
        &self,
        act: impl FnOnce(&mut State) -> T,
    ) -> BoxFuture<'static, Result<T, RecordError>> {
        let mut state = self.lock();
        let done = if state.down {
            Err(RecordError::because("the records are down, on purpose"))
        } else {
            Ok(act(&mut state))
        };
        Box::pin(std::future::ready(done))
    }
}

impl RecordStore for MemoryRecords {
    fn read(&self, key: RecordKey) -> BoxFuture<'static, Result<Option<Bytes>, RecordError>> {
        self.with(|state| state.records.get(&key).cloned())
    }

    fn replace(
        &self,
        key: RecordKey,
        from: Option<Bytes>,
        to: Bytes,
        _keep: Duration,
    ) -> BoxFuture<'static, Result<bool, RecordError>> {
        self.with(|state| {
            let fits = state.records.get(&key) == from.as_ref();
            if fits {
                state.records.insert(key, to);
            }
            fits
        })
    }
}

impl fmt::Debug for MemoryRecords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryRecords")
            .field("records", &self.lock().records.len())
            .finish_non_exhaustive()
    }
}
