use std::fmt;
use std::str::FromStr;

use secrecy::{ExposeSecret, SecretString};

use super::Environment;

const SANDBOX_PREFIX: &str = "pk_sandbox_";
const LIVE_PREFIX: &str = "pk_live_";

/// An institution key, sent as `X-Institution-Key` with every call (guide, step 1).
///
/// The prefix tells the environment: `pk_sandbox_` or `pk_live_`. Other prefixes exist on older
/// pages; such a key is accepted when its environment is stated (decision D31).
///
/// ```
/// use passid_core::{ApiKey, Environment};
///
/// let key = ApiKey::parse("pk_sandbox_00000000000000000000")?;
/// assert_eq!(key.environment(), Environment::Sandbox);
/// assert_eq!(format!("{key:?}"), "ApiKey(sandbox, redacted)");
///
/// let older = ApiKey::in_environment("sk_live_00000000000000000000", Environment::Live)?;
/// assert_eq!(older.environment(), Environment::Live);
/// # Ok::<(), passid_core::ApiKeyError>(())
/// ```
#[derive(Clone)]
pub struct ApiKey {
    secret: SecretString,
    environment: Environment,
}

impl ApiKey {
    /// The longest key accepted, in bytes. Ours; the printed keys have about 30.
    pub const MAX_LEN: usize = 256;

    /// Reads a key whose prefix tells its environment.
    ///
    /// # Errors
    ///
    /// [`ApiKeyError`] when the key is empty, too long, holds anything but printable ASCII, or has
    /// neither of the two known prefixes.
    pub fn parse(raw: &str) -> Result<Self, ApiKeyError> {
        check_form(raw)?;
        let environment = environment_of(raw).ok_or(ApiKeyError::UnknownPrefix)?;
        Ok(Self { secret: raw.into(), environment })
    }

    /// Reads a key of any prefix, for an environment stated by the caller (decision D31).
    ///
    /// # Errors
    ///
    /// [`ApiKeyError`] as for [`ApiKey::parse`], and [`ApiKeyError::WrongEnvironment`] when a known
    /// prefix says the opposite.
    pub fn in_environment(raw: &str, environment: Environment) -> Result<Self, ApiKeyError> {
        check_form(raw)?;
        if environment_of(raw).is_some_and(|told| told != environment) {
            return Err(ApiKeyError::WrongEnvironment { stated: environment });
        }
        Ok(Self { secret: raw.into(), environment })
    }

    /// The environment this key opens.
    pub fn environment(&self) -> Environment {
        self.environment
    }

    /// The key itself, for the one place that puts it on the wire.
    pub fn expose(&self) -> &str {
        self.secret.expose_secret()
    }
}

/// Whether a text is a key by its prefix.
pub(super) fn has_known_prefix(raw: &str) -> bool {
    environment_of(raw).is_some()
}

fn environment_of(raw: &str) -> Option<Environment> {
    if raw.starts_with(SANDBOX_PREFIX) {
        Some(Environment::Sandbox)
    } else if raw.starts_with(LIVE_PREFIX) {
        Some(Environment::Live)
    } else {
        None
    }
}

fn check_form(raw: &str) -> Result<(), ApiKeyError> {
    if raw.is_empty() || raw == SANDBOX_PREFIX || raw == LIVE_PREFIX {
        return Err(ApiKeyError::Empty);
    }
    if raw.len() > ApiKey::MAX_LEN {
        return Err(ApiKeyError::TooLong);
    }
    if !raw.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(ApiKeyError::NotPrintable);
    }
    Ok(())
}

impl FromStr for ApiKey {
    type Err = ApiKeyError;

    fn from_str(raw: &str) -> Result<Self, Self::Err> {
        Self::parse(raw)
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ApiKey({}, redacted)", self.environment)
    }
}

/// Why a text is not an institution key. Never repeats the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ApiKeyError {
    /// Nothing was given, or a bare prefix.
    #[error("the institution key is empty; expected pk_sandbox_... or pk_live_...")]
    Empty,
    /// More than [`ApiKey::MAX_LEN`] bytes.
    #[error("the institution key is longer than {} bytes", ApiKey::MAX_LEN)]
    TooLong,
    /// White space, a line break, or a character outside ASCII.
    #[error(
        "the institution key holds white space, a line break or a character outside ASCII; \
         was it read from a file together with its final newline?"
    )]
    NotPrintable,
    /// Neither `pk_sandbox_` nor `pk_live_`.
    #[error(
        "the institution key begins neither with pk_sandbox_ nor with pk_live_; \
         state its environment with ApiKey::in_environment"
    )]
    UnknownPrefix,
    /// The prefix contradicts the stated environment.
    #[error("the prefix of the institution key says it is not a {stated} key")]
    WrongEnvironment {
        /// What the caller said.
        stated: Environment,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_tells_the_environment() {
        assert_eq!(ApiKey::parse("pk_live_abc").unwrap().environment(), Environment::Live);
        assert_eq!(ApiKey::parse("pk_sandbox_abc").unwrap().environment(), Environment::Sandbox);
    }

    #[test]
    fn an_unknown_prefix_needs_its_environment_stated() {
        assert_eq!(ApiKey::parse("live_abc123").unwrap_err(), ApiKeyError::UnknownPrefix);
        let key = ApiKey::in_environment("live_abc123", Environment::Live).unwrap();
        assert_eq!(key.expose(), "live_abc123");
    }

    #[test]
    fn a_known_prefix_is_not_overruled() {
        assert_eq!(
            ApiKey::in_environment("pk_live_abc", Environment::Sandbox).unwrap_err(),
            ApiKeyError::WrongEnvironment { stated: Environment::Sandbox }
        );
    }

    #[test]
    fn a_key_with_its_files_newline_is_refused_with_a_hint_and_without_the_key() {
        let error = ApiKey::parse("pk_live_topsecret\n").unwrap_err();
        assert!(error.to_string().contains("final newline"));
        assert!(!error.to_string().contains("topsecret"));
    }

    #[test]
    fn empty_bare_and_oversized_keys_are_refused() {
        assert_eq!(ApiKey::parse("").unwrap_err(), ApiKeyError::Empty);
        assert_eq!(ApiKey::parse("pk_live_").unwrap_err(), ApiKeyError::Empty);
        let long = format!("pk_live_{}", "a".repeat(ApiKey::MAX_LEN));
        assert_eq!(ApiKey::parse(&long).unwrap_err(), ApiKeyError::TooLong);
    }
}
