use std::time::SystemTime;

use passid_core::Environment;

use super::entry::{EntryId, Kind, State, StoredBody};

/// Which entries to list: the newest first.
#[derive(Clone, Debug)]
pub struct Filter {
    /// Which part of the ledger.
    pub kind: Kind,
    /// Whose entries.
    pub environment: Environment,
    /// Only those that stand here.
    pub state: Option<State>,
    /// Only those of this name.
    pub name: Option<String>,
    /// Only those before this one: the last of the page before.
    pub before: Option<EntryId>,
    /// The most entries.
    pub limit: u32,
}

/// What became of a wish to replay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replay {
    /// A worker will take it as if it had just arrived.
    Ready,
    /// There is no such entry.
    Unknown,
    /// A worker has it at present.
    Leased,
    /// Its body is no longer kept.
    BodyGone,
}

/// What is no longer to be kept. Only entries that have ended are touched.
#[derive(Clone, Debug)]
pub struct Purge {
    /// Whose entries.
    pub environment: Environment,
    /// Bodies of handled entries that ended before.
    pub done_before: SystemTime,
    /// Bodies of dead letters that ended before.
    pub dead_before: SystemTime,
    /// Whole entries without a body that arrived before: their hashes are forgotten.
    pub entries_before: Option<SystemTime>,
    /// The most of each.
    pub limit: u32,
}

/// What was purged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Purged {
    /// Bodies; their hashes stay.
    pub bodies: u64,
    /// Whole entries.
    pub entries: u64,
}

/// How much there is, of one kind and environment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counts {
    /// Ready now or later.
    pub ready: u64,
    /// With a worker.
    pub leased: u64,
    /// Handled.
    pub done: u64,
    /// Given up.
    pub dead: u64,
    /// When the oldest entry arrived that has not ended.
    pub oldest_open: Option<SystemTime>,
    /// When the newest entry arrived.
    pub last_received: Option<SystemTime>,
}

/// A body to be sealed anew.
#[derive(Clone, Debug)]
pub struct BodyAt {
    /// Whose it is.
    pub id: EntryId,
    /// Which part of the ledger.
    pub kind: Kind,
    /// The hash of the plain body.
    pub body_sha256: super::Hash,
    /// What the store has.
    pub body: StoredBody,
}
