use std::fmt;
use std::time::SystemTime;

use bytes::Bytes;
use passid_core::Environment;

/// The number of an entry, in the order of arrival. Gaps mean nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntryId(i64);

impl EntryId {
    /// The number as a store keeps it.
    pub const fn new(number: i64) -> Self {
        Self(number)
    }

    /// The number.
    pub const fn get(self) -> i64 {
        self.0
    }
}

impl fmt::Display for EntryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Which part of the ledger: what PASSID sent to us, what others did, or what we send to PASSID.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A webhook that was received.
    Event,
    /// A webhook of another provider.
    Hint,
    /// An outcome that is to be reported.
    Outcome,
}

impl Kind {
    /// As it stands in the store.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Event => "event",
            Self::Hint => "hint",
            Self::Outcome => "outcome",
        }
    }

    /// Reads [`as_str`](Self::as_str).
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Event, Self::Hint, Self::Outcome].into_iter().find(|kind| kind.as_str() == name)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Where an entry stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// Waits for a worker, at once or from a later time on.
    Ready,
    /// A worker has it until its lease ends.
    Leased,
    /// Handled.
    Done,
    /// Given up; an operator may replay it.
    Dead,
}

impl State {
    /// All of them, in the order of an entry's life.
    pub const ALL: [Self; 4] = [Self::Ready, Self::Leased, Self::Done, Self::Dead];

    /// As it stands in the store.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Leased => "leased",
            Self::Done => "done",
            Self::Dead => "dead",
        }
    }

    /// Reads [`as_str`](Self::as_str).
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == name)
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// SHA-256.
pub type Hash = [u8; 32];

/// A body as the store keeps it: plain, or sealed under a key with this id. `Debug` shows its length.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredBody {
    /// The bytes.
    pub bytes: Bytes,
    /// The key that sealed them; `None` for a plain body.
    pub key_id: Option<String>,
}

impl fmt::Debug for StoredBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoredBody")
            .field("len", &self.bytes.len())
            .field("key_id", &self.key_id)
            .finish()
    }
}

/// What is to be kept of a webhook or an outcome.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewEntry {
    /// Which part of the ledger.
    pub kind: Kind,
    /// Entries of different environments never meet.
    pub environment: Environment,
    /// Of the plain body: unique in its kind and environment.
    pub body_sha256: Hash,
    /// Unique in its kind and environment where there is one.
    pub semantic_key: Option<Hash>,
    /// What is kept in order: a hash of the token. Entries without one are independent.
    pub subject: Option<Hash>,
    /// The event's name, or the outcome's word.
    pub name: String,
    /// When it happened, by the sender's clock.
    pub occurred_at: SystemTime,
    /// When it arrived.
    pub received_at: SystemTime,
    /// What arrived.
    pub body: StoredBody,
    /// Why it is a dead letter from the first: it cannot be read.
    pub dead: Option<&'static str>,
}

/// What became of a [`NewEntry`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Insertion {
    /// It is in the store, and will be there after a crash.
    New(EntryId),
    /// The store had it already, by one of its two keys; nothing was changed.
    Duplicate(EntryId),
}

/// What is known of an entry, without its body.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Entry {
    /// Its number.
    pub id: EntryId,
    /// Which part of the ledger.
    pub kind: Kind,
    /// Where it stands.
    pub state: State,
    /// The event's name, or the outcome's word.
    pub name: String,
    /// Of the plain body.
    pub body_sha256: Hash,
    /// A hash of the token, where it has one.
    pub subject: Option<Hash>,
    /// When it happened, by the sender's clock.
    pub occurred_at: SystemTime,
    /// When it arrived.
    pub received_at: SystemTime,
    /// How often a worker has taken it since it arrived or was replayed.
    pub attempts: u32,
    /// When a worker may take it.
    pub next_at: SystemTime,
    /// Which worker has it.
    pub lease_owner: Option<String>,
    /// Until when.
    pub lease_until: Option<SystemTime>,
    /// When it was done or given up.
    pub ended_at: Option<SystemTime>,
    /// Why the last try failed: a word of the handler's, never the text of an error.
    pub last_error: Option<String>,
    /// How often an operator has replayed it.
    pub replays: u32,
    /// Whether its body is still there.
    pub has_body: bool,
}

impl Entry {
    /// An entry as a store keeps it when it arrives; for implementations of [`Store`](super::Store).
    pub fn arrived(id: EntryId, entry: &NewEntry) -> Self {
        Self {
            id,
            kind: entry.kind,
            state: if entry.dead.is_some() { State::Dead } else { State::Ready },
            name: entry.name.clone(),
            body_sha256: entry.body_sha256,
            subject: entry.subject,
            occurred_at: entry.occurred_at,
            received_at: entry.received_at,
            attempts: 0,
            next_at: entry.received_at,
            lease_owner: None,
            lease_until: None,
            ended_at: entry.dead.map(|_| entry.received_at),
            last_error: entry.dead.map(ToOwned::to_owned),
            replays: 0,
            has_body: true,
        }
    }
}
