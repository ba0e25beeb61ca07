//! What others would put before the handler: the middleware of other crates, around the same work or
//! around less, and a check of JSON Web Tokens.

pub(crate) mod actix;
pub(crate) mod axum;
mod json_web_token;
mod same_work;

pub(crate) use json_web_token::JsonWebToken;
pub(crate) use same_work::SameWork;
