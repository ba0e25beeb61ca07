//! Sessions together with what is remembered of them.

use std::sync::Arc;

use super::{CreatedSession, NewSession, RecordsError, SessionRecord, SessionRecords, Sighting};
use crate::client::Poller;
use crate::result::{SessionResult, SessionStatus};
use crate::{ApiError, AwaitedSession, DocumentVerificationClient, SessionId};

/// Sessions together with what is remembered of them: whose they are, whether they are mocked, and
/// when they were seen. A [`DocumentVerifier`](crate::DocumentVerifier) stands on it.
///
/// ```no_run
/// # async fn example(client: passid_docverify::DocumentVerificationClient) -> Result<(), Box<dyn std::error::Error>> {
/// use passid_docverify::{Callback, MemorySessionRecords, NewSession, SessionFlow};
///
/// let flow = SessionFlow::new(client, MemorySessionRecords::default());
///
/// // The person asks to be verified: keep the state in their own session, send them to the page.
/// let asked = NewSession::new().callback_url("https://bank.example/identity/callback");
/// let session = flow.begin(&asked).await?;
/// let kept = session.state.clone();
///
/// // They come back. That says that they are through, not that they passed.
/// # let query = "";
/// let token = Callback::parse(query)?.verify(&kept)?;
/// let result = flow.wait(token.session_id()).await?;
///
/// // From now on they may present `token` to a guard.
/// # let _ = result;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct SessionFlow {
    client: DocumentVerificationClient,
    records: Arc<dyn SessionRecords>,
}

impl SessionFlow {
    /// Sessions of this client, remembered there.
    pub fn new(client: DocumentVerificationClient, records: impl SessionRecords) -> Self {
        Self { client, records: Arc::new(records) }
    }

    /// The client.
    pub fn client(&self) -> &DocumentVerificationClient {
        &self.client
    }

    /// Creates a session and remembers it.
    ///
    /// # Errors
    ///
    /// [`FlowError::Api`] as [`create_session`](DocumentVerificationClient::create_session);
    /// [`FlowError::Records`] when the session was created and is nobody's: create another.
    pub async fn begin(&self, asked: &NewSession) -> Result<CreatedSession, FlowError> {
        let session = self.client.create_session(asked).await?;
        self.records.insert(session.record()).await?;
        Ok(session)
    }

    /// The result of a session, and its record, which then says how it was seen; no record for a
    /// session that is not ours.
    ///
    /// # Errors
    ///
    /// What the API or the store fails with.
    pub async fn result(
        &self,
        session: &SessionId,
    ) -> Result<(SessionResult, Option<SessionRecord>), FlowError> {
        let asked_at = self.client.clock().now();
        let result = self.client.result(session).await?;
        let record = self.note(session, &result, asked_at).await?;
        Ok((result, record))
    }

    /// Waits until a session is over, as
    /// [`wait_for_result`](DocumentVerificationClient::wait_for_result) does, and notes each sighting:
    /// the closer it was watched, the less the age of its evidence is overstated.
    ///
    /// # Errors
    ///
    /// What the API or the store fails with.
    pub async fn wait(&self, session: &SessionId) -> Result<SessionResult, FlowError> {
        let record = self.records.find(session).await?;
        let awaited = record.as_ref().map_or_else(|| session.into(), AwaitedSession::from);
        let mut poller = Poller::new(self.client.clone(), awaited);
        loop {
            let (asked_at, result, last) = poller.poll().await;
            if let Ok(result) = &result {
                self.note(session, result, asked_at).await?;
            }
            if last {
                return Ok(result?);
            }
        }
    }

    /// The record of a session.
    pub(crate) async fn record(
        &self,
        session: &SessionId,
    ) -> Result<Option<SessionRecord>, RecordsError> {
        self.records.find(session).await
    }

    /// The time is that before the question: the session may have been completed right after it. Only a
    /// status that is known to come before the end is a sighting: one that is not known could be an end,
    /// and would make the evidence too young.
    async fn note(
        &self,
        session: &SessionId,
        result: &SessionResult,
        asked_at: std::time::SystemTime,
    ) -> Result<Option<SessionRecord>, RecordsError> {
        let sighting = match &result.status {
            SessionStatus::Complete => Sighting::Complete(asked_at),
            SessionStatus::Pending
            | SessionStatus::Capturing
            | SessionStatus::Processing
            | SessionStatus::Recapture => Sighting::Unfinished(asked_at),
            _ => return self.records.find(session).await,
        };
        self.records.seen(session, sighting).await
    }
}

/// Why something about a session failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FlowError {
    /// The API.
    #[error(transparent)]
    Api(#[from] ApiError),
    /// The store of records.
    #[error(transparent)]
    Records(#[from] RecordsError),
}
