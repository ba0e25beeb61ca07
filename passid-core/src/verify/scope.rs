use std::fmt;

use sha2::{Digest, Sha256};

use crate::{ApiKey, Environment};

/// What a verdict depends on besides the token: who was asked, where, and for whom. Part of the keys of
/// a cache, so that no entry is served beyond it (decision P51).
///
/// Holds no secret: of the institution's key it has a hash.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct VerifierScope {
    provider: &'static str,
    endpoint: String,
    environment: Environment,
    institution: [u8; 32],
}

impl VerifierScope {
    /// The provider's name as in credentials, the address that is asked, path included, and the key
    /// in whose name it is asked.
    pub fn new(provider: &'static str, endpoint: impl Into<String>, key: &ApiKey) -> Self {
        Self::of_secret(provider, endpoint, key.environment(), key.expose())
    }

    /// Like [`new`](Self::new), for a provider whose keys are no [`ApiKey`]. `secret` is the key, and
    /// whatever else the verdicts depend on, such as the settings of the verifier.
    pub fn of_secret(
        provider: &'static str,
        endpoint: impl Into<String>,
        environment: Environment,
        secret: &str,
    ) -> Self {
        let institution = Sha256::digest(secret).into();
        Self { provider, endpoint: endpoint.into(), environment, institution }
    }

    /// The provider's name, as in credentials.
    pub fn provider(&self) -> &'static str {
        self.provider
    }

    /// Sandbox or live.
    pub fn environment(&self) -> Environment {
        self.environment
    }

    /// A hash of all of it. Each part stands behind its length, so that no two scopes run together.
    pub(super) fn digest(&self) -> [u8; 32] {
        let mut hash = Sha256::new_with_prefix("passid-scope-1");
        let environment: &[u8] = match self.environment {
            Environment::Sandbox => b"sandbox",
            Environment::Live => b"live",
        };
        let parts =
            [self.provider.as_bytes(), self.endpoint.as_bytes(), environment, &self.institution];
        for part in parts {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        hash.finalize().into()
    }
}

impl fmt::Debug for VerifierScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifierScope")
            .field("provider", &self.provider)
            .field("environment", &self.environment)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope(provider: &'static str, endpoint: &str, key: &str) -> VerifierScope {
        VerifierScope::new(provider, endpoint, &ApiKey::parse(key).unwrap())
    }

    #[test]
    fn each_part_makes_another_scope() {
        let one = scope("passid", "https://a.io/v1/verify", "pk_sandbox_1");
        let others = [
            scope("documents", "https://a.io/v1/verify", "pk_sandbox_1"),
            scope("passid", "https://b.io/v1/verify", "pk_sandbox_1"),
            scope("passid", "https://a.io/v1/verify", "pk_sandbox_2"),
            scope("passid", "https://a.io/v1/verify", "pk_live_1"),
            scope("passidhttps", "://a.io/v1/verify", "pk_sandbox_1"),
        ];
        assert_eq!(one.digest(), one.clone().digest());
        for other in others {
            assert_ne!(one.digest(), other.digest());
        }
    }

    #[test]
    fn debug_shows_neither_key_nor_hash_nor_address() {
        let shown = format!("{:?}", scope("passid", "https://host-marker", "pk_live_keymarker"));
        assert!(!shown.contains("marker") && !shown.contains("institution"), "{shown}");
    }
}
