//! `X-PASSID-Signature: sha256=<64 hex digits>` (decision D27).

/// The header that carries the signature of a webhook, in lower case.
pub const SIGNATURE_HEADER: &str = "x-passid-signature";

const SCHEME: &[u8] = b"sha256=";
const DIGITS: usize = 64;

/// What a header says the signature is. Whether it is, only a secret tells.
#[derive(Clone, Copy)]
pub(super) struct Claimed(pub(super) [u8; DIGITS / 2]);

impl Claimed {
    /// Reads the values of all headers of the name.
    pub(super) fn read(
        values: impl IntoIterator<Item: AsRef<[u8]>>,
    ) -> Result<Self, SignatureError> {
        let mut values = values.into_iter();
        let Some(value) = values.next() else { return Err(SignatureError::Missing) };
        // Proxies and frameworks disagree on which of several counts.
        if values.next().is_some() {
            return Err(SignatureError::Duplicate);
        }
        Self::parse(value.as_ref())
    }

    fn parse(value: &[u8]) -> Result<Self, SignatureError> {
        let trimmed = value.trim_ascii();
        if trimmed.is_empty() {
            return Err(SignatureError::Missing);
        }
        // P31: two headers that a proxy made one are still two.
        if value.contains(&b',') {
            return Err(SignatureError::Duplicate);
        }
        if trimmed.len() != value.len() {
            return Err(SignatureError::WhiteSpace);
        }
        let digits = value.strip_prefix(SCHEME).ok_or(SignatureError::OtherScheme)?;
        let (pairs, rest) = digits.as_chunks::<2>();
        let pairs: &[[u8; 2]; DIGITS / 2] = match (pairs.try_into(), rest) {
            (Ok(pairs), []) => pairs,
            _ => return Err(SignatureError::WrongLength { digits: digits.len() }),
        };
        let mut bytes = [0; DIGITS / 2];
        for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
            let (high, low) = (value_of(*high), value_of(*low));
            if (high | low) > 0xf {
                return Err(SignatureError::NotHex);
            }
            *byte = (high << 4) | low;
        }
        Ok(Self(bytes))
    }
}

const NO_DIGIT: u8 = 0xff;

/// One look-up per digit: faster than ranges, and the header is signature, not secret.
fn value_of(digit: u8) -> u8 {
    const VALUES: [u8; 256] = {
        let mut values = [NO_DIGIT; 256];
        let mut byte = 0;
        while byte < values.len() {
            #[expect(clippy::indexing_slicing, reason = "checked by the compiler")]
            {
                values[byte] = match byte as u8 {
                    digit @ b'0'..=b'9' => digit - b'0',
                    digit @ b'a'..=b'f' => digit - b'a' + 10,
                    digit @ b'A'..=b'F' => digit - b'A' + 10,
                    _ => NO_DIGIT,
                };
            }
            byte += 1;
        }
        values
    };
    VALUES.get(usize::from(digit)).copied().unwrap_or(NO_DIGIT)
}

/// Why the signature of a webhook was not accepted. Never repeats header, body or secret.
///
/// Meant for logs: what the sender is told is one answer for all of them
/// ([`WebhookRejection`](super::WebhookRejection)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignatureError {
    /// No header, or a blank one.
    #[error(
        "the request has no X-PASSID-Signature header, or a blank one; \
         does something in between remove it?"
    )]
    Missing,
    /// Two headers, or two values in one.
    #[error("the request has more than one signature; exactly one X-PASSID-Signature is expected")]
    Duplicate,
    /// White space around the value, which a server takes off.
    #[error("the signature header begins or ends with white space; give its value as it was sent")]
    WhiteSpace,
    /// Something else than `sha256=`, in lower case.
    #[error("the signature header does not begin with sha256=")]
    OtherScheme,
    /// Something else than 64 digits.
    #[error("the signature has {digits} digits after sha256= instead of {DIGITS}")]
    WrongLength {
        /// How many bytes follow `sha256=`.
        digits: usize,
    },
    /// A character that is no hex digit.
    #[error("the signature holds a character that is no hex digit")]
    NotHex,
    /// Well formed, and made by none of the secrets or for other bytes.
    #[error(
        "no configured secret made this signature for this body; is the body raw, as it was sent, \
         not parsed, decompressed or changed in its white space? \
         is the secret the whole one of this environment, with its whsec_ and no line break?"
    )]
    Mismatch,
    /// Over the limit of the verifier; nothing was hashed.
    #[error("the body is longer than {limit} bytes")]
    BodyTooLarge {
        /// The limit, in bytes.
        limit: usize,
    },
}

impl SignatureError {
    /// A short name that stays the same: for logs, metrics and the published test vectors.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Duplicate => "duplicate",
            Self::WhiteSpace => "white_space",
            Self::OtherScheme => "other_scheme",
            Self::WrongLength { .. } => "wrong_length",
            Self::NotHex => "not_hex",
            Self::Mismatch => "mismatch",
            Self::BodyTooLarge { .. } => "body_too_large",
        }
    }
}
