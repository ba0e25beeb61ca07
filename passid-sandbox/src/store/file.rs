//! The data file as the operating system sees it.

use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::error::StoreError;
use super::header::{self, Header, VERSION};

/// The file's absolute path without links, also when there is no file yet.
pub(super) fn resolve(path: &Path) -> Result<PathBuf, StoreError> {
    let failed = |source| StoreError::Open { path: path.to_owned(), source: Arc::new(source) };
    match path.canonicalize() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let Some(name) = path.file_name() else {
                return Err(StoreError::NotAFile { path: path.to_owned() });
            };
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
            let folder = folder.unwrap_or(Path::new(".")).canonicalize().map_err(failed)?;
            Ok(folder.join(name))
        }
        resolved => resolved.map_err(failed),
    }
}

/// A file that may become or be our data file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Condition {
    New,
    /// Ours, but a crash came before it was switched to WAL mode.
    WithoutLog,
    Ready,
}

/// Makes sure that the file can be read and written and is ours or empty. Creates it when it is
/// absent; changes no byte of one that is there. Errors call it by the name it was given.
pub(super) fn check(given: &Path, path: &Path) -> Result<Condition, StoreError> {
    let named = given.to_owned();
    let failed = |source| StoreError::Open { path: given.to_owned(), source: Arc::new(source) };
    // Looked at before it is opened: opening a pipe would wait for its other end.
    if std::fs::metadata(path).is_ok_and(|found| !found.is_file()) {
        return Err(StoreError::NotAFile { path: named });
    }
    let mut start = Vec::with_capacity(header::LENGTH);
    let file = open_or_create(path).map_err(failed)?;
    file.take(header::LENGTH as u64).read_to_end(&mut start).map_err(failed)?;
    match Header::read(&start) {
        _ if start.is_empty() => Ok(Condition::New),
        Header::Ours { log: true } => Ok(Condition::Ready),
        Header::Ours { log: false } => Ok(Condition::WithoutLog),
        Header::OtherVersion(found) => {
            Err(StoreError::OtherVersion { path: named, found, known: VERSION })
        }
        Header::Foreign => Err(StoreError::Foreign { path: named }),
        Header::NotSqlite => Err(StoreError::NotSqlite { path: named }),
    }
}

fn open_or_create(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    // The state holds secrets of its user: keys, tokens, and the webhook secret.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// A file that SQLite keeps beside the data file, such as `-wal`.
pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}
