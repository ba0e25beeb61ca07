//! Signing metadata with the project's RSA key (feature `metadata-signing`).

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rsa::pkcs1::DecodeRsaPrivateKey;
use rsa::pkcs8::DecodePrivateKey;
use rsa::traits::PublicKeyParts;
use rsa::{Pkcs1v15Sign, RsaPrivateKey};

use crate::FlowMetadata;

/// The private key whose public half is in the project's dashboard.
///
/// The vendor calls it encryption. It is RSA's private-key operation over the JSON itself, with the
/// padding of PKCS#1 v1.5 block type 1 and without a hash: whoever has the public key can read it, and
/// only the private key can make it. `Debug` shows nothing of it; it is wiped when dropped.
///
/// What is signed holds nothing secret, but who asks for signatures could learn about the key from how
/// long they take. So each is blinded, and the exponentiation is of constant time. All the same the
/// advisory RUSTSEC-2023-0071 names no version of the library behind it that is free of timing leaks:
/// where that is not good enough, let a key service or openssl sign [`FlowMetadata::to_json`] instead
/// (decision P84).
#[derive(Clone)]
pub struct MetadataKey(RsaPrivateKey);

impl MetadataKey {
    /// Reads a key as PEM: `BEGIN PRIVATE KEY` (PKCS#8) or `BEGIN RSA PRIVATE KEY` (PKCS#1).
    ///
    /// # Errors
    ///
    /// [`MetadataKeyError`] when it is neither, or not of 4096 bits, as the vendor asks for.
    pub fn from_pem(pem: &str) -> Result<Self, MetadataKeyError> {
        let key = RsaPrivateKey::from_pkcs8_pem(pem)
            .or_else(|_| RsaPrivateKey::from_pkcs1_pem(pem))
            .map_err(|_| MetadataKeyError::Unreadable)?;
        if key.size() == 512 { Ok(Self(key)) } else { Err(MetadataKeyError::Size) }
    }

    /// Signs metadata: the value of the button's `metaData`, 684 characters of base64.
    ///
    /// # Errors
    ///
    /// [`SigningError`] as for [`sign_json`](Self::sign_json).
    pub fn sign(&self, metadata: &FlowMetadata) -> Result<String, SigningError> {
        self.sign_json(&metadata.to_json())
    }

    /// Signs JSON of your own making.
    ///
    /// # Errors
    ///
    /// [`SigningError::TooLong`] for more than [`MAX_BYTES`](Self::MAX_BYTES);
    /// [`SigningError::Failed`] when the operation is not possible.
    pub fn sign_json(&self, json: &str) -> Result<String, SigningError> {
        if json.len() > Self::MAX_BYTES {
            return Err(SigningError::TooLong);
        }
        let padding = Pkcs1v15Sign::new_unprefixed();
        let block = self.0.sign(padding, json.as_bytes()).map_err(|_| SigningError::Failed)?;
        Ok(STANDARD.encode(block))
    }

    /// The longest JSON that can be signed, in bytes: 512 less 11 of padding.
    pub const MAX_BYTES: usize = 501;
}

impl fmt::Debug for MetadataKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MetadataKey(redacted)")
    }
}

/// Why a text is no key for metadata. Never repeats the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MetadataKeyError {
    /// Not a private RSA key as PEM.
    #[error("expected a private RSA key as PEM, PKCS#8 or PKCS#1, without a password")]
    Unreadable,
    /// Not of 4096 bits.
    #[error("the key must have 4096 bits; make one with openssl genrsa 4096")]
    Size,
}

/// Why metadata cannot be signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SigningError {
    /// More than [`MetadataKey::MAX_BYTES`].
    #[error(
        "the metadata is longer than {} bytes; keep the reference short",
        MetadataKey::MAX_BYTES
    )]
    TooLong,
    /// The operation is not possible.
    #[error("the metadata could not be signed; check the key")]
    Failed,
}
