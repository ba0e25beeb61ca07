use std::fmt;
use std::time::Duration;

use super::engine::Settings;
use super::events::Handling;
use super::handler::Topic;
use super::schedule::RetrySchedule;
use crate::inbox::Inbox;

/// Sets up a worker: which function handles which event, and how. That of an
/// [`Outbox`](crate::Outbox::worker) has the same settings, and no handlers.
///
/// A handler is an `async` function of an event and its [`Context`]. The type of its first argument
/// says for which events it is: [`VerificationCompleted`], [`VerificationFailed`],
/// [`OutcomeReported`], or [`Event`] for all that no other handler is for. Events without a handler
/// count as handled.
///
/// ```
/// use passid_core::webhook::{Event, VerificationFailed};
/// use passid_inbox::store::Store;
/// use passid_inbox::{Context, HandlerError, Inbox, Running};
///
/// async fn rejected(failed: VerificationFailed, context: Context) -> Result<(), HandlerError> {
///     if failed.is_final() {
///         // Block the application for good, under context.idempotency_key().
///     }
///     Ok(())
/// }
///
/// async fn anything_else(event: Event, _context: Context) -> Result<(), HandlerError> {
///     println!("{}", event.name());
///     Ok(())
/// }
///
/// # fn start<S: Store>(inbox: Inbox<S>) -> Result<Running, Box<dyn std::error::Error>> {
/// let worker = inbox.worker().on(rejected).on(anything_else).start()?;
/// # Ok(worker)
/// # }
/// ```
///
/// # What is promised
///
/// Every event that was answered 200 is handled, or becomes a dead letter that an operator sees. Events
/// of one token are handled one after the other, by the time at which they happened as far as they
/// have arrived; those of different tokens at the same time. A handler may run more than once for an
/// event: when it failed, when its process died, or when it took longer than its lease and could not
/// renew it. So an effect outside the database happens **at least once**; make it idempotent with
/// [`Context::idempotency_key`]. An effect inside the database happens **exactly once** with
/// [`on_in_transaction`](Self::on_in_transaction).
///
/// [`Context`]: crate::Context
/// [`Context::idempotency_key`]: crate::Context::idempotency_key
/// [`Event`]: passid_core::webhook::Event
/// [`VerificationCompleted`]: passid_core::webhook::VerificationCompleted
/// [`VerificationFailed`]: passid_core::webhook::VerificationFailed
/// [`OutcomeReported`]: passid_core::webhook::OutcomeReported
pub struct WorkerBuilder<S, W = Handling<S>> {
    pub(crate) inbox: Inbox<S>,
    pub(crate) work: W,
    pub(crate) settings: Settings,
}

impl<S, W> WorkerBuilder<S, W> {
    /// The most entries that a worker has at a time.
    pub const MAX_CONCURRENCY: u32 = Settings::MAX_CONCURRENCY;

    pub(crate) fn new(inbox: &Inbox<S>, work: W, schedule: RetrySchedule) -> Self {
        Self { inbox: inbox.clone(), work, settings: Settings::new(inbox, schedule) }
    }

    /// The name under which the worker's leases stand in the ledger: for the eyes of an operator.
    /// Random unless set.
    #[must_use]
    pub fn name(mut self, name: &str) -> Self {
        self.settings.owner = name.chars().take(100).collect();
        self
    }

    /// How many entries are worked on at a time; 8 unless set.
    #[must_use]
    pub fn concurrency(mut self, entries: u32) -> Self {
        self.settings.concurrency = entries;
        self
    }

    /// How long an entry stays with a worker that no longer says anything; 60 s unless set. A live
    /// worker renews its leases three times in that time. After a crash the entry waits so long.
    #[must_use]
    pub fn lease(mut self, time: Duration) -> Self {
        self.settings.lease = time;
        self
    }

    /// How long a handler may take before it is stopped and has failed; 5 min unless set.
    #[must_use]
    pub fn handler_timeout(mut self, time: Duration) -> Self {
        self.settings.handler_timeout = time;
        self
    }

    /// How often the worker looks for entries of other processes and for those whose time has come;
    /// every second unless set. What this process accepts is taken at once.
    #[must_use]
    pub fn poll(mut self, every: Duration) -> Self {
        self.settings.poll = every;
        self
    }

    /// When a failed handler is called again, and how often.
    #[must_use]
    pub fn retries(mut self, schedule: RetrySchedule) -> Self {
        self.settings.schedule = schedule;
        self
    }
}

/// Settings of a worker that make no sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WorkerConfigError {
    /// Every event would count as handled.
    #[error("the worker has no handler; give it one with on")]
    NoHandler,
    /// It is not clear which one is meant.
    #[error("the worker has two handlers for {topic:?}; one function may call both")]
    TwoHandlers {
        /// For these events.
        topic: Topic,
    },
    /// It is not clear which one is meant.
    #[error("the worker has two handlers for hints of {provider}; one function may call both")]
    TwoHandlersOf {
        /// For the hints of this provider.
        provider: &'static str,
    },
    /// None, or too many.
    #[error("the concurrency of a worker is 1 to {}", Settings::MAX_CONCURRENCY)]
    Concurrency,
    /// A time that is nothing, or without end.
    #[error("{setting} of a worker must be from {shortest:?} to one day")]
    Time {
        /// Which.
        setting: &'static str,
        /// The shortest.
        shortest: Duration,
    },
    /// Outcomes would be reported to the other of PASSID's two worlds.
    #[error("the client's key and the outbox are of different environments")]
    Environment,
    /// No try at all.
    #[error("an entry must be tried at least once")]
    NoAttempt,
}

impl<S, W: fmt::Debug> fmt::Debug for WorkerBuilder<S, W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WorkerBuilder")
            .field("inbox", &self.inbox)
            .field("work", &self.work)
            .field("settings", &self.settings)
            .finish()
    }
}
