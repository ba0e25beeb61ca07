//! What can go wrong with a call.

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use passid_core::provider::{CallError, CallErrorKind, ExchangeError, ExchangeErrorKind};
use passid_core::{Unavailable, UnavailableKind};

/// Why a call failed.
///
/// `Display` says what to do, `source` says why. Neither holds an id, a secret or anything personal;
/// the bodies of refusals are not published and not kept.
#[derive(Clone, Debug)]
pub struct ApiError(Arc<Inner>);

#[derive(Clone, Debug)]
struct Inner {
    kind: ErrorKind,
    status: Option<u16>,
    attempts: u32,
    retry_after: Option<Duration>,
    earlier_try_may_have_landed: bool,
    source: Option<Arc<dyn Error + Send + Sync>>,
}

/// The kinds of failed calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The client id and secret, or the access token that they gave, are refused (401, 403; at the
    /// token endpoint 400 too).
    CredentialsRefused,
    /// The session is not known, or was deleted, or its time of retention is over (404).
    SessionNotFound,
    /// The image or its session is not known (404).
    ImageNotFound,
    /// All required images were submitted before (409).
    ImagesComplete,
    /// The API refuses the request itself (400 and other 4xx).
    RequestRefused,
    /// A mocked session outside the sandbox; nothing was sent.
    MockOutsideSandbox,
    /// The value cannot be put into a request; nothing was sent.
    Unsendable,
    /// The operating system has no random numbers for a state; nothing was sent.
    NoRandomness,
    /// 429.
    RateLimited,
    /// 5xx to a read. To a creation it is [`OutcomeUnknown`](Self::OutcomeUnknown).
    Failed,
    /// No connection came about; nothing was sent.
    Unreachable,
    /// The connection broke, or the deadline of an attempt passed.
    Interrupted,
    /// The deadline of the call passed.
    Timeout,
    /// The answer cannot be read, is too long, of another type, or about another session.
    Undecodable,
    /// A redirect, or another status that the API does not have.
    UnexpectedStatus,
    /// **The request may have been carried out and its result is lost**: a session may exist that
    /// nobody can name, an image may have been taken.
    OutcomeUnknown,
}

impl ErrorKind {
    /// One word for the kind, such as `rate_limited`: for metrics, and for `error.type` of spans.
    pub fn name(self) -> &'static str {
        match self {
            Self::CredentialsRefused => "credentials_refused",
            Self::SessionNotFound => "session_not_found",
            Self::ImageNotFound => "image_not_found",
            Self::ImagesComplete => "images_complete",
            Self::RequestRefused => "request_refused",
            Self::MockOutsideSandbox => "mock_outside_sandbox",
            Self::Unsendable => "unsendable",
            Self::NoRandomness => "no_randomness",
            Self::RateLimited => "rate_limited",
            Self::Failed => "failed",
            Self::Unreachable => "unreachable",
            Self::Interrupted => "interrupted",
            Self::Timeout => "timeout",
            Self::Undecodable => "undecodable",
            Self::UnexpectedStatus => "unexpected_status",
            Self::OutcomeUnknown => "outcome_unknown",
        }
    }

    /// Whether asking again may help.
    pub fn passes_away(self) -> bool {
        matches!(
            self,
            Self::RateLimited
                | Self::Failed
                | Self::Unreachable
                | Self::Interrupted
                | Self::Timeout
        )
    }

    fn advice(self) -> &'static str {
        match self {
            Self::CredentialsRefused => {
                "the client id and secret are refused; check them and their region"
            }
            Self::SessionNotFound => "the session is not known any more; create another",
            Self::ImageNotFound => "the image is not known; list the images of the session",
            Self::ImagesComplete => "all images were submitted; wait for the result",
            Self::RequestRefused => "the request is refused; do not repeat it",
            Self::MockOutsideSandbox => {
                "mocked sessions are for the sandbox; use its region, \
                 or say force_mock_outside_sandbox"
            }
            Self::Unsendable => "the value cannot be sent; correct it",
            Self::NoRandomness => "the session has no state; try again",
            Self::RateLimited => "the API asks for fewer calls; try again later",
            Self::Failed => "the API failed; try again",
            Self::Unreachable => "the API cannot be reached, nothing was sent; try again",
            Self::Interrupted => "the exchange broke off; try again",
            Self::Timeout => "the API did not answer in time; try again",
            Self::Undecodable => "the answer cannot be relied on; check the address",
            Self::UnexpectedStatus => "the status is none of the API's; check the address",
            Self::OutcomeUnknown => {
                "the request may have been carried out and its result is lost; \
                 record it before you repeat it"
            }
        }
    }
}

