//! What a webhook says (guide, step 8).

mod data;
mod fields;
mod key;

use std::fmt;
use std::time::SystemTime;

use bytes::Bytes;
use serde_json::{Map, Value};

pub use data::{EventData, OutcomeReported, VerificationCompleted, VerificationFailed};
pub use key::SemanticKey;

use crate::client::wire::{Secrets, strict_json};
use crate::{Token, WrongClaimType};
use fields::Fields;

/// Something that happened at PASSID. Made by [`VerifiedBody::parse`](super::VerifiedBody::parse)
/// alone.
///
/// Reading is lenient about what the guide does not print, and strict about what it does: members
/// that are not known are kept, a member of another type than the guide's is refused, and so is an
/// object that repeats a name (decisions P2, P33). `Debug` shows neither tokens nor claims nor
/// anything that is not known.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct Event {
    /// Whose event it is: the institution's id. A number is taken too (decision D30).
    pub institution_id: String,
    /// When it happened, by PASSID's clock. The same in every attempt to deliver it, as far as is
    /// known.
    pub timestamp: SystemTime,
    /// What happened.
    pub data: EventData,
    /// Members of the envelope that this version does not know.
    pub extra: Map<String, Value>,
    raw: Bytes,
}

impl Event {
    pub(super) fn read(raw: Bytes) -> Result<Self, EventError> {
        let object = strict_json::object(&raw).map_err(|_| EventError::Malformed)?;
        let mut envelope = Fields(object);
        let name = envelope.take_text(&["event"])?.filter(|name| !name.trim().is_empty());
        let name = name.ok_or(EventError::Missing { field: "event" })?;
        let id = envelope.take_id("institution_id")?;
        let id = id.ok_or(EventError::Missing { field: "institution_id" })?;
        let timestamp = envelope.take_time(&["timestamp"])?;
        let timestamp = timestamp.ok_or(EventError::Missing { field: "timestamp" })?;
        let data = EventData::read(name, envelope.take("data").unwrap_or(Value::Null))?;
        Ok(Self { institution_id: id, timestamp, data, extra: envelope.0, raw })
    }

    /// The name on the wire, such as `verification.completed`.
    pub fn name(&self) -> &str {
        self.data.name()
    }

    /// The token that it is about, where it says so.
    pub fn token(&self) -> Option<&Token> {
        match &self.data {
            EventData::VerificationCompleted(data) => data.token.as_ref(),
            EventData::VerificationFailed(data) => data.token.as_ref(),
            EventData::OutcomeReported(data) => data.token.as_ref(),
            EventData::Test(_) | EventData::Other { .. } => None,
        }
    }

    /// The body as it was signed.
    pub fn raw(&self) -> &Bytes {
        &self.raw
    }

    /// What makes it the same event as one with other bytes (decision D26): for a completed
    /// verification the event, the institution, the token and `verified_at`; for an outcome the
    /// event, the institution, the token and the outcome. `None` for an event that lacks one of
    /// them: then only the [hash of its body](super::VerifiedBody::sha256) tells a repetition.
    ///
    /// The environment is not part of an event: keep the records of sandbox and live apart.
    /// `verified_at` has whole seconds, so two verifications of one token within a second have the
    /// same key.
    pub fn semantic_key(&self) -> Option<SemanticKey> {
        SemanticKey::of(self)
    }
}

impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let token = self.token().map(Token::expose);
        // A sender that mixes up its members must not put the token into a log.
        let institution_id = Secrets(token.as_slice()).word(&self.institution_id);
        f.debug_struct("Event")
            .field("name", &shown(self.name()))
            .field("institution_id", &institution_id)
            .field("timestamp", &self.timestamp)
            .field("data", &self.data)
            .field("unknown", &self.extra.len())
            .field("raw_len", &self.raw.len())
            .finish()
    }
}

/// A word from outside, where it is harmless (decision P15).
fn shown(word: &str) -> String {
    Secrets(&[]).word(word)
}

/// Why signed bytes are no event. Names members, never values.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EventError {
    /// Not one JSON object, or an object that repeats a name.
    #[error("the webhook is not one well-formed JSON object without repeated names")]
    Malformed,
    /// A member that no envelope can do without.
    #[error("the webhook lacks the member {field}")]
    Missing {
        /// The member.
        field: &'static str,
    },
    /// A member of a type that the guide does not give it.
    #[error("the member {field} has an unexpected type")]
    WrongType {
        /// The member.
        field: &'static str,
    },
    /// A member under two names, with two values.
    #[error("the webhook gives the member {field} twice and differently")]
    Ambiguous {
        /// The member.
        field: &'static str,
    },
    /// A completed verification with a reason to deny.
    #[error("the webhook contradicts itself: {field} speaks against a completed verification")]
    Contradiction {
        /// The member that speaks against it.
        field: &'static str,
    },
    /// A claim of a type that the guide does not give it.
    #[error("the claims of the webhook cannot be read")]
    WrongClaimType(#[from] WrongClaimType),
}

#[cfg(test)]
mod tests;
