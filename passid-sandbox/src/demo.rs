//! What every sandbox holds from the start, and holds again after a reset.
//!
//! The three codes and [`SANDBOX_TOKEN`] are published; all other tokens and the keys are ours. The
//! same token always gives the same claims.

use passid_core::Environment;
use serde_json::{Map, Value, json};

use crate::credential::CredentialState;

/// The id of the institution that is there from the start.
pub const INSTITUTION_ID: &str = "42";
/// Its name, as customers see it.
pub const INSTITUTION_NAME: &str = "Demo Bank";

/// The institution key of the sandbox environment, unless another one was configured.
pub const SANDBOX_KEY: &str = "pk_sandbox_demo0000000000000000";
/// The institution key of the live environment, unless another one was configured.
pub const LIVE_KEY: &str = "pk_live_demo0000000000000000";
/// The webhook secret, unless another one was configured.
pub const WEBHOOK_SECRET: &str = "whsec_demo00000000000000000000000000";

/// The customer with a wallet in the sandbox environment; holds the guide's full claims example.
pub const CUSTOMER_ID: &str = "usr_demo";
/// The same in the live environment.
pub const LIVE_CUSTOMER_ID: &str = "usr_live_demo";

pub(crate) const CUSTOMERS: [(&str, Environment); 2] =
    [(CUSTOMER_ID, Environment::Sandbox), (LIVE_CUSTOMER_ID, Environment::Live)];

/// Published demo code, corridor `KE->GB`: verified, with the guide's full claims example.
pub const KENYA_CODE: &str = "KE8V-3TXY-Z72L";
/// Published demo code, corridor `NG->US`: verified.
pub const NIGERIA_CODE: &str = "NG4M-XQRS-T88W";
/// Published demo code, corridor `GH->EU`: manual review required (decision D16).
pub const GHANA_CODE: &str = "GH2P-ABCD-56KL";

/// The token behind [`KENYA_CODE`].
pub const KENYA_TOKEN: &str = "PASSID-KE8V-3TXY-Z72L-DEMO";
/// The token behind [`NIGERIA_CODE`].
pub const NIGERIA_TOKEN: &str = "PASSID-NG4M-XQRS-T88W-DEMO";
/// The token behind [`GHANA_CODE`]: signed and active, but its claims leave identity, fraud checks
/// and sanctions open.
pub const GHANA_TOKEN: &str = "PASSID-GH2P-ABCD-56KL-DEMO";
/// Published sandbox token: valid, with every claim.
pub const SANDBOX_TOKEN: &str = "psid_sandbox_demo_001";
/// Rejected with `TOKEN_EXPIRED`.
pub const EXPIRED_TOKEN: &str = "PASSID-DEMO-EXPI-RED0-0001";
/// Rejected with `TOKEN_REVOKED`.
pub const REVOKED_TOKEN: &str = "PASSID-DEMO-REVO-KED0-0001";
/// Rejected with `invalid_signature`.
pub const BADLY_SIGNED_TOKEN: &str = "PASSID-DEMO-BADS-IGN0-0001";
/// Rejected with `HARD_DENY_SANCTIONS_MATCH`.
pub const SANCTIONS_DENIED_TOKEN: &str = "PASSID-DEMO-DENI-ED00-0001";
/// Valid, but 96 hours old: `freshness_status` is `stale` (decision D17).
pub const STALE_TOKEN: &str = "PASSID-DEMO-STAL-E000-0001";
/// Valid, but with `sanctions_screening_clear: false`.
pub const SANCTIONS_NOT_CLEAR_TOKEN: &str = "PASSID-DEMO-UNCL-EAR0-0001";
/// Valid, but with `identity_verified` and the four context claims only.
pub const MINIMAL_TOKEN: &str = "PASSID-DEMO-MINI-MAL0-0001";
/// Valid, with every claim, in the live environment; the sandbox key does not see it.
pub const LIVE_TOKEN: &str = "PASSID-LIVE-DEMO-0000-0001";

/// The status of a redemption that a person has to look at (decision D16).
pub(crate) const MANUAL_REVIEW_REQUIRED: &str = "manual_review_required";