impl ApiError {
    pub(crate) fn new(kind: ErrorKind) -> Self {
        Self(Arc::new(Inner {
            kind,
            status: None,
            attempts: 0,
            retry_after: None,
            earlier_try_may_have_landed: false,
            source: None,
        }))
    }

    fn with(mut self, change: impl FnOnce(&mut Inner)) -> Self {
        change(Arc::make_mut(&mut self.0));
        self
    }

    pub(crate) fn with_status(self, status: u16) -> Self {
        self.with(|inner| inner.status = Some(status))
    }

    pub(crate) fn with_attempts(self, attempts: u32) -> Self {
        self.with(|inner| inner.attempts = attempts)
    }

    pub(crate) fn with_retry_after(self, delay: Option<Duration>) -> Self {
        self.with(|inner| inner.retry_after = delay)
    }

    pub(crate) fn with_earlier_try_may_have_landed(self, landed: bool) -> Self {
        self.with(|inner| inner.earlier_try_may_have_landed = landed)
    }

    pub(crate) fn because(self, source: impl Error + Send + Sync + 'static) -> Self {
        self.with(|inner| inner.source = Some(Arc::new(source)))
    }

    /// What a call without an answer means. One that must not be repeated and may have been received
    /// has an unknown outcome.
    pub(crate) fn of_exchange(error: ExchangeError, once: bool) -> Self {
        let kind = match error.kind() {
            ExchangeErrorKind::Unreachable => ErrorKind::Unreachable,
            _ if once => ErrorKind::OutcomeUnknown,
            ExchangeErrorKind::Timeout => ErrorKind::Timeout,
            ExchangeErrorKind::Unreadable => ErrorKind::Undecodable,
            _ => ErrorKind::Interrupted,
        };
        Self::new(kind).because(error)
    }

    /// What kind of failure it is.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The HTTP status of the last answer, if there was one.
    pub fn status(&self) -> Option<u16> {
        self.0.status
    }

    /// How often the request was tried; 0 when it was not sent.
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// Whether a try before the last may have been carried out.
    pub(crate) fn earlier_try_may_have_landed(&self) -> bool {
        self.0.earlier_try_may_have_landed
    }

    /// When to try again, if the API said so.
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// The same as a verdict that cannot be had.
    pub fn into_unavailable(self) -> Unavailable {
        let kind = match self.kind() {
            ErrorKind::CredentialsRefused
            | ErrorKind::MockOutsideSandbox
            | ErrorKind::Unsendable => UnavailableKind::Misconfigured,
            ErrorKind::RateLimited => UnavailableKind::RateLimited,
            ErrorKind::Failed | ErrorKind::NoRandomness => UnavailableKind::Failed,
            ErrorKind::Unreachable | ErrorKind::Interrupted => UnavailableKind::Unreachable,
            ErrorKind::Timeout => UnavailableKind::Timeout,
            _ => UnavailableKind::Undecodable,
        };
        let unavailable = Unavailable::new(kind);
        let delay = self.retry_after();
        let unavailable = match delay {
            Some(delay) => unavailable.retry_after(delay),
            None => unavailable,
        };
        unavailable.because(self)
    }
}

impl CallErrorKind for ErrorKind {
    fn name(&self) -> &'static str {
        (*self).name()
    }
}

impl CallError for ApiError {
    type Kind = ErrorKind;

    fn call_error_kind(&self) -> &ErrorKind {
        &self.0.kind
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind().advice())?;
        match self.status() {
            Some(status) => write!(f, " (status {status})"),
            None => Ok(()),
        }
    }
}

impl Error for ApiError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source.as_deref().map(|source| source as &(dyn Error + 'static))
    }
}
