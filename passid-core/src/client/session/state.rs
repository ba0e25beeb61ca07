use std::fmt;
use std::time::SystemTime;

use super::{DeepLink, RequestId};
use crate::{Permission, SessionCode, VerifiedCredential};

/// A session that was just created and waits for the customer (guide, step 3).
///
/// Show the QR code of [`deep_link`](Self::deep_link) and, beside it, [`code`](Self::code) for
/// customers who type.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Session {
    /// The id to poll with.
    pub request_id: RequestId,
    /// The code that a customer can type, such as `AB3X-7YQM`.
    pub code: SessionCode,
    /// What the QR code shows.
    pub deep_link: DeepLink,
    /// When it ends, by the API's clock.
    pub expires_at: SystemTime,
}

/// What a poll says about a session.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SessionState {
    /// The session.
    pub request_id: RequestId,
    /// How it stands.
    pub status: SessionStatus,
    /// When it ends, by the API's clock, if the API says so.
    pub expires_at: Option<SystemTime>,
}

impl SessionState {
    /// The credential of a completed session.
    pub fn credential(&self) -> Option<&VerifiedCredential> {
        match &self.status {
            SessionStatus::Completed(credential) => Some(credential),
            _ => None,
        }
    }
}

/// How a session stands (guide, step 6).
#[derive(Clone)]
#[non_exhaustive]
pub enum SessionStatus {
    /// The customer has not decided yet.
    Pending,
    /// The customer approved. What was shared is verified, speaks against itself nowhere, and can be
    /// put before a [`Policy`](crate::Policy) like the credential of a verification; its age counts
    /// from the moment of the approval.
    Completed(VerifiedCredential),
    /// The customer declined.
    Declined,
    /// Nobody decided in time. Offer a new code, it is no error (guide, step 11).
    Expired,
    /// A status that this version does not know. Not an approval.
    Other(String),
}

impl SessionStatus {
    /// The word on the wire.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Pending => "pending",
            Self::Completed(_) => "completed",
            Self::Declined => "declined",
            Self::Expired => "expired",
            Self::Other(word) => word,
        }
    }

    /// Whether nothing can follow: the session is completed, declined or expired.
    pub fn is_final(&self) -> bool {
        matches!(self, Self::Completed(_) | Self::Declined | Self::Expired)
    }
}

impl fmt::Display for SessionStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for SessionStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Completed(credential) => f.debug_tuple("Completed").field(credential).finish(),
            Self::Other(word) => f.debug_tuple("Other").field(word).finish(),
            plain => f.write_str(plain.as_str()),
        }
    }
}

/// What anyone may see of a pending session who has its id or its code: the wallet's view.
///
/// The names of its fields are not printed, so that each may be missing.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PublicSession {
    /// The session.
    pub request_id: Option<RequestId>,
    /// Who asks.
    pub institution_name: Option<String>,
    /// What for.
    pub permissions: Vec<Permission>,
    /// When it ends, by the API's clock.
    pub expires_at: Option<SystemTime>,
}
