//! What several of these tests share: a client over a script, answers to start from, and error chains
//! as text.
#![allow(dead_code, reason = "each test program uses a part of it")]
#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use passid_core::client::{ApiRequest, ApiResponse};
use passid_core::testing::{ManualClock, MockTransport, SeededEntropy};
use passid_docverify::{
    ClientBuilder, ClientCredentials, DocumentVerificationClient, DocumentVerifier,
    MemorySessionRecords, NewSession, Region, SessionFlow, SessionId, SessionToken,
};
use serde_json::{Value, json};

pub(crate) const ID: &str = "app-Hn4Wq2";
pub(crate) const SECRET: &str = "cs-Zq7Xv9Kw3Jp5Rt1Yb8Nd";
pub(crate) const ACCESS: &str = "eyJhbGciOiJSUzI1NiJ9.Qp4Lm8Xc2Vb6Nz0K.sig";
pub(crate) const SESSION: &str = "H1I12oskjzsdhskj4";

/// 2026-03-17T14:02:11Z.
pub(crate) fn start() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_773_756_131)
}

pub(crate) fn credentials() -> ClientCredentials {
    ClientCredentials::new(ID, SECRET).unwrap()
}

pub(crate) fn session() -> SessionId {
    SessionId::parse(SESSION).unwrap()
}

/// A client over a script, on a clock whose sleeps end at once.
pub(crate) struct Api {
    pub(crate) client: DocumentVerificationClient,
    pub(crate) transport: MockTransport,
    pub(crate) clock: ManualClock,
}

pub(crate) fn api(region: Region) -> Api {
    api_with(region, |builder| builder)
}

pub(crate) fn api_with(region: Region, change: impl FnOnce(ClientBuilder) -> ClientBuilder) -> Api {
    let transport = MockTransport::new();
    let clock = ManualClock::at(start()).auto_advance();
    let builder = DocumentVerificationClient::builder(region, credentials())
        .transport(transport.clone())
        .clock(Arc::new(clock.clone()))
        .entropy(Arc::new(SeededEntropy::new(7)));
    Api { client: change(builder).build().unwrap(), transport, clock }
}

/// A client that has its access token.
pub(crate) fn ready(region: Region) -> Api {
    let api = api(region);
    api.grant(ACCESS, 3600);
    api
}

impl Api {
    #[allow(clippy::needless_pass_by_value, reason = "reads better where it is called")]
    pub(crate) fn answer(&self, status: u16, body: impl ToString) {
        self.transport.answer(ApiResponse::new(status, body.to_string()));
    }

    /// The next request is answered with an access token.
    pub(crate) fn grant(&self, token: &str, seconds: u64) {
        self.answer(
            200,
            json!({"access_token": token, "token_type": "Bearer", "expires_in": seconds}),
        );
    }

    /// What was sent: method and address.
    pub(crate) fn sent(&self) -> Vec<String> {
        let line = |request: &ApiRequest| format!("{} {}", request.method(), request.url());
        self.transport.requests().iter().map(line).collect()
    }

    pub(crate) fn bearer(&self, request: usize) -> Option<String> {
        let requests = self.transport.requests();
        requests[request].header("authorization").map(str::to_owned)
    }

    pub(crate) fn flow(&self) -> SessionFlow {
        SessionFlow::new(self.client.clone(), MemorySessionRecords::default())
    }
}

/// A verifier, and the token of a session that it knows. The script goes on after the creation.
pub(crate) async fn verifier(api: &Api, asked: &NewSession) -> (DocumentVerifier, SessionToken) {
    let flow = api.flow();
    api.answer(201, created());
    let session = flow.begin(asked).await.unwrap();
    let token = SessionToken::new(&session.session_id, &session.state);
    (DocumentVerifier::new(flow), token)
}

pub(crate) fn created() -> Value {
    json!({
        "start_token": "ca766ed78c8c0b7824dfea356ed30b72", "session_id": SESSION,
        "expiration": "2026-03-17T14:32:11.950Z",
        "missing_images": ["document_front", "document_back", "selfie"]
    })
}

pub(crate) fn status(status: &str) -> Value {
    json!({"session_id": SESSION, "status": status})
}

/// Everything passed.
pub(crate) fn allowed() -> Value {
    let allow = json!({"recommendation": "ALLOW"});
    json!({
        "session_id": SESSION, "status": "complete", "recommendation": "ALLOW",
        "person": {"full_name": "Jane Roe-Marker"},
        "document": {"type": "passport", "expiration_date": "2031-01-01T00:00:00.000Z"},
        "checks": {
            "document_validation": allow, "document_authentication": allow,
            "document_liveness": allow, "biometric_matching": allow,
            "biometric_liveness": allow, "flagged_identity": allow, "risk_recommendation": allow
        },
        "verification_images": []
    })
}

/// The error and what is behind it.
pub(crate) fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text = format!("{text}: {error}");
        source = error.source();
    }
    text
}
