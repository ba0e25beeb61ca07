//! Webhooks: who sent these bytes, and what they say (guide, step 8).
//!
//! PASSID signs the body of each webhook, and nothing but the body, with HMAC-SHA256. A
//! [`WebhookVerifier`] checks that; only a [`VerifiedBody`] can be [parsed](VerifiedBody::parse), so
//! that no unverified byte becomes an [`Event`].
//!
//! ```
//! use passid_core::WebhookSecret;
//! use passid_core::testing::webhook::{envelope, sign};
//! use passid_core::webhook::{EventData, WebhookVerifier};
//!
//! let secret = WebhookSecret::parse("whsec_00000000000000000000000000000000")?;
//! let verifier = WebhookVerifier::builder().secret(secret.clone()).build()?;
//!
//! // What a request brings: the raw body, and every value of `X-PASSID-Signature`.
//! let body = envelope("webhook.test", serde_json::json!({"message": "hello"}));
//! let header = sign(&secret, &body);
//!
//! let event = verifier.verify([&header], &body)?.parse()?;
//! assert!(matches!(event.data, EventData::Test(_)));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # The raw body
//!
//! The signature is over the bytes as they were sent. A body that was parsed and written again,
//! decompressed, or converted between character sets is another body. Nothing that does such a thing
//! may stand before the verifier.
//!
//! # What a signature does not say
//!
//! The scheme signs no time and no id. Whoever has once seen a signed body can send it again, and
//! PASSID itself sends an event up to five times in 2 h 36 min; a short tolerance on the event's own
//! time would refuse those. Only a record of what was seen tells a repetition:
//! [`VerifiedBody::sha256`] and [`Event::semantic_key`] are its two keys (decision D26).

mod body;
mod builder;
mod event;
mod keys;
mod receive;
mod rejection;
mod signature;
mod verifier;

pub use body::{BodyCheck, VerifiedBody};
pub use builder::{WebhookVerifierBuilder, WebhookVerifierError};
pub use event::{
    Event, EventData, EventError, OutcomeReported, SemanticKey, VerificationCompleted,
    VerificationFailed,
};
pub use receive::ReceivedWebhook;
pub use rejection::WebhookRejection;
pub use signature::{SIGNATURE_HEADER, SignatureError};
pub use verifier::WebhookVerifier;
