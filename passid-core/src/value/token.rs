use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use secrecy::zeroize::Zeroize;
use secrecy::{ExposeSecret, SecretSlice, SecretString};
use subtle::ConstantTimeEq;

use super::code::{is_hyphen, is_space};
use crate::verify::ROUTE_SEPARATOR;

const PREFIX: &str = "PASSID-";
/// Of the sandbox's tokens, such as `psid_sandbox_demo_001`.
const OPAQUE_PREFIX: &str = "psid_";

/// A PASSID token, such as `PASSID-AB3X-7YQM-K9PQ-3MNX`: what a caller presents.
///
/// A value that begins with `PASSID-` is brought to the printed form: upper case, groups parted by
/// single hyphens. Its number of groups is not checked, because no source states it. Any other
/// value, such as the sandbox token `psid_sandbox_demo_001`, is opaque and kept as it is
/// (decision D10). Whoever holds a token can use it until it ends, so it is treated as a secret. A
/// clone shares it; when the last one goes, it is wiped.
///
/// ```
/// use passid_core::Token;
///
/// let token = Token::parse(" passid-ab3x 7yqm-k9pq-3mnx ")?;
/// assert_eq!(token.expose(), "PASSID-AB3X-7YQM-K9PQ-3MNX");
/// assert_eq!(format!("{token:?}"), "Token(redacted)");
/// # Ok::<(), passid_core::TokenError>(())
/// ```
#[derive(Clone)]
pub struct Token(Arc<Text>);

impl Token {
    /// The longest token accepted, in bytes, before anything else is done with it. Ours.
    pub const MAX_LEN: usize = 4096;

    /// Reads a token and brings it to its printed form.
    ///
    /// # Errors
    ///
    /// [`TokenError`] when nothing is left after trimming, when it is longer than
    /// [`Token::MAX_LEN`] bytes, or when it holds anything but printable ASCII.
    pub fn parse(raw: &str) -> Result<Self, TokenError> {
        match Self::as_printed(raw.as_bytes()) {
            Some(token) => Ok(token),
            None => Self::respelt(raw),
        }
    }

    /// A token in its printed form, the way most tokens come; `None` for any other value.
    pub(crate) fn as_printed(raw: &[u8]) -> Option<Self> {
        (raw.len() <= Self::MAX_LEN && is_printed(raw)).then(|| Self::of_ascii(raw))
    }

    fn respelt(raw: &str) -> Result<Self, TokenError> {
        if raw.len() > Self::MAX_LEN {
            return Err(TokenError::TooLong);
        }
        let trimmed = raw.trim_matches(is_space);
        if trimmed.is_empty() {
            return Err(TokenError::Empty);
        }
        match printed_form(trimmed) {
            Some(printed) => Ok(Self::of_ascii(printed.expose_secret().as_bytes())),
            None if trimmed.bytes().all(|byte| byte.is_ascii_graphic()) => {
                Ok(Self::of_ascii(trimmed.as_bytes()))
            }
            None => Err(TokenError::NotPrintable),
        }
    }

    fn of_ascii(text: &[u8]) -> Self {
        Self(Text::shared(text))
    }

    /// Whether it begins with `PASSID-` or, in any case, `psid_`.
    pub(crate) fn is_published_form(&self) -> bool {
        let begins = |prefix: &str| {
            let start = self.as_bytes().get(..prefix.len());
            start.is_some_and(|start| start.eq_ignore_ascii_case(prefix.as_bytes()))
        };
        begins(PREFIX) || begins(OPAQUE_PREFIX)
    }

    /// The token behind the name of a route (decision P146).
    pub(crate) fn routed_to(&self, route: &str) -> Result<Self, TokenError> {
        let length = route.len() + ROUTE_SEPARATOR.len_utf8() + self.as_bytes().len();
        // Of the right size at once: a buffer that moved would leave a copy behind.
        let mut text = String::with_capacity(length);
        text.push_str(route);
        text.push(ROUTE_SEPARATOR);
        text.push_str(self.expose());
        Self::respelt(SecretString::from(text).expose_secret())
    }

    /// The token itself, for the places that put it on the wire.
    pub fn expose(&self) -> &str {
        // ASCII, as everything that is kept.
        std::str::from_utf8(self.as_bytes()).unwrap_or_default()
    }

