use std::time::SystemTime;

use passid_core::Environment;

use super::entry::{Entry, EntryId, Kind, StoredBody};

/// A worker's question for work.
#[derive(Clone, Debug)]
pub struct Claim<'a> {
    /// Which part of the ledger.
    pub kind: Kind,
    /// Whose entries.
    pub environment: Environment,
    /// The worker's name: for the eyes of an operator, and not what proves a lease.
    pub owner: &'a str,
    /// The present.
    pub now: SystemTime,
    /// When the leases end.
    pub until: SystemTime,
    /// The most entries.
    pub max: u32,
    /// An entry whose lease ended without a word, and that was taken so often, is given up.
    pub max_attempts: u32,
}

/// The right to an entry for a time.
///
/// Whoever takes the entry after the lease has ended gets another number, so that a worker that was
/// held up can no longer say anything about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lease {
    /// The entry.
    pub id: EntryId,
    /// The number of the claim, counted for each entry.
    pub number: i64,
}

/// An entry with a lease on it.
#[derive(Clone, Debug)]
pub struct Leased {
    /// The right to it.
    pub lease: Lease,
    /// What is known of it; [`Entry::attempts`] counts this try.
    pub entry: Entry,
    /// What arrived.
    pub body: StoredBody,
    /// Whether a later event of the same subject has been handled already: this one came late.
    pub superseded: bool,
}

/// What a claim brought.
#[derive(Clone, Debug, Default)]
pub struct Claimed {
    /// To be worked on: at most one of each subject.
    pub leased: Vec<Leased>,
    /// Leases that had ended without a word of their worker.
    pub lost: u64,
    /// How many of those were given up.
    pub buried: u64,
}

/// How a try failed.
#[derive(Clone, Debug)]
pub struct Failure<'a> {
    /// When to try again; `None` gives it up.
    pub retry_at: Option<SystemTime>,
    /// Why, in a word.
    pub reason: &'a str,
}
