use std::fmt;

use secrecy::{ExposeSecret, SecretString};

/// The secret that a project's webhooks are encrypted with: exactly 32 ASCII characters, which are the
/// key as they are.
#[derive(Clone)]
pub struct WebhookSecret(SecretString);

impl WebhookSecret {
    /// The length, in characters.
    pub const LEN: usize = 32;

    /// Takes a secret.
    ///
    /// # Errors
    ///
    /// [`WebhookSecretError`] when it is not exactly 32 printable ASCII characters.
    pub fn parse(raw: &str) -> Result<Self, WebhookSecretError> {
        let fits = raw.len() == Self::LEN && raw.bytes().all(|byte| byte.is_ascii_graphic());
        if fits { Ok(Self(raw.into())) } else { Err(WebhookSecretError) }
    }

    /// The secret itself, for the place that decrypts.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl fmt::Debug for WebhookSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WebhookSecret(redacted)")
    }
}

/// A text is no webhook secret. Never repeats the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a webhook secret has exactly {} printable ASCII characters; \
     was it read from a file together with its final newline?",
    WebhookSecret::LEN
)]
pub struct WebhookSecretError;
