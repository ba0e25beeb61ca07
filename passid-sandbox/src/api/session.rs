//! QR sessions (guide, step 3): `POST /v1/sessions` and everything below it.

use std::sync::Arc;

use axum::extract::{Request, State as Shared};
use axum::http::HeaderMap;
use axum::response::Response;
use jiff::{SignedDuration, Timestamp};
use passid_core::SessionCode;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::answer::{created, ok};
use super::error::{ApiError, ErrorBody};
use super::path::InPath;
use super::schema::{FulfillRequest, SessionRequest, VerifiedClaims};
use super::{body, headers};
use crate::state::{FulfilRefused, NewSession, Session, SessionRefused, State, Status};

const DEFAULT_TTL_SECONDS: u64 = 600;
const MAX_TTL_SECONDS: u64 = 3_600;
const MAX_NAME_BYTES: usize = 256;

/// A session that was made: the fields of the guide, without an envelope (D24).
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct CreatedSession<'a> {
    request_id: &'a str,
    /// Eight characters, for a customer who cannot scan.
    code: &'a str,
    deep_link: String,
    #[schema(format = DateTime)]
    expires_at: String,
}

/// Where a session stands. The last four members are there once it is completed; `token` (as D21)
/// and `auditId` are ours.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct PolledSession<'a> {
    request_id: &'a str,
    /// `pending`, `completed`, `declined` or `expired`.
    status: &'static str,
    #[schema(format = DateTime)]
    expires_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<VerifiedClaims>)]
    claims: Option<&'a Map<String, Value>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    verified_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    audit_id: Option<&'a str>,
}

/// What a wallet shows its customer (P22: the names of the members).
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct PublicSession<'a> {
    request_id: &'a str,
    institution_name: &'a str,
    /// None is the standard set.
    permissions: &'a [String],
    /// Always `pending`.
    status: &'static str,
    #[schema(format = DateTime)]
    expires_at: String,
}

/// How a session ended (P22: the guide shows no answer).
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct EndedSession {
    request_id: String,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    verified_at: Option<String>,
}

/// Makes a session (guide, step 6).
#[utoipa::path(
    post,
    path = "/v1/sessions",
    tag = "verifier",
    security(("institution_key" = [])),
    request_body = SessionRequest,
    responses(
        (status = 201, description = "The session waits for a customer.", body = CreatedSession),
        (status = 400, description = "A member is wrong, such as the time to live (D23).", body = ErrorBody),
        (status = 401, description = "No known institution key.", body = ErrorBody),
        (status = "default", description = "Any other error.", body = ErrorBody),
    )
)]
pub(super) async fn create(
    Shared(state): Shared<Arc<State>>,
    request: Request,
) -> Result<Response, ApiError> {
    make(&state, request).await
}

/// The same under its older name.
#[utoipa::path(
    post,
    path = "/api/bridge/request",
    tag = "verifier",
    security(("institution_key" = [])),
    request_body = SessionRequest,
    responses(
        (status = 201, description = "The session waits for a customer.", body = CreatedSession),
        (status = 400, description = "A member is wrong, such as the time to live (D23).", body = ErrorBody),
        (status = 401, description = "No known institution key.", body = ErrorBody),
        (status = "default", description = "Any other error.", body = ErrorBody),
    )
)]
pub(super) async fn create_by_older_name(
    Shared(state): Shared<Arc<State>>,
    request: Request,
) -> Result<Response, ApiError> {
    make(&state, request).await
}

async fn make(state: &State, request: Request) -> Result<Response, ApiError> {
    let tenant = headers::tenant(state, request.headers())?;
    let bytes = body::read_json(request).await?;
    let members = body::members(&bytes)?;
    let institution_name = body::optional_text(&members, "institutionName")?;
    if institution_name.is_some_and(|name| name.trim().is_empty() || name.len() > MAX_NAME_BYTES) {
        return Err(ApiError::invalid_request(format!(
            "`institutionName` has 1 to {MAX_NAME_BYTES} bytes and is not blank."
        )));
    }
    let new = NewSession {
        institution_name: institution_name.map(str::to_owned),
        permissions: body::permissions(&members)?,
        ttl: ttl(&members)?,
    };
    let session = state.change(|world, now| world.create_session(&tenant, new, now)).await?;
    Ok(created(&CreatedSession {
        request_id: &session.request_id,
        code: &session.code,
        deep_link: session.deep_link(),
        expires_at: session.expires_at.to_string(),
    }))
}

/// D23
fn ttl(members: &Map<String, Value>) -> Result<SignedDuration, ApiError> {
    let seconds =
        body::optional_whole_number(members, "ttlSeconds")?.unwrap_or(DEFAULT_TTL_SECONDS);
    let fits = (1..=MAX_TTL_SECONDS).contains(&seconds);
    let seconds = i64::try_from(seconds).ok().filter(|_| fits).ok_or_else(|| {
        ApiError::invalid_request(format!("`ttlSeconds` is between 1 and {MAX_TTL_SECONDS}."))
    })?;
    Ok(SignedDuration::from_secs(seconds))
}

/// Where a session of this institution stands (guide, step 6).
#[utoipa::path(
    get,
    path = "/v1/sessions/{requestId}",
    tag = "verifier",
    security(("institution_key" = [])),
    params(("requestId" = String, Path)),
    responses(
        (status = 200, description = "Where it stands.", body = PolledSession),
        (status = 401, description = "No known institution key.", body = ErrorBody),
        (status = 404, description = "No session of this institution (D22).", body = ErrorBody),
        (status = "default", description = "Any other error.", body = ErrorBody),
    )
)]
pub(super) async fn poll(
    Shared(state): Shared<Arc<State>>,
    InPath(request_id): InPath,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let tenant = headers::tenant(&state, &headers)?;
    state
        .look(|world, now| {
            let session = world.session(&tenant, &request_id)?;
            Ok(ok(&polled(session, now)))
        })
        .await?
}

