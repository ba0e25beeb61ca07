//! PASSID itself: demo tokens, and the policies of the guide.

use passid_core::PassidClient;
use passid_sandbox::{Route, demo};
use serde_json::json;

use super::{Gap, Provider};
use crate::apps::{Service, policy};
use crate::table::violations::{ABSENT_SANCTIONS_CLAIM, FRAUD, NO_INCOME, SANCTIONS};
use crate::table::{Cast, Part, Row};
use crate::upstream::{Api, Upstream};

/// What the guide's example demands.
pub const SERVICE: Service = Service {
    loan: || {
        policy(json!({
            "requireClaims": ["income_verified", "sanctions_screening_clear"],
            "maxCredentialAgeHours": 72
        }))
    },
    flags: || policy(json!({"requireFraudChecksPassed": true, "requireSanctionsClear": true})),
    either: || {
        policy(json!({"anyOf": [
            {"requireSanctionsClear": true}, {"requireClaims": ["dscr_above_1_2"]}
        ]}))
    },
    stricter: || {
        policy(json!({"requireClaims": ["corridor", "income_band"], "maxCredentialAgeHours": 4}))
    },
    bearer: &[],
};

/// The sandbox's demo credentials.
pub fn cast() -> Cast {
    let lower = demo::KENYA_TOKEN.to_ascii_lowercase();
    Cast {
        service: SERVICE,
        takes_bearer: true,
        good: demo::KENYA_TOKEN.into(),
        good_income: Some("$3,000-4,000/mo"),
        good_again: Part::from(&*lower),
        lower: lower.into(),
        spaced: "passid ke8v 3txy z72l demo".into(),
        encoded: "passid%2Dke8v+3txy+z72l+demo".into(),
        other: demo::NIGERIA_TOKEN.into(),
        other_income: Some("$2,000-3,000/mo"),
        opaque: demo::SANDBOX_TOKEN.into(),
        unknown: "PASSID-NONE-NONE-NONE-NONE".into(),
        opaque_unknown: "psid_sandbox_nobody".into(),
        longest: "a".repeat(4096).into(),
        expired: demo::EXPIRED_TOKEN.into(),
        revoked: demo::REVOKED_TOKEN.into(),
        badly_signed: demo::BADLY_SIGNED_TOKEN.into(),
        denied: demo::SANCTIONS_DENIED_TOKEN.into(),
        live: demo::LIVE_TOKEN.into(),
        share_code: demo::KENYA_CODE.into(),
        stale: demo::STALE_TOKEN.into(),
        not_clear: demo::SANCTIONS_NOT_CLEAR_TOKEN.into(),
        unscreened: demo::GHANA_TOKEN.into(),
        open: demo::GHANA_TOKEN.into(),
        open_is_verified: false,
        open_breaks: vec![FRAUD, SANCTIONS],
        minimal: demo::MINIMAL_TOKEN.into(),
        minimal_breaks: vec![NO_INCOME, ABSENT_SANCTIONS_CLAIM],
        minimal_is_told: vec![NO_INCOME],
        can_meet_flags: true,
        not_found_is_an_outage: true,
        calls_until_401_counts: 1,
        calls_with_unknown_key: 1,
    }
}

/// PASSID with its demo credentials.
#[derive(Debug)]
pub struct Passid {
    api: Api,
    cast: Cast,
}

impl Passid {
    /// Starts its API.
    ///
    /// # Panics
    ///
    /// When it cannot start.
    pub async fn start() -> Self {
        Self { api: Api::start().await, cast: cast() }
    }
}

impl Provider for Passid {
    type Verifier = PassidClient;

    fn name(&self) -> &'static str {
        "PASSID"
    }

    fn cast(&self) -> &Cast {
        &self.cast
    }

    fn own_rows(&self) -> Vec<Row> {
        Vec::new()
    }

    fn gaps(&self) -> &'static [Gap] {
        &[]
    }

    fn prepare(&self, upstream: Upstream) {
        self.api.prepare(upstream);
    }

    fn verifier(&self, upstream: Upstream) -> PassidClient {
        self.api.client(upstream)
    }

    fn calls(&self) -> u64 {
        self.api.sandbox.calls(Route::Any)
    }

    fn all_calls(&self) -> u64 {
        self.calls()
    }
}
