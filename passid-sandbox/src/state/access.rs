//! Who is calling: keys and JWTs, and the institution, environment or customer that they stand for.

use std::collections::HashMap;
use std::fmt;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use passid_core::Environment;
use sha2::{Digest, Sha256};

/// An institution in one environment: what a key opens. Neither an institution nor an environment
/// sees anything of another (guide, step 10).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Tenant {
    pub(crate) institution: String,
    pub(crate) environment: Environment,
}

impl Tenant {
    /// The key of a row that is this tenant's alone. Ids of institutions hold no slash.
    pub(crate) fn key(&self, rest: &str) -> String {
        format!("{}/{}/{rest}", self.institution, self.environment.as_str())
    }
}

/// Finds what a presented secret stands for. Digests are compared, so that the time of a look-up
/// tells nothing about the secrets.
pub(crate) struct SecretIndex<T>(HashMap<[u8; 32], T>);

impl<T> SecretIndex<T> {
    pub(crate) fn insert(&mut self, secret: &str, meaning: T) {
        self.0.insert(digest(secret.as_bytes()), meaning);
    }

    pub(crate) fn remove(&mut self, secret: &str) {
        self.0.remove(&digest(secret.as_bytes()));
    }

    pub(crate) fn get(&self, presented: &[u8]) -> Option<&T> {
        self.0.get(&digest(presented))
    }
}

fn digest(secret: &[u8]) -> [u8; 32] {
    Sha256::digest(secret).into()
}

impl<T> Default for SecretIndex<T> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<T> fmt::Debug for SecretIndex<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecretIndex").field("entries", &self.0.len()).finish()
    }
}

/// The JWT of an institution or a customer. Nothing about the real ones is published; ours are real
/// JWTs (HS256) under a key that is no secret, always the same for the same subject, and without an
/// expiry. They are recognised as a whole.
pub(crate) fn jwt(role: &str, subject: &str, environment: Environment) -> String {
    let header = BASE64_URL_SAFE_NO_PAD.encode(br#"{"alg":"HS256","typ":"JWT"}"#);
    let claims = serde_json::json!({
        "environment": environment.as_str(),
        "iss": "passid-sandbox",
        "role": role,
        "sub": subject,
    });
    let signed = format!("{header}.{}", BASE64_URL_SAFE_NO_PAD.encode(claims.to_string()));
    let signature = match Hmac::<Sha256>::new_from_slice(b"passid-sandbox: not a secret") {
        Ok(mut mac) => {
            mac.update(signed.as_bytes());
            BASE64_URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes())
        }
        // HMAC takes keys of every length.
        Err(_) => String::new(),
    };
    format!("{signed}.{signature}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_jwt_is_the_same_each_time_and_another_for_everyone() {
        let one = jwt("institution", "42", Environment::Sandbox);
        assert_eq!(one, jwt("institution", "42", Environment::Sandbox));
        assert_ne!(one, jwt("institution", "42", Environment::Live));
        assert_ne!(one, jwt("institution", "43", Environment::Sandbox));
        assert_ne!(one, jwt("customer", "42", Environment::Sandbox));
        assert_eq!(one.split('.').count(), 3);
    }

    #[test]
    fn a_secret_is_found_as_a_whole_only() {
        let mut index = SecretIndex::default();
        index.insert("pk_sandbox_1", 1);
        assert_eq!(index.get(b"pk_sandbox_1"), Some(&1));
        assert_eq!(index.get(b"pk_sandbox_"), None);
        assert_eq!(index.get(b""), None);
    }
}