pub(crate) struct DemoCredential {
    pub(crate) token: &'static str,
    pub(crate) code: Option<&'static str>,
    pub(crate) environment: Environment,
    pub(crate) state: CredentialState,
    pub(crate) status: Option<&'static str>,
    pub(crate) claims: Map<String, Value>,
}

impl DemoCredential {
    fn new(token: &'static str, claims: Map<String, Value>) -> Self {
        Self {
            token,
            code: None,
            environment: Environment::Sandbox,
            state: CredentialState::Active,
            status: None,
            claims,
        }
    }

    fn in_state(token: &'static str, state: CredentialState) -> Self {
        Self { state, ..Self::new(token, full_claims()) }
    }
}

pub(crate) fn credentials() -> Vec<DemoCredential> {
    vec![
        DemoCredential {
            code: Some(KENYA_CODE),
            ..DemoCredential::new(KENYA_TOKEN, full_claims())
        },
        DemoCredential {
            code: Some(NIGERIA_CODE),
            ..DemoCredential::new(NIGERIA_TOKEN, nigeria_claims())
        },
        DemoCredential {
            code: Some(GHANA_CODE),
            status: Some(MANUAL_REVIEW_REQUIRED),
            ..DemoCredential::new(GHANA_TOKEN, ghana_claims())
        },
        DemoCredential::new(SANDBOX_TOKEN, full_claims()),
        DemoCredential::in_state(EXPIRED_TOKEN, CredentialState::Expired),
        DemoCredential::in_state(REVOKED_TOKEN, CredentialState::Revoked),
        DemoCredential::in_state(BADLY_SIGNED_TOKEN, CredentialState::BadSignature),
        DemoCredential::in_state(SANCTIONS_DENIED_TOKEN, CredentialState::SanctionsDenied),
        DemoCredential::new(STALE_TOKEN, with(full_claims(), "freshness_hours", 96.into())),
        DemoCredential::new(
            SANCTIONS_NOT_CLEAR_TOKEN,
            with(full_claims(), "sanctions_screening_clear", false.into()),
        ),
        DemoCredential::new(MINIMAL_TOKEN, minimal_claims()),
        DemoCredential {
            environment: Environment::Live,
            ..DemoCredential::new(LIVE_TOKEN, full_claims())
        },
    ]
}

/// The guide's claims example, which has the corridor of [`KENYA_CODE`].
pub(crate) fn full_claims() -> Map<String, Value> {
    object(json!({
        "identity_verified": true,
        "income_verified": true,
        "income_band": "$3,000-4,000/mo",
        "sanctions_screening_clear": true,
        "identity_and_fraud_checks_passed": true,
        "payment_behavior_verified": true,
        "savings_behavior_verified": true,
        "data_window_days": 180,
        "freshness_hours": 2,
        "linked_accounts": 3,
        "corridor": "KE->GB",
    }))
}

/// The guide states corridor, income, identity, sanctions and fraud checks; the rest is ours.
fn nigeria_claims() -> Map<String, Value> {
    object(json!({
        "identity_verified": true,
        "income_verified": true,
        "income_band": "$2,000-3,000/mo",
        "sanctions_screening_clear": true,
        "identity_and_fraud_checks_passed": true,
        "payment_behavior_verified": true,
        "savings_behavior_verified": true,
        "data_window_days": 180,
        "freshness_hours": 5,
        "linked_accounts": 2,
        "corridor": "NG->US",
    }))
}

/// D16: what the guide calls unverified or incomplete is `false`; sanctions, of which it says
/// nothing, is absent. Band and behaviour are not stated either, and absent too.
fn ghana_claims() -> Map<String, Value> {
    object(json!({
        "identity_verified": false,
        "income_verified": true,
        "identity_and_fraud_checks_passed": false,
        "data_window_days": 180,
        "freshness_hours": 6,
        "linked_accounts": 1,
        "corridor": "GH->EU",
    }))
}

fn minimal_claims() -> Map<String, Value> {
    object(json!({
        "identity_verified": true,
        "data_window_days": 180,
        "freshness_hours": 2,
        "linked_accounts": 1,
        "corridor": "KE->GB",
    }))
}

fn with(mut claims: Map<String, Value>, name: &str, value: Value) -> Map<String, Value> {
    claims.insert(name.to_owned(), value);
    claims
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}
