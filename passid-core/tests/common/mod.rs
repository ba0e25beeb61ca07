//! What several of these tests share: a client over a script, answers to start from, and error
//! chains as text.
#![allow(dead_code, reason = "each test program uses a part of it")]

pub(crate) mod json;
pub(crate) mod log;
pub(crate) mod script;
pub(crate) mod upstream;

use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use passid_core::client::{ApiResponse, PassidClientBuilder, RetrySettings};
use passid_core::testing::{ManualClock, MockTransport, SeededEntropy};
use passid_core::{ApiError, ApiKey, PassidClient, ShareCode, Token, VerifiedCredential};
use proptest::test_runner::Config;
use serde_json::{Value, json};

pub(crate) const KEY: &str = "pk_sandbox_Zq7Xv9Kw3Jp5Rt1Yb8Nd";
pub(crate) const TOKEN: &str = "PASSID-QZ7X-8VKJ-4WPN-6RTY";
pub(crate) const CODE: &str = "KQ7Z-9XVJ-3WPD";

/// 2026-03-17T14:02:11Z, when the vendor's example was verified.
pub(crate) fn start() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_773_756_131)
}

pub(crate) fn token() -> Token {
    Token::parse(TOKEN).unwrap()
}

pub(crate) fn code() -> ShareCode {
    ShareCode::parse(CODE).unwrap()
}

/// A client over a script, on a clock whose sleeps end at once.
pub(crate) struct Api {
    pub(crate) client: PassidClient,
    pub(crate) transport: MockTransport,
    pub(crate) clock: ManualClock,
}

pub(crate) fn api() -> Api {
    api_with(|builder| builder)
}

pub(crate) fn api_with(change: impl FnOnce(PassidClientBuilder) -> PassidClientBuilder) -> Api {
    let transport = MockTransport::new();
    let clock = ManualClock::at(start()).auto_advance();
    let builder = PassidClient::builder(ApiKey::parse(KEY).unwrap())
        .transport(transport.clone())
        .clock(Arc::new(clock.clone()))
        .entropy(Arc::new(SeededEntropy::new(7)));
    Api { client: change(builder).build().unwrap(), transport, clock }
}

impl Api {
    pub(crate) fn answer(&self, status: u16, body: impl Into<Vec<u8>>) {
        self.transport.answer(ApiResponse::new(status, body.into()));
    }

    /// How many requests were sent.
    pub(crate) fn sent(&self) -> usize {
        self.transport.requests().len()
    }
}

/// A verification that is answered like this, tried once.
pub(crate) fn verify(
    status: u16,
    body: impl Into<Vec<u8>>,
) -> Result<VerifiedCredential, ApiError> {
    let api = api_with(|builder| builder.retry(RetrySettings::never()));
    api.answer(status, body);
    block_on(api.client.verify_token(&token()))
}

/// Whether a redemption of this answer hands out a verified credential.
pub(crate) fn redeems(status: u16, body: impl Into<Vec<u8>>) -> bool {
    let api = api();
    api.answer(status, body);
    let redemption = block_on(api.client.redeem_code(&code()));
    redemption.is_ok_and(|redemption| redemption.credential().is_some())
}

/// The newest published answer to a verification (shape a), about [`TOKEN`].
pub(crate) fn valid_answer() -> Value {
    json!({
        "credential_valid": true, "verification_id": "vrf_01hzk3vw0kg9",
        "verified_at": "2026-03-17T14:02:11Z", "token": TOKEN, "credential_status": "active",
        "issuer": "passid",
        "claims": {
            "identity_verified": true, "income_verified": true, "sanctions_screening_clear": true,
            "payment_behavior_verified": true, "savings_behavior_verified": true,
            "identity_and_fraud_checks_passed": true, "data_window_days": 180, "freshness_hours": 48
        },
        "signature": {"algorithm": "ed25519", "status": "verified"},
        "revocation_status": "not_revoked", "raw_transactions_included": false,
        "expires_at": "2026-06-08T12:00:00Z", "policy_version": "verifier_policy_v1"
    })
}

/// The guide's answer to a redemption.
pub(crate) fn redeemed_answer() -> Value {
    json!({"success": true, "data": {
        "status": "verified",
        "verified_claims": {"income_verified": true, "freshness_hours": 2, "corridor": "KE->GB"},
        "audit_id": "aud_1", "raw_transactions_included": false, "freshness_status": "fresh",
        "decisioning_note": "The institution decides."
    }})
}

/// The published denial (shape c).
pub(crate) fn denial() -> Value {
    json!({
        "credential_valid": false, "credential_status": "invalid",
        "reason_code": "invalid_signature", "message": "The signature does not verify."
    })
}

/// `{"success": true, "data": …}`.
pub(crate) fn enveloped(data: &Value) -> Value {
    json!({"success": true, "data": data})
}

/// An error and its sources, each as `Display` shows it.
pub(crate) fn chain(error: &dyn Error) -> Vec<String> {
    let mut texts = vec![error.to_string()];
    let mut source = error.source();
    while let Some(error) = source {
        texts.push(error.to_string());
        source = error.source();
    }
    texts
}

pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

/// This many cases, or as many as `PROPTEST_CASES` says; and no file of past failures: a failure
/// becomes a test with a name.
pub(crate) fn cases(number: u32) -> Config {
    let config = Config { failure_persistence: None, ..Config::default() };
    let told = std::env::var_os("PROPTEST_CASES").is_some();
    Config { cases: if told { config.cases } else { number }, ..config }
}
