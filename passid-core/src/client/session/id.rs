use std::fmt;
use std::str::FromStr;

/// The id of a session, such as `req_4k9xP2` (guide, step 3). The QR code shows it, so it is no
/// secret.
///
/// ```
/// use passid_core::RequestId;
///
/// assert_eq!(RequestId::parse("req_4k9xP2")?.as_str(), "req_4k9xP2");
/// assert!(RequestId::parse("..").is_err());
/// # Ok::<(), passid_core::client::RequestIdError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RequestId(String);

impl RequestId {
    /// The longest id, in bytes. Ours; the printed one has 10.
    pub const MAX_LEN: usize = 128;

    /// Takes an id. Its form is not stated, so that any printable ASCII text without white space is
    /// one, save `.` and `..`, which would leave their place in an address.
    ///
    /// # Errors
    ///
    /// [`RequestIdError`] for any other text.
    pub fn parse(id: impl Into<String>) -> Result<Self, RequestIdError> {
        let id = id.into();
        let fits = (1..=Self::MAX_LEN).contains(&id.len());
        let stays = !matches!(id.as_str(), "." | "..");
        if fits && stays && id.bytes().all(|byte| byte.is_ascii_graphic()) {
            Ok(Self(id))
        } else {
            Err(RequestIdError)
        }
    }

    /// The id.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for RequestId {
    type Err = RequestIdError;

    fn from_str(id: &str) -> Result<Self, Self::Err> {
        Self::parse(id)
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A text is no session id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a session id has 1 to {} printable ASCII characters without white space, and is neither . nor ..",
    RequestId::MAX_LEN
)]
pub struct RequestIdError;
