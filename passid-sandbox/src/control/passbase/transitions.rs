use std::sync::Arc;

use axum::extract::{Request, State as Shared};
use axum::response::Response;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::identities::IdentityState;
use super::refused;
use crate::api::{ApiError, ErrorBody, InPath, ok};
use crate::control::read_exactly;
use crate::passbase::{OlderWebhook, TransitionError};
use crate::state::{IdentityStatus, State, World};

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Review {
    approve: bool,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Screening {
    /// The kinds of findings, such as `sanction`; none for a clean result.
    types: Vec<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Edit {
    /// Of the data point, such as `date_of_expiry`.
    name: String,
    value: Value,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Older {
    webhook: OlderWebhook,
}

/// The person has handed everything in.
#[utoipa::path(
    post,
    path = "/_passid/passbase/identities/{key}/submit",
    tag = "control",
    params(("key" = String, Path)),
    responses(
        (status = 200, description = "`processing`.", body = IdentityState),
        (status = 404, description = "No such identity.", body = ErrorBody),
        (status = 409, description = "Not from the state that it is in.", body = ErrorBody),
        (status = "default", description = "An error.", body = ErrorBody),
    )
)]
pub(super) async fn submit(
    Shared(state): Shared<Arc<State>>,
    InPath(key): InPath,
) -> Result<Response, ApiError> {
    changed(&state, key, World::submit_identity).await
}

/// Processing ends, as the thresholds and the findings say. Sends webhooks.
#[utoipa::path(
    post,
    path = "/_passid/passbase/identities/{key}/process",
    tag = "control",
    params(("key" = String, Path)),
    responses(
        (status = 200, description = "What it is now.", body = IdentityState),
        (status = 404, description = "No such identity.", body = ErrorBody),
        (status = 409, description = "Not from the state that it is in.", body = ErrorBody),
        (status = "default", description = "An error.", body = ErrorBody),
    )
)]
pub(super) async fn process(
    Shared(state): Shared<Arc<State>>,
    InPath(key): InPath,
) -> Result<Response, ApiError> {
    changed(&state, key, World::process_identity).await
}

/// Somebody decides, or decides again. Sends a webhook.
#[utoipa::path(
    post,
    path = "/_passid/passbase/identities/{key}/review",
    tag = "control",
    params(("key" = String, Path)),
    request_body = Review,
    responses(
        (status = 200, description = "`approved` or `declined`.", body = IdentityState),
        (status = 404, description = "No such identity.", body = ErrorBody),
        (status = 409, description = "Not from the state that it is in.", body = ErrorBody),
        (status = "default", description = "An error.", body = ErrorBody),
    )
)]
pub(super) async fn review(
    Shared(state): Shared<Arc<State>>,
    InPath(key): InPath,
    request: Request,
) -> Result<Response, ApiError> {
    let Review { approve } = read_exactly(request).await?;
    changed(&state, key, |world, key, now| world.review_identity(key, approve, now)).await
}

/// The person is looked for on watchlists. A finding sends a webhook and takes an approval back.
#[utoipa::path(
    post,
    path = "/_passid/passbase/identities/{key}/screen",
    tag = "control",
    params(("key" = String, Path)),
    request_body = Screening,
    responses(
        (status = 200, description = "What it is now.", body = IdentityState),
        (status = 404, description = "No such identity.", body = ErrorBody),
        (status = 409, description = "Not from the state that it is in.", body = ErrorBody),
        (status = "default", description = "An error.", body = ErrorBody),
    )
)]
pub(super) async fn screen(
    Shared(state): Shared<Arc<State>>,
    InPath(key): InPath,
    request: Request,
) -> Result<Response, ApiError> {
    let Screening { types } = read_exactly(request).await?;
    changed(&state, key, |world, key, now| world.screen_identity(key, types, now)).await
}

/// The person shows their face again, with success. Sends a webhook.
#[utoipa::path(
    post,
    path = "/_passid/passbase/identities/{key}/authenticate",
    tag = "control",
    params(("key" = String, Path)),
    responses(
        (status = 200, description = "`approved`, as before.", body = IdentityState),
        (status = 404, description = "No such identity.", body = ErrorBody),
        (status = 409, description = "Not from the state that it is in.", body = ErrorBody),
        (status = "default", description = "An error.", body = ErrorBody),
    )
)]
pub(super) async fn authenticate(
    Shared(state): Shared<Arc<State>>,
    InPath(key): InPath,
) -> Result<Response, ApiError> {
    changed(&state, key, World::authenticate_identity).await
}

/// Somebody edits a data point of the document. Sends a webhook.
#[utoipa::path(
    post,
    path = "/_passid/passbase/identities/{key}/edit",
    tag = "control",
    params(("key" = String, Path)),
    request_body = Edit,
    responses(
        (status = 200, description = "As before.", body = IdentityState),
        (status = 404, description = "No such identity.", body = ErrorBody),
        (status = 409, description = "Not from the state that it is in.", body = ErrorBody),
        (status = "default", description = "An error.", body = ErrorBody),
    )
)]
pub(super) async fn edit(
    Shared(state): Shared<Arc<State>>,
    InPath(key): InPath,
    request: Request,
) -> Result<Response, ApiError> {
    let Edit { name, value } = read_exactly(request).await?;
    changed(&state, key, |world, key, now| world.edit_identity(key, &name, value, now)).await
}

/// Sends a webhook as it was before November 2020.
#[utoipa::path(
    post,
    path = "/_passid/passbase/identities/{key}/older-webhook",
    tag = "control",
    params(("key" = String, Path)),
    request_body = Older,
    responses(
        (status = 200, description = "As before.", body = IdentityState),
        (status = 404, description = "No such identity.", body = ErrorBody),
        (status = "default", description = "An error.", body = ErrorBody),
    )
)]
pub(super) async fn send_older(
    Shared(state): Shared<Arc<State>>,
    InPath(key): InPath,
    request: Request,
) -> Result<Response, ApiError> {
    let Older { webhook } = read_exactly(request).await?;
    let secret_key = state.passbase_key();
    let send = |world: &mut World, key: &str, now: Timestamp| {
        world.tell_as_before(key, webhook, secret_key, now)?;
        world.passbase_identity(key).map(|it| it.status).ok_or(TransitionError::Unknown)
    };
    changed(&state, key, send).await
}

async fn changed(
    state: &State,
    key: String,
    change: impl FnOnce(&mut World, &str, Timestamp) -> Result<IdentityStatus, TransitionError>,
) -> Result<Response, ApiError> {
    let status = state.change(|world, now| change(world, &key, now)).await?.map_err(refused)?;
    Ok(ok(&IdentityState { key, status }))
}
