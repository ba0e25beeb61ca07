//! A sandbox at the guide's own time, somebody to call it, and an application that gets webhooks.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use passid_core::testing::ManualClock;
use passid_core::{ApiKey, InstitutionJwt, PassidClient};
use passid_sandbox::{Sandbox, SandboxBuilder, Seed};
use passid_tests::http::{Request, Response, send};
use passid_tests::receiver::{Received, Receiver};
use serde_json::{Value, json};

/// The time in the guide's webhook example.
pub(crate) const NOW: &str = "2026-03-29T10:22:14Z";
/// The secret in the guide's settings example.
pub(crate) const SECRET: &str = "whsec_your_32char_secret";
/// A token of the form that the guide prints as `PASSID-AB3X-7YQM-...`.
pub(crate) const TOKEN: &str = "PASSID-AB3X-7YQM-K9PQ-3MNX";
/// Longer than anything takes; only a hang gets there.
const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_774_779_734)
}

pub(crate) struct Stage {
    pub(crate) sandbox: Sandbox,
    pub(crate) client: PassidClient,
    pub(crate) receiver: Receiver,
}

impl Stage {
    pub(crate) async fn set() -> Self {
        Self::of(Sandbox::builder()).await
    }

    /// With a token of the guide's form whose claims are those of the guide's webhook example.
    pub(crate) async fn with_token() -> Self {
        let seed = json!({"tokens": [{"token": TOKEN, "credential": {"claims": {
            "identity_verified": true,
            "income_verified": true,
            "sanctions_screening_clear": true,
            "payment_behavior_verified": true,
        }}}]});
        Self::of(Sandbox::builder().seed(Seed::from_json(&seed.to_string()).unwrap())).await
    }

    pub(crate) async fn of(builder: SandboxBuilder) -> Self {
        let receiver = Receiver::start().await;
        let sandbox = builder
            .start_time(now())
            .freeze_clock(true)
            .webhook_url(receiver.url())
            .webhook_secret(SECRET)
            .start()
            .await
            .unwrap();
        let client = client(&sandbox, sandbox.sandbox_key());
        Self { sandbox, client, receiver }
    }

    pub(crate) fn live_client(&self) -> PassidClient {
        client(&self.sandbox, self.sandbox.live_key())
    }

    pub(crate) fn institution_jwt(&self) -> InstitutionJwt {
        InstitutionJwt::parse(&self.sandbox.institution_jwt()).unwrap()
    }

    pub(crate) async fn send(&self, request: Request) -> Response {
        let address: SocketAddr = self.sandbox.url()["http://".len()..].parse().unwrap();
        send(address, &request).await.unwrap()
    }

    /// A POST with the sandbox key, as most of the guide's examples are.
    pub(crate) async fn post(&self, path: impl Into<String>, body: &Value) -> Response {
        self.send(keyed("POST", path, self.sandbox.sandbox_key()).json(body.to_string())).await
    }

    /// A GET with the sandbox key.
    pub(crate) async fn get(&self, path: impl Into<String>) -> Response {
        self.send(keyed("GET", path, self.sandbox.sandbox_key())).await
    }

    /// The wallet's POST, with the user JWT.
    pub(crate) async fn wallet_post(&self, path: impl Into<String>, body: &Value) -> Response {
        let jwt = self.sandbox.user_jwt();
        self.send(bearer("POST", path, &jwt).json(body.to_string())).await
    }

    /// The wallet's share, which gives the one-time share token of step 3.
    pub(crate) async fn share(&self, body: Value) -> String {
        let shared = self.wallet_post("/api/v1/bridge/share/create", &body).await;
        data(&shared, 201)["token"].as_str().unwrap().to_owned()
    }

    /// The webhooks that have come, once nothing is due any more.
    pub(crate) async fn received(&self) -> Vec<Received> {
        assert!(self.sandbox.deliveries_settled(PATIENCE).await);
        self.receiver.received()
    }

    pub(crate) async fn only_event(&self) -> Value {
        let received = self.received().await;
        assert_eq!(received.len(), 1);
        received[0].json()
    }
}

fn client(sandbox: &Sandbox, key: &str) -> PassidClient {
    // Credentials of the guide's time would have ended by the machine's clock.
    PassidClient::builder(ApiKey::parse(key).unwrap())
        .base_url(sandbox.url())
        .clock(Arc::new(ManualClock::at(now())))
        .build()
        .unwrap()
}

/// A request with an institution key.
pub(crate) fn keyed(method: &'static str, path: impl Into<String>, key: &str) -> Request {
    Request::new(method, path.into()).header("X-Institution-Key", key)
}

/// A request with a JWT.
pub(crate) fn bearer(method: &'static str, path: impl Into<String>, jwt: &str) -> Request {
    Request::new(method, path.into()).header("Authorization", format!("Bearer {jwt}"))
}

pub(crate) fn json_of(response: &Response) -> Value {
    assert_eq!(response.header("content-type"), Some("application/json"));
    serde_json::from_str(&response.body).unwrap()
}

/// What is in the envelope of a good answer.
pub(crate) fn data(response: &Response, status: u16) -> Value {
    assert_eq!(response.status, status, "{}", response.body);
    let body = json_of(response);
    assert_eq!(body["success"], true);
    body["data"].clone()
}

/// Status and code of an error.
pub(crate) fn error(response: &Response) -> (u16, String) {
    let code = json_of(response)["error"]["code"].as_str().unwrap().to_owned();
    (response.status, code)
}
