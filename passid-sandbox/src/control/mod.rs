//! The control API under `/_passid/`: what a test tells the sandbox to be. All of it is ours.

mod about;
mod clock;
mod docverify;
mod faults;
mod guard;
mod journal;
mod mint;
mod observe;
mod passbase;
mod sessions;
mod snapshot;
mod webhooks;

use std::sync::Arc;

use axum::extract::Request;
use axum::http::Uri;
use hyper::body::Body;
use serde::de::DeserializeOwned;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::{ApiError, BODY_LIMIT, read_json, read_json_up_to};
use crate::state::State;

pub(crate) use guard::{ControlToken, Guard};

pub(crate) const PREFIX: &str = "/_passid";
/// For a seed and for a state.
const LARGE_BODY: usize = 64 * 1024 * 1024;
const SEED: &str = "/_passid/seed";
const STATE: &str = "/_passid/state";

/// Whether a path belongs to the control API, also when there is nothing at it.
pub(crate) fn owns(uri: &Uri) -> bool {
    uri.path().strip_prefix(PREFIX).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// How long the body of a request to this path may be.
pub(crate) fn body_limit(uri: &Uri) -> usize {
    if [SEED, STATE].contains(&uri.path()) { LARGE_BODY } else { BODY_LIMIT }
}

pub(crate) fn routes() -> OpenApiRouter<Arc<State>> {
    OpenApiRouter::new()
        .routes(routes!(observe::health))
        .routes(routes!(observe::calls))
        .routes(routes!(about::assumptions))
        .routes(routes!(about::openapi))
        .routes(routes!(snapshot::reset))
        .routes(routes!(snapshot::seed))
        .routes(routes!(snapshot::export, snapshot::import))
        .routes(routes!(mint::code))
        .routes(routes!(mint::token))
        .routes(routes!(mint::revoke))
        .routes(routes!(mint::customer))
        .routes(routes!(clock::read, clock::set))
        .routes(routes!(clock::advance))
        .routes(routes!(sessions::approve))
        .routes(routes!(sessions::decline))
        .routes(routes!(sessions::expire))
        .routes(routes!(faults::list, faults::inject, faults::clear))
        .routes(routes!(journal::list, journal::clear))
        .routes(routes!(webhooks::list))
        .routes(routes!(webhooks::settle))
        .routes(routes!(webhooks::one))
        .routes(routes!(webhooks::redeliver))
        .routes(routes!(webhooks::send_test))
        .merge(passbase::routes())
        .routes(routes!(docverify::sessions))
        .routes(routes!(docverify::session))
        .routes(routes!(docverify::capture))
        .routes(routes!(docverify::put_status))
        .routes(routes!(docverify::end_next))
        .routes(routes!(docverify::say_next))
        .routes(routes!(docverify::revoke_tokens))
        .routes(routes!(docverify::settings, docverify::set))
        .routes(routes!(webhooks::list_faults, webhooks::inject_fault, webhooks::clear_faults))
}

/// Reads a body that must be exactly what is expected: an unknown field is a typing error in a test
/// script, and silence would hide it.
async fn read_exactly<T: DeserializeOwned>(request: Request) -> Result<T, ApiError> {
    exactly(&read_json(request).await?)
}

/// The same for a path that takes longer bodies.
async fn read_exactly_up_to<T: DeserializeOwned>(
    limit: usize,
    request: Request,
) -> Result<T, ApiError> {
    exactly(&read_json_up_to(limit, request).await?)
}

/// The same where a request without a body has a meaning too.
async fn read_exactly_or<T: DeserializeOwned>(
    request: Request,
    absent: impl FnOnce() -> T,
) -> Result<T, ApiError> {
    let is_absent = request.body().is_end_stream() || request.body().size_hint().exact() == Some(0);
    if is_absent { Ok(absent()) } else { read_exactly(request).await }
}

fn exactly<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    let read = serde_json::from_slice(bytes).map_err(|error| {
        if error.is_data() {
            ApiError::invalid_request(format!("{error}."))
        } else {
            ApiError::invalid_json(format!("{error}."))
        }
    })?;
    // serde would also take the values of a struct as an array, without their names.
    if bytes.trim_ascii_start().starts_with(b"{") {
        Ok(read)
    } else {
        Err(ApiError::invalid_request("The body must be a JSON object."))
    }
}
