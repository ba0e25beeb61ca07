use std::sync::Arc;

use axum::extract::{Request, State as Shared};
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use super::mint::refused;
use super::read_exactly_or;
use crate::api::{ApiError, ErrorBody, InPath, ok};
use crate::credential::NewCredential;
use crate::state::{ApproveRefused, State};

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ForcedEnd {
    request_id: String,
    /// `completed`, `declined` or `expired`.
    status: &'static str,
    /// What was shared, after an approval.
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
}

/// Approves a session in a customer's place, with a credential of your choice.
#[utoipa::path(
    post,
    path = "/_passid/sessions/{requestId}/approve",
    tag = "control",
    params(("requestId" = String, Path)),
    request_body(content = Option<NewCredential>, description = "None is a good credential."),
    responses(
        (status = 200, description = "Completed.", body = ForcedEnd),
        (status = 404, description = "No such session.", body = ErrorBody),
        (status = 410, description = "The session is over.", body = ErrorBody),
        (status = 422, description = "The credential is not valid.", body = ErrorBody),
        (status = "default", description = "An error.", body = ErrorBody),
    )
)]
pub(super) async fn approve(
    Shared(state): Shared<Arc<State>>,
    InPath(request_id): InPath,
    request: Request,
) -> Result<Response, ApiError> {
    let new = read_exactly_or(request, NewCredential::new).await?;
    let approved = state.change(|world, now| world.approve_session(&request_id, new, now)).await?;
    let token = approved.map_err(|error| match error {
        ApproveRefused::Session(error) => error.into(),
        ApproveRefused::Mint(error) => refused(error),
        ApproveRefused::NotValid => ApiError::credential_not_valid(),
    })?;
    Ok(ok(&ForcedEnd { request_id, status: "completed", token: Some(token) }))
}

/// Declines a session in a customer's place.
#[utoipa::path(
    post,
    path = "/_passid/sessions/{requestId}/decline",
    tag = "control",
    params(("requestId" = String, Path)),
    responses(
        (status = 200, description = "Declined.", body = ForcedEnd),
        (status = 404, description = "No such session.", body = ErrorBody),
        (status = 410, description = "The session is over.", body = ErrorBody),
        (status = "default", description = "An error.", body = ErrorBody),
    )
)]
pub(super) async fn decline(
    Shared(state): Shared<Arc<State>>,
    InPath(request_id): InPath,
) -> Result<Response, ApiError> {
    state.change(|world, now| world.decline_session(None, &request_id, now)).await??;
    Ok(ok(&ForcedEnd { request_id, status: "declined", token: None }))
}

/// Ends a session as if its time had passed.
#[utoipa::path(
    post,
    path = "/_passid/sessions/{requestId}/expire",
    tag = "control",
    params(("requestId" = String, Path)),
    responses(
        (status = 200, description = "Expired.", body = ForcedEnd),
        (status = 404, description = "No such session.", body = ErrorBody),
        (status = 410, description = "The session is over.", body = ErrorBody),
        (status = "default", description = "An error.", body = ErrorBody),
    )
)]
pub(super) async fn expire(
    Shared(state): Shared<Arc<State>>,
    InPath(request_id): InPath,
) -> Result<Response, ApiError> {
    state.change(|world, now| world.expire_session(&request_id, now)).await??;
    Ok(ok(&ForcedEnd { request_id, status: "expired", token: None }))
}
