//! The secret that the instances of one deployment share, and the keys that are made of it.

use std::fmt;

use secrecy::{ExposeSecret, SecretBox};

use crate::keyed::mac;

/// A secret that every instance of a deployment has and Redis does not.
///
/// Keys, values and messages in Redis are made with it: without it nobody can tell which tokens are
/// there, make an entry, or have one forgotten. Take 32 bytes from a random source, written in any way.
/// `Debug` shows nothing of it.
///
/// ```
/// use passid_core::redis::DeploymentSecret;
///
/// let secret = DeploymentSecret::parse("9f4c1de27be0a6538d1f60b2c97e4a35")?;
/// assert_eq!(format!("{secret:?}"), "DeploymentSecret(redacted)");
/// assert!(DeploymentSecret::parse("too short").is_err());
/// # Ok::<(), passid_core::redis::DeploymentSecretError>(())
/// ```
pub struct DeploymentSecret(SecretBox<Vec<u8>>);

impl DeploymentSecret {
    /// The shortest secret accepted, in bytes. Ours: 32 hex digits are 128 random bits.
    pub const MIN_LEN: usize = 32;
    /// The longest secret accepted, in bytes. Ours.
    pub const MAX_LEN: usize = 1024;

    /// Takes a secret as text; white space around it, such as a file's final newline, is ignored.
    ///
    /// # Errors
    ///
    /// [`DeploymentSecretError`] when it is too short, too long, or one character over and over.
    pub fn parse(text: &str) -> Result<Self, DeploymentSecretError> {
        Self::from_bytes(text.trim().as_bytes())
    }

    /// Takes a secret as bytes.
    ///
    /// # Errors
    ///
    /// As [`parse`](Self::parse).
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DeploymentSecretError> {
        if bytes.len() < Self::MIN_LEN {
            return Err(DeploymentSecretError::TooShort);
        }
        if bytes.len() > Self::MAX_LEN {
            return Err(DeploymentSecretError::TooLong);
        }
        if bytes.iter().all(|byte| bytes.first() == Some(byte)) {
            return Err(DeploymentSecretError::Uniform);
        }
        Ok(Self(SecretBox::new(Box::new(bytes.to_vec()))))
    }

    /// Keys for single purposes: knowing one tells nothing of the others.
    pub(crate) fn derive(&self) -> Keys {
        let key = |purpose: &str| mac(self.0.expose_secret(), &[purpose.as_bytes()]);
        Keys {
            ids: key("passid-redis-ids-1"),
            values: key("passid-redis-values-1"),
            messages: key("passid-redis-messages-1"),
            attempts: key("passid-redis-attempts-1"),
            caches: [key("passid-redis-caches-1"), key("passid-redis-caches-2")],
        }
    }
}

impl fmt::Debug for DeploymentSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DeploymentSecret(redacted)")
    }
}

/// Why a secret is not taken. Never repeats it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DeploymentSecretError {
    /// Fewer than [`DeploymentSecret::MIN_LEN`] bytes.
    #[error("the deployment secret needs at least {} bytes", DeploymentSecret::MIN_LEN)]
    TooShort,
    /// More than [`DeploymentSecret::MAX_LEN`] bytes.
    #[error("the deployment secret is longer than {} bytes", DeploymentSecret::MAX_LEN)]
    TooLong,
    /// One character over and over: a placeholder.
    #[error("the deployment secret is one character repeated; take random ones")]
    Uniform,
}

/// What is made of a secret.
pub(crate) struct Keys {
    /// Names entries.
    pub(crate) ids: [u8; 32],
    /// Goes into the key of each value, together with the token.
    pub(crate) values: [u8; 32],
    /// Signs messages between instances.
    pub(crate) messages: [u8; 32],
    /// Names what attempts are counted for.
    pub(crate) attempts: [u8; 32],
    /// Makes the keys of the caches in memory.
    pub(crate) caches: [[u8; 32]; 2],
}

impl Keys {
    /// What the keys of the caches in memory are made with.
    pub(crate) fn of_caches(&self) -> [u8; 64] {
        let mut secret = [0; 64];
        let (first, second) = secret.split_at_mut(32);
        first.copy_from_slice(&self.caches[0]);
        second.copy_from_slice(&self.caches[1]);
        secret
    }
}

/// 128 bits as 32 hex digits.
pub(crate) fn hex(bytes: [u8; 16]) -> String {
    format!("{:032x}", u128::from_be_bytes(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_weak_secret_is_refused_without_being_repeated() {
        for (raw, error) in [
            ("marker-marker", DeploymentSecretError::TooShort),
            (&*"m".repeat(64), DeploymentSecretError::Uniform),
            (&*"marker".repeat(200), DeploymentSecretError::TooLong),
        ] {
            let found = DeploymentSecret::parse(raw).unwrap_err();
            assert_eq!(found, error);
            assert!(!found.to_string().contains("marker"));
        }
    }

    #[test]
    fn each_purpose_and_each_secret_has_a_key_of_its_own() {
        let keys = |text: &str| {
            let Keys { ids, values, messages, attempts, caches: [first, second] } =
                DeploymentSecret::parse(text).unwrap().derive();
            [ids, values, messages, attempts, first, second]
        };
        let mut all = keys("0123456789abcdef0123456789abcdef").to_vec();
        all.extend(keys("0123456789abcdef0123456789abcdee"));
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), 12);
    }
}
