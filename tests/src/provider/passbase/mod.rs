//! Passbase: identities in every state that the table asks for.

mod gaps;
mod people;
mod rows;

use passid_core::{Clock, Environment, SystemClock};
use passid_passbase::{PassbaseClient, PassbaseVerifier, SecretKey};
use passid_sandbox::{Route, Sandbox};
use serde_json::json;

use super::stage::Stage;
use super::{Gap, Provider};
use crate::apps::{Service, policy};
use crate::table::{Cast, Row};
use crate::upstream::{Upstream, hasty_retries};

pub use gaps::GAPS;
use people::People;

/// The policies of PASSID's service, with claims that this provider has.
pub const SERVICE: Service = Service {
    loan: || {
        policy(json!({
            "requireClaims": ["identity_verified", "sanctions_screening_clear"],
            "maxCredentialAgeHours": 72
        }))
    },
    flags: || policy(json!({"requireFraudChecksPassed": true, "requireSanctionsClear": true})),
    either: || {
        policy(json!({"anyOf": [
            {"requireSanctionsClear": true}, {"requireFraudChecksPassed": true}
        ]}))
    },
    stricter: || {
        policy(json!({"requireClaims": ["identity_verified"], "maxCredentialAgeHours": 4}))
    },
    bearer: &[],
};

/// The longest answer that a client of the table reads: the sandbox's oversized ones are longer.
const MAX_RESPONSE_BYTES: usize = 256 * 1024;

/// The API with the people of the table in it.
#[derive(Debug)]
pub struct Passbase {
    stage: Stage,
    people: People,
}

impl Passbase {
    /// Starts the API and lets everybody be verified, some of them days ago.
    ///
    /// # Panics
    ///
    /// When it cannot start.
    #[expect(clippy::expect_used, reason = "a test cannot go on without it")]
    pub async fn start() -> Self {
        let start = SystemClock.now() - people::OLDEST;
        let sandbox = Sandbox::builder().start_time(start).start().await;
        let sandbox = sandbox.expect("the sandbox starts");
        let people = People::verified_in(&sandbox);
        let stage = Stage::new(sandbox, Route::PassbaseIdentity, Route::AnyPassbase);
        Self { stage, people }
    }

    /// The sandbox behind it.
    pub fn sandbox(&self) -> &Sandbox {
        &self.stage.sandbox
    }

    /// Lets somebody be approved and screened, who is nobody in the table: the key of the identity, for
    /// the sandbox, and what they present.
    pub fn newcomer(&self) -> (String, String) {
        people::newcomer(&self.stage.sandbox)
    }
}

impl Provider for Passbase {
    type Verifier = PassbaseVerifier;

    fn name(&self) -> &'static str {
        "Passbase"
    }

    fn cast(&self) -> &Cast {
        &self.people.cast
    }

    fn own_rows(&self) -> Vec<Row> {
        rows::rows(&self.people)
    }

    fn gaps(&self) -> &'static [Gap] {
        GAPS
    }

    fn prepare(&self, upstream: Upstream) {
        self.stage.prepare(upstream);
    }

    #[expect(clippy::expect_used, reason = "a test cannot go on without it")]
    fn verifier(&self, upstream: Upstream) -> PassbaseVerifier {
        let passbase = self.stage.sandbox.passbase();
        let key = match upstream {
            Upstream::UnknownKey => "an-unknown-key",
            _ => passbase.key(),
        };
        let url = match upstream {
            Upstream::Down => self.stage.nobody.url(),
            _ => passbase.url().to_owned(),
        };
        let attempt = upstream.attempt_timeout();
        let client =
            PassbaseClient::builder(SecretKey::parse(key, Environment::Sandbox).expect("a key"))
                .base_url(url)
                .attempt_timeout(attempt)
                .operation_timeout(attempt * 2)
                .max_response_bytes(MAX_RESPONSE_BYTES)
                .retry(hasty_retries())
                .build();
        PassbaseVerifier::new(client.expect("a client"))
    }

    fn calls(&self) -> u64 {
        self.stage.calls()
    }

    fn all_calls(&self) -> u64 {
        self.stage.all_calls()
    }
}
