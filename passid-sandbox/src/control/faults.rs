use std::sync::Arc;

use axum::extract::{Request, State as Shared};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;

use super::read_exactly;
use crate::api::{ApiError, json_answer};
use crate::fault::{Fault, FaultError};
use crate::state::State;

/// The faults that wait, each with the number of calls it will still hit.
#[derive(Serialize)]
struct Waiting {
    faults: Vec<Fault>,
}

pub(super) async fn list(Shared(state): Shared<Arc<State>>) -> Response {
    waiting(StatusCode::OK, &state)
}

pub(super) async fn inject(
    Shared(state): Shared<Arc<State>>,
    request: Request,
) -> Result<Response, ApiError> {
    let fault: Fault = read_exactly(request).await?;
    state.inject_fault(fault).map_err(|error| match error {
        FaultError::Full { .. } => ApiError::limit_reached(format!("{error}.")),
        _ => ApiError::invalid_request(format!("{error}.")),
    })?;
    Ok(waiting(StatusCode::CREATED, &state))
}

pub(super) async fn clear(Shared(state): Shared<Arc<State>>) -> Response {
    state.clear_faults();
    waiting(StatusCode::OK, &state)
}

fn waiting(status: StatusCode, state: &State) -> Response {
    json_answer(status, &Waiting { faults: state.waiting_faults() })
}
