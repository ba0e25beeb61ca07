use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::PresentedError;
use crate::{DenyReason, PolicyViolation, Unavailable, UnavailableKind};

/// The codes of a refusal. The first three are published (guide, step 2); the others are ours
/// (decision D3, and the opt-in body source).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RejectionCode {
    /// 401: the request presents no token.
    TokenMissing,
    /// 401: what the request presents is not a valid token.
    TokenInvalid,
    /// 403: the credential is valid and does not meet the policy.
    PolicyViolation,
    /// 503: nobody can say at the moment.
    VerifierUnavailable,
    /// 500: our own key or setup is at fault.
    VerifierMisconfigured,
    /// 429: too many attempts with share codes have failed.
    TooManyAttempts,
    /// 413: the body that may hold the token is over the limit.
    BodyTooLarge,
    /// 400: the body that may hold the token could not be received.
    BodyUnreadable,
    /// 408: the body that may hold the token did not come in time.
    BodyTimeout,
}

impl RejectionCode {
    /// The code in the answer.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TokenMissing => "TOKEN_MISSING",
            Self::TokenInvalid => "TOKEN_INVALID",
            Self::PolicyViolation => "POLICY_VIOLATION",
            Self::VerifierUnavailable => "VERIFIER_UNAVAILABLE",
            Self::VerifierMisconfigured => "VERIFIER_MISCONFIGURED",
            Self::TooManyAttempts => "TOO_MANY_ATTEMPTS",
            Self::BodyTooLarge => "BODY_TOO_LARGE",
            Self::BodyUnreadable => "BODY_UNREADABLE",
            Self::BodyTimeout => "BODY_TIMEOUT",
        }
    }

    /// The HTTP status of the answer.
    pub const fn status(self) -> u16 {
        match self {
            Self::TokenMissing | Self::TokenInvalid => 401,
            Self::PolicyViolation => 403,
            Self::VerifierUnavailable => 503,
            Self::VerifierMisconfigured => 500,
            Self::TooManyAttempts => 429,
            Self::BodyTooLarge => 413,
            Self::BodyUnreadable => 400,
            Self::BodyTimeout => 408,
        }
    }

    /// The reason phrase of the status.
    pub(super) const fn title(self) -> &'static str {
        match self.status() {
            400 => "Bad Request",
            401 => "Unauthorized",
            403 => "Forbidden",
            408 => "Request Timeout",
            413 => "Content Too Large",
            429 => "Too Many Requests",
            503 => "Service Unavailable",
            _ => "Internal Server Error",
        }
    }

    /// What the caller is told: fixed, so that nothing slips out.
    pub const fn message(self) -> &'static str {
        match self {
            Self::TokenMissing => "A PASSID token is required.",
            Self::TokenInvalid => "The PASSID token is not valid.",
            Self::PolicyViolation => {
                "The verified credential does not meet the requirements of this service."
            }
            Self::VerifierUnavailable => {
                "The credential cannot be verified at the moment. Try again later."
            }
            Self::VerifierMisconfigured => {
                "The service cannot verify credentials because of a fault in its own setup."
            }
            Self::TooManyAttempts => "Too many attempts have failed. Try again later.",
            Self::BodyTooLarge => "The request body is too large.",
            Self::BodyUnreadable => "The request body could not be received.",
            Self::BodyTimeout => "The request body did not arrive in time.",
        }
    }
}

impl fmt::Display for RejectionCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why a request was refused: all of it, for server code. What the caller is told is decided by
/// [`Answers`](super::Answers).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Reason {
    /// No token.
    Missing,
    /// What was presented is no token.
    Presented(PresentedError),
    /// The provider rejected the token. [`DenyReason::is_final`] tells a sanctions match.
    Denied(DenyReason),
    /// The credential has ended by our own clock.
    Expired,
    /// The policy is not met.
    Policy(PolicyViolation),
    /// There is no verdict.
    Unavailable(Unavailable),
    /// The extractor or layer stands where no guard has run.
    NoGuard,
    /// The body that may hold the token is over the limit.
    BodyTooLarge,
    /// The body that may hold the token broke off.
    BodyUnreadable,
    /// The body that may hold the token did not come in time.
    BodyTimeout,
}

/// A refusal, free of any framework.
///
/// `Display` is the code and what the caller is told; `source` says why.
#[derive(Clone, Debug)]
pub struct Rejection {
    reason: Reason,
    scope: Arc<ChallengeScope>,
}

