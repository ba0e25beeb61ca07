//! The values that travel: keys, JWTs, tokens, codes and secrets.
//!
//! Each is parsed once, at the edge, into the form the API prints. What grants access to something
//! ([`ApiKey`], [`InstitutionJwt`], [`Token`], [`ShareCode`], [`WebhookSecret`]) has no `Display`, a
//! redacted `Debug`, is wiped from memory when dropped, and is compared in constant time where it is
//! compared at all. The error of a failed parse says what was expected and never repeats what was
//! given.

mod code;
mod environment;
mod jwt;
mod key;
mod subject;
mod token;
mod webhook_secret;

pub use code::{CodeError, SessionCode, ShareCode};
pub use environment::Environment;
pub use jwt::{InstitutionJwt, InstitutionJwtError};
pub use key::{ApiKey, ApiKeyError};
pub use subject::Subject;
pub use token::{Token, TokenError};
pub use webhook_secret::{WebhookSecret, WebhookSecretError};
