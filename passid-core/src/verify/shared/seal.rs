//! Names and seals: what of a token and a verdict is to be seen in Redis, which is nothing.
//!
//! P77: an entry is named by a MAC over scope and token under the deployment's secret. Its value is
//! sealed with XChaCha20-Poly1305 under a key that HKDF-SHA-256 makes of that secret **and** the token,
//! so that it takes both to open it; its name, its format and the epoch it belongs to are bound to it.

use std::fmt;

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac};
use sha2::Sha256;

use crate::keyed::{half, mac};
use crate::redis::Keys;
use crate::{Subject, Token};

/// What a value begins with: an entry of this format. Another letter is something else.
const ENTRY: u8 = b'1';
const EPOCH: usize = 16;
const NONCE: usize = 24;
/// Values are filled up to a multiple of this, so that their length says little.
const GRAIN: usize = 512;
/// The longest value that is kept and looked at, in bytes.
pub(super) const MAX_VALUE: usize = 64 * 1024;

/// 128 bits that stand for a token within a scope.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Id(pub(super) [u8; 16]);

impl Id {
    pub(super) fn new(keys: &Keys, scope: &[u8; 32], token: &Token) -> Self {
        Self(half(mac(&keys.ids, &[scope, token.expose().as_bytes()])))
    }

    /// The same for a subject. No token begins with a zero.
    pub(super) fn of_subject(keys: &Keys, scope: &[u8; 32], subject: &Subject) -> Self {
        Self(half(mac(&keys.ids, &[scope, &[0], subject.as_bytes()])))
    }
}

/// Not even the hash is shown: with the secret it would tell a guessed token from a wrong one.
impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Id(redacted)")
    }
}

/// Changes when everything is forgotten: entries of another epoch are none.
pub(super) type Epoch = [u8; EPOCH];

/// Opens and makes the values of one token.
pub(super) struct Seal(XChaCha20Poly1305);

impl Seal {
    pub(super) fn new(keys: &Keys, scope: &[u8; 32], token: &Token) -> Self {
        // HKDF (RFC 5869), of which one block is enough.
        let extracted = hmac(&keys.values, &[token.expose().as_bytes()]);
        let key = hmac(&extracted, &[b"passid-redis-value-1", scope, &[1]]);
        Self(XChaCha20Poly1305::new(&key.into()))
    }

    /// `None` where there is no randomness to be had, or where the value would be too long.
    pub(super) fn seal(&self, name: &str, epoch: &Epoch, mut plain: Vec<u8>) -> Option<Vec<u8>> {
        let filled = plain.len().next_multiple_of(GRAIN);
        // White space, which JSON allows at its end.
        plain.resize(filled, b' ');
        let mut nonce = [0; NONCE];
        getrandom::fill(&mut nonce).ok()?;
        let aad = bound_to(name, epoch);
        let payload = Payload { msg: &plain, aad: &aad };
        let sealed = self.0.encrypt(&XNonce::from(nonce), payload).ok()?;
        let value = [&[ENTRY][..], epoch, &nonce, &sealed].concat();
        (value.len() <= MAX_VALUE).then_some(value)
    }

    /// `None` for whatever was not made by [`seal`](Self::seal) for this name, in this epoch.
    pub(super) fn open(&self, name: &str, epoch: &Epoch, value: &[u8]) -> Option<Vec<u8>> {
        let rest = value.strip_prefix(&[ENTRY])?.strip_prefix(epoch)?;
        let (nonce, sealed) = rest.split_first_chunk::<NONCE>()?;
        let aad = bound_to(name, epoch);
        self.0.decrypt(&XNonce::from(*nonce), Payload { msg: sealed, aad: &aad }).ok()
    }
}

/// Whether a value claims to be an entry of this format, whatever its epoch.
pub(super) fn is_entry(value: &[u8]) -> bool {
    value.first() == Some(&ENTRY)
}

fn bound_to(name: &str, epoch: &Epoch) -> Vec<u8> {
    [&[ENTRY][..], epoch, name.as_bytes()].concat()
}

/// HMAC takes keys of any length: there always is one.
fn hmac(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return [0; 32] };
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::redis::DeploymentSecret;

    const NAME: &str = "passid:v:00";
    const NOW: Epoch = [7; EPOCH];

    fn seal(secret: &str, scope: u8, token: &str) -> Seal {
        let keys = DeploymentSecret::parse(secret).unwrap().derive();
        Seal::new(&keys, &[scope; 32], &Token::parse(token).unwrap())
    }

    fn ours() -> Seal {
        seal("0123456789abcdef0123456789abcdef", 1, "psid_1")
    }

    #[test]
    fn a_value_opens_for_its_token_secret_scope_name_and_epoch_only() {
        let value = ours().seal(NAME, &NOW, b"{}".to_vec()).unwrap();
        assert_eq!(ours().open(NAME, &NOW, &value).unwrap().trim_ascii(), b"{}");
        let others = [
            seal("0123456789abcdef0123456789abcdef", 1, "psid_2"),
            seal("0123456789abcdef0123456789abcdef", 2, "psid_1"),
            seal("0123456789abcdef0123456789abcdee", 1, "psid_1"),
        ];
        for other in others {
            assert_eq!(other.open(NAME, &NOW, &value), None);
        }
        assert_eq!(ours().open("passid:v:01", &NOW, &value), None);
        assert_eq!(ours().open(NAME, &[8; EPOCH], &value), None);
    }

    #[test]
    fn a_value_with_any_bit_changed_does_not_open() {
        let value = ours().seal(NAME, &NOW, b"{}".to_vec()).unwrap();
        for position in 0..value.len() {
            let mut changed = value.clone();
            changed[position] ^= 1;
            assert_eq!(ours().open(NAME, &NOW, &changed), None, "byte {position}");
        }
        for length in 0..value.len() {
            assert_eq!(ours().open(NAME, &NOW, &value[..length]), None, "length {length}");
        }
    }

    #[test]
    fn an_epoch_that_was_written_over_does_not_open_either() {
        let mut value = ours().seal(NAME, &NOW, b"{}".to_vec()).unwrap();
        value[1..=EPOCH].copy_from_slice(&[8; EPOCH]);
        assert_eq!(ours().open(NAME, &[8; EPOCH], &value), None);
    }

    #[test]
    fn lengths_tell_little_and_no_two_values_are_alike() {
        let sealed = |length| ours().seal(NAME, &NOW, vec![b'x'; length]).unwrap();
        assert_eq!(sealed(1).len(), sealed(500).len());
        assert_ne!(sealed(1), sealed(1));
        assert!(ours().seal(NAME, &NOW, vec![b'x'; MAX_VALUE]).is_none());
    }

    /// RFC 5869, test case 1: the first block of its output.
    #[test]
    fn keys_are_made_as_hkdf_makes_them() {
        let salt: Vec<u8> = (0..=0x0c).collect();
        let info: Vec<u8> = (0xf0..=0xf9).collect();
        let block = hmac(&hmac(&salt, &[&[0x0b; 22]]), &[&info, &[1]]);
        let hex: String = block.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf");
    }

    #[test]
    fn an_id_is_not_shown() {
        assert_eq!(format!("{:?}", Id([1; 16])), "Id(redacted)");
    }
}