fn polled(session: &Session, now: Timestamp) -> PolledSession<'_> {
    let status = session.status(now);
    let completion = match status {
        Status::Completed(completion) => Some(completion),
        _ => None,
    };
    PolledSession {
        request_id: &session.request_id,
        status: status.name(),
        expires_at: session.expires_at.to_string(),
        claims: completion.map(|completion| &completion.claims),
        verified_at: completion.map(|completion| completion.verified_at.to_string()),
        token: completion.map(|completion| &*completion.token),
        audit_id: completion.map(|completion| &*completion.audit_id),
    }
}

/// What a wallet that scanned the QR code shows (guide, step 3).
#[utoipa::path(
    get,
    path = "/v1/sessions/{requestId}/public",
    tag = "wallet",
    params(("requestId" = String, Path)),
    responses(
        (status = 200, description = "The request, while it waits.", body = PublicSession),
        (status = 404, description = "No such session.", body = ErrorBody),
        (status = 410, description = "Expired, fulfilled or declined (guide).", body = ErrorBody),
        (status = "default", description = "Any other error.", body = ErrorBody),
    )
)]
pub(super) async fn public(
    Shared(state): Shared<Arc<State>>,
    InPath(request_id): InPath,
) -> Result<Response, ApiError> {
    state.look(|world, now| Ok(shown(world.pending_session(&request_id, now)?))).await?
}

/// The same by the code under the QR code, with or without its hyphen (guide, step 6).
#[utoipa::path(
    get,
    path = "/v1/sessions/by-code/{code}/public",
    tag = "wallet",
    params(("code" = String, Path)),
    responses(
        (status = 200, description = "The request, while it waits.", body = PublicSession),
        (status = 400, description = "Not eight letters and digits.", body = ErrorBody),
        (status = 404, description = "No such session.", body = ErrorBody),
        (status = 410, description = "Expired, fulfilled or declined (guide).", body = ErrorBody),
        (status = "default", description = "Any other error.", body = ErrorBody),
    )
)]
pub(super) async fn public_by_code(
    Shared(state): Shared<Arc<State>>,
    InPath(code): InPath,
) -> Result<Response, ApiError> {
    // D10
    let code = SessionCode::parse(&code)
        .map_err(|error| ApiError::invalid_code(format!("the code in the path: {error}.")))?;
    state.look(|world, now| Ok(shown(world.pending_session_by_code(&code, now)?))).await?
}

fn shown(session: &Session) -> Response {
    ok(&PublicSession {
        request_id: &session.request_id,
        institution_name: &session.institution_name,
        permissions: &session.permissions,
        status: Status::Pending.name(),
        expires_at: session.expires_at.to_string(),
    })
}

/// A customer approves (guide, step 3).
#[utoipa::path(
    post,
    path = "/v1/sessions/{requestId}/fulfill",
    tag = "wallet",
    security(("user_jwt" = [])),
    params(("requestId" = String, Path)),
    request_body = FulfillRequest,
    responses(
        (status = 200, description = "The institution has its claims.", body = EndedSession),
        (status = 401, description = "No known user JWT.", body = ErrorBody),
        (status = 404, description = "No such session in the customer's environment (D22).", body = ErrorBody),
        (status = 410, description = "The session is over, or the share token was used before (D22).", body = ErrorBody),
        (status = 422, description = "No valid share token of this customer.", body = ErrorBody),
        (status = "default", description = "Any other error.", body = ErrorBody),
    )
)]
pub(super) async fn fulfill(
    Shared(state): Shared<Arc<State>>,
    InPath(request_id): InPath,
    request: Request,
) -> Result<Response, ApiError> {
    let customer = headers::customer(&state, request.headers())?;
    let bytes = body::read_json(request).await?;
    let members = body::members(&bytes)?;
    let token = super::verify::token_in(body::required_text(&members, "token")?)?;
    let verified_at = state
        .change(|world, now| world.fulfil_session(&customer, &request_id, token.expose(), now))
        .await?
        .map_err(|refused| match refused {
            FulfilRefused::Session(refused) => refused.into(),
            FulfilRefused::TokenUsed => ApiError::share_token_used(),
            FulfilRefused::TokenRefused => ApiError::share_token_refused(),
        })?;
    let verified_at = Some(verified_at.to_string());
    Ok(ok(&EndedSession { request_id, status: "completed", verified_at }))
}

/// A customer declines. D22: the state is published, this call is ours.
#[utoipa::path(
    post,
    path = "/v1/sessions/{requestId}/decline",
    tag = "wallet",
    security(("user_jwt" = [])),
    params(("requestId" = String, Path)),
    responses(
        (status = 200, description = "The institution will see that it was declined.", body = EndedSession),
        (status = 401, description = "No known user JWT.", body = ErrorBody),
        (status = 404, description = "No such session in the customer's environment.", body = ErrorBody),
        (status = 410, description = "The session is over.", body = ErrorBody),
        (status = "default", description = "Any other error.", body = ErrorBody),
    )
)]
pub(super) async fn decline(
    Shared(state): Shared<Arc<State>>,
    InPath(request_id): InPath,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let customer = headers::customer(&state, &headers)?;
    let declined: Result<(), SessionRefused> =
        state.change(|world, now| world.decline_session(Some(&customer), &request_id, now)).await?;
    declined?;
    Ok(ok(&EndedSession { request_id, status: "declined", verified_at: None }))
}
