use std::fmt;

use crate::DenyReason;
use crate::client::transport::TransportErrorKind;

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
    /// The session is not known, or is another institution's (decision D22).
    SessionNotFound,
    /// The session has ended: it is completed, declined or expired (410; guide, step 6).
    SessionOver,
    /// The token that an outcome is about is not known.
    TokenNotFound,
    /// An outcome was reported for this token before (409; guide, step 9). See
    /// [`ApiError::earlier_try_may_have_landed`](super::ApiError::earlier_try_may_have_landed).
    OutcomeAlreadyReported,
    /// The API has stored no verification of this token by this institution.
    VerificationNotFound,
    /// The value cannot be put into a request safely; nothing was sent.
    Unsendable,
    /// The API refuses the request itself (400, 404, 422 and other 4xx).
    RequestRefused,
    /// The institution key is missing, unknown, or not allowed to do this (401, 403).
    KeyRefused,
    /// The institution JWT is unknown, over, or not allowed to do this (401, 403).
    JwtRefused,
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
    /// must not be sent twice: a code is perhaps burnt, a session perhaps open. `source` says what
    /// happened.
    OutcomeUnknown,
}

impl ErrorKind {
    /// One word for the kind, such as `rate_limited`: for metrics, and for `error.type` of spans.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Refused(_) => "refused",
            Self::CodeNotFound => "code_not_found",
            Self::AlreadyRedeemed => "already_redeemed",
            Self::SessionNotFound => "session_not_found",
            Self::SessionOver => "session_over",
            Self::TokenNotFound => "token_not_found",
            Self::OutcomeAlreadyReported => "outcome_already_reported",
            Self::VerificationNotFound => "verification_not_found",
            Self::Unsendable => "unsendable",
            Self::RequestRefused => "request_refused",
            Self::KeyRefused => "key_refused",
            Self::JwtRefused => "jwt_refused",
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

    /// Whether the same call may be made again and could then succeed.
    pub(super) fn is_retry_safe(&self) -> bool {
        matches!(
            self,
            Self::RateLimited
                | Self::Failed
                | Self::Unreachable
                | Self::Interrupted
                | Self::Timeout
                | Self::Undecodable
        )
    }

    /// What to do about it.
    pub(super) fn advise(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Refused(reason) if reason.is_final() => {
                return write!(
                    f,
                    "PASSID rejected the credential for good ({reason}); never approve it"
                );
            }
            Self::Refused(reason) => {
                return write!(f, "PASSID rejected the credential ({reason}); ask for another");
            }
            Self::CodeNotFound => "PASSID does not know the code; ask for it again",
            Self::AlreadyRedeemed => "the code was used before; ask for a new one",
            Self::SessionNotFound => "PASSID does not know the session; create another",
            Self::SessionOver => "the session has ended; create another",
            Self::TokenNotFound => {
                "PASSID does not know the token; report with the token of the verification"
            }
            Self::OutcomeAlreadyReported => {
                "an outcome of this token is on record, perhaps by an earlier try of the same report; \
                 do not report it again"
            }
            Self::VerificationNotFound => "PASSID has no record of the verification; verify the token",
            Self::Unsendable => "the value cannot be sent; correct it",
            Self::RequestRefused => "PASSID refused the request; do not repeat it",
            Self::KeyRefused => "PASSID refused the institution key; check it and its environment",
            Self::JwtRefused => "PASSID refused the institution JWT; obtain a new one",
            Self::RateLimited => "PASSID asks for fewer calls; try again later",
            Self::Failed => "PASSID failed; try again",
            Self::Unreachable => "PASSID cannot be reached, nothing was sent; try again",
            Self::Interrupted => "the exchange with PASSID broke off; try again",
            Self::Timeout => "PASSID did not answer in time; try again",
            Self::Undecodable => "the answer of PASSID cannot be relied on; check the base URL",
            Self::UnexpectedStatus => {
                "PASSID answered with an unexpected status; check the base URL"
            }
            Self::OutcomeUnknown => {
                "the request may have been carried out and its result is lost; "
            }
        })
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn advice_says_what_to_do_and_ends_without_a_full_stop() {
        struct Advice(ErrorKind);
        impl fmt::Display for Advice {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.advise(f)
            }
        }
        for kind in [
            ErrorKind::Refused(DenyReason::HardDenySanctionsMatch),
            ErrorKind::Refused(DenyReason::TokenExpired),
            ErrorKind::SessionNotFound,
            ErrorKind::SessionOver,
            ErrorKind::TokenNotFound,
            ErrorKind::OutcomeAlreadyReported,
            ErrorKind::VerificationNotFound,
            ErrorKind::Unsendable,
            ErrorKind::KeyRefused,
            ErrorKind::JwtRefused,
            ErrorKind::OutcomeUnknown,
        ] {
            let advice = Advice(kind.clone()).to_string();
            assert!(advice.contains("; ") && !advice.ends_with('.'), "{advice}");
            assert!(kind.name().bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'));
        }
    }
}
