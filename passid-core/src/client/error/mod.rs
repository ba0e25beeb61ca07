mod kind;

use std::error::Error;
use std::fmt;
use std::time::Duration;

pub use kind::ErrorKind;

use crate::provider::{ExchangeError, ExchangeErrorKind};
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
    earlier_try_may_have_landed: bool,
    retry_after: Option<Duration>,
    /// What to do when the result is lost.
    if_lost: &'static str,
    source: Option<Box<dyn Error + Send + Sync>>,
}

impl ApiError {
    pub(in crate::client) fn new(kind: ErrorKind) -> Self {
        Self(Box::new(Details {
            kind,
            status: None,
            code: None,
            request_id: None,
            attempts: 0,
            earlier_try_may_have_landed: false,
            retry_after: None,
            if_lost: "do not send it again",
            source: None,
        }))
    }

    pub(in crate::client) fn because(mut self, source: impl Error + Send + Sync + 'static) -> Self {
        self.0.source = Some(Box::new(source));
        self
    }

    /// What a call without an answer means. The cause is what is behind the exchange's error, which says
    /// the same as the kind.
    pub(in crate::client) fn of_exchange(error: ExchangeError) -> Self {
        let kind = match error.kind() {
            ExchangeErrorKind::Unreachable => ErrorKind::Unreachable,
            ExchangeErrorKind::Interrupted => ErrorKind::Interrupted,
            ExchangeErrorKind::Timeout => ErrorKind::Timeout,
            ExchangeErrorKind::Unreadable => ErrorKind::Undecodable,
        };
        let mut of_kind = Self::new(kind);
        of_kind.0.source = error.into_source();
        of_kind
    }

    pub(in crate::client) fn with_attempts(mut self, attempts: u32) -> Self {
        self.0.attempts = attempts;
        self
    }

    pub(in crate::client) fn with_earlier_try_may_have_landed(mut self, may_have: bool) -> Self {
        self.0.earlier_try_may_have_landed = may_have;
        self
    }

    pub(in crate::client) fn with_status(mut self, status: u16) -> Self {
        self.0.status = Some(status);
        self
    }

    pub(in crate::client) fn with_code(mut self, code: Option<String>) -> Self {
        self.0.code = code;
        self
    }

    pub(in crate::client) fn with_request_id(mut self, id: Option<String>) -> Self {
        self.0.request_id = id;
        self
    }

    pub(in crate::client) fn with_retry_after(mut self, delay: Option<Duration>) -> Self {
        self.0.retry_after = delay;
        self
    }

    pub(in crate::client) fn into_kind(mut self, kind: ErrorKind) -> Self {
        self.0.kind = kind;
        self
    }

    /// The same facts as [`ErrorKind::OutcomeUnknown`], with what to do then. The cause says what
    /// happened without the advice of its own kind, which could be to try again; for the same reason a
    /// delay that the API asked for is dropped.
    pub(in crate::client) fn into_outcome_unknown(mut self, if_lost: &'static str) -> Self {
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
        self.0.retry_after = None;
        self.0.if_lost = if_lost;
        self
    }

    /// What kind of failure it is.
    pub fn kind(&self) -> &ErrorKind {
        &self.0.kind
    }

    /// The HTTP status of the answer to the last try, if there was one.
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

    /// Whether an earlier try of this same call may have been received and carried out: it was
    /// answered with 5xx, or broke off after bytes had left. With
    /// [`ErrorKind::OutcomeAlreadyReported`] this says that the outcome on record is probably the one
    /// of this call (decision D12).
    pub fn earlier_try_may_have_landed(&self) -> bool {
        self.0.earlier_try_may_have_landed
    }

    /// When to try again, as the API said; at most an hour. Never with
    /// [`ErrorKind::OutcomeUnknown`].
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// Whether the same call may be made again and could then succeed. Never for
    /// [`ErrorKind::OutcomeUnknown`].
    pub fn is_retry_safe(&self) -> bool {
        self.0.kind.is_retry_safe()
    }

    /// The API's definitive reason to reject, if that is what happened.
    pub fn deny_reason(&self) -> Option<&DenyReason> {
        match &self.0.kind {
            ErrorKind::Refused(reason) => Some(reason),
            _ => None,
        }
    }

    /// The kind of outage this is for a guard; everything but a definitive rejection is one.
    pub(in crate::client) fn into_unavailable(self) -> Unavailable {
        let kind = match self.0.kind {
            ErrorKind::KeyRefused | ErrorKind::JwtRefused => UnavailableKind::Misconfigured,
            ErrorKind::RateLimited => UnavailableKind::RateLimited,
            ErrorKind::Unreachable | ErrorKind::Interrupted => UnavailableKind::Unreachable,
            ErrorKind::Timeout => UnavailableKind::Timeout,
            // P59: no verdict on the token, and no sign of an API that is down.
            ErrorKind::Undecodable | ErrorKind::RequestRefused | ErrorKind::UnexpectedStatus => {
                UnavailableKind::Undecodable
            }
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

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.kind.advise(f)?;
        if self.0.kind == ErrorKind::OutcomeUnknown {
            f.write_str(self.0.if_lost)?;
        }
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
