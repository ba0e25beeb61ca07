use std::error::Error;
use std::fmt;
use std::time::Duration;

use super::transport::TransportErrorKind;
use crate::{DenyReason, Unavailable, UnavailableKind};

/// What went wrong with a call to the PASSID API.
///
/// `Display` says what to do, `source` says why. Neither holds the key, a token, a code, a claim or
/// any part of an answer's body.
#[derive(Debug)]
pub struct ApiError(Box<Details>);

#[derive(Debug)]
struct Details {
    kind: ErrorKind,
    status: Option<u16>,
    code: Option<String>,
    request_id: Option<String>,
    attempts: u32,
    retry_after: Option<Duration>,
    source: Option<Box<dyn Error + Send + Sync>>,
}

/// The kinds of failed calls.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The API definitively rejected the token or the credential behind the code.
    Refused(DenyReason),
    /// The share code is not known.
    CodeNotFound,
    /// The share code was used before (guide, step 4; status 410 by D9).
    AlreadyRedeemed,
    /// The API refuses the request itself (400, 404, 422 and other 4xx).
    RequestRefused,
    /// The institution key is missing, unknown, or not allowed to do this (401, 403).
    KeyRefused,
    /// 429.
    RateLimited,
    /// 5xx.
    Failed,
    /// No connection came about; nothing was sent.
    Unreachable,
    /// The connection broke, or the deadline of an attempt passed.
    Interrupted,
    /// The deadline of the operation passed.
    Timeout,
    /// The answer cannot be read, contradicts itself, is too long or is about another token.
    Undecodable,
    /// A redirect, or another status that the API does not have.
    UnexpectedStatus,
    /// **The request may have been carried out and its result is lost.** Only for operations that
    /// must not be sent twice: the code is perhaps burnt. `source` says what happened.
    OutcomeUnknown,
}

impl ApiError {
    pub(super) fn new(kind: ErrorKind) -> Self {
        Self(Box::new(Details {
            kind,
            status: None,
            code: None,
            request_id: None,
            attempts: 0,
            retry_after: None,
            source: None,
        }))
    }

    pub(super) fn because(mut self, source: impl Error + Send + Sync + 'static) -> Self {
        self.0.source = Some(Box::new(source));
        self
    }

    pub(super) fn with_attempts(mut self, attempts: u32) -> Self {
        self.0.attempts = attempts;
        self
    }

    pub(super) fn with_status(mut self, status: u16) -> Self {
        self.0.status = Some(status);
        self
    }

    pub(super) fn with_code(mut self, code: Option<String>) -> Self {
        self.0.code = code;
        self
    }

    pub(super) fn with_request_id(mut self, id: Option<String>) -> Self {
        self.0.request_id = id;
        self
    }

    pub(super) fn with_retry_after(mut self, delay: Option<Duration>) -> Self {
        self.0.retry_after = delay;
        self
    }

    pub(super) fn into_kind(mut self, kind: ErrorKind) -> Self {
        self.0.kind = kind;
        self
    }

    /// The same facts as [`ErrorKind::OutcomeUnknown`]. The cause says what happened without the advice
    /// of its own kind, which could be to try again.
    pub(super) fn into_outcome_unknown(mut self) -> Self {
        let what = match self.0.kind {
            ErrorKind::Failed => "PASSID answered with an error of its own",
            ErrorKind::Interrupted => "the exchange broke off",
            ErrorKind::Timeout => "no answer came in time",
            ErrorKind::Undecodable => "the answer cannot be relied on",
            ErrorKind::RequestRefused => "PASSID gave up waiting for the request",
            _ => "PASSID answered with an unexpected status",
        };
        let source = self.0.source.take();
        self.0.source = Some(Box::new(Lost { what, source }));
        self.0.kind = ErrorKind::OutcomeUnknown;
        self
    }

    /// What kind of failure it is.
    pub fn kind(&self) -> &ErrorKind {
        &self.0.kind
    }

    /// The HTTP status of the last answer, if there was one.
    pub fn status(&self) -> Option<u16> {
        self.0.status
    }

    /// The API's own code for the error (an open list), if it gave one that is fit to print.
    pub fn code(&self) -> Option<&str> {
        self.0.code.as_deref()
    }

