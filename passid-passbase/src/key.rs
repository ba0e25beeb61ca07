//! The project's secret key.

use std::fmt;

use passid_core::Environment;
use secrecy::{ExposeSecret, SecretString};

/// The secret key of a project, sent as `X-API-KEY` (dashboard: Settings, API Access).
///
/// A project has a publishable key too, which a browser shows to everybody. Nothing published tells
/// the two apart; what is named a publishable key, or is a key of PASSID, is refused. Neither does a
/// key tell its environment: it is stated (decision P80).
///
/// ```
/// use passid_core::Environment;
/// use passid_passbase::SecretKey;
///
/// let key = SecretKey::parse("5f0e1d2c3b4a59687786a5b4c3d2e1f0", Environment::Sandbox)?;
/// assert_eq!(format!("{key:?}"), "SecretKey(sandbox, redacted)");
/// # Ok::<(), passid_passbase::SecretKeyError>(())
/// ```
#[derive(Clone)]
pub struct SecretKey {
    secret: SecretString,
    environment: Environment,
}

impl SecretKey {
    /// The longest key accepted, in bytes. Ours; older pages print 64.
    pub const MAX_LEN: usize = 256;

    /// Takes a key for an environment.
    ///
    /// # Errors
    ///
    /// [`SecretKeyError`] when it is empty, too long, holds anything but printable ASCII, or is
    /// named as another key.
    pub fn parse(raw: &str, environment: Environment) -> Result<Self, SecretKeyError> {
        if raw.is_empty() {
            return Err(SecretKeyError::Empty);
        }
        if raw.len() > Self::MAX_LEN {
            return Err(SecretKeyError::TooLong);
        }
        if !raw.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(SecretKeyError::NotPrintable);
        }
        // P80: a publishable key that says so, and the keys of PASSID.
        let lower = raw.to_ascii_lowercase();
        if ["pk_", "pk-", "pub_", "pub-", "publishable"].iter().any(|name| lower.starts_with(name))
        {
            return Err(SecretKeyError::Publishable);
        }
        Ok(Self { secret: raw.into(), environment })
    }

    /// The environment of the project, as stated.
    pub fn environment(&self) -> Environment {
        self.environment
    }

    /// The key itself, for the one place that puts it on the wire.
    pub fn expose(&self) -> &str {
        self.secret.expose_secret()
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretKey({}, redacted)", self.environment)
    }
}

/// Why a text is not a secret key. Never repeats the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SecretKeyError {
    /// Nothing was given.
    #[error("the secret key is empty; take it from Settings, API Access")]
    Empty,
    /// More than [`SecretKey::MAX_LEN`] bytes.
    #[error("the secret key is longer than {} bytes", SecretKey::MAX_LEN)]
    TooLong,
    /// White space, a line break, or a character outside ASCII.
    #[error(
        "the secret key holds white space, a line break or a character outside ASCII; \
         was it read from a file together with its final newline?"
    )]
    NotPrintable,
    /// Its prefix names a publishable key, or a key of PASSID.
    #[error("this is a publishable key or a key of PASSID; give the project's secret key")]
    Publishable,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_secret_key_is_refused_without_being_repeated() {
        for (raw, error) in [
            (String::new(), SecretKeyError::Empty),
            ("marker\n".to_owned(), SecretKeyError::NotPrintable),
            ("a".repeat(257), SecretKeyError::TooLong),
            ("pk_live_marker".to_owned(), SecretKeyError::Publishable),
            ("Publishable_marker".to_owned(), SecretKeyError::Publishable),
        ] {
            let found = SecretKey::parse(&raw, Environment::Live).unwrap_err();
            assert_eq!(found, error);
            assert!(!found.to_string().contains("marker"));
        }
    }
}
