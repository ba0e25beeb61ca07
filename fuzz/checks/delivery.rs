//! A request as an input spells it, and what is to be said of its signature.

use std::fmt::Write as _;

use passid_core::WebhookSecret;
use passid_core::webhook::{SignatureError, VerifiedBody, WebhookVerifier, WebhookVerifierBuilder};
use sha2::{Digest, Sha256};

/// The current one, the previous one, and one that no verifier here has. The first is shorter than a
/// block of the hash, the second longer.
const SECRETS: [&str; 3] = [
    "whsec_00000000000000000000000000000000",
    "whsec_45c6263b45f2763c8405bb9cd1b823139beb30e6e36d1f84c7a072b225845bd2",
    "whsec_11111111111111111111111111111111",
];

/// Ends the headers.
const RECORD_SEPARATOR: u8 = 0x1e;
/// Stands between two headers.
const UNIT_SEPARATOR: u8 = 0x1f;

pub(crate) struct Delivery {
    pub(crate) headers: Vec<Vec<u8>>,
    pub(crate) body: Vec<u8>,
}

impl Delivery {
    /// The values of the headers, parted by unit separators, then a record separator and the body.
    ///
    /// In a header `%0`, `%1` and `%2` stand for the 64 digits that the current, the previous and an
    /// unknown secret give this body, and `%U` for those of the current one in upper case: no fuzzer
    /// finds a signature by itself.
    pub(crate) fn read(input: &[u8]) -> Self {
        let mut parts = input.splitn(2, |byte| *byte == RECORD_SEPARATOR);
        let headers = parts.next().unwrap_or_default();
        let body = parts.next().unwrap_or_default().to_vec();
        let headers = match headers {
            [] => Vec::new(),
            some => some.split(|byte| *byte == UNIT_SEPARATOR).map(|h| filled(h, &body)).collect(),
        };
        Self { headers, body }
    }

    /// Which secret signed it, or what is wrong: decisions D27 and P31 read anew and in another way,
    /// for no byte of the header is decoded. An error tells lengths and nothing else of what came.
    pub(crate) fn expected(&self, limit: usize) -> Result<usize, SignatureError> {
        let header = match &*self.headers {
            [] => return Err(SignatureError::Missing),
            [header] => header,
            _ => return Err(SignatureError::Duplicate),
        };
        if header.iter().all(u8::is_ascii_whitespace) {
            return Err(SignatureError::Missing);
        }
        if header.contains(&b',') {
            return Err(SignatureError::Duplicate);
        }
        let is_blank = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_whitespace);
        if is_blank(header.first()) || is_blank(header.last()) {
            return Err(SignatureError::WhiteSpace);
        }
        let digits = header.strip_prefix(b"sha256=").ok_or(SignatureError::OtherScheme)?;
        if digits.len() != 64 {
            return Err(SignatureError::WrongLength { digits: digits.len() });
        }
        if !digits.iter().all(u8::is_ascii_hexdigit) {
            return Err(SignatureError::NotHex);
        }
        if self.body.len() > limit {
            return Err(SignatureError::BodyTooLarge { limit });
        }
        let [current, previous, _] = SECRETS;
        let signed_by =
            |secret: &str| hmac(secret, &self.body).as_bytes().eq_ignore_ascii_case(digits);
        [current, previous].into_iter().position(signed_by).ok_or(SignatureError::Mismatch)
    }
}

/// Whether this error is of the header alone, and so found before a body is there.
pub(crate) fn is_of_the_header(error: SignatureError) -> bool {
    !matches!(error, SignatureError::Mismatch | SignatureError::BodyTooLarge { .. })
}

/// Which secret signed, in the words of [`Delivery::expected`].
pub(crate) fn verdict(
    found: &Result<VerifiedBody<'_>, SignatureError>,
) -> Result<usize, SignatureError> {
    found.as_ref().map(VerifiedBody::secret_index).map_err(|error| *error)
}

/// With the current and the previous secret.
pub(crate) fn verifier() -> WebhookVerifierBuilder {
    let [current, previous, _] = SECRETS.map(|raw| WebhookSecret::parse(raw).expect("a secret"));
    WebhookVerifier::builder().secret(current).previous_secret(previous)
}

fn filled(header: &[u8], body: &[u8]) -> Vec<u8> {
    let mut filled = Vec::new();
    let mut rest = header;
    while let Some((byte, after)) = rest.split_first() {
        let digits = match rest {
            [b'%', b'0', ..] => Some(hmac(SECRETS[0], body)),
            [b'%', b'1', ..] => Some(hmac(SECRETS[1], body)),
            [b'%', b'2', ..] => Some(hmac(SECRETS[2], body)),
            [b'%', b'U', ..] => Some(hmac(SECRETS[0], body).to_uppercase()),
            _ => None,
        };
        match digits {
            Some(digits) => {
                filled.extend(digits.into_bytes());
                rest = &rest[2..];
            }
            None => {
                filled.push(*byte);
                rest = after;
            }
        }
    }
    filled
}

/// HMAC-SHA256 as RFC 2104 writes it, in hex digits.
fn hmac(secret: &str, body: &[u8]) -> String {
    let mut key = [0; 64];
    match secret.len() {
        0..=64 => key[..secret.len()].copy_from_slice(secret.as_bytes()),
        _ => key[..32].copy_from_slice(&Sha256::digest(secret)),
    }
    let inner =
        Sha256::new().chain_update(key.map(|byte| byte ^ 0x36)).chain_update(body).finalize();
    let outer = Sha256::new().chain_update(key.map(|byte| byte ^ 0x5c)).chain_update(inner);
    outer.finalize().iter().fold(String::new(), |mut digits, byte| {
        // Writing to a string cannot fail.
        let _ = write!(digits, "{byte:02x}");
        digits
    })
}
