//! One operation: its tries, its delays, its deadline.

use std::time::Duration;

use super::operation::{Credentials, Operation, Safety};
use super::transport::{ApiRequest, ApiResponse, RequestHeader};
use super::wire::{self, DecodeError, Secrets};
use super::{ApiError, ErrorKind, PROVIDER, PassidClient};
use crate::provider::{CallError, CallName, Ended, Exchanged, observed};

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

    pub(super) fn undecodable(&self, error: DecodeError) -> ApiError {
        self.error(ErrorKind::Undecodable).because(error)
    }
}

impl PassidClient {
    /// Carries an operation out and reads its answer, in a span and under the eyes of the observer.
    pub(super) async fn call<T>(
        &self,
        operation: Operation<'_>,
        read: impl FnOnce(&Received) -> Result<T, ApiError> + Send,
    ) -> Result<T, ApiError> {
        let shared = &*self.shared;
        let call = CallName {
            provider: PROVIDER,
            operation: operation.name,
            method: operation.method.as_str(),
            route: operation.route,
        };
        let clock = &*shared.exchange.clock;
        observed(call, &shared.base_url, clock, shared.observer.as_ref(), async |began| match self
            .execute(&operation, began)
            .await
        {
            Ok(received) => {
                self.note_version(&received.response);
                let status = Some(received.response.status());
                Ended { result: read(&received), status, attempts: received.attempts }
            }
            Err(error) => {
                let (status, attempts) = (error.status(), error.attempts());
                Ended { result: Err(error), status, attempts }
            }
        })
        .await
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
        let exchange = &shared.exchange;
        let deadline = began.saturating_add(self.timeout.unwrap_or(exchange.operation_timeout));
        let repeatable = matches!(operation.safety, Safety::Repeatable);
        let again = |answer: &ApiResponse| {
            let status = answer.status();
            let transient = match operation.safety {
                Safety::Repeatable => status == 429 || (500..600).contains(&status),
                Safety::Once { after_429, .. } => status == 429 && after_429,
            };
            transient && !is_final_refusal(answer, operation.secrets)
        };
        let send = || exchange.transport.send(request.clone());
        let exchanged = exchange.repeat(deadline, operation.route, repeatable, again, send).await;
        let error = match received(exchanged, operation.secrets) {
            Ok(received) => match unreadable(&received.response, shared.max_response_bytes) {
                None => return Ok(received),
                Some(error) => received.undecodable(error),
            },
            Err(error) => error,
        };
        Err(match operation.safety {
            Safety::Once { if_lost, .. } if *error.kind() != ErrorKind::Unreachable => {
                error.into_outcome_unknown(if_lost)
            }
            _ => error,
        })
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
}

/// An answer of any status, or why there is none.
fn received(exchanged: Exchanged<ApiResponse>, secrets: Secrets<'_>) -> Result<Received, ApiError> {
    let Exchanged { result, attempts, earlier_try_may_have_landed, retry_after, .. } = exchanged;
    match result {
        Ok(response) => {
            let request_id = response.header("x-request-id").and_then(|id| secrets.printable(id));
            Ok(Received {
                response,
                attempts,
                earlier_try_may_have_landed,
                request_id,
                retry_after,
            })
        }
        Err(error) => Err(ApiError::of_exchange(error)
            .with_attempts(attempts)
            .with_earlier_try_may_have_landed(earlier_try_may_have_landed)),
    }
}

/// Whether the answer reports a sanctions match, whatever its status: asking again must not turn it into
/// a pass.
fn is_final_refusal(answer: &ApiResponse, secrets: Secrets<'_>) -> bool {
    let reason = wire::refusal(answer.body(), secrets).reason;
    reason.is_some_and(|reason| reason.is_final())
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

impl CallError for ApiError {
    type Kind = ErrorKind;

    fn call_error_kind(&self) -> &ErrorKind {
        self.kind()
    }
}
