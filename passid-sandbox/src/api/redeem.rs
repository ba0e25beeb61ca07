//! `POST /api/bridge/code/redeem` (guide, step 4): the customer's one-time code for the claims.
//!
//! It does not look at `Idempotency-Key`: no source says that it does (decision D12).

use std::sync::Arc;

use axum::extract::{Request, State as Shared};
use axum::http::StatusCode;
use axum::response::Response;
use passid_core::ShareCode;
use serde::Serialize;
use serde_json::{Map, Value};

use super::answer::{ApiError, Envelope, json_answer};
use super::{body, headers};
use crate::state::{CodeRefused, Redeemed, State, Verdict};

const DECISIONING_NOTE: &str = "PASSID reports verified claims. The decision is the institution's.";

/// The fields of the guide, `token` (D21) and, ours, `freshness_hours` and `environment`.
#[derive(Serialize)]
struct Disclosed<'a> {
    status: &'a str,
    verified_claims: &'a Map<String, Value>,
    audit_id: String,
    raw_transactions_included: bool,
    freshness_status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    freshness_hours: Option<u64>,
    decisioning_note: &'static str,
    token: &'a str,
    environment: &'static str,
}

/// The code was good and is used up, but the credential behind it is not. Ours: the guide shows no
/// such answer. It carries neither claims nor token, and the guide's name for the reason.
#[derive(Serialize)]
struct Withheld {
    status: &'static str,
    deny_reason: &'static str,
    audit_id: String,
    raw_transactions_included: bool,
    decisioning_note: &'static str,
    environment: &'static str,
}

pub(super) async fn redeem(
    Shared(state): Shared<Arc<State>>,
    request: Request,
) -> Result<Response, ApiError> {
    let environment = headers::environment(state.institution(), request.headers())?;
    let bytes = body::read_json(request).await?;
    let members = body::members(&bytes)?;
    let code = body::required_text(&members, "code")?;
    // D10: spelling is free.
    let code = ShareCode::parse(code)
        .map_err(|error| ApiError::invalid_code(format!("`code`: {error}.")))?;
    // D9, D15: a second use is 410; a code of the other environment does not exist.
    let redeemed = state.redeem(environment, &code).map_err(|refused| match refused {
        CodeRefused::NotFound => ApiError::code_not_found(),
        CodeRefused::AlreadyRedeemed => ApiError::code_already_redeemed(),
    })?;
    Ok(answer(&state, &redeemed))
}

fn answer(state: &State, redeemed: &Redeemed) -> Response {
    let credential = &redeemed.credential;
    let verdict = credential.verdict(state.now());
    let audit_id = state.next_audit_id();
    let environment = credential.environment.as_str();
    match verdict.reason() {
        None => json_answer(
            StatusCode::OK,
            &Envelope::of(Disclosed {
                status: credential.status(),
                verified_claims: &credential.claims,
                audit_id,
                raw_transactions_included: false,
                freshness_status: credential.freshness_status(),
                freshness_hours: credential.freshness_hours(),
                decisioning_note: DECISIONING_NOTE,
                token: &redeemed.token,
                environment,
            }),
        ),
        Some(deny_reason) => json_answer(
            StatusCode::OK,
            &Envelope::of(Withheld {
                status: if verdict == Verdict::SanctionsDenied { "denied" } else { "rejected" },
                deny_reason,
                audit_id,
                raw_transactions_included: false,
                decisioning_note: DECISIONING_NOTE,
                environment,
            }),
        ),
    }
}
