//! One call: its tries, its delays, its deadline.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use super::{check_readable, retry_after, within};
use crate::client::{
    ApiRequest, ApiResponse, RetrySettings, StreamedResponse, Transport, TransportError,
    TransportErrorKind,
};
use crate::{Clock, Entropy};

/// Carries calls to a provider: bounded in time, in size and in tries.
///
/// What an answer means is not its business: any status is an answer.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// Who carries the requests.
    pub transport: Arc<dyn Transport>,
    /// The clock for deadlines and delays.
    pub clock: Arc<dyn Clock>,
    /// The random numbers for delays.
    pub entropy: Arc<dyn Entropy>,
    /// When failed tries are repeated.
    pub retry: RetrySettings,
    /// Longest time for one try, answer included.
    pub attempt_timeout: Duration,
    /// Longest time for a call: all tries and the delays between them.
    pub operation_timeout: Duration,
}

/// What came of a call.
#[derive(Debug)]
pub struct Exchanged<T> {
    /// The answer to the last try, of any status.
    pub result: Result<T, ExchangeError>,
    /// How often the request was tried.
    pub attempts: u32,
    /// When to try again, as the last answer said; at most an hour.
    pub retry_after: Option<Duration>,
    /// On the clock's [`elapsed`](Clock::elapsed): when the call must have ended.
    pub deadline: Duration,
}

/// Why a call got no answer to rely on.
#[derive(Debug, thiserror::Error)]
#[error("{kind}")]
pub struct ExchangeError {
    kind: ExchangeErrorKind,
    #[source]
    source: Option<Box<dyn Error + Send + Sync>>,
}

/// The kinds of calls without an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ExchangeErrorKind {
    /// No connection came about: **no byte of the request has left**.
    #[error("no connection could be made")]
    Unreachable,
    /// The exchange broke off, or one try took too long.
    #[error("the exchange broke off")]
    Interrupted,
    /// The deadline of the call passed.
    #[error("no answer came in time")]
    Timeout,
    /// The answer is too long, or in a coding that was not asked for.
    #[error("the answer cannot be read")]
    Unreadable,
}

impl ExchangeError {
    /// What kind of failure it is.
    pub fn kind(&self) -> ExchangeErrorKind {
        self.kind
    }

    fn because(kind: ExchangeErrorKind, source: impl Error + Send + Sync + 'static) -> Self {
        Self { kind, source: Some(Box::new(source)) }
    }
}

impl From<TransportError> for ExchangeError {
    fn from(error: TransportError) -> Self {
        let kind = match error.kind() {
            TransportErrorKind::Connect => ExchangeErrorKind::Unreachable,
            TransportErrorKind::TooLarge => ExchangeErrorKind::Unreadable,
            TransportErrorKind::Interrupted => ExchangeErrorKind::Interrupted,
        };
        Self::because(kind, error)
    }
}

/// What a transport gives: an answer, whole or still to be read.
trait Answer {
    fn head(&self) -> &ApiResponse;
}

impl Answer for ApiResponse {
    fn head(&self) -> &ApiResponse {
        self
    }
}

impl Answer for StreamedResponse {
    fn head(&self) -> &ApiResponse {
        self.head()
    }
}

impl Exchange {
    /// Sends a request that only reads until it is answered for good: connection errors, broken
    /// exchanges, timeouts, 429 and 5xx are tried again within the deadline.
    pub async fn read(&self, request: &ApiRequest) -> Exchanged<ApiResponse> {
        self.repeat(request, true, || self.transport.send(request.clone())).await
    }

    /// Sends a request that must not be carried out twice: tried again only where no byte of it has
    /// left, and after 429.
    pub async fn once(&self, request: &ApiRequest) -> Exchanged<ApiResponse> {
        self.repeat(request, false, || self.transport.send(request.clone())).await
    }

    /// Like [`read`](Self::read), up to the headers of the answer. The body is the caller's to read
    /// before [`Exchanged::deadline`]; see [`within`].
    pub async fn open(&self, request: &ApiRequest) -> Exchanged<StreamedResponse> {
        self.repeat(request, true, || self.transport.open(request.clone())).await
    }

    async fn repeat<T: Answer, F>(
        &self,
        request: &ApiRequest,
        repeatable: bool,
        send: impl Fn() -> F + Send,
    ) -> Exchanged<T>
    where
        F: Future<Output = Result<T, TransportError>> + Send,
    {
        let deadline = self.clock.elapsed().saturating_add(self.operation_timeout);
        let remaining = || deadline.saturating_sub(self.clock.elapsed());
        let mut attempts = 0;
        loop {
            attempts += 1;
            let limit = self.attempt_timeout.min(remaining());
            let attempt = within(&*self.clock, limit, send()).await;
            let mut named = None;
            let (worth_it, result) = match attempt {
                Some(Ok(answer)) => {
                    let head = answer.head();
                    let status = head.status();
                    let now = self.clock.now();
                    named = head.header("retry-after").and_then(|value| retry_after(value, now));
                    let transient = status == 429 || (repeatable && (500..600).contains(&status));
                    let readable = check_readable(head, request.max_response_bytes());
                    let unread = |e| ExchangeError::because(ExchangeErrorKind::Unreadable, e);
                    (transient, readable.map_err(unread).map(|()| answer))
                }
                Some(Err(error)) => {
                    let safe = repeatable || !error.may_have_been_sent();
                    let broken = error.kind() != TransportErrorKind::TooLarge;
                    (safe && broken, Err(error.into()))
                }
                None => {
                    let over = remaining().is_zero();
                    let kind = if over {
                        ExchangeErrorKind::Timeout
                    } else {
                        ExchangeErrorKind::Interrupted
                    };
                    (repeatable, Err(ExchangeError::because(kind, AttemptTimeout)))
                }
            };
            let jittered = || self.retry.delay(attempts, &*self.entropy);
            let delay = (worth_it && attempts < self.retry.max_attempts)
                .then(|| named.unwrap_or_else(jittered))
                .filter(|delay| *delay < remaining());
            let Some(delay) = delay else {
                return Exchanged { result, attempts, retry_after: named, deadline };
            };
            tracing::debug!(
                target: "passid::client",
                route = request.route(),
                attempts,
                delay_ms = delay.as_secs_f64() * 1000.0,
                "trying again"
            );
            self.clock.sleep(delay).await;
        }
    }
}

#[derive(Debug, thiserror::Error)]
#[error("no complete answer came within the timeout")]
struct AttemptTimeout;
