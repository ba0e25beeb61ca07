//! Keys: what stands for a token in the maps, which hold no token themselves (decision P51).

use std::fmt;
use std::hash::{BuildHasher, Hash, Hasher};

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use siphasher::sip128::SipHasher24;

use super::CacheBuildError;
use crate::{Subject, Token, VerifierScope};

/// 128 bits that stand for a token within a scope. To two tokens with the same key one would be the
/// other, so nobody may be able to find such a pair: that needs the secret of the [`KeyHasher`].
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::verify) struct CacheKey {
    high: u64,
    low: u64,
}

impl CacheKey {
    /// For messages to other instances (decision P74).
    pub(in crate::verify) fn to_bytes(self) -> [u8; 16] {
        ((u128::from(self.high) << 64) | u128::from(self.low)).to_be_bytes()
    }

    pub(super) fn from_bytes(bytes: [u8; 16]) -> Self {
        let both = u128::from_be_bytes(bytes);
        // The lower half is what is left after the cut.
        Self { high: (both >> 64) as u64, low: both as u64 }
    }
}

/// P51: SipHash-2-4 with 128 bits of output, a pseudo-random function under a secret key.
pub(in crate::verify) struct KeyHasher(SipHasher24);

impl KeyHasher {
    /// With a secret from the operating system, which never leaves the process. The scope goes into
    /// the key of the hash, so that a hit does not have to hash it again.
    ///
    /// Not from the injected `Entropy`: whoever could foretell the secret could make two tokens with
    /// one key, and nothing that a test can see depends on it.
    pub(super) fn random(scope: Option<&VerifierScope>) -> Result<Self, CacheBuildError> {
        let mut secret = [0; 64];
        getrandom::fill(&mut secret).map_err(|_| CacheBuildError::NoRandomness)?;
        Ok(Self::new(&secret, scope))
    }

    /// With the secret of a deployment, so that its instances can tell each other what to forget.
    pub(in crate::verify) fn new(secret: &[u8; 64], scope: Option<&VerifierScope>) -> Self {
        let scope = scope.map_or([0; 32], VerifierScope::digest);
        let mut mac = Hmac::<Sha256>::new(secret.into());
        mac.update(b"passid-cache-key-1");
        mac.update(&scope);
        let derived: [u8; 32] = mac.finalize().into_bytes().into();
        let mut key = [0; 16];
        key.copy_from_slice(derived.split_at(16).0);
        Self(SipHasher24::new_with_key(&key))
    }

    pub(in crate::verify) fn key(&self, token: &Token) -> CacheKey {
        self.hash(token.as_bytes())
    }

    /// What stands for a subject in messages and in what is remembered of it. Never a token's key: no
    /// token begins with a zero.
    pub(in crate::verify) fn subject(&self, subject: &Subject) -> CacheKey {
        let mut bytes = [0; 33];
        bytes.split_at_mut(1).1.copy_from_slice(subject.as_bytes());
        self.hash(&bytes)
    }

    fn hash(&self, bytes: &[u8]) -> CacheKey {
        let hash = self.0.hash(bytes);
        CacheKey { high: hash.h1, low: hash.h2 }
    }
}

impl Hash for CacheKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.high);
    }
}

/// Not even the hash is shown: with the secret it would tell a guessed token from a wrong one.
impl fmt::Debug for CacheKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CacheKey(redacted)")
    }
}

/// Keys are random already: their first half is their place in a map.
#[derive(Clone, Copy, Default)]
pub(super) struct AsItIs(u64);

impl BuildHasher for AsItIs {
    type Hasher = Self;

    fn build_hasher(&self) -> Self {
        Self(0)
    }
}

impl Hasher for AsItIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(byte);
        }
    }

    fn write_u64(&mut self, half: u64) {
        self.0 = half;
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::ApiKey;

    fn token(number: u32) -> Token {
        Token::parse(&format!("psid_{number}")).unwrap()
    }

    fn scope(key: &str) -> VerifierScope {
        VerifierScope::new("passid", "https://a.io/v1/verify", &ApiKey::parse(key).unwrap())
    }

    #[test]
    fn a_key_depends_on_token_scope_and_secret() {
        let (one, two) = (scope("pk_sandbox_1"), scope("pk_sandbox_2"));
        let key = |secret, scope, number| KeyHasher::new(&[secret; 64], scope).key(&token(number));
        assert_eq!(key(1, Some(&one), 1), key(1, Some(&one), 1));
        for other in
            [key(1, Some(&one), 2), key(1, Some(&two), 1), key(2, Some(&one), 1), key(1, None, 1)]
        {
            assert_ne!(key(1, Some(&one), 1), other);
        }
    }

    #[test]
    fn spellings_of_one_token_have_one_key() {
        let hasher = KeyHasher::random(None).unwrap();
        let spelt = |text| hasher.key(&Token::parse(text).unwrap());
        assert_eq!(spelt("passid-ab3x 7yqm"), spelt("PASSID-AB3X-7YQM"));
    }

    #[test]
    fn tokens_that_differ_little_have_keys_that_differ_in_either_half() {
        let hasher = KeyHasher::random(None).unwrap();
        let keys: Vec<_> = (0..20_000).map(|number| hasher.key(&token(number))).collect();
        let high: HashSet<_> = keys.iter().map(|key| key.high).collect();
        let low: HashSet<_> = keys.iter().map(|key| key.low).collect();
        assert_eq!((high.len(), low.len()), (20_000, 20_000));
    }

    #[test]
    fn a_key_is_not_shown() {
        let key = KeyHasher::random(None).unwrap().key(&token(1));
        assert_eq!(format!("{key:?}"), "CacheKey(redacted)");
    }
}
