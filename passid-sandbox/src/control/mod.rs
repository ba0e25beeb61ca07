//! The control API under `/_passid/`: what a test tells the sandbox to be. All of it is ours.

mod faults;
mod mint;
mod observe;

use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::http::Uri;
use axum::routing::{get, post};
use serde::de::DeserializeOwned;

use crate::api::{ApiError, read_json};
use crate::state::State;

pub(crate) const PREFIX: &str = "/_passid";

/// Whether a path belongs to the control API, also when there is nothing at it.
pub(crate) fn owns(uri: &Uri) -> bool {
    uri.path().strip_prefix(PREFIX).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

pub(crate) fn routes() -> Router<Arc<State>> {
    Router::new()
        .route("/_passid/health", get(observe::health))
        .route("/_passid/calls", get(observe::calls))
        .route("/_passid/reset", post(observe::reset))
        .route("/_passid/codes", post(mint::code))
        .route("/_passid/tokens", post(mint::token))
        .route("/_passid/faults", get(faults::list).post(faults::inject).delete(faults::clear))
}

/// Reads a body that must be exactly what is expected: an unknown field is a typing error in a test
/// script, and silence would hide it.
async fn read_exactly<T: DeserializeOwned>(request: Request) -> Result<T, ApiError> {
    let bytes = read_json(request).await?;
    let read = serde_json::from_slice(&bytes).map_err(|error| {
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
