use std::sync::Arc;

use axum::extract::State as Shared;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::{ErrorBody, json_answer};
use crate::state::State;

#[derive(Serialize, ToSchema)]
pub(super) struct Health {
    status: &'static str,
}

/// Whether the sandbox answers. Free for everyone.
#[utoipa::path(
    get,
    path = "/_passid/health",
    tag = "control",
    responses(
        (status = 200, description = "It does.", body = Health),
        (status = "default", description = "An error.", body = ErrorBody),
    )
)]
pub(super) async fn health() -> Response {
    json_answer(StatusCode::OK, &Health { status: "ok" })
}

/// How many calls have arrived, by route.
#[utoipa::path(
    get,
    path = "/_passid/calls",
    tag = "control",
    responses(
        (status = 200, description = "The counts.", body = Object),
        (status = "default", description = "An error.", body = ErrorBody),
    )
)]
pub(super) async fn calls(Shared(state): Shared<Arc<State>>) -> Response {
    json_answer(StatusCode::OK, &state.instruments.calls())
}
