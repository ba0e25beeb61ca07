//! One operation: its tries, its delays, its deadline.

use std::time::Duration;

use tracing::Instrument;

use super::observe::{self, CallReport, Ended};
use super::operation::{Credentials, Operation, Safety};
use super::retry::retry_after;
use super::transport::{ApiRequest, ApiResponse, RequestHeader, TransportError};
use super::wire::{self, DecodeError, Secrets};
use super::{ApiError, ErrorKind, PassidClient};
use crate::clock::within;

/// An answer of any status, and what errors about it say.
pub(super) struct Received {
    pub(super) response: ApiResponse,
    attempts: u32,
    earlier_try_may_have_landed: bool,
    request_id: Option<String>,
    retry_after: Option<Duration>,
}

impl Received {
    /// An error about this answer.
    pub(super) fn error(&self, kind: ErrorKind) -> ApiError {
        ApiError::new(kind)
            .with_status(self.response.status())
            .with_request_id(self.request_id.clone())
            .with_attempts(self.attempts)
            .with_earlier_try_may_have_landed(self.earlier_try_may_have_landed)
            .with_retry_after(self.retry_after)
    }

    pub(super) fn is_success(&self) -> bool {
        (200..300).contains(&self.response.status())
    }

    /// A success that has nothing to say, by its status.
    pub(super) fn has_no_content(&self) -> bool {
        self.response.status() == 204 && self.response.body().is_empty()
    }

    /// Whether the answer reports a sanctions match, whatever its status: asking again must not turn
    /// it into a pass.
    fn is_final_refusal(&self, secrets: Secrets<'_>) -> bool {
        let reason = wire::refusal(self.response.body(), secrets).reason;
        reason.is_some_and(|reason| reason.is_final())
    }

    pub(super) fn undecodable(&self, error: DecodeError) -> ApiError {
        self.error(ErrorKind::Undecodable).because(error)
    }
}

/// What came of one try.
enum Attempt {
    Answered(Received),
    Failed(TransportError),
    TimedOut,
}

impl Attempt {
    /// Whether the request may have been received and carried out. 429 says that it was not.
    fn may_have_landed(&self) -> bool {
        match self {
            Self::Answered(received) => received.response.status() != 429,
            Self::Failed(error) => error.may_have_been_sent(),
            Self::TimedOut => true,
        }
    }
}

impl PassidClient {
    /// Carries an operation out and reads its answer, in a span and under the eyes of the observer.
    pub(super) async fn call<T>(
        &self,
        operation: Operation<'_>,
        read: impl FnOnce(&Received) -> Result<T, ApiError> + Send,
    ) -> Result<T, ApiError> {
        let began = self.shared.clock.elapsed();
        let span = observe::span(&operation, &self.shared.base_url);
        let (attempts, status, result) = async {
            match self.execute(&operation, began).await {
                Ok(received) => {
                    self.note_version(&received.response);
                    let status = Some(received.response.status());
                    (received.attempts, status, read(&received))
                }
                Err(error) => (error.attempts(), error.status(), Err(error)),
            }
        }
        .instrument(span.clone())
        .await;
        let end = Ended { attempts, status, result: &result };
        end.record(&span);
        if let Some(observer) = &self.shared.observer {
            let duration = self.shared.clock.elapsed().saturating_sub(began);
            observer.called(&CallReport::new(&operation, &end, duration));
        }
        result
    }

    /// Sends an operation until it is answered for good, within its deadline.
    ///
    /// Any status is an answer; 429 and 5xx are tried again first, where the operation allows it.
    /// An operation that must not be repeated and may have been received ends in
    /// [`ErrorKind::OutcomeUnknown`].
    async fn execute(
        &self,
        operation: &Operation<'_>,
        began: Duration,
    ) -> Result<Received, ApiError> {
        let shared = &*self.shared;
        let request = self.request(operation);
        let deadline = began.saturating_add(self.timeout.unwrap_or(shared.operation_timeout));
        let mut attempts = 0;
        let mut earlier_try_may_have_landed = false;
        loop {
            let remaining = deadline.saturating_sub(shared.clock.elapsed());
            attempts += 1;
            let limit = shared.attempt_timeout.min(remaining);
            let exchange = shared.transport.send(request.clone());
            let attempt = match within(&*shared.clock, limit, exchange).await {
                Some(Ok(response)) => {
                    let mut received = self.received(response, attempts, operation.secrets);
                    received.earlier_try_may_have_landed = earlier_try_may_have_landed;
                    Attempt::Answered(received)
                }
                Some(Err(error)) => Attempt::Failed(error),
                None => Attempt::TimedOut,
            };
            let remaining = deadline.saturating_sub(shared.clock.elapsed());
            let delay = self.delay_before_retry(&attempt, operation, attempts);
            match delay.filter(|delay| *delay < remaining) {
                Some(delay) => {
                    tracing::debug!(
                        target: "passid::client",
                        route = operation.route,
                        attempts,
                        delay_ms = delay.as_secs_f64() * 1000.0,
                        "trying again"
                    );
                    earlier_try_may_have_landed |= attempt.may_have_landed();
                    shared.clock.sleep(delay).await;
                }
                None => {
                    let concluded = self.conclude(attempt, operation.safety, attempts, remaining);
                    return concluded.map_err(|error| {
                        error.with_earlier_try_may_have_landed(earlier_try_may_have_landed)
                    });
                }
            }
        }
    }

