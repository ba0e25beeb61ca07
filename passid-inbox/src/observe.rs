//! What is told about the inbox: log lines, and a hook for metrics.

use std::error::Error;
use std::fmt;
use std::time::{Duration, SystemTime};

use crate::hints::HintRefusal;
use crate::inbox::AcceptError;
use crate::store::{EntryId, Kind, Purged, StoreError};

/// Is told what happens in an inbox, its hints and its outbox: a hook for metrics.
///
/// Set with [`InboxBuilder::observer`](crate::InboxBuilder::observer). It is called where it happens,
/// so it must be quick, and it must not panic.
///
/// ```
/// use std::sync::atomic::{AtomicU64, Ordering};
/// use passid_inbox::{InboxEvent, InboxObserver};
///
/// #[derive(Debug, Default)]
/// struct DeadLetters(AtomicU64);
///
/// impl InboxObserver for DeadLetters {
///     fn observed(&self, event: &InboxEvent<'_>) {
///         if matches!(event, InboxEvent::GivenUp { .. }) {
///             self.0.fetch_add(1, Ordering::Relaxed);
///         }
///     }
/// }
/// ```
pub trait InboxObserver: Send + Sync + 'static {
    /// Something happened.
    fn observed(&self, event: &InboxEvent<'_>);
}

/// Something that happened in an inbox, or in its hints or its outbox where the [`Kind`] says so.
/// Holds nothing secret or personal, except that a [`Cause`] is the application's.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum InboxEvent<'a> {
    /// A webhook is durable.
    Accepted {
        /// The entry.
        id: EntryId,
        /// Which secret had signed it: 0 is the current one. Once no other is seen for three hours, a
        /// previous secret can go.
        secret_index: usize,
    },
    /// A hint is durable.
    HintAccepted {
        /// The entry.
        id: EntryId,
        /// Whose it is.
        provider: &'static str,
    },
    /// A webhook of another provider was not received.
    HintRefused {
        /// Whose it would have been.
        provider: &'static str,
        /// Why.
        refusal: &'a HintRefusal,
    },
    /// An outcome is durable, or will be with the transaction that it is a part of.
    Enqueued {
        /// The entry.
        id: EntryId,
    },
    /// A webhook, a hint or an outcome was in the ledger already.
    Duplicate {
        /// Which part of the ledger.
        kind: Kind,
        /// The entry.
        id: EntryId,
    },
    /// A signed webhook or a hint was not accepted.
    NotAccepted {
        /// Why.
        error: &'a AcceptError,
    },
    /// Leases had ended without a word of their worker.
    LeasesLost {
        /// Which part of the ledger.
        kind: Kind,
        /// How many.
        lost: u64,
        /// How many of them were given up.
        buried: u64,
    },
    /// An entry was handled.
    Handled {
        /// Which part of the ledger.
        kind: Kind,
        /// The entry.
        id: EntryId,
        /// How often it was tried, this time included.
        attempts: u32,
        /// How long the handler took.
        duration: Duration,
        /// From its arrival to its end; zero where a clock went back.
        age: Duration,
    },
    /// A try failed, and the entry will be tried again.
    Failed {
        /// Which part of the ledger.
        kind: Kind,
        /// The entry.
        id: EntryId,
        /// How often it was tried, this time included.
        attempts: u32,
        /// Why, in a word.
        reason: &'a str,
        /// What the handler gave as the cause.
        cause: Option<Cause<'a>>,
        /// When it will be tried again.
        retry_at: SystemTime,
    },
    /// An entry is a dead letter now.
    GivenUp {
        /// Which part of the ledger.
        kind: Kind,
        /// The entry.
        id: EntryId,
        /// How often it was tried.
        attempts: u32,
        /// Why, in a word.
        reason: &'a str,
        /// What the handler gave as the cause.
        cause: Option<Cause<'a>>,
    },
    /// A worker lost its lease while it worked: another one has the entry, or will.
    LeaseLost {
        /// Which part of the ledger.
        kind: Kind,
        /// The entry.
        id: EntryId,
    },
    /// A worker gave an entry back because it is to stop.
    HandedBack {
        /// Which part of the ledger.
        kind: Kind,
        /// The entry.
        id: EntryId,
    },
    /// A worker could not reach the store.
    StoreFailed {
        /// Why.
        error: &'a StoreError,
    },
    /// An operator had an entry handled again.
    Replayed {
        /// Which part of the ledger.
        kind: Kind,
        /// The entry.
        id: EntryId,
    },
    /// What had been kept long enough was removed.
    Purged {
        /// How much.
        purged: Purged,
    },
}

/// What a handler gave as the cause of its failure. It is the application's own, and may name a person:
/// `Debug` does not show it, and it is never logged by us.
#[derive(Clone, Copy)]
pub struct Cause<'a>(&'a (dyn Error + Send + Sync + 'static));

impl<'a> Cause<'a> {
    pub(crate) fn new(error: &'a (dyn Error + Send + Sync + 'static)) -> Self {
        Self(error)
    }

    /// The error.
    pub fn error(self) -> &'a (dyn Error + Send + Sync + 'static) {
        self.0
    }
}

impl fmt::Debug for Cause<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Cause(redacted)")
    }
}

const TARGET: &str = "passid::inbox";

impl InboxEvent<'_> {
    pub(crate) fn log(&self) {
        match self {
            Self::Accepted { id, secret_index } => {
                tracing::debug!(target: TARGET, %id, secret = secret_index, "webhook stored");
            }
            Self::HintAccepted { id, provider } => {
                tracing::debug!(target: TARGET, %id, provider, "hint stored");
            }
            Self::HintRefused { provider, refusal } => {
                let code = refusal.code();
                tracing::debug!(target: TARGET, provider, code, "hint refused");
            }
            Self::Enqueued { id } => tracing::debug!(target: TARGET, %id, "outcome enqueued"),
            Self::Duplicate { kind, id } => {
                tracing::debug!(target: TARGET, %kind, %id, "stored already");
            }
            Self::NotAccepted { error } => {
                let why = error.source().map(ToString::to_string);
                tracing::warn!(target: TARGET, cause = %error, why, "webhook not accepted");
            }
            Self::LeasesLost { kind, lost, buried } => {
                tracing::warn!(target: TARGET, %kind, lost, buried, "leases ended without a word");
            }
            Self::Handled { kind, id, attempts, duration, .. } => {
                tracing::debug!(target: TARGET, %kind, %id, attempts, ?duration, "handled");
            }
            Self::Failed { kind, id, attempts, reason, .. } => {
                tracing::warn!(target: TARGET, %kind, %id, attempts, reason, "failed; tried again");
            }
            Self::GivenUp { kind, id, attempts, reason, .. } => {
                tracing::error!(target: TARGET, %kind, %id, attempts, reason, "dead letter");
            }
            Self::LeaseLost { kind, id } => {
                tracing::warn!(target: TARGET, %kind, %id, "lease lost while it was worked on");
            }
            Self::HandedBack { kind, id } => {
                tracing::info!(target: TARGET, %kind, %id, "handed back");
            }
            Self::StoreFailed { error } => {
                let why = error.source().map(ToString::to_string);
                tracing::warn!(target: TARGET, cause = %error, why, "inbox store failed");
            }
            Self::Replayed { kind, id } => {
                tracing::info!(target: TARGET, %kind, %id, "replayed");
            }
            Self::Purged { purged: Purged { bodies: 0, entries: 0 } } => {}
            Self::Purged { purged } => {
                let Purged { bodies, entries } = purged;
                tracing::info!(target: TARGET, bodies, entries, "purged");
            }
        }
    }
}