    /// The same as bytes, for hashing and comparing: not looked through for UTF-8 each time.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

/// The text of a token, beside the count of those who share it: reading a token of ordinary length and
/// sharing it takes one allocation.
enum Text {
    Short { length: usize, bytes: [u8; Text::SHORT] },
    Long(SecretSlice<u8>),
}

impl Text {
    /// Longer than any token that is published (26 bytes).
    const SHORT: usize = 40;

    /// A short text is written where it will stay: no copy that would have to be wiped is left behind.
    fn shared(text: &[u8]) -> Arc<Self> {
        let mut shared = Arc::new(Self::Short { length: text.len(), bytes: [0; Self::SHORT] });
        if let Some(Self::Short { bytes, .. }) = Arc::get_mut(&mut shared)
            && let Some(place) = bytes.get_mut(..text.len())
        {
            place.copy_from_slice(text);
            return shared;
        }
        Arc::new(Self::Long(text.to_vec().into()))
    }

    fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Short { length, bytes } => bytes.get(..*length).unwrap_or_default(),
            Self::Long(text) => text.expose_secret(),
        }
    }
}

impl Drop for Text {
    fn drop(&mut self) {
        // The other form wipes itself.
        if let Self::Short { bytes, .. } = self {
            bytes.zeroize();
        }
    }
}

/// `PASSID-AB3X-7YQM` for anything that is `PASSID-` and groups of letters and digits in any
/// spelling; `None` for what is not, which then is opaque.
///
/// Measured first and written once into a buffer of the right size: neither a failed attempt nor a
/// buffer that moved leaves a copy of the token behind.
fn printed_form(trimmed: &str) -> Option<SecretString> {
    let (mut length, mut prefixed) = (0, true);
    each_printed(trimmed, |byte| {
        prefixed &= PREFIX.as_bytes().get(length).is_none_or(|expected| *expected == byte);
        length += 1;
    })?;
    if !prefixed || length < PREFIX.len() {
        return None;
    }
    let mut printed = String::with_capacity(length);
    each_printed(trimmed, |byte| printed.push(char::from(byte)))?;
    Some(printed.into())
}

/// Whether a value is in the printed form already.
fn is_printed(value: &[u8]) -> bool {
    let Some(groups) = value.strip_prefix(PREFIX.as_bytes()) else { return false };
    // The prefix ends with a hyphen; after one there must be something else.
    let mut parted = true;
    for &byte in groups {
        if is_plain(byte) {
            parted = false;
        } else if byte == b'-' && !parted {
            parted = true;
        } else {
            return false;
        }
    }
    !parted
}

/// Capitals and digits, which all lie within 64 characters from the first digit on: a bit for each is
/// looked at, because two comparisons of ranges take twice as long, on every byte of every token.
fn is_plain(byte: u8) -> bool {
    const PLAIN: u64 = bits(b'0', b'9') | bits(b'A', b'Z');
    let place = byte.wrapping_sub(b'0');
    place < 64 && (PLAIN >> place) & 1 == 1
}

const fn bits(first: u8, last: u8) -> u64 {
    ((1 << (last - first + 1)) - 1) << (first - b'0')
}

/// Calls `put` with each byte of the printed form; `None` at a character that it cannot hold.
fn each_printed(trimmed: &str, mut put: impl FnMut(u8)) -> Option<()> {
    let (mut parting, mut begun) = (false, false);
    for character in trimmed.chars() {
        if is_hyphen(character) || is_space(character) {
            parting = true;
            continue;
        }
        let byte = u8::try_from(character).ok().filter(u8::is_ascii_alphanumeric)?;
        if parting && begun {
            put(b'-');
        }
        (parting, begun) = (false, true);
        put(byte.to_ascii_uppercase());
    }
    Some(())
}

impl FromStr for Token {
    type Err = TokenError;

    fn from_str(raw: &str) -> Result<Self, Self::Err> {
        Self::parse(raw)
    }
}

impl PartialEq for Token {
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes().ct_eq(other.as_bytes()).into()
    }
}

impl Eq for Token {}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(redacted)")
    }
}

