//! The seam between a provider's crate that has something to remember and whoever can keep it.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use sha2::{Digest, Sha256};

use crate::{BoxFuture, Subject};

/// What a record is found by: a hash of what it is for and whom it is about.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordKey([u8; 32]);

impl RecordKey {
    /// `what` is the provider's word for records of this kind, the provider's name in it.
    pub fn of(what: &str, subject: Subject) -> Self {
        let mut hash = Sha256::new_with_prefix("passid-record-1");
        hash.update((what.len() as u64).to_be_bytes());
        hash.update(what);
        hash.update(subject.as_bytes());
        Self(hash.finalize().into())
    }

    /// For a store.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for RecordKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecordKey(redacted)")
    }
}

/// Keeps small records for a provider's crate: what was told once and is never told again. What a call
/// has confirmed outlives a restart, where the store does.
///
/// `passid-inbox` implements it over the databases of its ledger; clones of a store share its records.
pub trait RecordStore: fmt::Debug + Send + Sync + 'static {
    /// The record under a key, if there is one whose time is not over.
    ///
    /// # Errors
    ///
    /// [`RecordError`] when the store cannot say.
    fn read(&self, key: RecordKey) -> BoxFuture<'static, Result<Option<Bytes>, RecordError>>;

    /// Puts a record in the place of `from`, or of none, for at least as long as `keep`. `false`, and
    /// nothing changed, if something else stands there by now.
    ///
    /// # Errors
    ///
    /// [`RecordError`] when it is not known to be kept.
    fn replace(
        &self,
        key: RecordKey,
        from: Option<Bytes>,
        to: Bytes,
        keep: Duration,
    ) -> BoxFuture<'static, Result<bool, RecordError>>;
}

/// How often a record is read and put again while others change it too (decision P123).
const TRIES: usize = 16;

/// Changes a record, however many others do: `change` makes the new one of the old one, or leaves it with
/// `None`. What then stands there.
///
/// # Errors
///
/// [`RecordError`] of the store, or when others are quicker again and again.
pub async fn update_record(
    store: &dyn RecordStore,
    key: RecordKey,
    keep: Duration,
    mut change: impl FnMut(Option<&Bytes>) -> Option<Bytes> + Send,
) -> Result<Option<Bytes>, RecordError> {
    for _ in 0..TRIES {
        let there = store.read(key).await?;
        let Some(to) = change(there.as_ref()) else { return Ok(there) };
        if store.replace(key, there, to.clone(), keep).await? {
            return Ok(Some(to));
        }
    }
    Err(RecordError::because("others change the record all the time"))
}

/// A store of records failed. The error behind it must hold nothing secret or personal.
#[derive(Debug, thiserror::Error)]
#[error("the store of records failed; look at the store")]
pub struct RecordError {
    #[source]
    source: Box<dyn Error + Send + Sync>,
}

impl RecordError {
    /// A failure with this cause.
    pub fn because(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { source: source.into() }
    }
}
