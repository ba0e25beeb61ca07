//! One call: the access token, the request, one more try after a 401, the deadline over all of it.

use std::time::Duration;

use bytes::Bytes;
use passid_core::client::{ApiRequest, ApiResponse, StreamedResponse};
use passid_core::provider::{CallName, Ended, Exchange, Exchanged, observed};

use super::auth::AccessToken;
use super::{ApiError, DocumentVerificationClient, ErrorKind};
use crate::PROVIDER;
use crate::wire::DecodeError;

/// A call that is to be made.
pub(super) struct Operation {
    /// The method of the client.
    pub(super) name: &'static str,
    pub(super) method: &'static str,
    /// The path as a template, for spans.
    pub(super) route: &'static str,
    /// The path, below `/verify`.
    pub(super) path: String,
    pub(super) body: Bytes,
    pub(super) mode: Mode,
    /// What a 404 means.
    pub(super) not_found: ErrorKind,
    /// What a 409 means.
    pub(super) conflict: ErrorKind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// May be repeated.
    Read,
    /// Must not be carried out twice.
    Once,
    /// May be repeated, up to the answer's body, which is read piece by piece.
    Open,
}

/// An answer of success.
pub(super) struct Received {
    pub(super) answer: Answer,
    pub(super) attempts: u32,
    /// Whether something was done that must not be done twice.
    once: bool,
    /// On the clock's count: when the call must have ended.
    pub(super) deadline: Duration,
}

pub(super) enum Answer {
    Whole(ApiResponse),
    Open(StreamedResponse),
}

impl Answer {
    fn status(&self) -> u16 {
        match self {
            Self::Whole(answer) => answer.status(),
            Self::Open(answer) => answer.status(),
        }
    }
}

impl Received {
    /// Reads the body of an answer that was received whole. What was created and cannot be read of is
    /// lost.
    pub(super) fn read<T>(
        &self,
        read: impl FnOnce(&[u8]) -> Result<T, DecodeError>,
    ) -> Result<T, ApiError> {
        let body: &[u8] = match &self.answer {
            Answer::Whole(answer) => answer.body(),
            Answer::Open(_) => &[],
        };
        let kind = if self.once { ErrorKind::OutcomeUnknown } else { ErrorKind::Undecodable };
        read(body).map_err(|error| {
            ApiError::new(kind)
                .with_status(self.answer.status())
                .with_attempts(self.attempts)
                .because(error)
        })
    }
}

impl DocumentVerificationClient {
    /// Carries an operation out and reads its answer, in a span and under the eyes of the observer.
    /// Statuses other than 2xx are errors.
    pub(super) async fn call<T>(
        &self,
        operation: Operation,
        read: impl FnOnce(Received) -> Result<T, ApiError> + Send,
    ) -> Result<T, ApiError> {
        let shared = &*self.shared;
        let name = CallName {
            provider: PROVIDER,
            operation: operation.name,
            method: operation.method,
            route: operation.route,
        };
        let (server, clock) = (shared.endpoint.host(), &*shared.exchange.clock);
        observed(name, server, clock, shared.observer.as_ref(), async |_| {
            match self.execute(&operation).await {
                Ok(received) => {
                    let (status, attempts) = (Some(received.answer.status()), received.attempts);
                    Ended { result: read(received), status, attempts }
                }
                Err(error) => {
                    let (status, attempts) = (error.status(), error.attempts());
                    Ended { result: Err(error), status, attempts }
                }
            }
        })
        .await
    }

    async fn execute(&self, operation: &Operation) -> Result<Received, ApiError> {
        let exchange = &self.shared.exchange;
        let clock = &exchange.clock;
        let deadline = clock.elapsed().saturating_add(exchange.operation_timeout);
        let left = || Exchange {
            operation_timeout: deadline.saturating_sub(clock.elapsed()),
            ..exchange.clone()
        };
        let (mut renewed, mut landed) = (false, false);
        loop {
            let token = self.shared.auth.token(&left()).await?;
            // The token took all the time: what cannot be answered any more is not sent.
            if left().operation_timeout.is_zero() {
                return Err(ApiError::new(ErrorKind::Timeout));
            }
            let request = self.request(operation, &token);
            let exchanged = send(&left(), &request, operation.mode).await;
            let attempts = exchanged.attempts;
            landed |= exchanged.earlier_try_may_have_landed;
            let about = |error: ApiError| {
                error
                    .with_attempts(attempts)
                    .with_retry_after(exchanged.retry_after)
                    .with_earlier_try_may_have_landed(landed)
            };
            let answer = exchanged.result.map_err(|error| {
                about(ApiError::of_exchange(error, operation.mode == Mode::Once))
            })?;
            let status = answer.status();
            if status == 401 {
                self.shared.auth.forget(&token);
                // A 401 says that nothing was carried out: one more try, with another token.
                if !std::mem::replace(&mut renewed, true) {
                    continue;
                }
            }
            if (200..300).contains(&status) {
                let once = operation.mode == Mode::Once;
                return Ok(Received { answer, attempts, once, deadline });
            }
            let kind = refusal(status, operation);
            return Err(about(ApiError::new(kind).with_status(status)));
        }
    }

    fn request(&self, operation: &Operation, token: &AccessToken) -> ApiRequest {
        let (accept, max_bytes) = match operation.mode {
            Mode::Open => ("image/*", self.shared.max_image_bytes),
            Mode::Read | Mode::Once => ("application/json", self.shared.max_response_bytes),
        };
        let url = self.shared.endpoint.api(&operation.path);
        let request = ApiRequest::new(operation.method, operation.route, url)
            .with_header("accept", accept)
            .with_secret_header("authorization", format!("Bearer {}", token.expose()))
            .with_max_response_bytes(max_bytes);
        if operation.body.is_empty() {
            return request;
        }
        request.with_header("content-type", "application/json").with_body(operation.body.clone())
    }
}

async fn send(exchange: &Exchange, request: &ApiRequest, mode: Mode) -> Exchanged<Answer> {
    match mode {
        Mode::Open => exchange.open(request).await.map(Answer::Open),
        Mode::Read => exchange.read(request).await.map(Answer::Whole),
        Mode::Once => exchange.once(request).await.map(Answer::Whole),
    }
}

/// Decides on the status alone: no body of a refusal is published (decision P90). A status that says
/// nothing about whether something was created leaves it unknown (decision P140).
fn refusal(status: u16, operation: &Operation) -> ErrorKind {
    let kind = match status {
        401 | 403 => ErrorKind::CredentialsRefused,
        404 => operation.not_found,
        409 => operation.conflict,
        429 => ErrorKind::RateLimited,
        400..=499 => ErrorKind::RequestRefused,
        500..=599 => ErrorKind::Failed,
        _ => ErrorKind::UnexpectedStatus,
    };
    let silent = matches!(kind, ErrorKind::Failed | ErrorKind::UnexpectedStatus) || status == 408;
    if operation.mode == Mode::Once && silent { ErrorKind::OutcomeUnknown } else { kind }
}
