//! The values that travel: ids, the state of a callback, start tokens, the application's credentials.
//!
//! Each is checked once, at the edge. What grants access to something has a redacted `Debug`, no
//! `Display`, and is wiped from memory when it is dropped.

mod credentials;
mod id;
mod start_token;
mod state;

pub use credentials::{ClientCredentials, ClientCredentialsError};
pub use id::{IdError, ImageId, SessionId};
pub use start_token::StartToken;
pub use state::{CallbackState, CallbackStateError, NoRandomness};
