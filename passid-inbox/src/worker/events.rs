use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use passid_core::webhook::VerifiedBody;

use super::builder::{WorkerBuilder, WorkerConfigError};
use super::context::Context;
use super::engine::{Engine, Job, Running};
use super::error::HandlerError;
use super::handler::{FromEvent, Handlers, Working};
use super::schedule::RetrySchedule;
use crate::inbox::{Inbox, UNREADABLE};
use crate::store::{Kind, Leased, Store, TransactionalStore};

/// The work of an inbox's worker: the functions that handle its events.
pub struct Handling<S>(Handlers<S>);

impl<S> fmt::Debug for Handling<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Handling").field(&self.0).finish()
    }
}

impl<S: Store> Inbox<S> {
    /// A worker that handles what is in this inbox. Any number of them may run, in any number of
    /// processes.
    pub fn worker(&self) -> WorkerBuilder<S> {
        WorkerBuilder::new(self, Handling(Handlers::new()), RetrySchedule::default())
    }
}

impl<S: Store> WorkerBuilder<S> {
    /// Has a function handle the events of its first argument's type.
    #[must_use]
    pub fn on<E, F, Fut>(mut self, handler: F) -> Self
    where
        E: FromEvent,
        F: Fn(E, Context) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), HandlerError>> + Send + 'static,
    {
        self.work.0.add(handler);
        self
    }

    /// The same for a function that takes a transaction of the store's database, and gives it back.
    /// What it does in it is committed together with the end of the event, or not at all: its effect
    /// happens exactly once.
    ///
    /// The transaction is open while the handler runs. Over SQLite it holds the one writer, so that no
    /// event is accepted meanwhile: do what takes time in another handler.
    #[must_use]
    pub fn on_in_transaction<E, F, Fut>(mut self, handler: F) -> Self
    where
        S: TransactionalStore,
        E: FromEvent,
        F: Fn(E, Context, S::Transaction) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<S::Transaction, HandlerError>> + Send + 'static,
    {
        self.work.0.add_transactional(handler);
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
        if self.work.0.is_empty() {
            return Err(WorkerConfigError::NoHandler);
        }
        if let Some(topic) = self.work.0.given_twice() {
            return Err(WorkerConfigError::TwoHandlers { topic });
        }
        self.settings.check()?;
        let job = EventJob { inbox: self.inbox.clone(), handlers: self.work.0 };
        Ok(Engine::start(self.inbox, Arc::new(job), self.settings))
    }
}

/// Handles received events.
struct EventJob<S> {
    inbox: Inbox<S>,
    handlers: Handlers<S>,
}

impl<S: Store> Job for EventJob<S> {
    fn kind(&self) -> Kind {
        Kind::Event
    }

    fn begin(&self, leased: &Leased, body: Bytes) -> Result<Option<Working>, HandlerError> {
        // A dead letter that was replayed in vain.
        let event = VerifiedBody::assume_verified(body)
            .parse()
            .map_err(|error| HandlerError::give_up(UNREADABLE).caused_by(error))?;
        let context = Context::new(leased, self.inbox.environment(), &event);
        let handler = self.handlers.of(&event);
        Ok(handler.and_then(|handler| handler(event, context, leased.lease, self.inbox.clone())))
    }
}
