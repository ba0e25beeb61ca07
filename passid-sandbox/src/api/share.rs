//! The wallet's side of sharing. The three paths are published, nothing else of them is: shapes and
//! rules are ours.

use std::sync::Arc;

use axum::extract::{Request, State as Shared};
use axum::http::HeaderMap;
use axum::response::Response;
use jiff::SignedDuration;
use serde::Serialize;
use utoipa::ToSchema;

use super::answer::{Envelope, created, ok};
use super::error::{ApiError, ErrorBody};
use super::path::InPath;
use super::schema::{RevokeRequest, ShareRequest};
use super::{body, headers, verify};
use crate::credential::MintError;
use crate::state::{NewShare, ShareName, State};

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct CreatedShare {
    share_id: String,
    /// Approves one session, and can be verified until it expires or is revoked.
    token: String,
    /// Can be redeemed once.
    code: String,
    /// None is everything.
    permissions: Vec<String>,
    #[schema(format = DateTime)]
    expires_at: String,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct RevokedShare {
    share_id: String,
    #[schema(format = DateTime)]
    revoked_at: String,
}

#[derive(Serialize, ToSchema)]
pub(super) struct ShareHistory {
    shares: Vec<PastShare>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct PastShare {
    share_id: String,
    permissions: Vec<String>,
    #[schema(format = DateTime)]
    created_at: String,
    #[schema(format = DateTime)]
    expires_at: String,
    /// Whether its code was redeemed or its token approved a session.
    used: bool,
    revoked: bool,
}

/// A customer shares claims: a token and a one-time code for them.
#[utoipa::path(
    post,
    path = "/api/v1/bridge/share/create",
    tag = "wallet",
    security(("user_jwt" = [])),
    request_body = ShareRequest,
    responses(
        (status = 201, description = "Shared.", body = Envelope<CreatedShare>),
        (status = 401, description = "No known user JWT.", body = ErrorBody),
        (status = "default", description = "Any other error.", body = ErrorBody),
    )
)]
pub(super) async fn create(
    Shared(state): Shared<Arc<State>>,
    request: Request,
) -> Result<Response, ApiError> {
    let customer = headers::customer(&state, request.headers())?;
    let bytes = body::read_json(request).await?;
    let members = body::members(&bytes)?;
    let seconds = body::optional_whole_number(&members, "expiresInSeconds")?;
    if seconds == Some(0) {
        return Err(ApiError::invalid_request("`expiresInSeconds` is at least 1."));
    }
    let whole = |seconds| SignedDuration::from_secs(i64::try_from(seconds).unwrap_or(i64::MAX));
    let new = NewShare { permissions: body::permissions(&members)?, lifetime: seconds.map(whole) };
    let shared = state.change(|world, now| world.create_share(&customer, new, now)).await?;
    let shared = shared.map_err(|error| match error {
        MintError::Full { .. } => ApiError::limit_reached(format!("{error}.")),
        _ => ApiError::invalid_request(format!("{error}.")),
    })?;
    Ok(created(&Envelope::of(CreatedShare {
        share_id: shared.id,
        token: shared.token,
        code: shared.code,
        permissions: shared.permissions,
        expires_at: shared.expires_at.to_string(),
    })))
}

/// A customer takes a share back: its token is revoked, and its code gives nothing any more.
#[utoipa::path(
    post,
    path = "/api/v1/bridge/share/revoke",
    tag = "wallet",
    security(("user_jwt" = [])),
    request_body = RevokeRequest,
    responses(
        (status = 200, description = "RevokedShare; also when it was before.", body = Envelope<RevokedShare>),
        (status = 401, description = "No known user JWT.", body = ErrorBody),
        (status = 404, description = "No such share of this customer.", body = ErrorBody),
        (status = "default", description = "Any other error.", body = ErrorBody),
    )
)]
pub(super) async fn revoke(
    Shared(state): Shared<Arc<State>>,
    request: Request,
) -> Result<Response, ApiError> {
    let customer = headers::customer(&state, request.headers())?;
    let bytes = body::read_json(request).await?;
    let members = body::members(&bytes)?;
    let token = body::optional_text(&members, "token")?.map(verify::token_in).transpose()?;
    let name = match (body::optional_text(&members, "shareId")?, &token) {
        (Some(id), None) => ShareName::Id(id),
        (None, Some(token)) => ShareName::Token(token.expose()),
        _ => return Err(ApiError::invalid_request("Either `shareId` or `token` is required.")),
    };
    let revoked =
        state.change(|world, now| world.revoke_share(&customer, &name).map(|id| (id, now))).await?;
    let (share_id, now) = revoked.map_err(|_| ApiError::share_not_found())?;
    Ok(ok(&Envelope::of(RevokedShare { share_id, revoked_at: now.to_string() })))
}

/// What a customer has shared so far. Another customer's history does not exist.
#[utoipa::path(
    get,
    path = "/api/v1/bridge/share/user/{userId}",
    tag = "wallet",
    security(("user_jwt" = [])),
    params(("userId" = String, Path)),
    responses(
        (status = 200, description = "The shares, the oldest first.", body = Envelope<ShareHistory>),
        (status = 401, description = "No known user JWT.", body = ErrorBody),
        (status = 404, description = "Not the customer of the JWT.", body = ErrorBody),
        (status = "default", description = "Any other error.", body = ErrorBody),
    )
)]
pub(super) async fn history(
    Shared(state): Shared<Arc<State>>,
    InPath(user_id): InPath,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let customer = headers::customer(&state, &headers)?;
    if customer != user_id {
        return Err(ApiError::not_found());
    }
    let shares = state.look(|world, _| world.shares_of(&customer)).await?;
    let shares = shares.into_iter().map(|past| PastShare {
        share_id: past.share.id,
        permissions: past.share.permissions,
        created_at: past.share.created_at.to_string(),
        expires_at: past.expires_at.to_string(),
        used: past.code_used || past.share.fulfilled,
        revoked: past.revoked,
    });
    Ok(ok(&Envelope::of(ShareHistory { shares: shares.collect() })))
}
