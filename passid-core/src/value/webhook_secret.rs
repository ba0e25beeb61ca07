use std::fmt;
use std::str::FromStr;

use secrecy::{ExposeSecret, SecretString};

/// The secret that webhooks are signed with (guide, steps 1 and 8).
///
/// Its length is published only in a placeholder ("32char"), so a short one is warned of in the log
/// and taken (decision D32); a [`WebhookVerifier`](crate::WebhookVerifier) wants to be told that it is
/// meant (decision P30). An empty one is refused: everybody could sign with it.
///
/// ```
/// use passid_core::{WebhookSecret, WebhookSecretError};
///
/// let secret = WebhookSecret::parse("whsec_your_32char_secret")?;
/// assert_eq!(format!("{secret:?}"), "WebhookSecret(redacted)");
/// assert_eq!(WebhookSecret::parse("").unwrap_err(), WebhookSecretError::Empty);
/// # Ok::<(), WebhookSecretError>(())
/// ```
#[derive(Clone)]
pub struct WebhookSecret(SecretString);

impl WebhookSecret {
    /// The longest secret accepted, in bytes. Ours.
    pub const MAX_LEN: usize = 1024;
    /// A shorter secret, in bytes, is warned of (decision D32).
    pub const SHORT: usize = 16;

    /// Takes a secret; one event warns of a short one.
    ///
    /// # Errors
    ///
    /// [`WebhookSecretError`] when it is empty, too long, or holds a control character or white
    /// space at an end, which a file's final newline would be.
    pub fn parse(raw: &str) -> Result<Self, WebhookSecretError> {
        if raw.trim().is_empty() {
            return Err(WebhookSecretError::Empty);
        }
        if raw.len() > Self::MAX_LEN {
            return Err(WebhookSecretError::TooLong);
        }
        if raw.trim().len() != raw.len() || raw.chars().any(char::is_control) {
            return Err(WebhookSecretError::NotPrintable);
        }
        if raw.len() < Self::SHORT {
            tracing::warn!(
                target: "passid::client",
                shortest = Self::SHORT,
                "the webhook secret is short; take a longer one"
            );
        }
        Ok(Self(raw.into()))
    }

    /// The secret itself, for the places that sign, check and send it.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl FromStr for WebhookSecret {
    type Err = WebhookSecretError;

    fn from_str(raw: &str) -> Result<Self, Self::Err> {
        Self::parse(raw)
    }
}

impl fmt::Debug for WebhookSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WebhookSecret(redacted)")
    }
}

/// Why a text is not a webhook secret. Never repeats the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WebhookSecretError {
    /// Nothing but white space was given.
    #[error("the webhook secret is empty")]
    Empty,
    /// More than [`WebhookSecret::MAX_LEN`] bytes.
    #[error("the webhook secret is longer than {} bytes", WebhookSecret::MAX_LEN)]
    TooLong,
    /// A control character, or white space at an end.
    #[error(
        "the webhook secret holds a control character or begins or ends with white space; \
         was it read from a file together with its final newline?"
    )]
    NotPrintable,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_secret_is_refused_without_being_repeated() {
        for (raw, error) in [
            (" \n".to_owned(), WebhookSecretError::Empty),
            ("topsecret-topsecret\n".to_owned(), WebhookSecretError::NotPrintable),
            ("topsecret\0topsecret".to_owned(), WebhookSecretError::NotPrintable),
            ("a".repeat(WebhookSecret::MAX_LEN + 1), WebhookSecretError::TooLong),
        ] {
            let found = WebhookSecret::parse(&raw).unwrap_err();
            assert_eq!(found, error);
            assert!(!found.to_string().contains("topsecret"));
        }
    }
}
