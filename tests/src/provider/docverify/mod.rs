//! Document verification: sessions in every state that the table asks for.

mod gaps;
mod people;
mod rows;

use passid_core::{Clock, Environment, SystemClock};
use passid_docverify::{
    ClientCredentials, DocumentVerificationClient, DocumentVerifier, MemorySessionRecords, Region,
    SessionFlow, SessionId, SessionRecord,
};
use passid_sandbox::{Route, Sandbox};
use serde_json::json;

use super::stage::Stage;
use super::{Gap, Provider};
use crate::apps::{Service, policy};
use crate::table::{Cast, Row};
use crate::upstream::{Upstream, hasty_retries};

pub use gaps::GAPS;
use people::{Office, People};

/// The policies of PASSID's service, with claims that this provider has.
pub const SERVICE: Service = Service {
    loan: || {
        policy(json!({
            "requireClaims": ["identity_verified", "identity_and_fraud_checks_passed"],
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
    bearer: &["docverify."],
};

/// The API with the people of the table in it, and what the service remembers of their sessions.
#[derive(Debug)]
pub struct Docverify {
    stage: Stage,
    records: MemorySessionRecords,
    people: People,
}

impl Docverify {
    /// Starts the API and lets everybody go through their session.
    ///
    /// # Panics
    ///
    /// When it cannot start.
    #[expect(clippy::expect_used, reason = "a test cannot go on without it")]
    pub async fn start() -> Self {
        let start = SystemClock.now() - people::WINDOW;
        let sandbox = Sandbox::builder().start_time(start).start().await;
        let sandbox = sandbox.expect("the sandbox starts");
        let stage = Stage::new(sandbox, Route::DocverifyResult, Route::AnyDocverify);
        let records = MemorySessionRecords::default();
        let client = client(&stage, Upstream::Sound, Region::Sandbox);
        let people = People::seen_by(&stage.sandbox, client, &records).await;
        Self { stage, records, people }
    }

    /// The sandbox behind it.
    pub fn sandbox(&self) -> &Sandbox {
        &self.stage.sandbox
    }

    /// Lets somebody pass who is nobody in the table: their session, and what they present.
    pub async fn newcomer(&self) -> (SessionId, String) {
        self.office().newcomer(|_| {}).await
    }

    /// The same, remembered as a session of the live world, mocked or not.
    pub async fn live_newcomer(&self, mocked: bool) -> String {
        let change = |record: &mut SessionRecord| {
            record.environment = Environment::Live;
            record.mocked = mocked;
        };
        self.office().newcomer(change).await.1
    }

    /// Deletes a session at the API; the service goes on remembering it.
    ///
    /// # Panics
    ///
    /// When it cannot be deleted.
    #[expect(clippy::expect_used, reason = "a test cannot go on without it")]
    pub async fn delete(&self, session: &SessionId) {
        self.office().client.delete_session(session).await.expect("a deletion");
    }

    fn office(&self) -> Office<'_> {
        let client = client(&self.stage, Upstream::Sound, Region::Sandbox);
        Office { client, records: &self.records }
    }

    /// A verifier for the sessions of this world.
    pub fn verifier_in(&self, region: Region, upstream: Upstream) -> DocumentVerifier {
        let client = client(&self.stage, upstream, region);
        DocumentVerifier::new(SessionFlow::new(client, self.records.clone()))
    }
}

#[expect(clippy::expect_used, reason = "a test cannot go on without it")]
fn client(stage: &Stage, upstream: Upstream, region: Region) -> DocumentVerificationClient {
    let docverify = stage.sandbox.docverify();
    let secret = match upstream {
        Upstream::UnknownKey => "an-unknown-secret",
        _ => docverify.client_secret(),
    };
    let url = match upstream {
        Upstream::Down => stage.nobody.url(),
        _ => docverify.url().to_owned(),
    };
    let credentials = ClientCredentials::new(docverify.client_id(), secret).expect("credentials");
    let attempt = upstream.attempt_timeout();
    DocumentVerificationClient::builder(region, credentials)
        .host_url(url)
        .attempt_timeout(attempt)
        .operation_timeout(attempt * 2)
        .retry(hasty_retries())
        .build()
        .expect("a client")
}

impl Provider for Docverify {
    type Verifier = DocumentVerifier;

    fn name(&self) -> &'static str {
        "Document Verification"
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

    fn verifier(&self, upstream: Upstream) -> DocumentVerifier {
        self.verifier_in(Region::Sandbox, upstream)
    }

    fn calls(&self) -> u64 {
        self.stage.calls()
    }

    fn all_calls(&self) -> u64 {
        self.stage.all_calls()
    }
}
