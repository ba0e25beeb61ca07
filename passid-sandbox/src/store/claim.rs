//! Which data files this process has open.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::clock::{pause, within};

/// Between two tries.
const RETRY: Duration = Duration::from_millis(2);

static CLAIMED: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

/// The right to touch a data file, held until its connection is closed.
///
/// SQLite keeps other processes out by POSIX locks, and those of a whole process are gone as soon
/// as it closes any descriptor of the file. Our own look at the header would therefore open the
/// file of a running sandbox of this process to other processes; so it asks here first.
#[derive(Debug)]
pub(super) struct Claim(PathBuf);

impl Claim {
    /// The right to a file that is free or becomes so in time: a sandbox that was dropped writes what
    /// is queued, and lets go a moment later.
    pub(super) async fn within(patience: Duration, path: &Path) -> Option<Self> {
        let claimed = async {
            loop {
                if let Some(claim) = Self::of(path.to_owned()) {
                    return claim;
                }
                pause(RETRY).await;
            }
        };
        within(patience, claimed).await
    }

    /// `path` must be canonical. `None` when the file is open already.
    fn of(path: PathBuf) -> Option<Self> {
        let free = claimed().insert(path.clone());
        // Lazily: a claim that was not given must not be dropped, since that frees the file.
        free.then(|| Self(path))
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        claimed().remove(&self.0);
    }
}

fn claimed() -> MutexGuard<'static, BTreeSet<PathBuf>> {
    CLAIMED.lock().unwrap_or_else(PoisonError::into_inner)
}
