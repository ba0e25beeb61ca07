//! Which function handles which event.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use futures_util::FutureExt;
use passid_core::BoxFuture;
use passid_core::webhook::{
    Event, EventData, OutcomeReported, VerificationCompleted, VerificationFailed,
};

use super::context::Context;
use super::error::HandlerError;
use crate::Inbox;
use crate::store::{Lease, StoreError, TransactionalStore};

/// What a handler takes: a kind of event, or any [`Event`].
pub trait FromEvent: Sized + Send + 'static {
    /// Which one.
    const TOPIC: Topic;

    /// The event as this type; `None` for another kind of event.
    fn from_event(event: Event) -> Option<Self>;
}

/// The kinds of events that a handler can be for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Topic {
    /// `verification.completed`.
    VerificationCompleted,
    /// `verification.failed`.
    VerificationFailed,
    /// `outcome.reported`.
    OutcomeReported,
    /// Every event that no other handler is for.
    Any,
}

impl Topic {
    fn of(event: &Event) -> Self {
        match &event.data {
            EventData::VerificationCompleted(_) => Self::VerificationCompleted,
            EventData::VerificationFailed(_) => Self::VerificationFailed,
            EventData::OutcomeReported(_) => Self::OutcomeReported,
            _ => Self::Any,
        }
    }
}

impl FromEvent for Event {
    const TOPIC: Topic = Topic::Any;

    fn from_event(event: Event) -> Option<Self> {
        Some(event)
    }
}

macro_rules! from_event {
    ($($data:ident)*) => {$(
        impl FromEvent for $data {
            const TOPIC: Topic = Topic::$data;

            fn from_event(event: Event) -> Option<Self> {
                match event.data {
                    EventData::$data(data) => Some(data),
                    _ => None,
                }
            }
        }
    )*};
}

from_event!(VerificationCompleted VerificationFailed OutcomeReported);

/// How the work on an entry ended well.
pub(crate) enum Worked {
    /// The lease is to be ended.
    Handled,
    /// The lease was ended together with the effect; `false` if it was lost, and the effect undone.
    Completed(bool),
}

/// How the work on an entry ended badly.
pub(crate) enum NotWorked {
    Handler(HandlerError),
    Store(StoreError),
}

pub(crate) type Working = BoxFuture<'static, Result<Worked, NotWorked>>;

/// A handler's future as work.
pub(crate) fn working(
    handling: impl Future<Output = Result<(), HandlerError>> + Send + 'static,
) -> Working {
    let worked = |handled| match handled {
        Ok(()) => Ok(Worked::Handled),
        Err(error) => Err(NotWorked::Handler(error)),
    };
    handling.map(worked).boxed()
}

/// The same of a handler that takes a transaction, which ends the lease.
pub(crate) fn working_in_transaction<S, F, Fut>(inbox: Inbox<S>, lease: Lease, handle: F) -> Working
where
    S: TransactionalStore,
    F: FnOnce(S::Transaction) -> Fut + Send + 'static,
    Fut: Future<Output = Result<S::Transaction, HandlerError>> + Send + 'static,
{
    let working = async move {
        let store = inbox.store();
        let transaction = store.begin().await.map_err(NotWorked::Store)?;
        let transaction = handle(transaction).await.map_err(NotWorked::Handler)?;
        let completed = store.complete_in(transaction, lease, inbox.now()).await;
        completed.map(Worked::Completed).map_err(NotWorked::Store)
    };
    working.boxed()
}

/// Turns an event into the future that handles it. `None` where the event is of another kind.
pub(crate) type EventHandler<S> =
    Arc<dyn Fn(Event, Context, Lease, Inbox<S>) -> Option<Working> + Send + Sync>;

/// The handlers of a worker, one for each topic.
pub(crate) struct Handlers<S> {
    by_topic: HashMap<Topic, EventHandler<S>>,
    twice: Option<Topic>,
}

impl<S: 'static> Handlers<S> {
    pub(crate) fn new() -> Self {
        Self { by_topic: HashMap::new(), twice: None }
    }

    pub(crate) fn add<E, F, Fut>(&mut self, handler: F)
    where
        E: FromEvent,
        F: Fn(E, Context) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), HandlerError>> + Send + 'static,
    {
        self.insert(
            E::TOPIC,
            Arc::new(move |event, context, _lease, _inbox| {
                Some(working(handler(E::from_event(event)?, context)))
            }),
        );
    }

    pub(crate) fn add_transactional<E, F, Fut>(&mut self, handler: F)
    where
        S: TransactionalStore,
        E: FromEvent,
        F: Fn(E, Context, S::Transaction) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<S::Transaction, HandlerError>> + Send + 'static,
    {
        let handler = Arc::new(handler);
        self.insert(
            E::TOPIC,
            Arc::new(move |event, context, lease, inbox| {
                let event = E::from_event(event)?;
                let handler = Arc::clone(&handler);
                let handle = move |transaction| handler(event, context, transaction);
                Some(working_in_transaction(inbox, lease, handle))
            }),
        );
    }

    fn insert(&mut self, topic: Topic, handler: EventHandler<S>) {
        if self.by_topic.insert(topic, handler).is_some() {
            self.twice = Some(topic);
        }
    }

    pub(crate) fn given_twice(&self) -> Option<Topic> {
        self.twice
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.by_topic.is_empty()
    }

    pub(crate) fn of(&self, event: &Event) -> Option<&EventHandler<S>> {
        self.by_topic.get(&Topic::of(event)).or_else(|| self.by_topic.get(&Topic::Any))
    }
}

impl<S> fmt::Debug for Handlers<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.by_topic.keys()).finish()
    }
}
