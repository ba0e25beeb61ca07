//! The file before SQLite sees it.

use std::fs::OpenOptions;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crate::store::StoreError;
use crate::store::sql::Fault;

/// An absolute path without links: SQLite takes that for a file, never for one of its special names.
/// The file is there afterwards, and only its owner may read it if it is new.
pub(super) fn prepare(path: &Path) -> Result<PathBuf, StoreError> {
    let name = path.to_string_lossy();
    if name.is_empty() || name.starts_with(":memory:") || name.starts_with("file:") {
        return Err(StoreError::NotDurable { setting: "the path of a file" });
    }
    let failed = |error: io::Error| Fault::Broken(error.kind()).at("open");
    create(path).map_err(failed)?;
    let resolved = path.canonicalize().map_err(failed)?;
    if !resolved.is_file() {
        return Err(StoreError::Refused { reason: "its path is not that of a file" });
    }
    Ok(resolved)
}

fn create(path: &Path) -> io::Result<()> {
    // To close a file gives up all locks that this process has on it, SQLite's too: so only a file that
    // did not exist is opened here, and one after the other.
    static CREATING: Mutex<()> = Mutex::new(());
    let _one = CREATING.lock().unwrap_or_else(PoisonError::into_inner);
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    // Bodies hold personal claims.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}
