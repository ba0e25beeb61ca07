use std::sync::Arc;

use super::{Store, StoreError};

/// Opens the store at this address: `sqlite:PATH`, or `postgres://…` and `postgresql://…` as Postgres
/// has them. For what a store can be told besides, use its own type.
///
/// # Errors
///
/// [`StoreError::Address`] for any other address, also for one whose feature is not switched on; no
/// error shows the address, which may hold a password. Otherwise those of the store.
///
/// ```
/// # #[cfg(feature = "sqlite")]
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use passid_core::Environment;
/// use passid_inbox::{Inbox, store};
///
/// # let folder = tempfile::tempdir()?;
/// # let address = format!("sqlite:{}", folder.path().join("inbox.db").display());
/// let inbox = Inbox::builder(store::open(&address).await?, Environment::Live).build()?;
/// # let _ = inbox;
/// # Ok(())
/// # }
/// # #[cfg(not(feature = "sqlite"))]
/// # fn main() {}
/// ```
pub async fn open(address: &str) -> Result<Arc<dyn Store>, StoreError> {
    #[cfg(feature = "sqlite")]
    if let Some(path) = address.strip_prefix("sqlite:") {
        // `sqlite:///path` is as common.
        let path = path.strip_prefix("//").unwrap_or(path);
        if path.contains('?') {
            return Err(StoreError::Address { expected: "sqlite: and a path, without parameters" });
        }
        return Ok(Arc::new(super::SqliteStore::open(path).await?));
    }
    #[cfg(feature = "postgres")]
    if address.starts_with("postgres://") || address.starts_with("postgresql://") {
        return Ok(Arc::new(super::PostgresStore::connect(address).await?));
    }
    let _ = address;
    Err(StoreError::Address { expected: EXPECTED })
}

const EXPECTED: &str = if cfg!(all(feature = "sqlite", feature = "postgres")) {
    "sqlite: or postgres://"
} else if cfg!(feature = "sqlite") {
    "sqlite: (postgres:// needs the feature postgres)"
} else if cfg!(feature = "postgres") {
    "postgres:// (sqlite: needs the feature sqlite)"
} else {
    "sqlite: or postgres://, each of which needs its feature"
};
