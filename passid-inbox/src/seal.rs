//! Bodies at rest, sealed with the application's own key.

use std::error::Error;
use std::fmt;

use bytes::Bytes;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use passid_core::Environment;
use secrecy::{ExposeSecret, SecretBox};
use sha2::{Digest, Sha256};

use crate::store::{Hash, Kind, StoredBody};

const NONCE: usize = 24;

/// A key of 256 bits that bodies are sealed with. `Debug` shows nothing of it.
#[derive(Debug)]
pub struct BodyKey(SecretBox<[u8; 32]>);

impl BodyKey {
    /// A key from a secret store: 32 random bytes.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(SecretBox::new(Box::new(bytes)))
    }

    /// A key written as 64 hex digits; white space around them is ignored.
    ///
    /// # Errors
    ///
    /// [`BodyKeyError::NotAKey`] for anything else.
    pub fn from_hex(hex: &str) -> Result<Self, BodyKeyError> {
        let digits: Vec<_> = hex.trim().chars().map(|digit| digit.to_digit(16)).collect();
        let mut bytes = SecretBox::new(Box::new([0; 32]));
        if digits.len() != 64 {
            return Err(BodyKeyError::NotAKey);
        }
        let target = secrecy::ExposeSecretMut::expose_secret_mut(&mut bytes);
        for (byte, pair) in target.iter_mut().zip(digits.chunks_exact(2)) {
            let [Some(high), Some(low)] = pair else { return Err(BodyKeyError::NotAKey) };
            *byte = u8::try_from(high * 16 + low).map_err(|_| BodyKeyError::NotAKey)?;
        }
        Ok(Self(bytes))
    }
}

/// Why a key is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BodyKeyError {
    /// Not 64 hex digits.
    #[error("a key for bodies is written as 64 hex digits")]
    NotAKey,
    /// A name that is empty, too long, or of other characters.
    #[error("the id of a key is 1 to {} of A-Z a-z 0-9 . _ -", BodyKeys::MAX_ID)]
    Id,
    /// Two keys with one name.
    #[error("two keys for bodies have the same id; give each its own")]
    SameId,
    /// More keys than anybody rotates through.
    #[error("there are at most {} keys for bodies", BodyKeys::MAX_KEYS)]
    TooMany,
}

/// The keys that bodies are sealed and opened with: XChaCha20-Poly1305, with a random nonce for each
/// body, bound to the kind, the environment and the hash of the body it belongs to. A body that was
/// changed, or moved to another entry, does not open.
///
/// New bodies are sealed with the current key. To rotate, make a new key the current one and the old
/// one a previous one; [`Inbox::reseal`](crate::Inbox::reseal) then seals what is stored anew, and the
/// old key can go.
///
/// What is not sealed: hashes, the event's name, times and states. The hashes are of whole bodies and
/// of tokens, so who reads them can recognise what he already knows, and nothing else.
///
/// ```
/// use passid_inbox::{BodyKey, BodyKeys};
///
/// let old = BodyKey::from_hex(&"11".repeat(32))?;
/// let new = BodyKey::from_hex(&"22".repeat(32))?;
/// let keys = BodyKeys::new("2026-11", &new)?.previous("2025-11", &old)?;
/// # let _ = keys;
/// # Ok::<(), passid_inbox::BodyKeyError>(())
/// ```
pub struct BodyKeys {
    current: Key,
    previous: Vec<Key>,
    plain: bool,
}

struct Key {
    id: String,
    cipher: XChaCha20Poly1305,
}

impl BodyKeys {
    /// The longest id of a key, in bytes.
    pub const MAX_ID: usize = 64;
    /// The most keys, the current one included.
    pub const MAX_KEYS: usize = 8;