    /// The API's id of the last request, for its support.
    pub fn request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
    }

    /// How often the request was tried.
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// When to try again, as the API said; at most an hour.
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// Whether the same call may be made again and could then succeed. Never for
    /// [`ErrorKind::OutcomeUnknown`].
    pub fn is_retry_safe(&self) -> bool {
        match self.0.kind {
            ErrorKind::RateLimited
            | ErrorKind::Failed
            | ErrorKind::Unreachable
            | ErrorKind::Interrupted
            | ErrorKind::Timeout
            | ErrorKind::Undecodable => true,
            ErrorKind::Refused(_)
            | ErrorKind::CodeNotFound
            | ErrorKind::AlreadyRedeemed
            | ErrorKind::RequestRefused
            | ErrorKind::KeyRefused
            | ErrorKind::UnexpectedStatus
            | ErrorKind::OutcomeUnknown => false,
        }
    }

    /// The API's definitive reason to reject, if that is what happened.
    pub fn deny_reason(&self) -> Option<&DenyReason> {
        match &self.0.kind {
            ErrorKind::Refused(reason) => Some(reason),
            _ => None,
        }
    }

    /// The kind of outage this is for a guard; everything but a definitive rejection is one.
    pub(super) fn into_unavailable(self) -> Unavailable {
        let kind = match self.0.kind {
            ErrorKind::KeyRefused => UnavailableKind::Misconfigured,
            ErrorKind::RateLimited => UnavailableKind::RateLimited,
            ErrorKind::Unreachable | ErrorKind::Interrupted => UnavailableKind::Unreachable,
            ErrorKind::Timeout => UnavailableKind::Timeout,
            ErrorKind::Undecodable => UnavailableKind::Undecodable,
            _ => UnavailableKind::Failed,
        };
        let delay = self.0.retry_after;
        let outage = Unavailable::new(kind).because(self);
        match delay {
            Some(delay) => outage.retry_after(delay),
            None => outage,
        }
    }
}

/// How the result of a call was lost.
#[derive(Debug, thiserror::Error)]
#[error("{what}")]
struct Lost {
    what: &'static str,
    #[source]
    source: Option<Box<dyn Error + Send + Sync>>,
}

impl From<TransportErrorKind> for ErrorKind {
    fn from(kind: TransportErrorKind) -> Self {
        match kind {
            TransportErrorKind::Connect => Self::Unreachable,
            TransportErrorKind::Interrupted => Self::Interrupted,
            TransportErrorKind::TooLarge => Self::Undecodable,
        }
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0.kind {
            ErrorKind::Refused(reason) if reason.is_final() => {
                write!(f, "PASSID rejected the credential for good ({reason}); never approve it")
            }
            ErrorKind::Refused(reason) => {
                write!(f, "PASSID rejected the credential ({reason}); ask for another")
            }
            ErrorKind::CodeNotFound => {
                f.write_str("PASSID does not know the code; ask for it again")
            }
            ErrorKind::AlreadyRedeemed => {
                f.write_str("the code was used before; ask for a new one")
            }
            ErrorKind::RequestRefused => {
                f.write_str("PASSID refused the request; do not repeat it")
            }
            ErrorKind::KeyRefused => {
                f.write_str("PASSID refused the institution key; check it and its environment")
            }
            ErrorKind::RateLimited => f.write_str("PASSID asks for fewer calls; try again later"),
            ErrorKind::Failed => f.write_str("PASSID failed; try again"),
            ErrorKind::Unreachable => {
                f.write_str("PASSID cannot be reached, nothing was sent; try again")
            }
            ErrorKind::Interrupted => f.write_str("the exchange with PASSID broke off; try again"),
            ErrorKind::Timeout => f.write_str("PASSID did not answer in time; try again"),
            ErrorKind::Undecodable => {
                f.write_str("the answer of PASSID cannot be relied on; check the base URL")
            }
            ErrorKind::UnexpectedStatus => {
                f.write_str("PASSID answered with an unexpected status; check the base URL")
            }
            ErrorKind::OutcomeUnknown => f.write_str(
                "the request may have been carried out and its result is lost; \
                 do not send it again, ask the customer for a new code",
            ),
        }?;
        if let Some(status) = self.0.status {
            write!(f, " (status {status})")?;
        }
        Ok(())
    }
}

impl Error for ApiError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source.as_deref().map(|source| source as &(dyn Error + 'static))
    }
}
