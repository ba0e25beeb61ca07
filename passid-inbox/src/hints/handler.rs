//! Which function handles the hints of which provider.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use super::{HintContext, KeptHint};
use crate::Inbox;
use crate::store::{Lease, TransactionalStore};
use crate::worker::{HandlerError, Working, working, working_in_transaction};

pub(super) type HintHandler<S> =
    Arc<dyn Fn(KeptHint, HintContext, Lease, Inbox<S>) -> Working + Send + Sync>;

/// The work of a worker for hints: the functions that handle them, one for each provider.
pub struct HintHandling<S> {
    by_provider: HashMap<&'static str, HintHandler<S>>,
    twice: Option<&'static str>,
}

impl<S: 'static> HintHandling<S> {
    pub(super) fn new() -> Self {
        Self { by_provider: HashMap::new(), twice: None }
    }

    pub(super) fn add<F, Fut>(&mut self, provider: &'static str, handler: F)
    where
        F: Fn(KeptHint, HintContext) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), HandlerError>> + Send + 'static,
    {
        self.insert(
            provider,
            Arc::new(move |hint, context, _lease, _inbox| working(handler(hint, context))),
        );
    }

    pub(super) fn add_transactional<F, Fut>(&mut self, provider: &'static str, handler: F)
    where
        S: TransactionalStore,
        F: Fn(KeptHint, HintContext, S::Transaction) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<S::Transaction, HandlerError>> + Send + 'static,
    {
        let handler = Arc::new(handler);
        self.insert(
            provider,
            Arc::new(move |hint, context, lease, inbox| {
                let handler = Arc::clone(&handler);
                let handle = move |transaction| handler(hint, context, transaction);
                working_in_transaction(inbox, lease, handle)
            }),
        );
    }

    fn insert(&mut self, provider: &'static str, handler: HintHandler<S>) {
        if self.by_provider.insert(provider, handler).is_some() {
            self.twice = Some(provider);
        }
    }

    pub(super) fn given_twice(&self) -> Option<&'static str> {
        self.twice
    }

    pub(super) fn is_empty(&self) -> bool {
        self.by_provider.is_empty()
    }

    pub(super) fn of(&self, provider: &str) -> Option<&HintHandler<S>> {
        self.by_provider.get(provider)
    }
}

impl<S> fmt::Debug for HintHandling<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.by_provider.keys()).finish()
    }
}
