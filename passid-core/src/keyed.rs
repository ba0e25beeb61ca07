//! Keyed hashes: names for what must not be named in clear.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// HMAC-SHA-256 over parts, each behind its length, so that no two lists of parts run together.
pub(crate) fn mac(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    authenticator(key, parts).map_or([0; 32], |mac| mac.finalize().into_bytes().into())
}

/// Whether `tag` is the [`mac`] of the parts; in constant time.
#[cfg(feature = "redis")]
pub(crate) fn is_mac(key: &[u8], parts: &[&[u8]], tag: &[u8]) -> bool {
    authenticator(key, parts).is_some_and(|mac| mac.verify_slice(tag).is_ok())
}

/// HMAC takes keys of any length: there always is one.
fn authenticator(key: &[u8], parts: &[&[u8]]) -> Option<Hmac<Sha256>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).ok()?;
    for part in parts {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part);
    }
    Some(mac)
}

/// The first half of a MAC, for names: 128 bits.
pub(crate) fn half(mac: [u8; 32]) -> [u8; 16] {
    let mut half = [0; 16];
    half.copy_from_slice(mac.split_at(16).0);
    half
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_do_not_run_together() {
        assert_ne!(mac(&[1; 32], &[b"ab", b"c"]), mac(&[1; 32], &[b"a", b"bc"]));
    }
}
