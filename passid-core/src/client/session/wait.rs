//! Waiting for the customer: polls every 2.5 seconds until the session has ended.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::{Duration, SystemTime};

use futures_core::Stream;

use super::{NewSession, RequestId, Session, SessionState};
use crate::{ApiError, BoxFuture, ErrorKind, PassidClient};

/// As the vendor's component polls (guide, step 3).
const INTERVAL: Duration = Duration::from_millis(2500);
/// Longest pause after failed polls; ours.
const MAX_PAUSE: Duration = Duration::from_secs(30);
/// The API's times have whole seconds, so that a session may live for a part of one longer than it
/// says.
const GRACE: Duration = Duration::from_secs(1);

/// A session to wait for: a [`Session`], or a [`RequestId`] that was kept elsewhere.
#[derive(Clone, Debug)]
pub struct AwaitedSession {
    request_id: RequestId,
    expires_at: Option<SystemTime>,
}

impl From<&Session> for AwaitedSession {
    fn from(session: &Session) -> Self {
        Self { request_id: session.request_id.clone(), expires_at: Some(session.expires_at) }
    }
}

impl From<&RequestId> for AwaitedSession {
    fn from(id: &RequestId) -> Self {
        Self { request_id: id.clone(), expires_at: None }
    }
}

impl PassidClient {
    /// Waits until the customer has decided or the session has ended, and says how it ended.
    ///
    /// Polls at once and then every 2.5 seconds, as the guide does. A poll that fails for a passing
    /// reason makes the pauses longer, up to half a minute. After the end of the session, as the API
    /// names it, there is one last poll, and its result is what comes back: `Pending`, if the API
    /// still says so. The end is looked for on our own clock: one that is ahead of the API's by more
    /// than a session lives makes the first poll the last. Without any named end an hour is the longest
    /// that a session lives.
    ///
    /// Dropping the future loses nothing: the session goes on, and can be waited for again.
    ///
    /// # Errors
    ///
    /// What [`session`](Self::session) fails with, at once when asking again would not help (unknown
    /// session, refused key, an answer that cannot be relied on), or when the last poll fails.
    ///
    /// ```
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// # use passid_core::{ApiKey, NewSession, PassidClient};
    /// use passid_core::SessionStatus;
    ///
    /// let sandbox = passid_sandbox::Sandbox::start().await?;
    /// # let client = PassidClient::builder(ApiKey::parse(sandbox.sandbox_key())?)
    /// #     .base_url(sandbox.url())
    /// #     .build()?;
    /// let session = client.create_session(&NewSession::new()).await?;
    /// sandbox.approve_session(session.request_id.as_str())?;
    /// match client.wait_for_session(&session).await?.status {
    ///     SessionStatus::Completed(credential) => println!("{:?}", credential.audit_id()),
    ///     SessionStatus::Declined => println!("declined"),
    ///     _ => println!("offer a new code"),
    /// }
    /// # Ok(())
    /// # }
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(example()).unwrap();
    /// ```
    pub async fn wait_for_session(
        &self,
        session: impl Into<AwaitedSession>,
    ) -> Result<SessionState, ApiError> {
        let mut watcher = Watcher::new(self.clone(), session.into());
        loop {
            let poll = watcher.poll().await;
            if poll.last {
                return poll.result;
            }
        }
    }

    /// The changes of a session as they are seen, each status once, until it has ended; polls as
    /// [`wait_for_session`](Self::wait_for_session) does. An error that ends the watch is its last
    /// item.
    ///
    /// ```
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// # use passid_core::{ApiKey, NewSession, PassidClient};
    /// use futures_util::StreamExt;
    ///
    /// let sandbox = passid_sandbox::Sandbox::start().await?;
    /// # let client = PassidClient::builder(ApiKey::parse(sandbox.sandbox_key())?)
    /// #     .base_url(sandbox.url())
    /// #     .build()?;
    /// let session = client.create_session(&NewSession::new()).await?;
    /// sandbox.approve_session(session.request_id.as_str())?;
    /// let mut changes = client.watch_session(&session);
    /// while let Some(state) = changes.next().await {
    ///     println!("{}", state?.status);
    /// }
    /// # Ok(())
    /// # }
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(example()).unwrap();
    /// ```
    pub fn watch_session(&self, session: impl Into<AwaitedSession>) -> SessionWatch {
        let watcher = Watcher::new(self.clone(), session.into());
        SessionWatch { polling: Some(watcher.into_poll()), seen: None }
    }
}

