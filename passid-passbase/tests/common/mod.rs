//! What several of these tests share: a client over a script, and answers to start from.
#![allow(dead_code, clippy::unwrap_used, clippy::panic, reason = "each test uses a part of it")]

use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use passid_core::client::ApiResponse;
use passid_core::testing::{ManualClock, MockTransport, SeededEntropy};
use passid_core::{Environment, Token, Verdict, VerifiedCredential, Verify};
use passid_passbase::{
    FlowMetadata, IdentityAccessKey, Nonce, PassbaseClient, PassbaseClientBuilder,
    PassbaseVerifier, ResourceFileId, ResourceId, SecretKey,
};
use serde_json::{Value, json};

pub(crate) const SECRET: &str = "5f0e1d2c3b4a59687786a5b4c3d2e1f05f0e1d2c3b4a59687786a5b4c3d2e1f0";
pub(crate) const KEY: &str = "a44c2593-e2ae-4ed9-b81b-c1330580338a";
pub(crate) const OTHER: &str = "b76e244e-26a3-49ef-9c72-3e599bf0b5f2";
pub(crate) const RESOURCE: &str = "cd7f5b2c-6029-4b7a-bd78-ac343f50edf4";
pub(crate) const FILE: &str = "ce31e763-e0a5-4ce7-9b43-1086541abf30";
pub(crate) const NONCE: &str = "000102030405060708090a0b0c0d0e0f";
pub(crate) const BASE: &str = "https://passbase.example.com/v2";

/// When the document of [`identity`] was received.
pub(crate) const RECEIVED: u64 = 1_621_017_766;

/// A day after it.
pub(crate) fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(RECEIVED + 24 * 3600)
}

pub(crate) fn key() -> IdentityAccessKey {
    IdentityAccessKey::parse(KEY).unwrap()
}

pub(crate) fn resource() -> ResourceId {
    ResourceId::parse(RESOURCE).unwrap()
}

pub(crate) fn file() -> ResourceFileId {
    ResourceFileId::parse(FILE).unwrap()
}

pub(crate) fn nonce() -> Nonce {
    Nonce::parse(NONCE).unwrap()
}

pub(crate) fn token() -> Token {
    Token::parse(&format!("{KEY}.{NONCE}")).unwrap()
}

pub(crate) fn bare() -> Token {
    Token::parse(KEY).unwrap()
}

/// A client over a script, on a clock whose sleeps end at once.
pub(crate) struct Api {
    pub(crate) client: PassbaseClient,
    pub(crate) transport: MockTransport,
    pub(crate) clock: ManualClock,
}

pub(crate) fn api() -> Api {
    api_with(|builder| builder)
}

pub(crate) fn api_with(change: impl FnOnce(PassbaseClientBuilder) -> PassbaseClientBuilder) -> Api {
    let transport = MockTransport::new();
    let clock = ManualClock::at(now()).auto_advance();
    let builder = PassbaseClient::builder(SecretKey::parse(SECRET, Environment::Sandbox).unwrap())
        .base_url(BASE)
        .transport(transport.clone())
        .clock(Arc::new(clock.clone()))
        .entropy(Arc::new(SeededEntropy::new(7)));
    Api { client: change(builder).build().unwrap(), transport, clock }
}

impl Api {
    pub(crate) fn answer(&self, body: &Value) {
        self.answer_raw(200, body.to_string());
    }

    pub(crate) fn answer_raw(&self, status: u16, body: impl Into<Vec<u8>>) {
        let response = ApiResponse::new(status, body.into());
        self.transport.answer(response.with_header("Content-Type", "application/json"));
    }

    /// The paths that were asked for, below the base.
    pub(crate) fn paths(&self) -> Vec<String> {
        let requests = self.transport.requests();
        requests.iter().map(|r| r.url().strip_prefix(BASE).unwrap().to_owned()).collect()
    }

    pub(crate) fn verifier(&self) -> PassbaseVerifier {
        PassbaseVerifier::new(self.client.clone())
    }
}

/// The metadata that [`nonce`] opens, for `user-42`.
pub(crate) fn metadata() -> Value {
    let json = FlowMetadata::new("user-42", &nonce()).unwrap().to_json();
    serde_json::from_str(&json).unwrap()
}

/// An identity that is all right, with everything that the schemas list.
pub(crate) fn identity() -> Value {
    json!({
        "id": KEY, "status": "approved", "score": 0.86,
        "created": 1_621_017_727, "updated": 1_621_143_649,
        "owner": {"email": "Jane@Example.com", "first_name": "JANE", "last_name": "SPECIMEN"},
        "resources": [document()],
        "metadata": metadata(),
        "watchlist": {"clean": true, "listings": {}, "media": [], "sources": [], "types": []},
        "network": {"ip_address": "203.0.113.9"}
    })
}

pub(crate) fn document() -> Value {
    json!({
        "id": RESOURCE, "status": "processed", "created": RECEIVED, "updated": RECEIVED + 3,
        "type": "PASSPORT",
        "datapoints": {
            "first_names": "JANE", "last_name": "SPECIMEN", "date_of_birth": "1970-01-01",
            "document_number": "C01X00T47", "date_of_expiry": "2029-03-08", "mrtd_verified": true,
            "id_authenticity_factor": 0.95, "face_match_factor": 0.95
        },
        "resource_files": [{
            "id": FILE, "type": "document_image", "page": 1, "created": RECEIVED, "updated": RECEIVED
        }]
    })
}

/// The settings of a project, with everything that the schemas list.
pub(crate) fn settings() -> Value {
    json!({
        "id": "p-1", "slug": "our-bank", "environment": "sandbox", "organization": "Our Bank",
        "customizations": {"button_color": "#1", "accent_color": "#2", "font_family": "Sans"},
        "verification_steps": [
            {"step": "email", "resource_types": ["EMAIL"]},
            {"step": "liveness_check", "resource_types": ["FACE_VIDEO"]},
            {"step": "country", "resource_types": ["de", "us"]},
            {"step": "identity_document_check", "resource_types": ["PASSPORT"]},
            {"step": "insurance_card_scan", "resource_types": null},
            {"step": "selfie_2", "resource_types": []}
        ],
        "plan": "gold"
    })
}

/// What the API would have to hide: nothing of it may be shown.
pub(crate) const PERSONAL: [&str; 9] =
    [SECRET, KEY, NONCE, "jane", "specimen", "1970-01-01", "c01x00t47", "203.0.113.9", "user-42"];

#[track_caller]
pub(crate) fn shows_nothing(shown: &str) {
    let lower = shown.to_lowercase();
    for hidden in PERSONAL {
        assert!(!lower.contains(hidden), "{hidden} in {shown}");
    }
}

/// A verdict on this identity by this verifier.
pub(crate) fn judged(
    identity: &Value,
    token: Token,
    change: impl FnOnce(PassbaseVerifier) -> PassbaseVerifier,
) -> Verdict {
    let api = api();
    api.answer(identity);
    block_on(change(api.verifier()).verify(token))
}

#[track_caller]
pub(crate) fn credential(verdict: Verdict) -> VerifiedCredential {
    match verdict {
        Verdict::Valid(credential) => credential,
        other => panic!("{other:?}"),
    }
}

#[track_caller]
pub(crate) fn denial(verdict: Verdict) -> String {
    match verdict {
        Verdict::Invalid(reason) => reason.to_string(),
        other => panic!("{other:?}"),
    }
}

/// An error and its sources, each as `Display` shows it.
pub(crate) fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text = format!("{text}; {error}");
        source = error.source();
    }
    text
}

pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}
