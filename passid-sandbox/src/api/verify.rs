//! `POST /v1/verify` (guide) and `POST /api/v1/bridge/verify` (other pages): is this token good?
//! And `GET /api/v1/bridge/verify/{token}`: what was the answer?

use std::sync::Arc;

use axum::extract::{Request, State as Shared};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use jiff::Timestamp;
use passid_core::Token;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::answer::{Envelope, json_text, raw_json_answer};
use super::error::{ApiError, ErrorBody};
use super::path::InPath;
use super::schema::{VerifiedClaims, VerifyRequest};
use super::{BRIDGE_VERIFY_PATH, VERIFY_PATH, body, headers};
use crate::state::{Answer, Checked, IdempotencyScope, State, Tenant, World};

const MAX_REFERENCE_BYTES: usize = 256;

/// What a verification gives.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub(super) enum VerifyData<'a> {
    Accepted(Box<Accepted<'a>>),
    Rejected(Rejected<'a>),
}

/// D5: the fields of the verifier page in an envelope, the claims under the guide's name and the
/// page's, and `environment` as the home page has it. `freshness_status` is the guide's word for
/// redemptions; `proof_type` and the echo of `institution_reference` are ours.
#[derive(Serialize, ToSchema)]
pub(super) struct Accepted<'a> {
    /// Always `true`.
    credential_valid: bool,
    verification_id: &'a str,
    #[schema(format = DateTime)]
    verified_at: String,
    token: &'a str,
    credential_status: &'static str,
    issuer: &'static str,
    environment: &'static str,
    #[schema(value_type = VerifiedClaims)]
    claims: Map<String, Value>,
    #[schema(value_type = VerifiedClaims)]
    verified_claims: Map<String, Value>,
    signature: Signature,
    revocation_status: &'static str,
    freshness_status: &'static str,
    raw_transactions_included: bool,
    #[schema(format = DateTime)]
    expires_at: String,
    proof_type: &'static str,
    policy_version: &'static str,
    model_version: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    institution_reference: Option<&'a str>,
}

#[derive(Serialize, ToSchema)]
struct Signature {
    algorithm: &'static str,
    status: &'static str,
}

/// D6: the verifier page's rejection. The ids beside it are ours.
#[derive(Serialize, ToSchema)]
pub(super) struct Rejected<'a> {
    /// Always `false`.
    credential_valid: bool,
    verification_id: &'a str,
    #[schema(format = DateTime)]
    verified_at: String,
    token: &'a str,
    credential_status: &'static str,
    /// An open list; compare without regard to case.
    reason_code: &'static str,
    message: &'static str,
    environment: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    institution_reference: Option<&'a str>,
}

/// Verifies a token (guide, step 6). A rejected token is a 200 as well (D6).
#[utoipa::path(
    post,
    path = "/v1/verify",
    tag = "verifier",
    security(("institution_key" = [])),
    params(("Idempotency-Key" = Option<String>, Header, description = "Guide, step 6; D13.")),
    request_body = VerifyRequest,
    responses(
        (status = 200, description = "The verdict.", body = Envelope<VerifyData>,
         headers(("X-PASSID-API-Version" = String, description = "Always 1."))),
        (status = 401, description = "No known institution key.", body = ErrorBody),
        (status = 422, description = "The idempotency key was used with another body (D13).", body = ErrorBody),
        (status = "default", description = "Any other error.", body = ErrorBody),
    )
)]
pub(super) async fn verify(
    Shared(state): Shared<Arc<State>>,
    request: Request,
) -> Result<Response, ApiError> {
    verified(&state, request, VERIFY_PATH).await
}

/// The same operation under the name that other pages of the vendor use (D4).
#[utoipa::path(
    post,
    path = "/api/v1/bridge/verify",
    tag = "verifier",
    security(("institution_key" = [])),
    params(("Idempotency-Key" = Option<String>, Header, description = "Guide, step 6; D13.")),
    request_body = VerifyRequest,
    responses(
        (status = 200, description = "The verdict.", body = Envelope<VerifyData>,
         headers(("X-PASSID-API-Version" = String, description = "Always 1."))),
        (status = 401, description = "No known institution key.", body = ErrorBody),
        (status = 422, description = "The idempotency key was used with another body (D13).", body = ErrorBody),
        (status = "default", description = "Any other error.", body = ErrorBody),
    )
)]
pub(super) async fn bridge_verify(
    Shared(state): Shared<Arc<State>>,
    request: Request,
) -> Result<Response, ApiError> {
    verified(&state, request, BRIDGE_VERIFY_PATH).await
}

