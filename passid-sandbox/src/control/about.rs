use std::sync::Arc;

use axum::extract::State as Shared;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::{ErrorBody, json_text_answer, ok};
use crate::assumptions::{ASSUMPTIONS, Assumption};
use crate::openapi;
use crate::state::State;

#[derive(Serialize, ToSchema)]
pub(super) struct Assumptions {
    assumptions: &'static [Assumption],
}

/// What was decided because no public page states it.
#[utoipa::path(
    get,
    path = "/_passid/assumptions",
    tag = "control",
    responses(
        (status = 200, description = "The list.", body = Assumptions),
        (status = "default", description = "An error.", body = ErrorBody),
    )
)]
pub(super) async fn assumptions(Shared(_): Shared<Arc<State>>) -> Response {
    ok(&Assumptions { assumptions: ASSUMPTIONS })
}

/// This document.
#[utoipa::path(
    get,
    path = "/_passid/openapi.json",
    tag = "control",
    responses(
        (status = 200, description = "OpenAPI 3.1.", body = Object),
        (status = "default", description = "An error.", body = ErrorBody),
    )
)]
pub(super) async fn openapi(Shared(_): Shared<Arc<State>>) -> Response {
    json_text_answer(openapi::json().to_owned())
}
