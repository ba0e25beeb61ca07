use std::fmt;
use std::time::SystemTime;

use bytes::Bytes;
use passid_core::Environment;

use super::frame;
use crate::store::{Entry, EntryId, Leased};
use crate::worker::idempotency_key;

/// A hint that comes back from the ledger. `Debug` shows its provider and its length.
#[derive(Clone, PartialEq, Eq)]
pub struct KeptHint {
    provider: String,
    name: String,
    body: Bytes,
}

impl KeptHint {
    /// `None` for a body that is no hint.
    pub(super) fn read(entry: &Entry, framed: &Bytes) -> Option<Self> {
        let (provider, body) = frame::read(framed)?;
        Some(Self { provider, name: entry.name.clone(), body })
    }

    /// The provider's name, as in credentials.
    pub fn provider(&self) -> &str {
        &self.provider
    }

    /// The name of the event, cut to 100 bytes.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The bytes as they were opened, which may name a person: for the provider's crate to parse.
    pub fn body(&self) -> &Bytes {
        &self.body
    }
}

impl fmt::Debug for KeptHint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeptHint")
            .field("provider", &self.provider)
            .field("len", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// What a handler may want to know beside the hint.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct HintContext {
    /// The entry.
    pub id: EntryId,
    /// How often it was tried, this time included.
    pub attempt: u32,
    /// How often an operator has had it handled again.
    pub replays: u32,
    /// When it happened, by the provider's clock; when it arrived, where that is not told or is later.
    pub occurred_at: SystemTime,
    /// When it arrived.
    pub received_at: SystemTime,
    /// Whether a later hint about the same subject has been handled before.
    pub superseded: bool,
    idempotency_key: String,
}

impl HintContext {
    pub(super) fn new(leased: &Leased, environment: Environment) -> Self {
        let entry = &leased.entry;
        Self {
            id: entry.id,
            attempt: entry.attempts,
            replays: entry.replays,
            occurred_at: entry.occurred_at,
            received_at: entry.received_at,
            superseded: leased.superseded,
            idempotency_key: idempotency_key(entry.kind, environment, &entry.body_sha256),
        }
    }

    /// A name for the effect of this hint, as [`Context::idempotency_key`](crate::Context::idempotency_key)
    /// is for an event: the same at every try and in a replay. 32 hex digits.
    pub fn idempotency_key(&self) -> &str {
        &self.idempotency_key
    }
}
