//! What a service remembers of a session that it created.

use std::collections::{HashMap, VecDeque};
use std::error::Error;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use passid_core::{BoxFuture, Environment};

use super::CreatedSession;
use crate::{CallbackState, SessionId};

/// What a service remembers of a session that it created. The API says none of it again: neither whom
/// the session belongs to, nor whether it was mocked, nor when it was completed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionRecord {
    /// The session.
    pub session_id: SessionId,
    /// The state that went out with it: who comes with both has been through it.
    pub state: CallbackState,
    /// Whether its result is made up.
    pub mocked: bool,
    /// The world it was created in.
    pub environment: Environment,
    /// When it was created.
    pub created_at: SystemTime,
    /// When it ends if it is not finished.
    pub expires_at: Option<SystemTime>,
    /// When it was last seen unfinished.
    pub last_seen_unfinished_at: Option<SystemTime>,
    /// When it was first seen complete.
    pub first_seen_complete_at: Option<SystemTime>,
}

/// How a session was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Sighting {
    /// Not complete yet.
    Unfinished(SystemTime),
    /// Complete.
    Complete(SystemTime),
}

impl SessionRecord {
    pub(crate) fn of(session: &CreatedSession) -> Self {
        Self {
            session_id: session.session_id.clone(),
            state: session.state.clone(),
            mocked: session.mocked,
            environment: session.environment,
            created_at: session.created_at,
            expires_at: session.expires_at,
            last_seen_unfinished_at: None,
            first_seen_complete_at: None,
        }
    }

    /// Takes a sighting in: for implementations of [`SessionRecords`]. The first completion stands, and
    /// what was seen unfinished after it changes nothing.
    pub fn take(&mut self, sighting: Sighting) {
        match sighting {
            Sighting::Complete(at) if self.first_seen_complete_at.is_none() => {
                self.first_seen_complete_at = Some(at);
            }
            Sighting::Unfinished(at) if self.first_seen_complete_at.is_none() => {
                self.last_seen_unfinished_at = self.last_seen_unfinished_at.max(Some(at));
            }
            _ => {}
        }
    }

    /// The earliest that the session can have been completed: it was seen unfinished then, or created.
    /// The age of its evidence counts from here, because the API gives no time (decision P94).
    pub fn completed_no_earlier_than(&self) -> SystemTime {
        self.last_seen_unfinished_at.map_or(self.created_at, |seen| seen.max(self.created_at))
    }
}

/// Where records are kept. They must outlive a restart wherever sessions do: a session without a record
/// is nobody's, and gives no credential.
pub trait SessionRecords: fmt::Debug + Send + Sync + 'static {
    /// Keeps the record of a new session.
    ///
    /// # Errors
    ///
    /// [`RecordsError`] when it is not kept, also when there is one of the same id already.
    fn insert(&self, record: SessionRecord) -> BoxFuture<'static, Result<(), RecordsError>>;

    /// The record of a session; `None` when there is none.
    ///
    /// # Errors
    ///
    /// [`RecordsError`] when the store cannot say.
    fn find(
        &self,
        id: &SessionId,
    ) -> BoxFuture<'static, Result<Option<SessionRecord>, RecordsError>>;

    /// Notes how a session was seen, as [`SessionRecord::take`] does, and gives the record as it then
    /// is; `None` when there is none.
    ///
    /// # Errors
    ///
    /// [`RecordsError`] when the store cannot do it.
    fn seen(
        &self,
        id: &SessionId,
        sighting: Sighting,
    ) -> BoxFuture<'static, Result<Option<SessionRecord>, RecordsError>>;
}

/// A store of records failed. The error behind it must hold nothing secret or personal.
#[derive(Debug, thiserror::Error)]
#[error("the store of session records failed; look at the store")]
pub struct RecordsError {
    #[source]
    source: Box<dyn Error + Send + Sync>,
}

impl RecordsError {
    /// A failure with this cause.
    pub fn because(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { source: source.into() }
    }
}

/// Records in memory, for one process: at most a given number, the oldest leave first. Clones share
/// them. Sessions that were created before a restart are nobody's after it.
#[derive(Clone)]
pub struct MemorySessionRecords {
    inner: Arc<Mutex<Inner>>,
    capacity: usize,
}

#[derive(Default)]
struct Inner {
    records: HashMap<SessionId, SessionRecord>,
    order: VecDeque<SessionId>,
}

impl MemorySessionRecords {
    /// Room for so many records; 0 counts as 1.
    pub fn new(capacity: usize) -> Self {
        Self { inner: Arc::default(), capacity: capacity.max(1) }
    }

    fn with<T>(&self, act: impl FnOnce(&mut Inner) -> T) -> BoxFuture<'static, T>
    where
        T: Send + 'static,
    {
        let done = act(&mut self.inner.lock().unwrap_or_else(PoisonError::into_inner));
        Box::pin(std::future::ready(done))
    }
}

impl Default for MemorySessionRecords {
    /// Room for 100,000 records.
    fn default() -> Self {
        Self::new(100_000)
    }
}

impl SessionRecords for MemorySessionRecords {
    fn insert(&self, record: SessionRecord) -> BoxFuture<'static, Result<(), RecordsError>> {
        let capacity = self.capacity;
        self.with(|inner| {
            let id = record.session_id.clone();
            if inner.records.contains_key(&id) {
                return Err(RecordsError::because("there is a record of this session already"));
            }
            while inner.order.len() >= capacity {
                if let Some(oldest) = inner.order.pop_front() {
                    inner.records.remove(&oldest);
                }
            }
            inner.order.push_back(id.clone());
            inner.records.insert(id, record);
            Ok(())
        })
    }

    fn find(
        &self,
        id: &SessionId,
    ) -> BoxFuture<'static, Result<Option<SessionRecord>, RecordsError>> {
        self.with(|inner| Ok(inner.records.get(id).cloned()))
    }

    fn seen(
        &self,
        id: &SessionId,
        sighting: Sighting,
    ) -> BoxFuture<'static, Result<Option<SessionRecord>, RecordsError>> {
        self.with(|inner| {
            Ok(inner.records.get_mut(id).map(|record| {
                record.take(sighting);
                record.clone()
            }))
        })
    }
}

impl fmt::Debug for MemorySessionRecords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemorySessionRecords")
            .field("capacity", &self.capacity)
            .finish_non_exhaustive()
    }
}