/// The answer that this institution got when it last verified the token (shape and rules are ours).
#[utoipa::path(
    get,
    path = "/api/v1/bridge/verify/{token}",
    tag = "verifier",
    security(("institution_key" = [])),
    params(("token" = String, Path)),
    responses(
        (status = 200, description = "The answer of that time.", body = Envelope<VerifyData>,
         headers(("X-PASSID-API-Version" = String, description = "Always 1."))),
        (status = 401, description = "No known institution key.", body = ErrorBody),
        (status = 404, description = "This institution has not verified this token.", body = ErrorBody),
        (status = "default", description = "Any other error.", body = ErrorBody),
    )
)]
pub(super) async fn stored(
    Shared(state): Shared<Arc<State>>,
    InPath(token): InPath,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let tenant = headers::tenant(&state, &headers)?;
    let token = token_in(&token)?;
    let stored = state
        .look(|world, _| world.stored_verification(&tenant, &token).map(ToOwned::to_owned))
        .await?;
    let body = stored.ok_or_else(ApiError::verification_not_found)?;
    Ok(raw_json_answer(StatusCode::OK, body))
}

async fn verified(
    state: &State,
    request: Request,
    path: &'static str,
) -> Result<Response, ApiError> {
    let tenant = headers::tenant(state, request.headers())?;
    let idempotency_key = headers::idempotency_key(request.headers())?;
    let bytes = body::read_json(request).await?;
    let members = body::members(&bytes)?;
    let token = token_in(body::required_text(&members, "token")?)?;
    let reference = body::optional_text(&members, "institution_reference")?;
    if reference.is_some_and(|reference| reference.len() > MAX_REFERENCE_BYTES) {
        return Err(ApiError::invalid_request(format!(
            "`institution_reference` has at most {MAX_REFERENCE_BYTES} bytes."
        )));
    }
    let given = state
        .change(|world, now| {
            let work = |world: &mut World| answer(world, &tenant, &token, reference, now);
            match &idempotency_key {
                None => Ok(work(world)),
                // D13
                Some(key) => {
                    let scope = IdempotencyScope { tenant: &tenant, path, key };
                    world.once(&scope, &bytes, now, work)
                }
            }
        })
        .await?
        .map_err(|_| ApiError::idempotency_key_reused())?;
    let status = StatusCode::from_u16(given.status).unwrap_or(StatusCode::OK);
    Ok(raw_json_answer(status, given.body))
}

/// D10
pub(super) fn token_in(text: &str) -> Result<Token, ApiError> {
    Token::parse(text).map_err(|error| ApiError::invalid_request(format!("`token`: {error}.")))
}

/// D6: a rejected token is a good answer to the question that was asked: 200.
fn answer(
    world: &mut World,
    tenant: &Tenant,
    token: &Token,
    reference: Option<&str>,
    now: Timestamp,
) -> Answer {
    let checked = world.check_token(tenant, token, now);
    let body = json_text(&Envelope::of(data(tenant, token, reference, &checked, now)));
    if let Some(credential) = &checked.credential {
        world.keep(tenant, token.expose(), credential, Some(body.clone()), now);
    }
    Answer { status: StatusCode::OK.as_u16(), body }
}

fn data<'a>(
    tenant: &Tenant,
    token: &'a Token,
    institution_reference: Option<&'a str>,
    checked: &'a Checked,
    now: Timestamp,
) -> VerifyData<'a> {
    let verdict = checked.verdict;
    let verified_at = now.to_string();
    match (&checked.credential, verdict.reason()) {
        (Some(credential), None) => {
            let disclosed = credential.disclosed(now);
            VerifyData::Accepted(Box::new(Accepted {
                credential_valid: true,
                verification_id: &checked.verification_id,
                verified_at,
                token: token.expose(),
                credential_status: verdict.credential_status(),
                issuer: "passid",
                environment: credential.environment.as_str(),
                signature: Signature { algorithm: "ed25519", status: "verified" },
                revocation_status: "not_revoked",
                freshness_status: disclosed.freshness_status(),
                raw_transactions_included: false,
                expires_at: credential.expires_at.to_string(),
                proof_type: "groth16/bn254",
                policy_version: "verifier_policy_v1",
                model_version: "passid_fsi_v1_0",
                claims: disclosed.claims.clone(),
                verified_claims: disclosed.claims,
                institution_reference,
            }))
        }
        (_, reason) => VerifyData::Rejected(Rejected {
            credential_valid: false,
            verification_id: &checked.verification_id,
            verified_at,
            token: token.expose(),
            credential_status: verdict.credential_status(),
            reason_code: reason.unwrap_or("TOKEN_NOT_FOUND"),
            message: verdict.message(),
            environment: tenant.environment.as_str(),
            institution_reference,
        }),
    }
}
