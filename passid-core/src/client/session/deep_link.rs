use std::fmt;
use std::str::FromStr;

use percent_encoding::{percent_decode_str, utf8_percent_encode};

use super::RequestId;
use crate::client::endpoint::ENCODED;

const START: &str = "passid://verify-request?";

/// What the QR code of a session shows: `passid://verify-request?r=…&i=…` (guide, step 3).
///
/// `r` is the id of the session and `i` the institution; that is our reading of the guide, which
/// prints the letters alone. Parameters that are not known stay in the link.
///
/// ```
/// use passid_core::{DeepLink, RequestId};
///
/// let link = DeepLink::parse("passid://verify-request?r=req_4k9xP2&i=42")?;
/// assert_eq!(link.request_id().as_str(), "req_4k9xP2");
/// assert_eq!(link.institution_id(), "42");
///
/// let built = DeepLink::new(&RequestId::parse("req&1")?, "Bank & Söhne")?;
/// assert_eq!(built.as_str(), "passid://verify-request?r=req%261&i=Bank%20%26%20S%C3%B6hne");
/// assert_eq!(DeepLink::parse(built.as_str())?, built);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct DeepLink {
    text: String,
    request_id: RequestId,
    institution_id: String,
}

impl DeepLink {
    /// The longest link, in bytes: it always fits into a QR code. Ours.
    pub const MAX_LEN: usize = 1024;

    /// The link to a session.
    ///
    /// # Errors
    ///
    /// [`DeepLinkError`] when the institution is empty or holds a control character, or the link is
    /// longer than [`MAX_LEN`](Self::MAX_LEN).
    pub fn new(
        request_id: &RequestId,
        institution_id: impl Into<String>,
    ) -> Result<Self, DeepLinkError> {
        let institution_id = institution_id.into();
        if institution_id.is_empty() {
            return Err(DeepLinkError::Missing { parameter: 'i' });
        }
        check_institution(&institution_id)?;
        let r = utf8_percent_encode(request_id.as_str(), ENCODED);
        let i = utf8_percent_encode(&institution_id, ENCODED);
        let text = format!("{START}r={r}&i={i}");
        if text.len() > Self::MAX_LEN {
            return Err(DeepLinkError::TooLong);
        }
        Ok(Self { text, request_id: request_id.clone(), institution_id })
    }

    /// Reads a link.
    ///
    /// # Errors
    ///
    /// [`DeepLinkError`] for another scheme or host, a parameter that is missing or repeated, a wrong
    /// encoding, and anything else that such a link does not have.
    pub fn parse(link: &str) -> Result<Self, DeepLinkError> {
        if link.len() > Self::MAX_LEN {
            return Err(DeepLinkError::TooLong);
        }
        // No fragment, and no white space that readers of addresses would strip.
        if !link.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#') {
            return Err(DeepLinkError::Malformed);
        }
        let (start, query) = link.split_at_checked(START.len()).ok_or(DeepLinkError::NotOurs)?;
        if !start.eq_ignore_ascii_case(START) {
            return Err(DeepLinkError::NotOurs);
        }
        let (mut r, mut i) = (None, None);
        for pair in query.split('&') {
            let (name, value) = pair.split_once('=').ok_or(DeepLinkError::Malformed)?;
            let (parameter, found) = match &*decoded(name)? {
                "r" => ('r', &mut r),
                "i" => ('i', &mut i),
                _ => continue,
            };
            if found.replace(decoded(value)?).is_some() {
                return Err(DeepLinkError::Repeated { parameter });
            }
        }
        let given = |value: Option<String>, parameter| {
            value.filter(|text| !text.is_empty()).ok_or(DeepLinkError::Missing { parameter })
        };
        let request_id = RequestId::parse(given(r, 'r')?).map_err(|_| DeepLinkError::Malformed)?;
        let institution_id = given(i, 'i')?;
        check_institution(&institution_id)?;
        Ok(Self { text: link.to_owned(), request_id, institution_id })
    }

    /// The session.
    pub fn request_id(&self) -> &RequestId {
        &self.request_id
    }

    /// The institution.
    pub fn institution_id(&self) -> &str {
        &self.institution_id
    }

    /// The link, as it was read or built.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

/// Line breaks and escapes have no place in a name, and do harm where one is printed.
fn check_institution(id: &str) -> Result<(), DeepLinkError> {
    if id.chars().any(char::is_control) { Err(DeepLinkError::Malformed) } else { Ok(()) }
}

/// Strictly: a `%` stands before two hexadecimal digits, and the bytes are UTF-8. `+` is a plus.
fn decoded(text: &str) -> Result<String, DeepLinkError> {
    for (at, _) in text.match_indices('%') {
        let digits = text.get(at + 1..at + 3).ok_or(DeepLinkError::Malformed)?;
        if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(DeepLinkError::Malformed);
        }
    }
    let text = percent_decode_str(text).decode_utf8().map_err(|_| DeepLinkError::Malformed)?;
    Ok(text.into_owned())
}

impl FromStr for DeepLink {
    type Err = DeepLinkError;

    fn from_str(link: &str) -> Result<Self, Self::Err> {
        Self::parse(link)
    }
}

impl fmt::Display for DeepLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Why a text is not the deep link of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DeepLinkError {
    /// Another scheme or host.
    #[error("the link does not begin with passid://verify-request?")]
    NotOurs,
    /// More than [`DeepLink::MAX_LEN`] bytes.
    #[error("the link is longer than {} bytes", DeepLink::MAX_LEN)]
    TooLong,
    /// A character, an encoding or an id that such a link does not have.
    #[error("the link holds a character, an encoding or an id that is not allowed")]
    Malformed,
    /// `r` or `i` is not there or empty.
    #[error("the link lacks the parameter {parameter}")]
    Missing {
        /// The parameter.
        parameter: char,
    },
    /// `r` or `i` is there twice: readers do not agree on which one counts.
    #[error("the link repeats the parameter {parameter}")]
    Repeated {
        /// The parameter.
        parameter: char,
    },
}
