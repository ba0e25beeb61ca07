use std::collections::BTreeMap;
use std::time::SystemTime;

use passid_core::Environment;
use serde::{Serialize, Serializer};
use serde_json::Value;
use utoipa::ToSchema;

use crate::route::Route;
use crate::timestamp::rfc3339;

/// A request to the API as the journal keeps it: enough to see what a client did, and nothing that
/// is secret or personal.
///
/// Only what is known to be harmless is kept as it came. Everything else, be it a path, a query, a
/// header, a name or a value, is told by its kind and length.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[non_exhaustive]
pub struct RecordedRequest {
    /// Counts the recorded requests from 1, in the order in which their answers were known. Goes on
    /// counting when old ones make room.
    pub seq: u64,
    /// When the request arrived, by the sandbox's clock. In JSON RFC 3339, in whole seconds.
    #[serde(serialize_with = "rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    pub at: SystemTime,
    /// The method; `OTHER` for one that HTTP APIs do not use.
    pub method: &'static str,
    /// What was called.
    #[schema(value_type = String)]
    pub route: Route,
    /// The published path with names in braces, or `*` for a path that has no route. Never the path
    /// itself, which may hold a token.
    pub template: &'static str,
    /// The status that the client was given; `None` when a fault or the client ended the connection
    /// before there was one.
    pub status: Option<u16>,
    /// The kind of the fault that the call met.
    pub fault: Option<&'static str>,
    /// The `x-request-id` of the answer.
    pub request_id: String,
    /// The environment of the institution key or JWT, if the call had a known one.
    #[serde(serialize_with = "environment_name")]
    #[schema(value_type = Option<String>)]
    pub environment: Option<Environment>,
    /// Its institution, if the call had a known one.
    pub institution_id: Option<String>,
    /// Of the headers `accept`, `authorization`, `content-type`, `idempotency-key`, `user-agent`,
    /// `x-api-key` and `x-institution-key` those that were there: a value known to be harmless, else
    /// `present`, a count or a length.
    pub headers: BTreeMap<&'static str, String>,
    /// Whether the path was followed by a query.
    pub query_present: bool,
    /// A JSON body with its structure; a string such as `<17 bytes>` for another one; null for none.
    #[schema(value_type = Value)]
    pub body: Value,
}

#[allow(clippy::ref_option, reason = "the signature is serde's")]
fn environment_name<S: Serializer>(
    environment: &Option<Environment>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    environment.map(Environment::as_str).serialize(serializer)
}
