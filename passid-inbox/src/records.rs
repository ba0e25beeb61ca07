//! Small records of providers, kept beside the ledger.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use passid_core::BoxFuture;
use passid_core::provider::{RecordError, RecordKey, RecordStore};

use crate::inbox::Inbox;
use crate::seal::RecordPlace;
use crate::store::{NewRecord, Record, Store};

/// Keeps small records for the crates of other providers, in the inbox's store and under its keys: what
/// a provider tells once and never again. Made by [`Inbox::records`].
///
/// Records whose time is over go with [`Inbox::purge`], and are sealed anew by [`Inbox::reseal`].
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use std::time::Duration;
/// use passid_core::provider::{RecordKey, RecordStore};
/// use passid_core::{Environment, Subject};
/// use passid_inbox::Inbox;
/// use passid_inbox::store::MemoryStore;
///
/// let inbox = Inbox::builder(MemoryStore::new(), Environment::Sandbox).build()?;
/// // For `DurableProcessedTimes`, `DurableSessionRecords` and the like.
/// let records = inbox.records();
/// let key = RecordKey::of("provider times", Subject::of("provider", "8f14e45f"));
/// assert!(records.replace(key, None, "1795000000".into(), Duration::from_secs(3600)).await?);
/// assert_eq!(records.read(key).await?, Some("1795000000".into()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// ```
pub struct Records<S = Arc<dyn Store>> {
    inbox: Inbox<S>,
}

impl<S: Store> Inbox<S> {
    /// The records beside this inbox, of its environment.
    pub fn records(&self) -> Records<S> {
        Records { inbox: self.clone() }
    }
}

impl<S: Store> Records<S> {
    /// The longest record, in bytes (decision P123).
    pub const MAX_BYTES: usize = 16 * 1024;

    /// What stands under a key, and what it says.
    async fn look(&self, key: RecordKey) -> Result<Option<(Record, Bytes)>, RecordError> {
        let environment = self.inbox.environment();
        let asked = self.inbox.store().read_record(environment, *key.as_bytes());
        let found = self.inbox.in_time(asked).await.map_err(RecordError::because)?;
        let Some(record) = found else { return Ok(None) };
        let place = RecordPlace { environment, key: key.as_bytes() };
        let opened = place.open(self.inbox.shared.keys.as_ref(), &record.body);
        let opened = opened.map_err(RecordError::because)?;
        Ok(Some((record, opened)))
    }

    async fn put(
        &self,
        key: RecordKey,
        from: Option<Bytes>,
        to: Bytes,
        keep: Duration,
    ) -> Result<bool, RecordError> {
        if to.len() > Self::MAX_BYTES {
            return Err(RecordError::because("the record is longer than a record may be"));
        }
        let now = self.inbox.now();
        let there = self.look(key).await?;
        // One whose time is over is none, and gives its place away.
        let known = there.as_ref().filter(|(record, _)| record.keep_until > now);
        if known.map(|(_, plain)| plain) != from.as_ref() {
            return Ok(false);
        }
        let environment = self.inbox.environment();
        let place = RecordPlace { environment, key: key.as_bytes() };
        let sealed = place.seal(self.inbox.shared.keys.as_ref(), &to);
        let keep_until = now.checked_add(keep).ok_or_else(|| RecordError::because(TooLong))?;
        let record = NewRecord {
            environment,
            from: there.map(|(record, _)| record.body),
            to: Record {
                key: *key.as_bytes(),
                body: sealed.map_err(RecordError::because)?,
                keep_until,
            },
        };
        let put = self.inbox.store().put_record(record);
        self.inbox.in_time(put).await.map_err(RecordError::because)
    }
}

#[derive(Debug, thiserror::Error)]
#[error("a record cannot be kept beyond the end of the clock")]
struct TooLong;

impl<S: Store> RecordStore for Records<S> {
    fn read(&self, key: RecordKey) -> BoxFuture<'static, Result<Option<Bytes>, RecordError>> {
        let records = self.clone();
        Box::pin(async move {
            let now = records.inbox.now();
            let found = records.look(key).await?;
            Ok(found.filter(|(record, _)| record.keep_until > now).map(|(_, plain)| plain))
        })
    }

    fn replace(
        &self,
        key: RecordKey,
        from: Option<Bytes>,
        to: Bytes,
        keep: Duration,
    ) -> BoxFuture<'static, Result<bool, RecordError>> {
        let records = self.clone();
        Box::pin(async move { records.put(key, from, to, keep).await })
    }
}

impl<S> Clone for Records<S> {
    fn clone(&self) -> Self {
        Self { inbox: self.inbox.clone() }
    }
}

impl<S> fmt::Debug for Records<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Records").field("inbox", &self.inbox).finish()
    }
}
