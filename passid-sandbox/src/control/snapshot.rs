use std::sync::Arc;

use axum::extract::{Request, State as Shared};
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use super::{LARGE_BODY, read_exactly_up_to};
use crate::api::{ApiError, ErrorBody, is_toml, ok, read_plain_up_to};
use crate::seed::Seed;
use crate::state::{Snapshot, State};

#[derive(Serialize, ToSchema)]
pub(super) struct Done {
    status: &'static str,
}

/// Back to the first moment: what was there at the start and nothing else.
#[utoipa::path(
    post,
    path = "/_passid/reset",
    tag = "control",
    responses(
        (status = 200, description = "Reset.", body = Done),
        (status = "default", description = "An error.", body = ErrorBody),
    )
)]
pub(super) async fn reset(Shared(state): Shared<Arc<State>>) -> Result<Response, ApiError> {
    state.reset().wait().await?;
    Ok(ok(&Done { status: "reset" }))
}

/// Adds institutions, customers, tokens and codes. All or nothing; what exists stays as it is.
#[utoipa::path(
    post,
    path = "/_passid/seed",
    tag = "control",
    request_body(content((Seed = "application/json"), (Seed = "application/toml"))),
    responses(
        (status = 200, description = "All of it is there.", body = Done),
        (status = 400, description = "Nothing was taken; the message names the entry.", body = ErrorBody),
        (status = "default", description = "An error.", body = ErrorBody),
    )
)]
pub(super) async fn seed(
    Shared(state): Shared<Arc<State>>,
    request: Request,
) -> Result<Response, ApiError> {
    let seed = if is_toml(request.headers()) {
        let bytes = read_plain_up_to(LARGE_BODY, request).await?;
        let text = std::str::from_utf8(&bytes);
        let text = text.map_err(|_| ApiError::invalid_request("The body is not UTF-8."))?;
        Seed::from_toml(text).map_err(|error| ApiError::invalid_request(format!("{error}.")))?
    } else {
        read_exactly_up_to(LARGE_BODY, request).await?
    };
    let planted = state.change(|world, now| world.seed(&seed, now)).await?;
    planted.map_err(|error| ApiError::invalid_request(format!("{error}.")))?;
    Ok(ok(&Done { status: "seeded" }))
}

/// The whole state, keys and tokens included: for a file of your own, not for a log.
#[utoipa::path(
    get,
    path = "/_passid/state",
    tag = "control",
    responses(
        (status = 200, description = "The state.", body = Snapshot),
        (status = "default", description = "An error.", body = ErrorBody),
    )
)]
pub(super) async fn export(Shared(state): Shared<Arc<State>>) -> Response {
    ok(&state.export())
}

/// Puts an exported state in place of this one. The keys of this process stay in force.
#[utoipa::path(
    put,
    path = "/_passid/state",
    tag = "control",
    request_body = Snapshot,
    responses(
        (status = 200, description = "In force.", body = Done),
        (status = 400, description = "The old state stays.", body = ErrorBody),
        (status = "default", description = "An error.", body = ErrorBody),
    )
)]
pub(super) async fn import(
    Shared(state): Shared<Arc<State>>,
    request: Request,
) -> Result<Response, ApiError> {
    let snapshot: Snapshot = read_exactly_up_to(LARGE_BODY, request).await?;
    let (imported, kept) = state.import(snapshot);
    kept.wait().await?;
    imported.map_err(|error| ApiError::invalid_request(format!("{error}.")))?;
    Ok(ok(&Done { status: "imported" }))
}
