//! What the examples share: settings, the loan's policy and redemption route, the inbox of webhooks,
//! the first words.
//!
//! The examples themselves are in `loan-axum`, `loan-actix`, `webhook-axum`, `webhook-actix`, `client`
//! and `kiosk`.

mod caching;
mod program;
mod redeem;
mod settings;
mod webhooks;
mod welcome;

pub use caching::{Metrics, verifier};
pub use program::{asked_to_stop, exit, with_causes};
pub use redeem::{Reply, redeem};
pub use settings::{Connected, SettingsError, connect, listen_addr};
pub use webhooks::{WEBHOOK_PATH, Webhooks};
pub use welcome::welcome;

use passid_core::{Answers, Detail, Policy, VerificationClaims};
use serde::Serialize;

/// The guide's policy for a loan application (step 2), as it would stand in a configuration file.
///
/// # Errors
///
/// None for this text; a changed one is checked like any other policy.
pub fn loan_policy() -> Result<Policy, serde_json::Error> {
    serde_json::from_str(
        r#"{
            "requireClaims": ["income_verified", "sanctions_screening_clear"],
            "maxCredentialAgeHours": 72
        }"#,
    )
}

/// A valid credential is enough to be greeted.
pub fn greeting_policy() -> Policy {
    Policy::verified_only()
}

/// Refusals name what is not met, but nothing about sanctions and fraud.
pub fn answers() -> Answers {
    Answers::json().detail(Detail::Detailed)
}

/// What `POST /api/apply` answers: the guide's own example.
#[derive(Debug, Serialize)]
pub struct Application {
    verified: bool,
    income_band: Option<String>,
}

impl Application {
    /// From the claims of a caller that the guard let pass.
    pub fn new(claims: &VerificationClaims) -> Self {
        Self {
            verified: claims.identity_verified == Some(true),
            income_band: claims.income_band.clone(),
        }
    }
}

/// What `GET /api/greeting` answers.
#[derive(Debug, Serialize)]
pub struct Greeting {
    greeting: &'static str,
    verified: bool,
}

impl Greeting {
    /// For a caller who is verified, or not.
    pub fn new(verified: bool) -> Self {
        let greeting = if verified { "Hello, verified caller." } else { "Hello." };
        Self { greeting, verified }
    }
}

/// Why an example cannot start.
pub type StartError = Box<dyn std::error::Error>;
