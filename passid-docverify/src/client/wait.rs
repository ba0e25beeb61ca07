//! Waiting for the person and for the API: polls with growing pauses until the session is over.

use std::time::{Duration, SystemTime};

use super::{ApiError, DocumentVerificationClient};
use crate::SessionId;
use crate::result::SessionResult;
use crate::session::{CreatedSession, SessionRecord};

/// As the vendor's own front end polls.
const FIRST_PAUSE: Duration = Duration::from_secs(3);
/// Longest pause; ours.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// How long is waited for a session whose end is not known, and at most; ours. How long a session
/// lives is not published.
const LONGEST_WAIT: Duration = Duration::from_secs(24 * 3600);
const USUAL_WAIT: Duration = Duration::from_secs(3600);

/// A session to wait for.
#[derive(Clone, Debug)]
pub struct AwaitedSession {
    pub(crate) session_id: SessionId,
    expires_at: Option<SystemTime>,
}

impl From<&CreatedSession> for AwaitedSession {
    fn from(session: &CreatedSession) -> Self {
        Self { session_id: session.session_id.clone(), expires_at: session.expires_at }
    }
}

impl From<&SessionRecord> for AwaitedSession {
    fn from(record: &SessionRecord) -> Self {
        Self { session_id: record.session_id.clone(), expires_at: record.expires_at }
    }
}

impl From<&SessionId> for AwaitedSession {
    fn from(id: &SessionId) -> Self {
        Self { session_id: id.clone(), expires_at: None }
    }
}

impl DocumentVerificationClient {
    /// Waits until a session is over, and gives its result (decision P97).
    ///
    /// Polls at once, after 3 seconds, and then with pauses that grow by half up to 30 seconds. After
    /// the session's own end there is one last poll, and what it says is the result, whatever the
    /// status. A poll that fails for a passing reason is no end. `recapture` is none either: the person
    /// is on it. Dropping the future loses nothing.
    ///
    /// # Errors
    ///
    /// What [`result`](Self::result) fails with, at once when asking again would not help, or when the
    /// last poll fails.
    pub async fn wait_for_result(
        &self,
        session: impl Into<AwaitedSession>,
    ) -> Result<SessionResult, ApiError> {
        let mut poller = Poller::new(self.clone(), session.into());
        loop {
            let (_, result, last) = poller.poll().await;
            if last {
                return result;
            }
        }
    }
}

/// When to poll next, and when to stop.
pub(crate) struct Poller {
    client: DocumentVerificationClient,
    session_id: SessionId,
    /// On the clock's count.
    end: Duration,
    /// Before the next poll; `None` before the first.
    pause: Option<Duration>,
    after: Duration,
}

impl Poller {
    pub(crate) fn new(client: DocumentVerificationClient, session: AwaitedSession) -> Self {
        let clock = client.clock();
        let left = session.expires_at.map_or(USUAL_WAIT, |end| {
            end.duration_since(clock.now()).unwrap_or_default().min(LONGEST_WAIT)
        });
        let end = clock.elapsed().saturating_add(left);
        Self { client, session_id: session.session_id, end, pause: None, after: FIRST_PAUSE }
    }

    /// When the next poll asked, what it was told, and whether it was the last.
    pub(crate) async fn poll(&mut self) -> (SystemTime, Result<SessionResult, ApiError>, bool) {
        let clock = self.client.clock().clone();
        if let Some(pause) = self.pause {
            clock.sleep(pause.min(self.end.saturating_sub(clock.elapsed()))).await;
        }
        let over = clock.elapsed() >= self.end;
        let asked_at = clock.now();
        let result = self.client.result(&self.session_id).await;
        let (ended, named) = match &result {
            Ok(result) => (result.status.is_final(), None),
            Err(error) => (!error.kind().passes_away(), error.retry_after()),
        };
        self.pause = Some(self.after.max(named.unwrap_or_default()));
        self.after = (self.after + self.after / 2).min(LONGEST_PAUSE);
        (asked_at, result, over || ended)
    }
}
