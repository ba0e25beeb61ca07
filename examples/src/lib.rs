//! What the examples share: settings, providers, policies, the redemption route, the inbox of webhooks,
//! the first words.
//!
//! The examples themselves are in `loan-axum`, `loan-actix`, `multi-provider`, `webhook-axum`,
//! `webhook-actix`, `client` and `kiosk`.

mod arguments;
mod caching;
mod desk;
mod inside;
mod page;
mod policy;
mod program;
mod provider;
mod redeem;
mod reply;
mod settings;
mod webhooks;
mod welcome;

pub use arguments::{Arguments, arguments};
pub use caching::{Metrics, cached, verifier};
pub use desk::Desk;
pub use page::Site;
pub use policy::{
    answers, chosen_policy, greeting_policy, identity_policy, loan_policy, screened_policy,
    telling_what_is_absent,
};
pub use program::{asked_to_stop, exit, with_causes};
pub use provider::{Provider, ProviderName};
pub use redeem::redeem;
pub use reply::Reply;
pub use settings::{Connected, SettingsError, connect, listen_addr};
pub use webhooks::{WEBHOOK_PATH, Webhooks};
pub use welcome::{Shown, welcome};

use passid_core::VerificationClaims;
use serde::Serialize;

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
