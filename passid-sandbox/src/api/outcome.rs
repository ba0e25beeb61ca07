//! `POST /v1/outcome` and `GET /v1/outcome/cohort` (guide, step 9).

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{Request, State as Shared};
use axum::http::HeaderMap;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::answer::{Envelope, created, ok};
use super::error::{ApiError, ErrorBody};
use super::schema::OutcomeRequest;
use super::{body, headers, verify};
use crate::state::{Coverage, NewOutcome, OutcomeRefused, OutcomeValue, State};

const MAX_TEXT_BYTES: usize = 4_096;

/// P22: the guide shows no answer.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct OutcomeReceipt {
    outcome_id: String,
    token: String,
    outcome: OutcomeValue,
    #[schema(format = DateTime)]
    reported_at: String,
}

/// The rates of all outcomes that this institution has reported. P22: no shape is
/// published.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Cohorts {
    institution_id: String,
    total: u64,
    cohorts: Vec<Cohort>,
}

#[derive(Serialize, ToSchema)]
struct Cohort {
    coverage: Coverage,
    total: u64,
    /// By outcome.
    outcomes: BTreeMap<OutcomeValue, Rate>,
}

#[derive(Serialize, ToSchema)]
struct Rate {
    count: u64,
    /// Of the outcomes of this coverage, between 0 and 1.
    rate: f64,
}

/// Reports what became of an application (guide, step 9).
#[utoipa::path(
    post,
    path = "/v1/outcome",
    tag = "verifier",
    security(("institution_key" = [])),
    request_body = OutcomeRequest,
    responses(
        (status = 201, description = "Reported.", body = Envelope<OutcomeReceipt>),
        (status = 401, description = "No known institution key.", body = ErrorBody),
        (status = 404, description = "An unknown token, or one of the other environment.", body = ErrorBody),
        (status = 409, description = "Reported before (guide).", body = ErrorBody),
        (status = 422, description = "None of the seven outcomes (D9).", body = ErrorBody),
        (status = "default", description = "Any other error.", body = ErrorBody),
    )
)]
pub(super) async fn report(
    Shared(state): Shared<Arc<State>>,
    request: Request,
) -> Result<Response, ApiError> {
    let tenant = headers::tenant(&state, request.headers())?;
    let bytes = body::read_json(request).await?;
    let members = body::members(&bytes)?;
    let token = verify::token_in(body::required_text(&members, "token")?)?;
    let new = NewOutcome {
        token: token.expose().to_owned(),
        outcome: outcome_in(body::required_text(&members, "outcome")?)?,
        product_type: short_text(&members, "productType")?,
        amount_usd: body::optional_number(&members, "amountUsd")?,
        observation_days: body::optional_number(&members, "observationDays")?,
        notes: short_text(&members, "notes")?,
    };
    let reported = state.change(|world, now| world.report_outcome(&tenant, new, now)).await?;
    let outcome = reported.map_err(|refused| match refused {
        OutcomeRefused::TokenNotFound => ApiError::token_not_found(),
        OutcomeRefused::AlreadyReported => ApiError::outcome_already_reported(),
    })?;
    Ok(created(&Envelope::of(OutcomeReceipt {
        outcome_id: outcome.id,
        token: outcome.token,
        outcome: outcome.outcome,
        reported_at: outcome.reported_at.to_string(),
    })))
}

fn outcome_in(name: &str) -> Result<OutcomeValue, ApiError> {
    OutcomeValue::deserialize(Value::from(name)).map_err(|_| {
        ApiError::invalid_outcome(
            "`outcome` is repaid, no_default, delinquent, defaulted, fraud_confirmed, \
             account_closed or other.",
        )
    })
}

fn short_text(members: &Map<String, Value>, name: &str) -> Result<Option<String>, ApiError> {
    let text = body::optional_text(members, name)?;
    if text.is_some_and(|text| text.len() > MAX_TEXT_BYTES) {
        return Err(ApiError::invalid_request(format!(
            "`{name}` has at most {MAX_TEXT_BYTES} bytes."
        )));
    }
    Ok(text.map(str::to_owned))
}

/// Outcome rates by coverage (guide, step 9).
#[utoipa::path(
    get,
    path = "/v1/outcome/cohort",
    tag = "verifier",
    security(("institution_jwt" = [])),
    responses(
        (status = 200, description = "The rates.", body = Envelope<Cohorts>),
        (status = 401, description = "No known institution JWT.", body = ErrorBody),
        (status = 403, description = "An institution key or a user JWT (D9).", body = ErrorBody),
        (status = "default", description = "Any other error.", body = ErrorBody),
    )
)]
pub(super) async fn cohort(
    Shared(state): Shared<Arc<State>>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let tenant = headers::tenant_by_jwt(&state, &headers)?;
    let cohorts: Vec<_> = state
        .look(|world, _| world.cohorts(&tenant))
        .await?
        .into_iter()
        .map(|(coverage, counts)| cohort_of(coverage, counts))
        .collect();
    let total = cohorts.iter().map(|cohort| cohort.total).sum();
    Ok(ok(&Envelope::of(Cohorts { institution_id: tenant.institution, total, cohorts })))
}

fn cohort_of(coverage: Coverage, counts: BTreeMap<OutcomeValue, u64>) -> Cohort {
    let total: u64 = counts.values().sum();
    #[allow(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
    let rate = |count: u64| count as f64 / total.max(1) as f64;
    let outcomes =
        counts.into_iter().map(|(outcome, count)| (outcome, Rate { count, rate: rate(count) }));
    Cohort { coverage, total, outcomes: outcomes.collect() }
}
