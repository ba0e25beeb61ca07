use std::sync::Arc;

use axum::extract::{Request, State as Shared};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;

use super::read_exactly;
use crate::api::{ApiError, json_answer};
use crate::credential::MintError;
use crate::state::State;

#[derive(Serialize)]
struct MintedCode {
    code: String,
}

#[derive(Serialize)]
struct MintedToken {
    token: String,
}

pub(super) async fn code(
    Shared(state): Shared<Arc<State>>,
    request: Request,
) -> Result<Response, ApiError> {
    let code = state.mint_code(read_exactly(request).await?).map_err(refused)?;
    Ok(json_answer(StatusCode::CREATED, &MintedCode { code }))
}

pub(super) async fn token(
    Shared(state): Shared<Arc<State>>,
    request: Request,
) -> Result<Response, ApiError> {
    let token = state.mint_token(read_exactly(request).await?).map_err(refused)?;
    Ok(json_answer(StatusCode::CREATED, &MintedToken { token }))
}

fn refused(error: MintError) -> ApiError {
    match error {
        MintError::Full { .. } => ApiError::limit_reached(format!("{error}.")),
        _ => ApiError::invalid_request(format!("{error}.")),
    }
}
