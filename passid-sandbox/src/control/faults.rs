use std::sync::Arc;

use axum::extract::{Request, State as Shared};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use super::read_exactly;
use crate::api::{ApiError, ErrorBody, json_answer};
use crate::fault::{Fault, FaultError};
use crate::state::State;

/// The faults that wait, each with the number of calls it will still hit.
#[derive(Serialize, ToSchema)]
pub(super) struct FaultList {
    faults: Vec<Fault>,
}

/// The faults that wait.
#[utoipa::path(
    get,
    path = "/_passid/faults",
    tag = "control",
    responses(
        (status = 200, description = "The faults that wait.", body = FaultList),
        (status = "default", description = "An error.", body = ErrorBody),
    )
)]
pub(super) async fn list(Shared(state): Shared<Arc<State>>) -> Response {
    waiting(StatusCode::OK, &state)
}

/// A fault for calls to come.
#[utoipa::path(
    post,
    path = "/_passid/faults",
    tag = "control",
    request_body = Fault,
    responses(
        (status = 201, description = "The faults that wait.", body = FaultList),
        (status = "default", description = "An error.", body = ErrorBody),
    )
)]
pub(super) async fn inject(
    Shared(state): Shared<Arc<State>>,
    request: Request,
) -> Result<Response, ApiError> {
    let fault: Fault = read_exactly(request).await?;
    state.instruments.inject(fault).map_err(|error| match error {
        FaultError::Full { .. } => ApiError::limit_reached(format!("{error}.")),
        _ => ApiError::invalid_request(format!("{error}.")),
    })?;
    Ok(waiting(StatusCode::CREATED, &state))
}

/// Forgets the faults that wait.
#[utoipa::path(
    delete,
    path = "/_passid/faults",
    tag = "control",
    responses(
        (status = 200, description = "The faults that wait.", body = FaultList),
        (status = "default", description = "An error.", body = ErrorBody),
    )
)]
pub(super) async fn clear(Shared(state): Shared<Arc<State>>) -> Response {
    state.instruments.clear_faults();
    waiting(StatusCode::OK, &state)
}

fn waiting(status: StatusCode, state: &State) -> Response {
    json_answer(status, &FaultList { faults: state.instruments.waiting_faults() })
}
