use std::io;
use std::path::PathBuf;
use std::sync::Arc;

/// Why a data file cannot be used. Can be cloned, because one failed commit is the answer to every
/// write that waited for it.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum StoreError {
    #[error("cannot open the data file {}", path.display())]
    Open { path: PathBuf, source: Arc<io::Error> },
    #[error("the data file {} is not a regular file; name a file", path.display())]
    NotAFile { path: PathBuf },
    #[error(
        "the data file {} is not SQLite; it was left as it is, name another file",
        path.display()
    )]
    NotSqlite { path: PathBuf },
    #[error(
        "the data file {} belongs to another application; it was left as it is, name another file",
        path.display()
    )]
    Foreign { path: PathBuf },
    #[error(
        "the data file {} has version {found}, this sandbox reads version {known}; \
         it was left as it is, use the sandbox that wrote it or name another file",
        path.display()
    )]
    OtherVersion { path: PathBuf, found: u32, known: u32 },
    #[error(
        "the data file {} is damaged ({detail}); it was left as it is, \
         restore a copy or name another file",
        path.display()
    )]
    Damaged { path: PathBuf, detail: String },
    #[error("the data file {} is in use; stop the other sandbox or name another file", path.display())]
    InUse { path: PathBuf },
    #[error("SQLite cannot use the data file {}", path.display())]
    Sqlite { path: PathBuf, source: Arc<sqlx::Error> },
    #[error(
        "the data file could not be written, so nothing more is; \
         make room for it and start the sandbox again"
    )]
    Failed { source: Arc<sqlx::Error> },
    #[error("the data file is closed")]
    Closed,
}
