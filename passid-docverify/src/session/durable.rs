use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use passid_core::provider::{RecordError, RecordKey, RecordStore, update_record};
use passid_core::{BoxFuture, Environment, Subject};
use serde::{Deserialize, Serialize};

use super::{RecordsError, SessionRecord, SessionRecords, Sighting};
use crate::verifier::PROVIDER;
use crate::{CallbackState, SessionId};

/// Records in a store that outlives a restart and that instances share, such as the `records` of a
/// `passid-inbox`. A record holds the state of the session, which is a secret: give the store keys.
#[derive(Clone, Debug)]
pub struct DurableSessionRecords {
    records: Arc<dyn RecordStore>,
}

impl DurableSessionRecords {
    /// How long a record is kept: a day longer than the vendor keeps the session (decision P94).
    pub const KEEP: Duration = Duration::from_secs(91 * 24 * 60 * 60);

    /// In this store.
    pub fn new(records: Arc<dyn RecordStore>) -> Self {
        Self { records }
    }
}

/// What is written of a record; times in microseconds since 1970.
#[derive(Serialize, Deserialize)]
struct Written {
    session_id: String,
    state: String,
    mocked: bool,
    environment: String,
    created_at: u64,
    expires_at: Option<u64>,
    last_seen_unfinished_at: Option<u64>,
    first_seen_complete_at: Option<u64>,
}

#[derive(Debug, thiserror::Error)]
#[error("the record is not one of ours; look at who else writes to the store")]
struct NotOurs;

impl Written {
    fn of(record: &SessionRecord) -> Self {
        Self {
            session_id: record.session_id.as_str().to_owned(),
            state: record.state.expose().to_owned(),
            mocked: record.mocked,
            environment: record.environment.as_str().to_owned(),
            created_at: micros(record.created_at),
            expires_at: record.expires_at.map(micros),
            last_seen_unfinished_at: record.last_seen_unfinished_at.map(micros),
            first_seen_complete_at: record.first_seen_complete_at.map(micros),
        }
    }

    fn read(bytes: &[u8]) -> Option<SessionRecord> {
        let written: Self = serde_json::from_slice(bytes).ok()?;
        let environments = [Environment::Sandbox, Environment::Live];
        Some(SessionRecord {
            session_id: SessionId::parse(written.session_id).ok()?,
            state: CallbackState::parse(&written.state).ok()?,
            mocked: written.mocked,
            environment: environments
                .into_iter()
                .find(|environment| environment.as_str() == written.environment)?,
            created_at: time(written.created_at),
            expires_at: written.expires_at.map(time),
            last_seen_unfinished_at: written.last_seen_unfinished_at.map(time),
            first_seen_complete_at: written.first_seen_complete_at.map(time),
        })
    }
}

fn bytes_of(record: &SessionRecord) -> Result<Bytes, RecordsError> {
    serde_json::to_vec(&Written::of(record)).map(Bytes::from).map_err(RecordsError::because)
}

/// A record that cannot be read is no record, and not one to be written over either.
fn read(bytes: &Bytes) -> Result<SessionRecord, RecordsError> {
    Written::read(bytes).ok_or_else(|| RecordsError::because(NotOurs))
}

/// Cut off below, so that the age of the evidence is never too young by it.
fn micros(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
}

/// A number of microseconds always is a time.
fn time(micros: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_micros(micros)
}

fn key_of(id: &SessionId) -> RecordKey {
    RecordKey::of("docverify session", Subject::of(PROVIDER, id.as_str()))
}

fn failed(error: RecordError) -> RecordsError {
    RecordsError::because(error)
}

impl SessionRecords for DurableSessionRecords {
    fn insert(&self, record: SessionRecord) -> BoxFuture<'static, Result<(), RecordsError>> {
        let records = Arc::clone(&self.records);
        Box::pin(async move {
            let (key, bytes) = (key_of(&record.session_id), bytes_of(&record)?);
            if records.replace(key, None, bytes, Self::KEEP).await.map_err(failed)? {
                return Ok(());
            }
            Err(RecordsError::because("there is a record of this session already"))
        })
    }

    fn find(
        &self,
        id: &SessionId,
    ) -> BoxFuture<'static, Result<Option<SessionRecord>, RecordsError>> {
        let reading = self.records.read(key_of(id));
        Box::pin(async move {
            let found = reading.await.map_err(failed)?;
            found.as_ref().map(read).transpose()
        })
    }

    fn seen(
        &self,
        id: &SessionId,
        sighting: Sighting,
    ) -> BoxFuture<'static, Result<Option<SessionRecord>, RecordsError>> {
        let (records, key) = (Arc::clone(&self.records), key_of(id));
        Box::pin(async move {
            let taken = |there: Option<&Bytes>| {
                let mut record = Written::read(there?)?;
                record.take(sighting);
                let bytes = bytes_of(&record).ok()?;
                (Some(&bytes) != there).then_some(bytes)
            };
            let found = update_record(&*records, key, Self::KEEP, taken).await.map_err(failed)?;
            found.as_ref().map(read).transpose()
        })
    }
}
