use std::error::Error;
use std::fmt;
use std::time::Duration;

use passid_core::provider::{CallError, CallErrorKind, ExchangeError, ExchangeErrorKind};
use passid_core::{Unavailable, UnavailableKind};

/// What went wrong with a call to the Passbase API.
///
/// `Display` says what to do, `source` says why. Neither holds the key, an id, a cursor or any part of
/// an answer's body: no error body is published, so that none is read.
#[derive(Debug)]
pub struct ApiError {
    kind: ErrorKind,
    status: Option<u16>,
    attempts: u32,
    retry_after: Option<Duration>,
    source: Option<Box<dyn Error + Send + Sync>>,
}

/// The kinds of failed calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The API does not know the identity, the resource or the file (404).
    NotFound,
    /// The file is not there, or the project has no permission to read files (403, 404). Which of the
    /// two is not published.
    FileNotAvailable,
    /// The API refuses the request itself (400 and other 4xx).
    RequestRefused,
    /// The key is unknown, is the publishable one, or may not do this (401, 403).
    KeyRefused,
    /// 429.
    RateLimited,
    /// 5xx.
    Failed,
    /// No connection came about; nothing was sent.
    Unreachable,
    /// The connection broke, or one try took too long.
    Interrupted,
    /// The deadline of the call passed.
    Timeout,
    /// The answer cannot be read, is too long, has a wrong content type or is about something else.
    Undecodable,
    /// A redirect, or another status that the API does not have.
    UnexpectedStatus,
}

impl ErrorKind {
    /// One word for the kind, such as `rate_limited`: for metrics, and for `error.type` of spans.
    pub fn name(self) -> &'static str {
        match self {
            Self::NotFound => "not_found",
            Self::FileNotAvailable => "file_not_available",
            Self::RequestRefused => "request_refused",
            Self::KeyRefused => "key_refused",
            Self::RateLimited => "rate_limited",
            Self::Failed => "failed",
            Self::Unreachable => "unreachable",
            Self::Interrupted => "interrupted",
            Self::Timeout => "timeout",
            Self::Undecodable => "undecodable",
            Self::UnexpectedStatus => "unexpected_status",
        }
    }

    fn advice(self) -> &'static str {
        match self {
            Self::NotFound => {
                "Passbase does not know it; check the id, the key and its environment"
            }
            Self::FileNotAvailable => {
                "the file is not to be had; check its id, and ask Passbase for the permission to read files"
            }
            Self::RequestRefused => "Passbase refused the request; do not repeat it",
            Self::KeyRefused => {
                "Passbase refused the key; check that it is the project's secret key, not the publishable one"
            }
            Self::RateLimited => "Passbase asks for fewer calls; try again later",
            Self::Failed => "Passbase failed; try again",
            Self::Unreachable => "Passbase cannot be reached, nothing was sent; try again",
            Self::Interrupted => "the exchange with Passbase broke off; try again",
            Self::Timeout => "Passbase did not answer in time; try again",
            Self::Undecodable => "the answer of Passbase cannot be relied on; check the base URL",
            Self::UnexpectedStatus => {
                "Passbase answered with an unexpected status; check the base URL"
            }
        }
    }

    /// What a status other than 2xx means (decision P82).
    pub(super) fn of_status(status: u16) -> Self {
        match status {
            401 | 403 => Self::KeyRefused,
            404 => Self::NotFound,
            429 => Self::RateLimited,
            400..=499 => Self::RequestRefused,
            500..=599 => Self::Failed,
            _ => Self::UnexpectedStatus,
        }
    }
}

impl ApiError {
    pub(super) fn new(kind: ErrorKind, attempts: u32) -> Self {
        Self { kind, status: None, attempts, retry_after: None, source: None }
    }

    pub(super) fn with_status(mut self, status: u16) -> Self {
        self.status = Some(status);
        self
    }

    pub(super) fn with_retry_after(mut self, delay: Option<Duration>) -> Self {
        self.retry_after = delay;
        self
    }

    pub(super) fn because(mut self, source: impl Error + Send + Sync + 'static) -> Self {
        self.source = Some(Box::new(source));
        self
    }

    pub(super) fn of_exchange(error: ExchangeError, attempts: u32) -> Self {
        let kind = match error.kind() {
            ExchangeErrorKind::Unreachable => ErrorKind::Unreachable,
            ExchangeErrorKind::Interrupted => ErrorKind::Interrupted,
            ExchangeErrorKind::Timeout => ErrorKind::Timeout,
            _ => ErrorKind::Undecodable,
        };
        Self::new(kind, attempts).because(error)
    }

    /// What kind of failure it is.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The HTTP status of the answer to the last try, if there was one.
    pub fn status(&self) -> Option<u16> {
        self.status
    }

    /// How often the request was tried.
    pub fn attempts(&self) -> u32 {
        self.attempts
    }

    /// When to try again, as the API said; at most an hour.
    pub fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }

    /// Whether the same call may be made again and could then succeed.
    pub fn is_retry_safe(&self) -> bool {
        matches!(
            self.kind,
            ErrorKind::RateLimited
                | ErrorKind::Failed
                | ErrorKind::Unreachable
                | ErrorKind::Interrupted
                | ErrorKind::Timeout
                | ErrorKind::Undecodable
        )
    }

    /// The kind of outage this is for a guard.
    pub(crate) fn into_unavailable(self) -> Unavailable {
        let kind = match self.kind {
            ErrorKind::KeyRefused => UnavailableKind::Misconfigured,
            ErrorKind::RateLimited => UnavailableKind::RateLimited,
            ErrorKind::Unreachable | ErrorKind::Interrupted => UnavailableKind::Unreachable,
            ErrorKind::Timeout => UnavailableKind::Timeout,
            ErrorKind::Failed => UnavailableKind::Failed,
            // No verdict on the identity, and no sign of an API that is down.
            _ => UnavailableKind::Undecodable,
        };
        let delay = self.retry_after;
        let outage = Unavailable::new(kind).because(self);
        match delay {
            Some(delay) => outage.retry_after(delay),
            None => outage,
        }
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
        &self.kind
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind.advice())?;
        match self.status {
            Some(status) => write!(f, " (status {status})"),
            None => Ok(()),
        }
    }
}

impl Error for ApiError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_deref().map(|source| source as &(dyn Error + 'static))
    }
}
