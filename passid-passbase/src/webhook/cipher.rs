//! AES-256-CBC with the initialisation vector in front, PKCS#7 padding.

use aes::cipher::{BlockModeDecrypt, KeyIvInit};
use subtle::{Choice, ConstantTimeEq, ConstantTimeLess};
use zeroize::Zeroizing;

use super::WebhookSecret;

const BLOCK: usize = 16;

/// What came out, wiped when dropped.
pub(super) struct Plain {
    bytes: Zeroizing<Vec<u8>>,
    /// Without the padding; all of it where the padding is not sound.
    length: usize,
    padded: bool,
}

impl Plain {
    pub(super) fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }

    pub(super) fn is_padded(&self) -> bool {
        self.padded
    }
}

/// `None` when the length is none that an encrypted body has, which anybody can see.
pub(super) fn decrypt(secret: &WebhookSecret, sealed: &[u8]) -> Option<Plain> {
    let (iv, blocks) = sealed.split_at_checked(BLOCK)?;
    let mut bytes = Zeroizing::new(blocks.to_vec());
    let mut cipher =
        cbc::Decryptor::<aes::Aes256>::new_from_slices(secret.expose().as_bytes(), iv).ok()?;
    let (whole, rest) = aes::Block::slice_as_chunks_mut(&mut bytes);
    if whole.is_empty() || !rest.is_empty() {
        return None;
    }
    cipher.decrypt_blocks(whole);
    let (padding, sound) = padding(&bytes);
    let padded = bool::from(sound);
    let length = if padded { bytes.len() - usize::from(padding) } else { bytes.len() };
    Some(Plain { bytes, length, padded })
}

/// The length of the padding, and whether it is sound: looked at in constant time.
fn padding(bytes: &[u8]) -> (u8, Choice) {
    let last = bytes.last().copied().unwrap_or_default();
    let mut sound = !last.ct_eq(&0) & last.ct_lt(&17);
    for (at, byte) in (0..16_u8).zip(bytes.iter().rev()) {
        let beyond = !at.ct_lt(&last);
        sound &= beyond | byte.ct_eq(&last);
    }
    (last, sound)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pkcs7_is_sound_padding() {
        let padded = |tail: &[u8]| {
            let mut block = [b'x'; 16];
            block[16 - tail.len()..].copy_from_slice(tail);
            bool::from(padding(&block).1)
        };
        assert!(padded(&[1]) && padded(&[2, 2]) && padded(&[16; 16]) && padded(&[3, 3, 3]));
        assert!(!padded(&[0]) && !padded(&[3, 2]) && !padded(&[2, 3, 3]) && !padded(&[17; 16]));
        assert!(!padded(b"x"));
    }
}
