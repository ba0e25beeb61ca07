//! One call: its tries, its delays, its deadline.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use super::{check_readable, within};
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
    /// Whether a try before the last may have been received and carried out: 429 and a connection that
    /// did not come about say that it was not.
    pub earlier_try_may_have_landed: bool,
    /// When to try again, as the last answer said; at most an hour.
    pub retry_after: Option<Duration>,
    /// On the clock's [`elapsed`](Clock::elapsed): when the call must have ended.
    pub deadline: Duration,
}

impl<T> Exchanged<T> {
    /// The same with another form of its answer.
    pub fn map<U>(self, form: impl FnOnce(T) -> U) -> Exchanged<U> {
        let Self { result, attempts, earlier_try_may_have_landed, retry_after, deadline } = self;
        let result = result.map(form);
        Exchanged { result, attempts, earlier_try_may_have_landed, retry_after, deadline }
    }
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

    /// What is behind it.
    pub(crate) fn into_source(self) -> Option<Box<dyn Error + Send + Sync>> {
        self.source
    }

    /// The deadline of the call passed while the body of its answer was read.
    pub(super) fn timeout() -> Self {
        Self::because(ExchangeErrorKind::Timeout, AttemptTimeout)
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
pub(crate) trait Answer {
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
        let send = || self.transport.send(request.clone());
        let route = request.route();
        let exchanged = self.repeat(self.deadline(), route, true, is_transient, send).await;
        readable(exchanged, request)
    }

    /// Sends a request that must not be carried out twice: tried again only where no byte of it has
    /// left, and after 429.
    pub async fn once(&self, request: &ApiRequest) -> Exchanged<ApiResponse> {
        let send = || self.transport.send(request.clone());
        let after_429 = |answer: &ApiResponse| answer.status() == 429;
        let route = request.route();
        let exchanged = self.repeat(self.deadline(), route, false, after_429, send).await;
        readable(exchanged, request)
    }

    /// Like [`read`](Self::read), up to the headers of the answer. The body is the caller's to read
    /// before [`Exchanged::deadline`]; see [`Body`](super::Body).
    pub async fn open(&self, request: &ApiRequest) -> Exchanged<StreamedResponse> {
        let send = || self.transport.open(request.clone());
        let route = request.route();
        let exchanged = self.repeat(self.deadline(), route, true, is_transient, send).await;
        readable(exchanged, request)
    }

    fn deadline(&self) -> Duration {
        self.clock.elapsed().saturating_add(self.operation_timeout)
    }

    /// Tries until a try is worth no other, or no time is left for one. `repeatable` is what may be
    /// carried out twice; `again` says of an answer whether another may be better. Whether the answer
    /// can be read is not looked at.
    pub(crate) async fn repeat<T: Answer, F>(
        &self,
        deadline: Duration,
        route: &'static str,
        repeatable: bool,
        again: impl Fn(&ApiResponse) -> bool + Send,
        send: impl Fn() -> F + Send,
    ) -> Exchanged<T>
    where
        F: Future<Output = Result<T, TransportError>> + Send,
    {
        let remaining = || deadline.saturating_sub(self.clock.elapsed());
        let mut attempts = 0;
        let mut earlier_try_may_have_landed = false;
        loop {
            attempts += 1;
            let limit = self.attempt_timeout.min(remaining());
            let attempt = within(&*self.clock, limit, send()).await;
            let mut retry_after = None;
            let landed = may_have_landed(attempt.as_ref());
            let (worth_it, result) = match attempt {
                Some(Ok(answer)) => {
                    let (head, now) = (answer.head(), self.clock.now());
                    let named = head.header("retry-after");
                    retry_after = named.and_then(|value| super::retry_after(value, now));
                    (again(head), Ok(answer))
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
                .then(|| retry_after.unwrap_or_else(jittered))
                .filter(|delay| *delay < remaining());
            let Some(delay) = delay else {
                return Exchanged {
                    result,
                    attempts,
                    earlier_try_may_have_landed,
                    retry_after,
                    deadline,
                };
            };
            earlier_try_may_have_landed |= landed;
            tracing::debug!(
                target: "passid::client",
                route,
                attempts,
                delay_ms = delay.as_secs_f64() * 1000.0,
                "trying again"
            );
            self.clock.sleep(delay).await;
        }
    }
}

/// Whether asking again may bring a better answer, whoever asks.
fn is_transient(answer: &ApiResponse) -> bool {
    matches!(answer.status(), 429 | 500..=599)
}

/// An answer whose body may not be read is none.
fn readable<T: Answer>(exchanged: Exchanged<T>, request: &ApiRequest) -> Exchanged<T> {
    let unread = |error| ExchangeError::because(ExchangeErrorKind::Unreadable, error);
    let result = exchanged.result.and_then(|answer| {
        let check = check_readable(answer.head(), request.max_response_bytes());
        check.map_err(unread).map(|()| answer)
    });
    Exchanged { result, ..exchanged }
}

/// Whether a try may have been received and carried out; one that took too long may.
fn may_have_landed<T: Answer>(attempt: Option<&Result<T, TransportError>>) -> bool {
    match attempt {
        Some(Ok(answer)) => answer.head().status() != 429,
        Some(Err(error)) => error.may_have_been_sent(),
        None => true,
    }
}

#[derive(Debug, thiserror::Error)]
#[error("no complete answer came within the timeout")]
struct AttemptTimeout;