/// Why a text is not a token. Never repeats the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// Nothing but white space was given.
    #[error("the token is empty; expected a value such as PASSID-XXXX-XXXX-XXXX-XXXX")]
    Empty,
    /// More than [`Token::MAX_LEN`] bytes.
    #[error("the token is longer than {} bytes", Token::MAX_LEN)]
    TooLong,
    /// A character that no token has.
    #[error("the token holds white space or a character outside printable ASCII")]
    NotPrintable,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(raw: &str) -> String {
        Token::parse(raw).unwrap().expose().to_owned()
    }

    #[test]
    fn a_passid_token_is_brought_to_its_printed_form() {
        for spelling in [
            "PASSID-AB3X-7YQM-K9PQ-3MNX",
            "passid-ab3x-7yqm-k9pq-3mnx",
            "  PASSID-AB3X 7YQM K9PQ 3MNX\t",
            "PASSID\u{2011}AB3X\u{2013}7YQM\u{a0}K9PQ--3MNX",
        ] {
            assert_eq!(parsed(spelling), "PASSID-AB3X-7YQM-K9PQ-3MNX", "{spelling}");
        }
    }

    #[test]
    fn what_counts_as_printed_is_left_as_it_is() {
        let plain = |byte: &u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
        for byte in 0..=u8::MAX {
            assert_eq!(is_plain(byte), plain(&byte), "{byte}");
        }
        for printed in ["PASSID-A", "PASSID-AB3X-7YQM", "PASSID-0-9-Z"] {
            assert!(is_printed(printed.as_bytes()), "{printed}");
            assert_eq!(parsed(printed), printed);
        }
        for other in ["", "PASSID", "PASSID-", "PASSID--A", "PASSID-A-", "PASSID-A--B", "PASSID-a"]
        {
            assert!(!is_printed(other.as_bytes()), "{other}");
        }
    }

    #[test]
    fn the_number_of_groups_is_not_our_business() {
        assert_eq!(parsed("PASSID-EXAMPLE-TOKEN"), "PASSID-EXAMPLE-TOKEN");
        assert_eq!(parsed("PASSID-A"), "PASSID-A");
    }

    #[test]
    fn other_forms_are_opaque_and_keep_their_case() {
        assert_eq!(parsed("psid_sandbox_demo_001"), "psid_sandbox_demo_001");
        assert_eq!(parsed("PASSID-AB3X.dots"), "PASSID-AB3X.dots");
    }

    #[test]
    fn blank_oversized_and_unprintable_tokens_are_refused() {
        assert_eq!(Token::parse(" \t").unwrap_err(), TokenError::Empty);
        assert_eq!(Token::parse(&"a".repeat(4097)).unwrap_err(), TokenError::TooLong);
        assert_eq!(parsed(&"a".repeat(4096)).len(), 4096);
        assert_eq!(Token::parse("psid_sändbox").unwrap_err(), TokenError::NotPrintable);
        assert_eq!(Token::parse("two words").unwrap_err(), TokenError::NotPrintable);
        assert_eq!(Token::parse("a\u{0}b").unwrap_err(), TokenError::NotPrintable);
    }

    #[test]
    fn tokens_of_any_length_are_kept_whole_and_are_shared_by_their_clones() {
        for length in [1, Text::SHORT - 1, Text::SHORT, Text::SHORT + 1, Token::MAX_LEN] {
            let token = Token::parse(&"a".repeat(length)).unwrap();
            assert_eq!(token.expose(), "a".repeat(length));
            assert_eq!(token.clone(), token);
            assert!(std::ptr::eq(token.expose(), token.clone().expose()));
        }
        let long = format!("passid {}", "ab3x ".repeat(20));
        assert_eq!(parsed(&long), format!("PASSID{}", "-AB3X".repeat(20)));
    }

    #[test]
    fn equality_is_of_the_printed_forms() {
        assert_eq!(Token::parse("passid-ab3x").unwrap(), Token::parse("PASSID AB3X").unwrap());
        assert_ne!(Token::parse("PASSID-AB3X").unwrap(), Token::parse("PASSID-AB3Y").unwrap());
        assert_ne!(Token::parse("PASSID-AB3X").unwrap(), Token::parse("PASSID-AB3XX").unwrap());
    }
}
