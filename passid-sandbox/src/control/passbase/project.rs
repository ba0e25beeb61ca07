use std::sync::Arc;

use axum::extract::{Request, State as Shared};
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::{ApiError, ErrorBody, ok};
use crate::control::read_exactly;
use crate::passbase::{PassbaseSettings, PassbaseWebhook};
use crate::state::{State, Told};

#[derive(Serialize, ToSchema)]
pub(super) struct WaitingWebhook {
    /// `text/plain` where it is encrypted, else `application/json`.
    content_type: &'static str,
    body: String,
}

#[derive(Serialize, ToSchema)]
pub(super) struct WaitingWebhooks {
    webhooks: Vec<WaitingWebhook>,
}

/// What the Passbase project is set to, the webhook secret included.
#[utoipa::path(
    get,
    path = "/_passid/passbase/settings",
    tag = "control",
    responses(
        (status = 200, description = "What is in force.", body = PassbaseSettings),
        (status = "default", description = "An error.", body = ErrorBody),
    )
)]
pub(super) async fn settings(Shared(state): Shared<Arc<State>>) -> Result<Response, ApiError> {
    Ok(ok(&state.look(|world, _| world.passbase_settings()).await?))
}

/// Sets the Passbase project, from now on. What is left out is as it was at the first moment of a
/// sandbox without flags.
#[utoipa::path(
    put,
    path = "/_passid/passbase/settings",
    tag = "control",
    request_body = PassbaseSettings,
    responses(
        (status = 200, description = "What is in force.", body = PassbaseSettings),
        (status = 400, description = "The old settings stay.", body = ErrorBody),
        (status = "default", description = "An error.", body = ErrorBody),
    )
)]
pub(super) async fn set_settings(
    Shared(state): Shared<Arc<State>>,
    request: Request,
) -> Result<Response, ApiError> {
    let new: PassbaseSettings = read_exactly(request).await?;
    new.check().map_err(|error| ApiError::invalid_request(format!("{error}.")))?;
    state.change(|world, _| world.put_passbase_settings(new.clone())).await?;
    Ok(ok(&new))
}

/// The webhooks of Passbase that nobody has taken, posted or not; the oldest first.
#[utoipa::path(
    get,
    path = "/_passid/passbase/webhooks",
    tag = "control",
    responses(
        (status = 200, description = "They wait on.", body = WaitingWebhooks),
        (status = "default", description = "An error.", body = ErrorBody),
    )
)]
pub(super) async fn webhooks(Shared(state): Shared<Arc<State>>) -> Result<Response, ApiError> {
    Ok(waiting(state.look(|world, _| world.passbase_webhooks()).await?))
}

/// Takes the webhooks of Passbase that nobody has taken, for a test that delivers them itself.
#[utoipa::path(
    post,
    path = "/_passid/passbase/webhooks/take",
    tag = "control",
    responses(
        (status = 200, description = "They wait no longer.", body = WaitingWebhooks),
        (status = "default", description = "An error.", body = ErrorBody),
    )
)]
pub(super) async fn take_webhooks(Shared(state): Shared<Arc<State>>) -> Result<Response, ApiError> {
    Ok(waiting(state.change(|world, _| world.take_passbase_webhooks()).await?))
}

fn waiting(told: Vec<Told>) -> Response {
    let written = |told: Told| {
        let PassbaseWebhook { content_type, body } =
            PassbaseWebhook::new(told.encrypted, told.body);
        WaitingWebhook { content_type, body }
    };
    ok(&WaitingWebhooks { webhooks: told.into_iter().map(written).collect() })
}
