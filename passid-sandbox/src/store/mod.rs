//! The data file: every row of the state in one SQLite file, for `--data FILE`.
//!
//! The store knows nothing about what a row means. It loads all rows once, at the start, and from
//! then on writes the [`Change`]s it is handed, in the order of the calls. A change counts as kept
//! once [`Store::write`] has resolved: the transaction that holds it has then reached the disk (WAL
//! with `synchronous=FULL`), so that it survives `kill -9` and a power cut.
//!
//! One sandbox per file: SQLite's exclusive lock is held as long as the store is open.

mod claim;
mod error;
mod file;
mod header;
mod open;
#[cfg(test)]
mod tests;
mod writer;

use std::future::Future;
use std::path::Path;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use crate::state::table::Change;

pub(crate) use error::StoreError;

use writer::Job;

/// What the store may use.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StoreLimits {
    /// The largest size of the data file. A write beyond it fails, as on a full disk.
    pub(crate) max_bytes: u64,
    /// How long to wait for another process to let go of the file, in real time: a sandbox that is
    /// restarted may meet its predecessor.
    pub(crate) patience: Duration,
}

impl Default for StoreLimits {
    fn default() -> Self {
        Self { max_bytes: 1 << 30, patience: Duration::from_secs(2) }
    }
}

/// A row as it was found in the data file. Without `Debug`: keys and values can be secrets.
#[derive(PartialEq, Eq)]
pub(crate) struct StoredRow {
    pub(crate) table: String,
    pub(crate) key: String,
    pub(crate) value: String,
}

/// An open data file.
///
/// Dropping it without [`close`](Self::close) loses nothing that was acknowledged.
#[derive(Debug)]
pub(crate) struct Store {
    // Unbounded, because a call has to be queued at the moment it is made: the order of the calls
    // is the order of the commits. It is bounded all the same. Who makes a change waits for it
    // before it answers, so that at most one write per connection (1,024) and one per delivery in
    // flight (64) is queued, and each is bounded by the size of a request.
    jobs: mpsc::UnboundedSender<Job>,
}

impl Store {
    /// Opens the data file and gives all its rows. An absent or empty file becomes a new one, which
    /// only its owner can read.
    ///
    /// # Errors
    ///
    /// Every error names the file. One that is not ours, newer than we know, or damaged is left
    /// byte for byte as it was found; so is a file that another sandbox has open.
    pub(crate) async fn open(
        path: &Path,
        limits: StoreLimits,
    ) -> Result<(Self, Vec<StoredRow>), StoreError> {
        let (opened, rows) = open::open(path, limits).await?;
        let (jobs, waiting) = mpsc::unbounded_channel();
        tokio::spawn(writer::run(opened, waiting));
        Ok((Self { jobs }, rows))
    }

    /// Queues changes at once, and resolves when they are on disk, all of them or none. Whether the
    /// future is awaited or dropped changes nothing for the changes.
    ///
    /// Without changes it resolves when everything queued before is on disk.
    ///
    /// # Errors
    ///
    /// [`StoreError::Failed`] for this write and all later ones once a commit has failed, since
    /// memory and file may differ from there on; [`StoreError::Closed`] after a close.
    pub(crate) fn write(
        &self,
        changes: Vec<Change>,
    ) -> impl Future<Output = Result<(), StoreError>> + Send + use<> {
        let (done, written) = oneshot::channel();
        let queued = self.jobs.send(Job::Write { changes, done }).is_ok();
        async move {
            if !queued {
                return Err(StoreError::Closed);
            }
            written.await.unwrap_or(Err(StoreError::Closed))
        }
    }

    /// Writes what is queued and closes the file, which can be opened again once this has returned. Later writes get [`StoreError::Closed`]; a second
    /// close does nothing.
    ///
    /// # Errors
    ///
    /// [`StoreError::Failed`] when a commit failed before, or the file cannot be closed in order.
    /// What was acknowledged is on disk even so.
    pub(crate) async fn close(&self) -> Result<(), StoreError> {
        let (done, closed) = oneshot::channel();
        if self.jobs.send(Job::Close { done }).is_err() {
            return Ok(());
        }
        closed.await.unwrap_or(Ok(()))
    }
}
