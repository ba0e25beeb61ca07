//! The published endpoints: what a verifier's client talks to.

mod answer;
mod body;
mod headers;
mod redeem;
mod verify;

use std::sync::Arc;

use axum::Router;
use axum::http::Uri;
use axum::routing::post;

use crate::fault::Route;
use crate::state::State;

pub(crate) use answer::{ApiError, json_answer};
pub(crate) use body::{buffered, read_json};

const REDEEM_PATH: &str = "/api/bridge/code/redeem";
const VERIFY_PATH: &str = "/v1/verify";
/// D4: the same operation under the name that other pages of the vendor use.
const BRIDGE_VERIFY_PATH: &str = "/api/v1/bridge/verify";

/// Which counted call a path is; [`Route::Any`] for one that has no route.
pub(crate) fn route_of(uri: &Uri) -> Route {
    match uri.path() {
        REDEEM_PATH => Route::Redeem,
        VERIFY_PATH | BRIDGE_VERIFY_PATH => Route::Verify,
        _ => Route::Any,
    }
}

pub(crate) fn routes() -> Router<Arc<State>> {
    Router::new()
        .route(REDEEM_PATH, post(redeem::redeem))
        .route(VERIFY_PATH, post(verify::verify))
        .route(BRIDGE_VERIFY_PATH, post(verify::verify))
}