/// The changes of a session, made by [`PassidClient::watch_session`].
#[must_use = "a stream does nothing until it is polled"]
pub struct SessionWatch {
    /// `None` once the watch has ended.
    polling: Option<BoxFuture<'static, (Watcher, Polled)>>,
    /// The last status that was handed out.
    seen: Option<String>,
}

impl Stream for SessionWatch {
    type Item = Result<SessionState, ApiError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            let Some(polling) = &mut self.polling else { return Poll::Ready(None) };
            let (watcher, poll) = ready!(polling.as_mut().poll(cx));
            self.polling = (!poll.last).then(|| watcher.into_poll());
            match poll.result {
                Ok(state) if self.seen.as_deref() != Some(state.status.as_str()) => {
                    self.seen = Some(state.status.as_str().to_owned());
                    return Poll::Ready(Some(Ok(state)));
                }
                Err(error) if poll.last => return Poll::Ready(Some(Err(error))),
                _ => {}
            }
        }
    }
}

impl fmt::Debug for SessionWatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionWatch").field("seen", &self.seen).finish_non_exhaustive()
    }
}

/// What one poll said, and whether it was the last.
struct Polled {
    result: Result<SessionState, ApiError>,
    last: bool,
}

/// When to poll next, and when to stop.
struct Watcher {
    client: PassidClient,
    request_id: RequestId,
    /// The end of the session on the clock's count, and the latest that it can be.
    end: Duration,
    latest_end: Duration,
    /// Before the next poll; `None` before the first.
    pause: Option<Duration>,
    failures: u32,
}

impl Watcher {
    fn new(client: PassidClient, session: AwaitedSession) -> Self {
        let latest_end = client
            .shared
            .exchange
            .clock
            .elapsed()
            .saturating_add(NewSession::MAX_TTL)
            .saturating_add(GRACE);
        let request_id = session.request_id;
        let mut watcher =
            Self { client, request_id, end: latest_end, latest_end, pause: None, failures: 0 };
        watcher.take_end(session.expires_at);
        watcher
    }

    /// The end of the session, as the API names it, by our own clock.
    fn take_end(&mut self, expires_at: Option<SystemTime>) {
        let Some(expires_at) = expires_at else { return };
        let clock = &self.client.shared.exchange.clock;
        let end = expires_at.checked_add(GRACE).unwrap_or(expires_at);
        let left = end.duration_since(clock.now()).unwrap_or_default();
        self.end = clock.elapsed().saturating_add(left).min(self.latest_end);
    }

    async fn poll(&mut self) -> Polled {
        let clock = self.client.shared.exchange.clock.clone();
        if let Some(pause) = self.pause {
            clock.sleep(pause.min(self.end.saturating_sub(clock.elapsed()))).await;
        }
        let over = clock.elapsed() >= self.end;
        let result = self.client.session(&self.request_id).await;
        let ended = match &result {
            Ok(state) => {
                self.failures = 0;
                self.pause = Some(INTERVAL);
                self.take_end(state.expires_at);
                state.status.is_final()
            }
            Err(error) => {
                self.failures = self.failures.saturating_add(1);
                let backed_off = INTERVAL.saturating_mul(1 << self.failures.min(8)).min(MAX_PAUSE);
                self.pause = Some(backed_off.max(error.retry_after().unwrap_or_default()));
                !passes_away(error)
            }
        };
        Polled { result, last: over || ended }
    }

    fn into_poll(mut self) -> BoxFuture<'static, (Self, Polled)> {
        Box::pin(async move {
            let poll = self.poll().await;
            (self, poll)
        })
    }
}

/// Whether asking again may help.
fn passes_away(error: &ApiError) -> bool {
    matches!(
        error.kind(),
        ErrorKind::RateLimited
            | ErrorKind::Failed
            | ErrorKind::Unreachable
            | ErrorKind::Interrupted
            | ErrorKind::Timeout
    )
}
