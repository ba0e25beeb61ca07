use std::sync::Arc;

use axum::extract::State as Shared;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;

use crate::api::json_answer;
use crate::state::State;

#[derive(Serialize)]
struct Done {
    status: &'static str,
}

pub(super) async fn health() -> Response {
    json_answer(StatusCode::OK, &Done { status: "ok" })
}

/// Counters only: a list of requests would have to be kept free of keys, tokens and codes.
pub(super) async fn calls(Shared(state): Shared<Arc<State>>) -> Response {
    json_answer(StatusCode::OK, &state.calls())
}

pub(super) async fn reset(Shared(state): Shared<Arc<State>>) -> Response {
    state.reset();
    json_answer(StatusCode::OK, &Done { status: "reset" })
}
