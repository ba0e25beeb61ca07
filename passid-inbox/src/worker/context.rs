use std::fmt::Write;
use std::time::SystemTime;

use passid_core::Environment;
use passid_core::webhook::Event;
use sha2::{Digest, Sha256};

use crate::store::{EntryId, Hash, Kind, Leased};

/// What a handler may want to know beside the event.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Context {
    /// The entry.
    pub id: EntryId,
    /// How often it was tried, this time included.
    pub attempt: u32,
    /// How often an operator has had it handled again.
    pub replays: u32,
    /// Whose event it is.
    pub institution_id: String,
    /// When it happened, by PASSID's clock.
    pub timestamp: SystemTime,
    /// When it arrived.
    pub received_at: SystemTime,
    /// Whether a later event of the same token has been handled before: this one was overtaken on its
    /// way, and what it says may no longer hold.
    pub superseded: bool,
    idempotency_key: String,
}

impl Context {
    pub(crate) fn new(leased: &Leased, environment: Environment, event: &Event) -> Self {
        let entry = &leased.entry;
        Self {
            id: entry.id,
            attempt: entry.attempts,
            replays: entry.replays,
            institution_id: event.institution_id.clone(),
            timestamp: event.timestamp,
            received_at: entry.received_at,
            superseded: leased.superseded,
            idempotency_key: idempotency_key(entry.kind, environment, &entry.body_sha256),
        }
    }

    /// A name for the effect of this event: the same at every try, also after a crash, in every
    /// instance and in a replay. Give it to whatever the handler calls, so that the effect happens
    /// once although the handler may run twice. 32 hex digits.
    pub fn idempotency_key(&self) -> &str {
        &self.idempotency_key
    }
}

/// From what never changes: what was received, and for which environment.
pub(crate) fn idempotency_key(kind: Kind, environment: Environment, body_sha256: &Hash) -> String {
    let words = ["passid-inbox-idempotency-1", kind.as_str(), environment.as_str()];
    let hash = Sha256::new_with_prefix(words.join(" ")).chain_update(body_sha256).finalize();
    hash.iter().take(16).fold(String::with_capacity(32), |mut key, byte| {
        // Writing into a string does not fail.
        let _ = write!(key, "{byte:02x}");
        key
    })
}