/// What the challenge and the `Vary` header of a refusal depend on.
#[derive(Debug)]
pub(super) struct ChallengeScope {
    pub(super) realm: String,
    pub(super) bearer: bool,
    pub(super) vary: String,
}

impl Default for ChallengeScope {
    fn default() -> Self {
        Self { realm: DEFAULT_REALM.to_owned(), bearer: true, vary: String::new() }
    }
}

pub(super) const DEFAULT_REALM: &str = "passid";

impl Rejection {
    pub(super) fn new(reason: Reason, scope: Arc<ChallengeScope>) -> Self {
        Self { reason, scope }
    }

    /// A refusal outside any guard, with the default realm; for extractors.
    pub fn bare(reason: Reason) -> Self {
        Self::new(reason, Arc::default())
    }

    /// Why, for server code and logs.
    pub fn reason(&self) -> &Reason {
        &self.reason
    }

    /// The code.
    pub fn code(&self) -> RejectionCode {
        match &self.reason {
            Reason::Missing => RejectionCode::TokenMissing,
            // D7: a sanctions denial looks like any other rejected token from outside.
            Reason::Presented(_) | Reason::Denied(_) | Reason::Expired => {
                RejectionCode::TokenInvalid
            }
            Reason::Policy(_) => RejectionCode::PolicyViolation,
            // D3: waiting does not mend a refused key.
            Reason::Unavailable(outage) if outage.kind() == UnavailableKind::Misconfigured => {
                RejectionCode::VerifierMisconfigured
            }
            // P79: nobody was asked.
            Reason::Unavailable(outage) if outage.kind() == UnavailableKind::TooManyAttempts => {
                RejectionCode::TooManyAttempts
            }
            Reason::Unavailable(_) => RejectionCode::VerifierUnavailable,
            Reason::NoGuard => RejectionCode::VerifierMisconfigured,
            Reason::BodyTooLarge => RejectionCode::BodyTooLarge,
            Reason::BodyUnreadable => RejectionCode::BodyUnreadable,
            Reason::BodyTimeout => RejectionCode::BodyTimeout,
        }
    }

    /// The HTTP status.
    pub fn status(&self) -> u16 {
        self.code().status()
    }

    /// The violated requirements; empty unless the policy is not met.
    pub fn violations(&self) -> &[crate::Violation] {
        match &self.reason {
            Reason::Policy(violation) => violation.violations(),
            _ => &[],
        }
    }

    /// When to try again, for a 503 whose cause said so and for a 429.
    pub fn retry_after(&self) -> Option<Duration> {
        match &self.reason {
            Reason::Unavailable(outage) if matches!(self.status(), 429 | 503) => outage.delay(),
            _ => None,
        }
    }

    /// The value of `WWW-Authenticate`: always with a 401 (RFC 9110, 11.6.1), `insufficient_scope`
    /// with a 403, no `error` when nothing was presented (RFC 6750, 3.1).
    pub fn challenge(&self) -> Option<String> {
        let error = match self.code() {
            RejectionCode::TokenMissing => None,
            RejectionCode::TokenInvalid => Some("invalid_token"),
            RejectionCode::PolicyViolation => Some("insufficient_scope"),
            _ => return None,
        };
        // P9: a 401 must have a challenge, also where bearer is no source.
        let scheme = if self.scope.bearer { "Bearer" } else { "PASSID" };
        let realm = &self.scope.realm;
        Some(match error {
            None => format!("{scheme} realm=\"{realm}\""),
            Some(error) => format!("{scheme} realm=\"{realm}\", error=\"{error}\""),
        })
    }

    /// The headers that every answer to this refusal carries, whatever its body.
    pub fn headers(&self) -> Vec<(&'static str, String)> {
        let mut headers = vec![("cache-control", "no-store".to_owned())];
        if !self.scope.vary.is_empty() {
            headers.push(("vary", self.scope.vary.clone()));
        }
        if let Some(challenge) = self.challenge() {
            headers.push(("www-authenticate", challenge));
        }
        if let Some(delay) = self.retry_after() {
            // Rounded up: a caller who obeys must not be early.
            let seconds = delay.as_secs().saturating_add(u64::from(delay.subsec_nanos() > 0));
            headers.push(("retry-after", seconds.to_string()));
        }
        headers
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code(), self.code().message())
    }
}

impl Error for Rejection {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.reason {
            Reason::Presented(error) => Some(error),
            Reason::Policy(violation) => Some(violation),
            Reason::Unavailable(outage) => Some(outage),
            _ => None,
        }
    }
}