    /// The key that seals from now on. Its id is stored with each body.
    ///
    /// # Errors
    ///
    /// [`BodyKeyError::Id`].
    pub fn new(id: &str, key: &BodyKey) -> Result<Self, BodyKeyError> {
        Ok(Self { current: Key::new(id, key)?, previous: Vec::new(), plain: false })
    }

    /// A key that still opens what it has sealed.
    ///
    /// # Errors
    ///
    /// [`BodyKeyError`].
    pub fn previous(mut self, id: &str, key: &BodyKey) -> Result<Self, BodyKeyError> {
        if self.key(id).is_some() {
            return Err(BodyKeyError::SameId);
        }
        if self.previous.len() + 1 >= Self::MAX_KEYS {
            return Err(BodyKeyError::TooMany);
        }
        self.previous.push(Key::new(id, key)?);
        Ok(self)
    }

    /// Takes bodies that were stored plain, until [`Inbox::reseal`](crate::Inbox::reseal) has sealed
    /// them. Without this they are refused: who can write into the database could otherwise put a
    /// forged event there (decision P66).
    #[must_use]
    pub fn accept_plain_bodies(mut self) -> Self {
        self.plain = true;
        self
    }

    pub(crate) fn current_id(&self) -> &str {
        &self.current.id
    }

    fn key(&self, id: &str) -> Option<&Key> {
        std::iter::once(&self.current).chain(&self.previous).find(|key| key.id == id)
    }

    fn seal(&self, place: &[u8], plain: &[u8]) -> Result<StoredBody, SealError> {
        let mut sealed = vec![0; NONCE];
        getrandom::fill(&mut sealed).map_err(|source| SealError::NoRandomness(Box::new(source)))?;
        let nonce = XNonce::try_from(sealed.as_slice()).map_err(|_| SealError::Broken)?;
        let payload = Payload { msg: plain, aad: place };
        let text = self.current.cipher.encrypt(&nonce, payload).map_err(|_| SealError::Broken)?;
        sealed.extend_from_slice(&text);
        Ok(StoredBody { bytes: sealed.into(), key_id: Some(self.current.id.clone()) })
    }

    fn open(&self, place: &[u8], id: &str, sealed: &[u8]) -> Result<Bytes, SealError> {
        let key = self.key(id).ok_or(SealError::UnknownKey)?;
        let (nonce, text) = sealed.split_at_checked(NONCE).ok_or(SealError::Broken)?;
        let nonce = XNonce::try_from(nonce).map_err(|_| SealError::Broken)?;
        let payload = Payload { msg: text, aad: place };
        key.cipher.decrypt(&nonce, payload).map(Bytes::from).map_err(|_| SealError::Broken)
    }
}

impl Key {
    fn new(id: &str, key: &BodyKey) -> Result<Self, BodyKeyError> {
        let harmless = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        if id.is_empty() || id.len() > BodyKeys::MAX_ID || !id.bytes().all(harmless) {
            return Err(BodyKeyError::Id);
        }
        let cipher = XChaCha20Poly1305::new(key.0.expose_secret().into());
        Ok(Self { id: id.to_owned(), cipher })
    }
}

/// What a sealed body is bound to.
#[derive(Clone, Copy)]
pub(crate) struct Place<'a> {
    pub(crate) kind: Kind,
    pub(crate) environment: Environment,
    pub(crate) body_sha256: &'a Hash,
}

impl Place<'_> {
    fn bytes(self) -> Vec<u8> {
        let words = ["passid-inbox-1", self.kind.as_str(), self.environment.as_str()];
        [words.join(" ").as_bytes(), b" ", self.body_sha256].concat()
    }
}

/// Makes a body ready to be stored.
pub(crate) fn seal(
    keys: Option<&BodyKeys>,
    place: Place<'_>,
    plain: &Bytes,
) -> Result<StoredBody, SealError> {
    seal_at(keys, &place.bytes(), plain)
}

