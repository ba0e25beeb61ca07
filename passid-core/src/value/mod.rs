//! The values that travel: institution keys, tokens and codes.
//!
//! Each is parsed once, at the edge, into the form the API prints. What grants access to something
//! ([`ApiKey`], [`Token`], [`ShareCode`]) has no `Display`, a redacted `Debug`, is wiped from memory
//! when dropped, and is compared in constant time. The error of a failed parse says what was
//! expected and never repeats what was given.

mod code;
mod environment;
mod key;
mod token;

pub use code::{CodeError, SessionCode, ShareCode};
pub use environment::Environment;
pub use key::{ApiKey, ApiKeyError};
pub use token::{Token, TokenError};
