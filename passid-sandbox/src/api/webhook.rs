//! `PATCH /api/institution/webhook` (guide, step 1): where events go.

use std::sync::Arc;

use axum::extract::{Request, State as Shared};
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use super::answer::{Envelope, ok};
use super::error::{ApiError, ErrorBody};
use super::schema::WebhookRequest;
use super::{body, headers};
use crate::limits::{check_webhook_secret, check_webhook_url};
use crate::state::State;

/// P22: the guide shows no answer. The secret never comes back.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct WebhookSettings {
    webhook_url: String,
    /// Whether events are signed: always.
    webhook_secret_set: bool,
    #[schema(format = DateTime)]
    updated_at: String,
}

/// Sets the webhook URL and, unless it is left out, the secret (guide, step 1).
#[utoipa::path(
    patch,
    path = "/api/institution/webhook",
    tag = "verifier",
    security(("institution_jwt" = [])),
    request_body = WebhookRequest,
    responses(
        (status = 200, description = "Events go there from now on.", body = Envelope<WebhookSettings>),
        (status = 400, description = "No address, or a blank secret (D27).", body = ErrorBody),
        (status = 401, description = "No known institution JWT.", body = ErrorBody),
        (status = 403, description = "An institution key or a user JWT (D9).", body = ErrorBody),
        (status = "default", description = "Any other error.", body = ErrorBody),
    )
)]
pub(super) async fn set(
    Shared(state): Shared<Arc<State>>,
    request: Request,
) -> Result<Response, ApiError> {
    let tenant = headers::tenant_by_jwt(&state, request.headers())?;
    let bytes = body::read_json(request).await?;
    let members = body::members(&bytes)?;
    let url = body::required_text(&members, "webhookUrl")?;
    check_webhook_url(url)
        .map_err(|problem| ApiError::invalid_request(format!("`webhookUrl`: {problem}.")))?;
    let secret = body::optional_text(&members, "webhookSecret")?;
    if let Some(secret) = secret {
        check_webhook_secret(secret)
            .map_err(|problem| ApiError::invalid_request(format!("`webhookSecret`: {problem}.")))?;
    }
    let (url, secret) = (url.to_owned(), secret.map(str::to_owned));
    let updated_at = state
        .change(|world, now| {
            world.set_webhook(&tenant, url.clone(), secret);
            now.to_string()
        })
        .await?;
    Ok(ok(&Envelope::of(WebhookSettings {
        webhook_url: url,
        webhook_secret_set: true,
        updated_at,
    })))
}
