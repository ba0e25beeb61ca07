//! `POST /api/bridge/code/redeem` (guide, step 4): the customer's one-time code for the claims.
//!
//! It does not look at `Idempotency-Key`: no source says that it does (decision D12).

use std::sync::Arc;

use axum::extract::{Request, State as Shared};
use axum::response::Response;
use jiff::Timestamp;
use passid_core::ShareCode;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::answer::{Envelope, ok};
use super::error::{ApiError, ErrorBody};
use super::schema::{RedeemRequest, VerifiedClaims};
use super::{body, headers};
use crate::state::{CodeRefused, Redemption, State, Verdict};

const DECISIONING_NOTE: &str = "PASSID reports verified claims. The decision is the institution's.";

/// What a redemption gives.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub(super) enum RedeemData<'a> {
    Disclosed(DisclosedRedemption<'a>),
    Withheld(WithheldRedemption),
}

/// The fields of the guide, `token` (D21) and, ours, `freshness_hours` and `environment`.
#[derive(Serialize, ToSchema)]
pub(super) struct DisclosedRedemption<'a> {
    /// `verified`; an open list.
    status: &'a str,
    #[schema(value_type = VerifiedClaims)]
    verified_claims: Map<String, Value>,
    audit_id: String,
    /// Always `false`.
    raw_transactions_included: bool,
    /// `fresh` or `stale`.
    freshness_status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    freshness_hours: Option<u64>,
    decisioning_note: &'static str,
    token: &'a str,
    environment: &'static str,
}

/// The code was good and is used up, but the credential behind it is not (P21: the guide shows no
/// such answer). It carries neither claims nor token, and the guide's name for the reason.
#[derive(Serialize, ToSchema)]
pub(super) struct WithheldRedemption {
    /// `denied` or `rejected`.
    status: &'static str,
    deny_reason: &'static str,
    audit_id: String,
    raw_transactions_included: bool,
    decisioning_note: &'static str,
    environment: &'static str,
}

/// Redeems a one-time code (guide, step 4).
#[utoipa::path(
    post,
    path = "/api/bridge/code/redeem",
    tag = "verifier",
    security(("institution_key" = [])),
    request_body = RedeemRequest,
    responses(
        (status = 200, description = "What the code stands for.", body = Envelope<RedeemData>),
        (status = 401, description = "No known institution key.", body = ErrorBody),
        (status = 404, description = "An unknown code, or one of the other environment.", body = ErrorBody),
        (status = 410, description = "The code was used before (D9).", body = ErrorBody),
        (status = "default", description = "Any other error.", body = ErrorBody),
    )
)]
pub(super) async fn redeem(
    Shared(state): Shared<Arc<State>>,
    request: Request,
) -> Result<Response, ApiError> {
    let tenant = headers::tenant(&state, request.headers())?;
    let bytes = body::read_json(request).await?;
    let members = body::members(&bytes)?;
    let code = body::required_text(&members, "code")?;
    // D10: spelling is free.
    let code = ShareCode::parse(code)
        .map_err(|error| ApiError::invalid_code(format!("`code`: {error}.")))?;
    let redeemed = state
        .change(|world, now| world.redeem(&tenant, &code, now).map(|redeemed| (redeemed, now)))
        .await?;
    // D9, D15: a second use is 410; a code of the other environment does not exist.
    let (redemption, now) = redeemed.map_err(|refused| match refused {
        CodeRefused::NotFound => ApiError::code_not_found(),
        CodeRefused::AlreadyRedeemed => ApiError::code_already_redeemed(),
    })?;
    Ok(answer(&redemption, now))
}

fn answer(redemption: &Redemption, now: Timestamp) -> Response {
    let credential = &redemption.credential;
    let audit_id = redemption.audit_id.clone();
    let environment = credential.environment.as_str();
    let data = match redemption.verdict.reason() {
        None => {
            let disclosed = credential.disclosed(now);
            RedeemData::Disclosed(DisclosedRedemption {
                status: credential.status(),
                audit_id,
                raw_transactions_included: false,
                freshness_status: disclosed.freshness_status(),
                freshness_hours: disclosed.freshness_hours(),
                decisioning_note: DECISIONING_NOTE,
                token: &redemption.token,
                environment,
                verified_claims: disclosed.claims,
            })
        }
        Some(deny_reason) => {
            let denied = redemption.verdict == Verdict::SanctionsDenied;
            RedeemData::Withheld(WithheldRedemption {
                status: if denied { "denied" } else { "rejected" },
                deny_reason,
                audit_id,
                raw_transactions_included: false,
                decisioning_note: DECISIONING_NOTE,
                environment,
            })
        }
    };
    ok(&Envelope::of(data))
}
