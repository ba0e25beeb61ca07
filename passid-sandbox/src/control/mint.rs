use std::sync::Arc;

use axum::extract::{Request, State as Shared};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::read_exactly;
use crate::api::{ApiError, ErrorBody, created, ok};
use crate::credential::{MintError, NewCredential};
use crate::state::State;

#[derive(Serialize, ToSchema)]
pub(super) struct MintedCode {
    code: String,
}

#[derive(Serialize, ToSchema)]
pub(super) struct MintedToken {
    token: String,
}

#[derive(Serialize, ToSchema)]
pub(super) struct AddedCustomer {
    customer_id: String,
    user_jwt: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct WhichToken {
    token: String,
}

#[derive(Serialize, ToSchema)]
pub(super) struct RevokedToken {
    status: &'static str,
}

/// Issues a credential and a one-time code for it.
#[utoipa::path(
    post,
    path = "/_passid/codes",
    tag = "control",
    request_body = NewCredential,
    responses(
        (status = 201, description = "The code.", body = MintedCode),
        (status = "default", description = "An error.", body = ErrorBody),
    )
)]
pub(super) async fn code(
    Shared(state): Shared<Arc<State>>,
    request: Request,
) -> Result<Response, ApiError> {
    let new = read_exactly(request).await?;
    let code = state.change(|world, now| world.mint_code(new, now)).await?.map_err(refused)?;
    Ok(created(&MintedCode { code }))
}

/// Issues a credential and gives its token.
#[utoipa::path(
    post,
    path = "/_passid/tokens",
    tag = "control",
    request_body = NewCredential,
    responses(
        (status = 201, description = "The token.", body = MintedToken),
        (status = "default", description = "An error.", body = ErrorBody),
    )
)]
pub(super) async fn token(
    Shared(state): Shared<Arc<State>>,
    request: Request,
) -> Result<Response, ApiError> {
    let new = read_exactly(request).await?;
    let token = state.change(|world, now| world.mint_token(new, now)).await?.map_err(refused)?;
    Ok(created(&MintedToken { token }))
}

/// Revokes a token; its code, if it has one, gives nothing any more.
#[utoipa::path(
    post,
    path = "/_passid/tokens/revoke",
    tag = "control",
    request_body = WhichToken,
    responses(
        (status = 200, description = "RevokedToken; also when it was before.", body = RevokedToken),
        (status = 404, description = "An unknown token.", body = ErrorBody),
        (status = "default", description = "An error.", body = ErrorBody),
    )
)]
pub(super) async fn revoke(
    Shared(state): Shared<Arc<State>>,
    request: Request,
) -> Result<Response, ApiError> {
    let which: WhichToken = read_exactly(request).await?;
    let revoked = state.change(|world, _| world.revoke_token(&which.token)).await?;
    revoked.map_err(|_| ApiError::token_not_found())?;
    Ok(ok(&RevokedToken { status: "revoked" }))
}

/// Adds a customer with a wallet.
#[utoipa::path(
    post,
    path = "/_passid/customers",
    tag = "control",
    request_body = NewCredential,
    responses(
        (status = 201, description = "The customer and the JWT of the wallet.", body = AddedCustomer),
        (status = "default", description = "An error.", body = ErrorBody),
    )
)]
pub(super) async fn customer(
    Shared(state): Shared<Arc<State>>,
    request: Request,
) -> Result<Response, ApiError> {
    let new = read_exactly(request).await?;
    let added = state.change(|world, now| world.add_customer(new, now)).await?;
    let (customer_id, user_jwt) = added.map_err(refused)?;
    Ok(created(&AddedCustomer { customer_id, user_jwt }))
}

pub(super) fn refused(error: MintError) -> ApiError {
    match error {
        MintError::Full { .. } => ApiError::limit_reached(format!("{error}.")),
        _ => ApiError::invalid_request(format!("{error}.")),
    }
}