fn seal_at(keys: Option<&BodyKeys>, place: &[u8], plain: &Bytes) -> Result<StoredBody, SealError> {
    match keys {
        Some(keys) => keys.seal(place, plain),
        None => Ok(StoredBody { bytes: plain.clone(), key_id: None }),
    }
}

/// Makes a stored body readable, and sees that it is the one that was stored.
pub(crate) fn open(
    keys: Option<&BodyKeys>,
    place: Place<'_>,
    stored: &StoredBody,
) -> Result<Bytes, SealError> {
    let plain = open_at(keys, &place.bytes(), stored)?;
    let hash: Hash = Sha256::digest(&plain).into();
    if hash == *place.body_sha256 { Ok(plain) } else { Err(SealError::Broken) }
}

fn open_at(keys: Option<&BodyKeys>, place: &[u8], stored: &StoredBody) -> Result<Bytes, SealError> {
    match (keys, stored.key_id.as_deref()) {
        (Some(keys), Some(id)) => keys.open(place, id, &stored.bytes),
        (None, Some(_)) => Err(SealError::UnknownKey),
        (Some(keys), None) if !keys.plain => Err(SealError::Plain),
        (_, None) => Ok(stored.bytes.clone()),
    }
}

/// What a sealed record is bound to. Nothing but its key tells a plain one from another.
#[derive(Clone, Copy)]
pub(crate) struct RecordPlace<'a> {
    pub(crate) environment: Environment,
    pub(crate) key: &'a Hash,
}

impl RecordPlace<'_> {
    fn bytes(self) -> Vec<u8> {
        let words = ["passid-inbox-record-1", self.environment.as_str()];
        [words.join(" ").as_bytes(), b" ", self.key].concat()
    }

    /// Makes a record ready to be stored.
    pub(crate) fn seal(
        self,
        keys: Option<&BodyKeys>,
        plain: &Bytes,
    ) -> Result<StoredBody, SealError> {
        seal_at(keys, &self.bytes(), plain)
    }

    /// Makes a stored record readable.
    pub(crate) fn open(
        self,
        keys: Option<&BodyKeys>,
        stored: &StoredBody,
    ) -> Result<Bytes, SealError> {
        open_at(keys, &self.bytes(), stored)
    }
}

/// Why a body cannot be sealed or opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SealError {
    /// Sealed with a key that the inbox was not given.
    #[error(
        "the body is sealed with a key that is not there; give the inbox that key as a previous one"
    )]
    UnknownKey,
    /// Not what was stored.
    #[error("the stored body was changed, or is another entry's")]
    Broken,
    /// Plain, and the inbox has keys.
    #[error("the body is stored plain, and only sealed ones are taken")]
    Plain,
    /// The operating system has no random numbers to give.
    #[error("no random numbers to seal the body with")]
    NoRandomness(#[source] Box<dyn Error + Send + Sync>),
}

impl SealError {
    /// The word that a ledger keeps of it.
    pub(crate) const fn reason(&self) -> &'static str {
        match self {
            Self::UnknownKey => "BODY_KEY_UNKNOWN",
            Self::Broken => "BODY_BROKEN",
            Self::Plain => "BODY_NOT_SEALED",
            Self::NoRandomness(_) => "NO_RANDOMNESS",
        }
    }
}

