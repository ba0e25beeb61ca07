//! What a call sends, and how often it may.

use bytes::Bytes;
use serde::Serialize;

use super::wire::Secrets;
use crate::InstitutionJwt;

/// Whether an operation may be sent again after bytes of it may have left (decision D12).
#[derive(Clone, Copy)]
pub(super) enum Safety {
    /// It may: it carries an idempotency key, reads only, or says the same thing twice.
    Repeatable,
    /// It must not: the first may have been carried out.
    Once {
        /// Whether 429, which is said before anything is carried out, is waited for.
        after_429: bool,
        /// What to do when the result is lost.
        if_lost: &'static str,
    },
}

/// The methods of the API.
#[derive(Clone, Copy)]
pub(super) enum Method {
    Get,
    Post,
    Patch,
}

impl Method {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Patch => "PATCH",
        }
    }
}

/// Who an operation says it comes from. Never more than one: neither the key nor the JWT is shown to
/// a route that does not ask for it.
#[derive(Clone, Copy)]
pub(super) enum Credentials<'a> {
    /// `X-Institution-Key`.
    Key,
    /// `Authorization: Bearer`.
    Jwt(&'a InstitutionJwt),
    /// The public routes.
    None,
}

/// What is to be sent.
pub(super) struct Operation<'a> {
    /// The name of the call, for metrics.
    pub(super) name: &'static str,
    pub(super) method: Method,
    /// Template of the path, for logs.
    pub(super) route: &'static str,
    /// The path itself, encoded: see [`segment`](super::endpoint::segment).
    pub(super) path: &'a str,
    pub(super) credentials: Credentials<'a>,
    /// Empty for none.
    pub(super) body: Bytes,
    pub(super) idempotency_key: Option<&'a str>,
    pub(super) safety: Safety,
    /// What must not come back in an error: see [`Secrets`].
    pub(super) secrets: Secrets<'a>,
}

impl<'a> Operation<'a> {
    /// Reads something with the key.
    pub(super) fn get(
        name: &'static str,
        route: &'static str,
        path: &'a str,
        secrets: Secrets<'a>,
    ) -> Self {
        Self {
            name,
            method: Method::Get,
            route,
            path,
            credentials: Credentials::Key,
            body: Bytes::new(),
            idempotency_key: None,
            safety: Safety::Repeatable,
            secrets,
        }
    }

    /// Sends something with the key, to a path without variables.
    pub(super) fn post(
        name: &'static str,
        route: &'static str,
        body: Bytes,
        secrets: Secrets<'a>,
    ) -> Self {
        Self { method: Method::Post, body, ..Self::get(name, route, route, secrets) }
    }
}

pub(super) fn json_body(body: &impl Serialize) -> Bytes {
    // Plain structs of text always serialise.
    serde_json::to_vec(body).unwrap_or_default().into()
}
