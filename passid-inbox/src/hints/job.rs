use std::sync::Arc;

use bytes::Bytes;

use super::{HintContext, HintHandling, Hints, KeptHint};
use crate::inbox::{Inbox, UNREADABLE};
use crate::store::{Kind, Leased, Store, TransactionalStore};
use crate::worker::{
    Engine, HandlerError, Job, RetrySchedule, Running, WorkerBuilder, WorkerConfigError, Working,
};

/// The ledger's word for a hint of a provider that this worker has no handler for.
const NO_HANDLER: &str = "NO_HANDLER";

impl<S: Store> Hints<S> {
    /// A worker that handles hints. Any number of them may run, in any number of processes; each needs
    /// a handler for each provider whose hints are in the ledger, because it takes whatever comes next.
    /// A hint without a handler is a dead letter, `NO_HANDLER` (decision P121).
    pub fn worker(&self) -> WorkerBuilder<S, HintHandling<S>> {
        WorkerBuilder::new(&self.inbox, HintHandling::new(), RetrySchedule::default())
    }
}

impl<S: Store> WorkerBuilder<S, HintHandling<S>> {
    /// Has a function handle the hints of a provider, by its name as in credentials. What is promised is
    /// what is promised of events: at least once, in order for each subject.
    #[must_use]
    pub fn on<F, Fut>(mut self, provider: &'static str, handler: F) -> Self
    where
        F: Fn(KeptHint, HintContext) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), HandlerError>> + Send + 'static,
    {
        self.work.add(provider, handler);
        self
    }

    /// The same for a function that takes a transaction of the store's database, and gives it back: its
    /// effect happens exactly once. Read from the provider before, in another handler or place: over
    /// SQLite the transaction holds the one writer.
    #[must_use]
    pub fn on_in_transaction<F, Fut>(mut self, provider: &'static str, handler: F) -> Self
    where
        S: TransactionalStore,
        F: Fn(KeptHint, HintContext, S::Transaction) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<S::Transaction, HandlerError>> + Send + 'static,
    {
        self.work.add_transactional(provider, handler);
        self
    }

    /// Starts the worker on the tokio runtime of the caller.
    ///
    /// # Errors
    ///
    /// [`WorkerConfigError`].
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime, as [`tokio::spawn`] does.
    pub fn start(self) -> Result<Running, WorkerConfigError> {
        if self.work.is_empty() {
            return Err(WorkerConfigError::NoHandler);
        }
        if let Some(provider) = self.work.given_twice() {
            return Err(WorkerConfigError::TwoHandlersOf { provider });
        }
        self.settings.check()?;
        let job = HintJob { inbox: self.inbox.clone(), handling: self.work };
        Ok(Engine::start(self.inbox, Arc::new(job), self.settings))
    }
}

/// Handles hints.
struct HintJob<S> {
    inbox: Inbox<S>,
    handling: HintHandling<S>,
}

impl<S: Store> Job for HintJob<S> {
    fn kind(&self) -> Kind {
        Kind::Hint
    }

    fn begin(&self, leased: &Leased, body: Bytes) -> Result<Option<Working>, HandlerError> {
        let hint = KeptHint::read(&leased.entry, &body)
            .ok_or_else(|| HandlerError::give_up(UNREADABLE))?;
        // P121: neither handled, which would lose it, nor tried again, which would mend nothing.
        let handler =
            self.handling.of(hint.provider()).ok_or_else(|| HandlerError::give_up(NO_HANDLER))?;
        let context = HintContext::new(leased, self.inbox.environment());
        Ok(Some(handler(hint, context, leased.lease, self.inbox.clone())))
    }
}
