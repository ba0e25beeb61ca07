use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use passid_core::BoxFuture;
use passid_core::provider::{RecordError, RecordKey, RecordStore, update_record};

use super::ProcessedTimes;
use crate::IdentityAccessKey;
use crate::webhook::Event;

/// The times of identities in a store that outlives a restart and that instances share, such as the
/// `records` of a `passid-inbox`. Each is kept for two years (decision P126).
#[derive(Clone, Debug)]
pub struct DurableProcessedTimes {
    records: Arc<dyn RecordStore>,
}

impl DurableProcessedTimes {
    /// How long a time is kept. Ours: no policy asks for evidence that is so old.
    pub const KEEP: Duration = Duration::from_secs(2 * 365 * 24 * 60 * 60);

    /// In this store.
    pub fn new(records: Arc<dyn RecordStore>) -> Self {
        Self { records }
    }

    /// Keeps what an event says, before the handler of its webhook ends. Of several events about one
    /// identity the earliest counts, in whatever order they come.
    ///
    /// # Errors
    ///
    /// [`RecordError`] when it is not known to be kept: have the event handled again.
    pub async fn note(&self, event: &Event) -> Result<(), RecordError> {
        let since = event.processed.and_then(|at| at.duration_since(UNIX_EPOCH).ok());
        let Some(seconds) = since.map(|since| since.as_secs()) else { return Ok(()) };
        let earlier = |there: Option<&Bytes>| match there.and_then(read) {
            Some(known) if known <= seconds => None,
            _ => Some(Bytes::from(seconds.to_string())),
        };
        update_record(&*self.records, key_of(&event.key), Self::KEEP, earlier).await.map(drop)
    }
}

impl ProcessedTimes for DurableProcessedTimes {
    /// `None` where the store does not answer too: evidence then counts from the documents, which were
    /// received before, and looks older than it is (decision P126).
    fn processed_at(&self, key: &IdentityAccessKey) -> BoxFuture<'static, Option<SystemTime>> {
        let reading = self.records.read(key_of(key));
        Box::pin(async move {
            match reading.await {
                Ok(found) => UNIX_EPOCH.checked_add(Duration::from_secs(read(&found?)?)),
                Err(error) => {
                    let why = std::error::Error::source(&error).map(ToString::to_string);
                    tracing::warn!(target: "passid::passbase", cause = %error, why, "no processed time");
                    None
                }
            }
        })
    }
}

fn key_of(key: &IdentityAccessKey) -> RecordKey {
    RecordKey::of("passbase processed", key.subject())
}

fn read(record: &Bytes) -> Option<u64> {
    std::str::from_utf8(record).ok()?.parse().ok()
}
