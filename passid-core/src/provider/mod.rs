//! For clients of other identity providers: what [`PassidClient`](crate::PassidClient) itself is
//! built from.
//!
//! An application does not need it. A crate that stands a further provider behind
//! [`Verify`](crate::Verify) finds here the rules that every client of this workspace keeps: where a
//! key may be sent, how a value becomes a part of a path, how an answer is bounded and read, when a
//! read is tried again.

mod body;
mod exchange;
mod hint;
mod observe;
mod records;
mod settings;
mod words;

use std::time::{Duration, SystemTime};

use percent_encoding::utf8_percent_encode;
use serde_json::{Map, Value};

pub use crate::client::endpoint::BaseUrl;
#[cfg(feature = "reqwest")]
pub use crate::client::reqwest_transport::{ReqwestTransport, ReqwestTransportBuilder};
pub use crate::client::wire::Secrets;
pub use crate::clock::within;
pub use body::Body;
pub use exchange::{Exchange, ExchangeError, ExchangeErrorKind, Exchanged};
pub use hint::{Hint, HintOpener, NoHint};
pub use observe::{CallError, CallErrorKind, CallName, CallObserver, CallReport, Ended, observed};
pub use records::{RecordError, RecordKey, RecordStore, update_record};
pub use settings::ClientSettings;
/// What [`ClientSettings::runtime`] is.
pub use tokio::runtime::Handle as RuntimeHandle;

#[doc(inline)]
pub use crate::__client_settings as client_settings;
#[doc(inline)]
pub use crate::__open_words as open_words;

use crate::client::wire::strict_json;
use crate::client::{ApiResponse, DecodeError, call, endpoint, retry};

/// A value as one segment of a path. `None` for an empty value and for `.` and `..`, which no
/// encoding keeps in their place.
///
/// ```
/// use passid_core::provider::path_segment;
///
/// assert_eq!(path_segment("a/b").as_deref(), Some("a%2Fb"));
/// assert_eq!(path_segment(".."), None);
/// ```
pub fn path_segment(value: &str) -> Option<String> {
    endpoint::segment(value)
}

/// A text as a value of a query.
///
/// ```
/// assert_eq!(passid_core::provider::query_value("aWQ6NDA3MQ=="), "aWQ6NDA3MQ%3D%3D");
/// ```
pub fn query_value(value: &str) -> String {
    utf8_percent_encode(value, endpoint::ENCODED).to_string()
}

/// Reads one JSON object, in which no object repeats a name (decision P2).
///
/// # Errors
///
/// [`DecodeError::Malformed`] for everything else.
pub fn json_object(body: &[u8]) -> Result<Map<String, Value>, DecodeError> {
    strict_json::object(body).map_err(|_| DecodeError::Malformed)
}

/// Reads one JSON value of any type, in which no object repeats a name (decision P2).
///
/// # Errors
///
/// [`DecodeError::Malformed`] for everything else.
pub fn json_value(body: &[u8]) -> Result<Value, DecodeError> {
    strict_json::value(body).map_err(|_| DecodeError::Malformed)
}

/// Reads `Retry-After` (RFC 9110, 10.2.3): seconds, or a date; at most an hour. `None` for what is
/// neither.
pub fn retry_after(value: &str, now: SystemTime) -> Option<Duration> {
    retry::retry_after(value, now)
}

/// Whether the body of an answer may be read, whatever its status: it is in no coding that was not
/// asked for (decision P5), and not longer than `max_bytes`.
///
/// # Errors
///
/// [`DecodeError::Encoded`], [`DecodeError::TooLong`].
pub fn check_readable(response: &ApiResponse, max_bytes: usize) -> Result<(), DecodeError> {
    match call::unreadable(response, max_bytes) {
        None => Ok(()),
        Some(error) => Err(error),
    }
}
