//! Shapes that the OpenAPI document describes and that are written as JSON elsewhere.
#![allow(dead_code, reason = "these types stand for JSON that is built from maps")]

use utoipa::ToSchema;

/// The verified claims (guide, step 5). Every member is optional, and there can be others.
#[derive(ToSchema)]
pub(crate) struct VerifiedClaims {
    identity_verified: Option<bool>,
    income_verified: Option<bool>,
    #[schema(example = "$3,000-4,000/mo")]
    income_band: Option<String>,
    /// OFAC, EU, UN.
    sanctions_screening_clear: Option<bool>,
    identity_and_fraud_checks_passed: Option<bool>,
    payment_behavior_verified: Option<bool>,
    savings_behavior_verified: Option<bool>,
    /// Days of verified financial data.
    data_window_days: Option<u32>,
    /// Hours since the credential was issued.
    freshness_hours: Option<u32>,
    /// Bank accounts in scope.
    linked_accounts: Option<u32>,
    /// Origin and destination.
    #[schema(example = "KE->GB")]
    corridor: Option<String>,
}

/// The request body of `POST /api/bridge/code/redeem`.
#[derive(ToSchema)]
pub(crate) struct RedeemRequest {
    #[schema(example = "KE8V-3TXY-Z72L")]
    code: String,
}

/// The request body of `POST /v1/verify`.
#[derive(ToSchema)]
pub(crate) struct VerifyRequest {
    #[schema(example = "PASSID-KE8V-3TXY-Z72L-DEMO")]
    token: String,
    /// The institution's own reference; comes back in the answer.
    institution_reference: Option<String>,
}

/// The request body of `POST /v1/sessions`.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(crate) struct SessionRequest {
    institution_name: Option<String>,
    /// Permission names (guide, step 5). None is the standard set.
    permissions: Option<Vec<String>>,
    /// 1 to 3600; 600 when absent.
    #[schema(minimum = 1, maximum = 3600)]
    ttl_seconds: Option<u32>,
}

/// The request body of `POST /v1/sessions/{requestId}/fulfill`.
#[derive(ToSchema)]
pub(crate) struct FulfillRequest {
    /// A one-time share token of the customer.
    token: String,
}

/// The request body of `POST /v1/outcome`.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(crate) struct OutcomeRequest {
    token: String,
    outcome: crate::state::OutcomeValue,
    product_type: Option<String>,
    #[schema(minimum = 0)]
    amount_usd: Option<f64>,
    #[schema(minimum = 0)]
    observation_days: Option<f64>,
    notes: Option<String>,
}

/// The request body of `PATCH /api/institution/webhook`.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(crate) struct WebhookRequest {
    webhook_url: String,
    /// Left out: the current secret stays.
    webhook_secret: Option<String>,
}

/// The request body of `POST /api/v1/bridge/share/create`.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(crate) struct ShareRequest {
    permissions: Option<Vec<String>>,
    #[schema(minimum = 1)]
    expires_in_seconds: Option<u64>,
}

/// The request body of `POST /api/v1/bridge/share/revoke`: one of the two.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(crate) struct RevokeRequest {
    share_id: Option<String>,
    token: Option<String>,
}
