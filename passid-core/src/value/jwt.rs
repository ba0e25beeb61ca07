use std::fmt;
use std::str::FromStr;

use secrecy::{ExposeSecret, SecretString};

/// An institution JWT, sent as `Authorization: Bearer` with the calls that take no institution key:
/// the webhook settings (guide, step 1) and the cohorts (guide, step 9).
///
/// How one is obtained is not published; it comes from the institution's dashboard. It is a secret
/// of its own kind, and neither it nor a key can take the other's place:
///
/// ```compile_fail,E0308
/// # async fn example(client: passid_core::PassidClient) -> Result<(), Box<dyn std::error::Error>> {
/// let key = passid_core::ApiKey::parse("pk_live_00000000000000000000")?;
/// client.outcome_cohort(&key).await?; // expects an InstitutionJwt
/// # Ok(())
/// # }
/// ```
///
/// ```
/// use passid_core::{InstitutionJwt, InstitutionJwtError};
///
/// let jwt = InstitutionJwt::parse("eyJhbGciOiJIUzI1NiJ9.e30.c2ln")?;
/// assert_eq!(format!("{jwt:?}"), "InstitutionJwt(redacted)");
///
/// let key = InstitutionJwt::parse("pk_live_00000000000000000000");
/// assert_eq!(key.unwrap_err(), InstitutionJwtError::InstitutionKey);
/// # Ok::<(), InstitutionJwtError>(())
/// ```
#[derive(Clone)]
pub struct InstitutionJwt(SecretString);

impl InstitutionJwt {
    /// The longest JWT accepted, in bytes. Ours.
    pub const MAX_LEN: usize = 8192;

    /// Takes a JWT, without the word `Bearer`. It is not looked into: only PASSID can check it.
    ///
    /// # Errors
    ///
    /// [`InstitutionJwtError`] when it is empty, too long, holds anything but printable ASCII, or is
    /// an institution key.
    pub fn parse(raw: &str) -> Result<Self, InstitutionJwtError> {
        if raw.is_empty() {
            return Err(InstitutionJwtError::Empty);
        }
        if raw.len() > Self::MAX_LEN {
            return Err(InstitutionJwtError::TooLong);
        }
        if !raw.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(InstitutionJwtError::NotPrintable);
        }
        if super::key::has_known_prefix(raw) {
            return Err(InstitutionJwtError::InstitutionKey);
        }
        Ok(Self(raw.into()))
    }

    /// The JWT itself, for the one place that puts it on the wire.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl FromStr for InstitutionJwt {
    type Err = InstitutionJwtError;

    fn from_str(raw: &str) -> Result<Self, Self::Err> {
        Self::parse(raw)
    }
}

impl fmt::Debug for InstitutionJwt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InstitutionJwt(redacted)")
    }
}

/// Why a text is not an institution JWT. Never repeats the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InstitutionJwtError {
    /// Nothing was given.
    #[error("the institution JWT is empty")]
    Empty,
    /// More than [`InstitutionJwt::MAX_LEN`] bytes.
    #[error("the institution JWT is longer than {} bytes", InstitutionJwt::MAX_LEN)]
    TooLong,
    /// White space, a line break, or a character outside ASCII.
    #[error(
        "the institution JWT holds white space, a line break or a character outside ASCII; give it \
         without the word Bearer and without a final newline"
    )]
    NotPrintable,
    /// An institution key in the place of a JWT.
    #[error("this is an institution key; the call takes the JWT of the dashboard")]
    InstitutionKey,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_jwt_is_refused_without_being_repeated() {
        for (raw, error) in [
            (String::new(), InstitutionJwtError::Empty),
            ("a".repeat(InstitutionJwt::MAX_LEN + 1), InstitutionJwtError::TooLong),
            ("Bearer ey.topsecret".to_owned(), InstitutionJwtError::NotPrintable),
            ("ey.topsecret\n".to_owned(), InstitutionJwtError::NotPrintable),
            ("pk_sandbox_topsecret".to_owned(), InstitutionJwtError::InstitutionKey),
            ("pk_live_topsecret".to_owned(), InstitutionJwtError::InstitutionKey),
        ] {
            let found = InstitutionJwt::parse(&raw).unwrap_err();
            assert_eq!(found, error);
            assert!(!found.to_string().contains("topsecret"));
        }
    }
}
