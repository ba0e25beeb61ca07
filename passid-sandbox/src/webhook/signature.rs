//! `X-PASSID-Signature` (reference, section 9.3).

use std::fmt::Write;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

pub(super) const HEADER: &str = "x-passid-signature";

/// The header's value: `sha256=` and the HMAC-SHA256 of exactly these bytes in lower-case hex. The
/// secret is used as it is written, with its prefix. `None` for a blank secret, which would sign
/// for anybody (D27).
pub(super) fn sign(secret: &str, body: &[u8]) -> Option<String> {
    if secret.trim().is_empty() {
        return None;
    }
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).ok()?;
    mac.update(body);
    Some(written(&mac.finalize().into_bytes()))
}

/// A signature of the right form that no secret made: the true one with its last bit turned.
pub(super) fn sign_wrongly(secret: &str, body: &[u8]) -> Option<String> {
    let mut value = sign(secret, body)?;
    let last = value.pop()?.to_digit(16)?;
    value.push(char::from_digit(last ^ 1, 16)?);
    Some(value)
}

fn written(mac: &[u8]) -> String {
    mac.iter().fold(String::from("sha256="), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
