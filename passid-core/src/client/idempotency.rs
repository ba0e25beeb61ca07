use std::fmt;

use crate::Entropy;

/// An `Idempotency-Key`: with the same key the API neither bills nor verifies twice (guide, step 6).
///
/// ```
/// use passid_core::client::IdempotencyKey;
///
/// let key = IdempotencyKey::parse("loan-app-10482-verify-1")?;
/// assert_eq!(key.as_str(), "loan-app-10482-verify-1");
/// # Ok::<(), passid_core::client::IdempotencyKeyError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    /// The longest key, in bytes. Ours.
    pub const MAX_LEN: usize = 255;

    /// Takes a key of the caller's own.
    ///
    /// # Errors
    ///
    /// [`IdempotencyKeyError`] when it is empty, longer than [`MAX_LEN`](Self::MAX_LEN) bytes, or
    /// holds anything but printable ASCII without white space.
    pub fn parse(key: impl Into<String>) -> Result<Self, IdempotencyKeyError> {
        let key = key.into();
        let fits = (1..=Self::MAX_LEN).contains(&key.len());
        if fits && key.bytes().all(|byte| byte.is_ascii_graphic()) {
            Ok(Self(key))
        } else {
            Err(IdempotencyKeyError)
        }
    }

    /// The key.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(super) fn random(entropy: &dyn Entropy) -> Self {
        Self(format!("{:032x}", entropy.bits()))
    }
}

impl fmt::Display for IdempotencyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A text is no idempotency key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "an idempotency key has 1 to {} printable ASCII characters without white space",
    IdempotencyKey::MAX_LEN
)]
pub struct IdempotencyKeyError;
