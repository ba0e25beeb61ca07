use std::fmt;

use secrecy::{ExposeSecret, SecretString};

/// The application's client id and client secret, for the token endpoint.
///
/// ```
/// use passid_docverify::ClientCredentials;
///
/// let credentials = ClientCredentials::new("my-application", "its-secret")?;
/// assert!(!format!("{credentials:?}").contains("its-secret"));
/// assert!(ClientCredentials::new("my-application", "").is_err());
/// # Ok::<(), passid_docverify::ClientCredentialsError>(())
/// ```
#[derive(Clone)]
pub struct ClientCredentials {
    id: String,
    secret: SecretString,
}

impl ClientCredentials {
    /// The longest id and the longest secret, in bytes. Ours.
    pub const MAX_LEN: usize = 1024;

    /// Takes both. White space around them, as copying leaves it, is dropped.
    ///
    /// # Errors
    ///
    /// [`ClientCredentialsError`] when one is empty, too long, or holds a character outside printable
    /// ASCII. It never repeats what was given.
    pub fn new(id: &str, secret: &str) -> Result<Self, ClientCredentialsError> {
        let (id, secret) = (id.trim(), secret.trim());
        let fits = |text: &str| {
            (1..=Self::MAX_LEN).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic())
        };
        if !fits(id) {
            return Err(ClientCredentialsError { part: "client id" });
        }
        if !fits(secret) {
            return Err(ClientCredentialsError { part: "client secret" });
        }
        Ok(Self { id: id.to_owned(), secret: secret.into() })
    }

    /// The client id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The client secret, for the place that puts it on the wire.
    pub fn expose_secret(&self) -> &str {
        self.secret.expose_secret()
    }
}

impl fmt::Debug for ClientCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientCredentials(redacted)")
    }
}

/// Something that is no client id or no client secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the {part} must have 1 to {} printable ASCII characters; copy it from the application's page",
    ClientCredentials::MAX_LEN
)]
pub struct ClientCredentialsError {
    part: &'static str,
}
