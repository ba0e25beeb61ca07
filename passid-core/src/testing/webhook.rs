//! Signed webhooks, as PASSID would send them.
//!
//! ```
//! use passid_core::testing::webhook::{envelope, sign};
//! use passid_core::{WebhookSecret, WebhookVerifier};
//! use serde_json::json;
//!
//! let secret = WebhookSecret::parse("whsec_00000000000000000000000000000000")?;
//! let body = envelope("verification.failed", json!({"deny_reason": "TOKEN_EXPIRED"}));
//! let header = sign(&secret, &body);
//!
//! let verifier = WebhookVerifier::with_secret(secret)?;
//! let event = verifier.verify([header], &body)?.parse()?;
//! assert_eq!(event.name(), "verification.failed");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::fmt::Write as _;

use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::WebhookSecret;

/// The value of `X-PASSID-Signature` for exactly these bytes.
pub fn sign(secret: &WebhookSecret, body: &[u8]) -> String {
    #[expect(clippy::expect_used, reason = "HMAC takes keys of every length")]
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.expose().as_bytes()).expect("a key");
    mac.update(body);
    let mut value = "sha256=".to_owned();
    for byte in mac.finalize().into_bytes() {
        // Writing to a string cannot fail.
        let _ = write!(value, "{byte:02x}");
    }
    value
}

/// A body: this event of institution `42`, of the moment in the guide's example.
pub fn envelope(event: &str, data: impl Into<Value>) -> Vec<u8> {
    let (id, timestamp, data) = ("42", "2026-03-29T10:22:14Z", data.into());
    json!({"event": event, "institution_id": id, "timestamp": timestamp, "data": data})
        .to_string()
        .into_bytes()
}
