use std::path::Path;
use std::time::Duration;

use super::SqliteStore;
use crate::store::StoreError;

/// How a [`SqliteStore`] is opened (decision P65).
#[derive(Clone, Debug)]
pub struct SqliteOptions {
    pub(super) queue: usize,
    pub(super) group: usize,
    pub(super) readers: u32,
    pub(super) busy_timeout: Duration,
    pub(super) max_bytes: Option<u64>,
}

impl Default for SqliteOptions {
    fn default() -> Self {
        Self {
            queue: 1024,
            group: 256,
            readers: 4,
            busy_timeout: Duration::from_secs(5),
            max_bytes: None,
        }
    }
}

impl SqliteOptions {
    /// The defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// The most events that wait to be inserted; 1,024 unless set. One more is answered
    /// [`StoreError::Busy`], so that PASSID sends it again.
    #[must_use]
    pub fn queue(mut self, inserts: usize) -> Self {
        self.queue = inserts.clamp(1, 1 << 20);
        self
    }

    /// The most inserts that one transaction carries, and the most other writes; 256 of each unless set.
    #[must_use]
    pub fn group(mut self, writes: usize) -> Self {
        self.group = writes.clamp(1, 1 << 16);
        self
    }

    /// The most connections that read; 4 unless set.
    #[must_use]
    pub fn readers(mut self, connections: u32) -> Self {
        self.readers = connections.clamp(1, 64);
        self
    }

    /// How long a call waits for another process that writes, and for the writer while a transaction
    /// has it; 5 s unless set.
    #[must_use]
    pub fn busy_timeout(mut self, time: Duration) -> Self {
        self.busy_timeout = time.clamp(Duration::from_millis(1), Duration::from_secs(60));
        self
    }

    /// The size that the file may reach; as large as the disk unless set. What does not fit is an
    /// error, so that PASSID sends it again.
    #[must_use]
    pub fn max_bytes(mut self, bytes: u64) -> Self {
        self.max_bytes = Some(bytes);
        self
    }

    /// Opens the ledger in this file; see [`SqliteStore::open`].
    ///
    /// # Errors
    ///
    /// As [`SqliteStore::open`].
    pub async fn open(self, path: impl AsRef<Path> + Send) -> Result<SqliteStore, StoreError> {
        SqliteStore::open_with(path.as_ref(), self).await
    }
}