impl fmt::Debug for BodyKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let previous: Vec<_> = self.previous.iter().map(|key| &key.id).collect();
        f.debug_struct("BodyKeys")
            .field("current", &self.current.id)
            .field("previous", &previous)
            .field("plain", &self.plain)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(body: &[u8]) -> (Hash, Bytes) {
        (Sha256::digest(body).into(), Bytes::copy_from_slice(body))
    }

    fn keys(id: &str, byte: u8) -> BodyKeys {
        BodyKeys::new(id, &BodyKey::from_bytes([byte; 32])).unwrap()
    }

    fn at(hash: &Hash) -> Place<'_> {
        Place { kind: Kind::Event, environment: Environment::Live, body_sha256: hash }
    }

    #[test]
    fn what_was_sealed_opens_at_its_own_place_only() {
        let (hash, body) = place(b"who earns what");
        let keys = keys("a", 1);
        let sealed = seal(Some(&keys), at(&hash), &body).unwrap();
        assert!(!sealed.bytes.windows(4).any(|window| window == b"earn"));
        assert_eq!(open(Some(&keys), at(&hash), &sealed).unwrap(), body);

        let (other, _) = place(b"another");
        let elsewhere = [
            Place { kind: Kind::Outcome, ..at(&hash) },
            Place { environment: Environment::Sandbox, ..at(&hash) },
            at(&other),
        ];
        for place in elsewhere {
            assert!(matches!(open(Some(&keys), place, &sealed), Err(SealError::Broken)));
        }
        for position in 0..sealed.bytes.len() {
            let mut bytes = sealed.bytes.to_vec();
            bytes[position] ^= 1;
            let changed = StoredBody { bytes: bytes.into(), ..sealed.clone() };
            assert!(matches!(open(Some(&keys), at(&hash), &changed), Err(SealError::Broken)));
        }
    }

    #[test]
    fn a_previous_key_opens_and_a_missing_one_does_not() {
        let (hash, body) = place(b"{}");
        let sealed = seal(Some(&keys("old", 1)), at(&hash), &body).unwrap();
        let rotated = keys("new", 2).previous("old", &BodyKey::from_bytes([1; 32])).unwrap();
        assert_eq!(open(Some(&rotated), at(&hash), &sealed).unwrap(), body);
        for without in [Some(&keys("new", 2)), None] {
            assert!(matches!(open(without, at(&hash), &sealed), Err(SealError::UnknownKey)));
        }
        let pretended = keys("old", 3);
        assert!(matches!(open(Some(&pretended), at(&hash), &sealed), Err(SealError::Broken)));
    }

    #[test]
    fn a_plain_body_is_taken_only_where_that_is_said() {
        let (hash, body) = place(b"{}");
        let plain = seal(None, at(&hash), &body).unwrap();
        assert_eq!(open(None, at(&hash), &plain).unwrap(), body);
        assert!(matches!(open(Some(&keys("a", 1)), at(&hash), &plain), Err(SealError::Plain)));
        let lenient = keys("a", 1).accept_plain_bodies();
        assert_eq!(open(Some(&lenient), at(&hash), &plain).unwrap(), body);
        let forged = StoredBody { bytes: Bytes::from_static(b"{ }"), key_id: None };
        assert!(matches!(open(None, at(&hash), &forged), Err(SealError::Broken)));
    }

    #[test]
    fn keys_that_make_no_sense_are_refused() {
        let key = BodyKey::from_bytes([1; 32]);
        for id in ["", "a b", &"x".repeat(65), "\u{e9}"] {
            assert_eq!(BodyKeys::new(id, &key).unwrap_err(), BodyKeyError::Id, "{id}");
        }
        assert_eq!(keys("a", 1).previous("a", &key).unwrap_err(), BodyKeyError::SameId);
        let many = (1..BodyKeys::MAX_KEYS)
            .try_fold(keys("0", 1), |keys, id| keys.previous(&id.to_string(), &key))
            .unwrap();
        assert_eq!(many.previous("more", &key).unwrap_err(), BodyKeyError::TooMany);
        for hex in ["", "zz", &"1".repeat(63), &"g".repeat(64), &"11".repeat(33)] {
            assert_eq!(BodyKey::from_hex(hex).unwrap_err(), BodyKeyError::NotAKey);
        }
        let written = BodyKey::from_hex(&format!(" {}\n", "0aF1".repeat(16))).unwrap();
        assert_eq!(written.0.expose_secret()[..2], [0x0a, 0xf1]);
        assert!(!format!("{written:?}{:?}", keys("a", 1)).contains("01"));
    }
}