    fn request(&self, operation: &Operation<'_>) -> ApiRequest {
        let header = |name, value: &str, sensitive| RequestHeader {
            name,
            value: value.to_owned(),
            sensitive,
        };
        let mut headers = Vec::with_capacity(4);
        headers.push(header("accept", "application/json", false));
        if !operation.body.is_empty() {
            headers.push(header("content-type", "application/json", false));
        }
        match operation.credentials {
            Credentials::Key => {
                headers.push(header("x-institution-key", self.shared.key.expose(), true));
            }
            Credentials::Jwt(jwt) => {
                headers.push(header("authorization", &format!("Bearer {}", jwt.expose()), true));
            }
            Credentials::None => {}
        }
        if let Some(key) = operation.idempotency_key {
            headers.push(header("idempotency-key", key, false));
        }
        ApiRequest {
            method: operation.method.as_str(),
            route: operation.route,
            url: self.shared.base_url.join(operation.path),
            headers,
            body: operation.body.clone(),
            max_response_bytes: self.shared.max_response_bytes,
        }
    }

    fn received(&self, response: ApiResponse, attempts: u32, secrets: Secrets<'_>) -> Received {
        let now = self.shared.clock.now();
        let request_id = response.header("x-request-id").and_then(|id| secrets.printable(id));
        let delay = response.header("retry-after").and_then(|value| retry_after(value, now));
        Received {
            response,
            attempts,
            earlier_try_may_have_landed: false,
            request_id,
            retry_after: delay,
        }
    }

    /// How long to wait before another try, or `None` when this one was the last.
    fn delay_before_retry(
        &self,
        attempt: &Attempt,
        operation: &Operation<'_>,
        attempts: u32,
    ) -> Option<Duration> {
        let safety = operation.safety;
        let repeatable = matches!(safety, Safety::Repeatable);
        if attempts >= self.shared.retry.max_attempts {
            return None;
        }
        let (worth_it, named) = match attempt {
            Attempt::Answered(received) => {
                let status = received.response.status();
                let transient = match safety {
                    Safety::Repeatable => status == 429 || (500..600).contains(&status),
                    Safety::Once { after_429, .. } => status == 429 && after_429,
                };
                (transient && !received.is_final_refusal(operation.secrets), received.retry_after)
            }
            Attempt::Failed(error) => {
                let safe = repeatable || !error.may_have_been_sent();
                (safe && ErrorKind::from(error.kind()) != ErrorKind::Undecodable, None)
            }
            Attempt::TimedOut => (repeatable, None),
        };
        let jittered = || self.shared.retry.delay(attempts, &*self.shared.entropy);
        worth_it.then(|| named.unwrap_or_else(jittered))
    }

    fn conclude(
        &self,
        attempt: Attempt,
        safety: Safety,
        attempts: u32,
        remaining: Duration,
    ) -> Result<Received, ApiError> {
        let (error, may_have_been_sent) = match attempt {
            Attempt::Answered(received) => {
                match unreadable(&received.response, self.shared.max_response_bytes) {
                    None => return Ok(received),
                    Some(error) => (received.undecodable(error), true),
                }
            }
            Attempt::Failed(error) => {
                let sent = error.may_have_been_sent();
                (ApiError::new(error.kind().into()).because(error).with_attempts(attempts), sent)
            }
            Attempt::TimedOut => {
                let kind =
                    if remaining.is_zero() { ErrorKind::Timeout } else { ErrorKind::Interrupted };
                (ApiError::new(kind).because(AttemptTimeout).with_attempts(attempts), true)
            }
        };
        Err(match safety {
            Safety::Once { if_lost, .. } if may_have_been_sent => {
                error.into_outcome_unknown(if_lost)
            }
            _ => error,
        })
    }
}

/// What stands in the way of reading an answer's body, whatever its status. A coding that was not
/// asked for does (decision P5).
pub(crate) fn unreadable(response: &ApiResponse, max_bytes: usize) -> Option<DecodeError> {
    let other = |name, plain: &str| {
        response.header(name).is_some_and(|coding| !coding.trim().eq_ignore_ascii_case(plain))
    };
    if other("content-encoding", "identity") || other("transfer-encoding", "chunked") {
        return Some(DecodeError::Encoded);
    }
    (response.body().len() > max_bytes).then_some(DecodeError::TooLong)
}

#[derive(Debug, thiserror::Error)]
#[error("no complete answer came within the timeout")]
struct AttemptTimeout;
