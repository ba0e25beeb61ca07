//! `POST /v1/verify` (guide) and `POST /api/v1/bridge/verify` (other pages): is this token good?

use std::sync::Arc;

use axum::extract::{Request, State as Shared};
use axum::http::StatusCode;
use axum::response::Response;
use passid_core::{Environment, Token};
use serde::Serialize;
use serde_json::{Map, Value};

use super::answer::{ApiError, Envelope, json_bytes, raw_json_answer};
use super::{BRIDGE_VERIFY_PATH, VERIFY_PATH, body, headers};
use crate::state::{Answer, Credential, IdempotencyScope, State, Verdict};

/// D5: the fields of the verifier page in an envelope, the claims under the guide's name and the
/// page's, and `environment` as the home page has it. `freshness_status` is the guide's word for
/// redemptions; `proof_type` is ours.
#[derive(Serialize)]
struct Accepted<'a> {
    credential_valid: bool,
    verification_id: String,
    verified_at: String,
    token: &'a str,
    credential_status: &'static str,
    issuer: &'static str,
    environment: &'static str,
    claims: &'a Map<String, Value>,
    verified_claims: &'a Map<String, Value>,
    signature: Signature,
    revocation_status: &'static str,
    freshness_status: &'static str,
    raw_transactions_included: bool,
    expires_at: String,
    proof_type: &'static str,
    policy_version: &'static str,
    model_version: &'static str,
}

#[derive(Serialize)]
struct Signature {
    algorithm: &'static str,
    status: &'static str,
}

/// D6: the verifier page's rejection. The ids beside it are ours.
#[derive(Serialize)]
struct Rejected<'a> {
    credential_valid: bool,
    verification_id: String,
    verified_at: String,
    token: &'a str,
    credential_status: &'static str,
    reason_code: &'static str,
    message: &'static str,
    environment: &'static str,
}

pub(super) async fn verify(
    Shared(state): Shared<Arc<State>>,
    request: Request,
) -> Result<Response, ApiError> {
    let environment = headers::environment(state.institution(), request.headers())?;
    let idempotency_key = headers::idempotency_key(request.headers())?;
    // D4
    let path = match request.uri().path() {
        BRIDGE_VERIFY_PATH => BRIDGE_VERIFY_PATH,
        _ => VERIFY_PATH,
    };
    let bytes = body::read_json(request).await?;
    let members = body::members(&bytes)?;
    let token = body::required_text(&members, "token")?;
    // D10
    let token = Token::parse(token)
        .map_err(|error| ApiError::invalid_request(format!("`token`: {error}.")))?;
    body::optional_text(&members, "institution_reference")?;

    let work = || answer(&state, environment, &token);
    let given = match idempotency_key {
        None => work(),
        // D13
        Some(key) => state
            .once(IdempotencyScope { environment, path, key }, &bytes, work)
            .map_err(|_| ApiError::idempotency_key_reused())?,
    };
    let status = StatusCode::from_u16(given.status).unwrap_or(StatusCode::OK);
    Ok(raw_json_answer(status, given.body))
}

/// D6: a rejected token is a good answer to the question that was asked: 200.
fn answer(state: &State, environment: Environment, token: &Token) -> Answer {
    let now = state.now();
    let credential = state.credential(environment, token);
    let verdict =
        credential.as_ref().map_or(Verdict::NotFound, |credential| credential.verdict(now));
    let verification_id = state.next_verification_id();
    let verified_at = now.to_string();
    let body = match (credential, verdict.reason()) {
        (Some(credential), None) => json_bytes(&Envelope::of(accepted(
            &credential,
            verdict,
            token,
            verification_id,
            verified_at,
        ))),
        (_, reason) => json_bytes(&Envelope::of(Rejected {
            credential_valid: false,
            verification_id,
            verified_at,
            token: token.expose(),
            credential_status: verdict.credential_status(),
            reason_code: reason.unwrap_or("TOKEN_NOT_FOUND"),
            message: verdict.message(),
            environment: environment.as_str(),
        })),
    };
    Answer { status: StatusCode::OK.as_u16(), body }
}

fn accepted<'a>(
    credential: &'a Credential,
    verdict: Verdict,
    token: &'a Token,
    verification_id: String,
    verified_at: String,
) -> Accepted<'a> {
    Accepted {
        credential_valid: true,
        verification_id,
        verified_at,
        token: token.expose(),
        credential_status: verdict.credential_status(),
        issuer: "passid",
        environment: credential.environment.as_str(),
        claims: &credential.claims,
        verified_claims: &credential.claims,
        signature: Signature { algorithm: "ed25519", status: "verified" },
        revocation_status: "not_revoked",
        freshness_status: credential.freshness_status(),
        raw_transactions_included: false,
        expires_at: credential.expires_at.to_string(),
        proof_type: "groth16/bn254",
        policy_version: "verifier_policy_v1",
        model_version: "passid_fsi_v1_0",
    }
}
