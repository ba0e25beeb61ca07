//! One operation: its tries, its delays, its deadline.

use std::time::Duration;

use bytes::Bytes;
use serde::Serialize;

use super::retry::retry_after;
use super::transport::{ApiRequest, ApiResponse, RequestHeader, TransportError};
use super::wire::{self, DecodeError, Secrets};
use super::{ApiError, ErrorKind, PassidClient};
use crate::clock::within;

/// Whether an operation may be sent again after bytes of it may have left (decision D12).
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Safety {
    /// It may: it carries an idempotency key, or reads only.
    Repeatable,
    /// It must not: the first may have been carried out.
    OnlyUnsent,
}

/// What is to be sent.
pub(super) struct Operation<'a> {
    /// Template of the path, for logs.
    pub(super) route: &'static str,
    pub(super) path: &'a str,
    pub(super) body: Bytes,
    pub(super) idempotency_key: Option<&'a str>,
    pub(super) safety: Safety,
    /// What must not come back in an error: see [`Secrets`].
    pub(super) secrets: Secrets<'a>,
}

/// An answer of any status, and what errors about it say.
pub(super) struct Received {
    pub(super) response: ApiResponse,
    attempts: u32,
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
            .with_retry_after(self.retry_after)
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

pub(super) fn json_body(body: &impl Serialize) -> Bytes {
    // Plain structs of text always serialise.
    serde_json::to_vec(body).unwrap_or_default().into()
}

impl PassidClient {
    /// Sends an operation until it is answered for good, within its deadline.
    ///
    /// Any status is an answer; 429 and 5xx are tried again first, where the operation allows it.
    /// An operation that must not be repeated and may have been received ends in
    /// [`ErrorKind::OutcomeUnknown`].
    pub(super) async fn execute(&self, operation: Operation<'_>) -> Result<Received, ApiError> {
        let shared = &*self.shared;
        let request = self.request(&operation);
        let deadline = shared.clock.elapsed().saturating_add(shared.operation_timeout);
        let mut attempts = 0;
        loop {
            let remaining = deadline.saturating_sub(shared.clock.elapsed());
            attempts += 1;
            let limit = shared.attempt_timeout.min(remaining);
            let exchange = shared.transport.send(request.clone());
            let attempt = match within(&*shared.clock, limit, exchange).await {
                Some(Ok(response)) => {
                    Attempt::Answered(self.received(response, attempts, operation.secrets))
                }
                Some(Err(error)) => Attempt::Failed(error),
                None => Attempt::TimedOut,
            };
            let remaining = deadline.saturating_sub(shared.clock.elapsed());
            let delay = self.delay_before_retry(&attempt, &operation, attempts);
            match delay.filter(|delay| *delay < remaining) {
                Some(delay) => {
                    tracing::debug!(
                        target: "passid::client",
                        route = operation.route,
                        attempts,
                        delay_ms = delay.as_secs_f64() * 1000.0,
                        "trying again"
                    );
                    shared.clock.sleep(delay).await;
                }
                None => return self.conclude(attempt, operation.safety, attempts, remaining),
            }
        }
    }

    fn request(&self, operation: &Operation<'_>) -> ApiRequest {
        let header = |name, value: &str, sensitive| RequestHeader {
            name,
            value: value.to_owned(),
            sensitive,
        };
        let mut headers = vec![
            header("accept", "application/json", false),
            header("content-type", "application/json", false),
            header("x-institution-key", self.shared.key.expose(), true),
        ];
        if let Some(key) = operation.idempotency_key {
            headers.push(header("idempotency-key", key, false));
        }
        ApiRequest {
            method: "POST",
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
        Received { response, attempts, request_id, retry_after: delay }
    }

    /// How long to wait before another try, or `None` when this one was the last.
    fn delay_before_retry(
        &self,
        attempt: &Attempt,
        operation: &Operation<'_>,
        attempts: u32,
    ) -> Option<Duration> {
        let safety = operation.safety;
        if attempts >= self.shared.retry.max_attempts {
            return None;
        }
        let (worth_it, named) = match attempt {
            Attempt::Answered(received) => {
                let status = received.response.status();
                let transient = status == 429 || (500..600).contains(&status);
                let worth_it = transient
                    && safety == Safety::Repeatable
                    && !received.is_final_refusal(operation.secrets);
                (worth_it, received.retry_after)
            }
            Attempt::Failed(error) => {
                let safe = safety == Safety::Repeatable || !error.may_have_been_sent();
                (safe && ErrorKind::from(error.kind()) != ErrorKind::Undecodable, None)
            }
            Attempt::TimedOut => (safety == Safety::Repeatable, None),
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
        let lost = safety == Safety::OnlyUnsent && may_have_been_sent;
        Err(if lost { error.into_outcome_unknown() } else { error })
    }
}

/// What stands in the way of reading an answer's body, whatever its status. A coding that was not
/// asked for does (decision P5).
fn unreadable(response: &ApiResponse, max_bytes: usize) -> Option<DecodeError> {
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
