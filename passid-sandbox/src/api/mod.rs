//! The published endpoints: what a verifier's client and a wallet talk to.

mod answer;
mod body;
mod docverify;
mod error;
mod headers;
mod outcome;
mod passbase;
mod path;
mod redeem;
mod schema;
mod session;
mod share;
mod verify;
mod webhook;

use std::sync::Arc;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::route::Route;
use crate::state::State;

pub(crate) use answer::{created, json_answer, json_text_answer, ok};
pub(crate) use body::{
    BODY_LIMIT, buffered, buffered_up_to, is_toml, read_json, read_json_up_to, read_plain_up_to,
};
pub(crate) use error::{ApiError, ErrorBody};
pub(crate) use headers::caller;
pub(crate) use passbase::PREFIX as PASSBASE_PREFIX;
pub(crate) use path::InPath;

const VERIFY_PATH: &str = "/v1/verify";
const BRIDGE_VERIFY_PATH: &str = "/api/v1/bridge/verify";

/// How long the body of a call may be.
pub(crate) fn body_limit(state: &State, called: Route) -> usize {
    match called {
        Route::DocverifyImages => state.read(|world, _| world.docverify.settings().image_limit()),
        _ => BODY_LIMIT,
    }
}

pub(crate) fn routes() -> OpenApiRouter<Arc<State>> {
    OpenApiRouter::new()
        .routes(routes!(redeem::redeem))
        .routes(routes!(verify::verify))
        .routes(routes!(verify::bridge_verify))
        .routes(routes!(verify::stored))
        .routes(routes!(session::create))
        .routes(routes!(session::create_by_older_name))
        .routes(routes!(session::poll))
        .routes(routes!(session::public))
        .routes(routes!(session::public_by_code))
        .routes(routes!(session::fulfill))
        .routes(routes!(session::decline))
        .routes(routes!(outcome::report))
        .routes(routes!(outcome::cohort))
        .routes(routes!(webhook::set))
        .routes(routes!(share::create))
        .routes(routes!(share::revoke))
        .routes(routes!(share::history))
        .merge(passbase::routes())
        .merge(docverify::routes())
}
