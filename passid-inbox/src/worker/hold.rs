//! A lease that is renewed while its handler runs.

use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use super::engine::Engine;
use crate::clock::{store_within, within};
use crate::observe::InboxEvent;
use crate::store::{Leased, Store};

/// How far a lease reaches, as far as this worker knows.
pub(super) struct Hold<'a, S> {
    engine: &'a Engine<S>,
    leased: &'a Leased,
    until: Mutex<SystemTime>,
}

impl<'a, S: Store> Hold<'a, S> {
    pub(super) fn new(engine: &'a Engine<S>, leased: &'a Leased) -> Self {
        let claimed = leased.entry.lease_until;
        let until = claimed.unwrap_or_else(|| engine.inbox.now() + engine.settings.lease);
        Self { engine, leased, until: Mutex::new(until) }
    }

    /// Nobody else can have the entry before.
    pub(super) fn until(&self) -> SystemTime {
        *self.until.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Renews the lease again and again. Ends when another worker has the entry, or soon will: a sixth
    /// of the lease is left then to stop the handler in, and for clocks that differ.
    pub(super) async fn until_lost(&self) {
        let Engine { inbox, settings, .. } = self.engine;
        loop {
            let rest = self.until().duration_since(inbox.now()).unwrap_or_default();
            let rest = rest.saturating_sub(settings.lease / 6);
            match within(&*inbox.shared.clock, rest, self.renewed()).await {
                Some(Some(until)) => {
                    *self.until.lock().unwrap_or_else(PoisonError::into_inner) = until;
                }
                Some(None) | None => return,
            }
        }
    }

    /// Renews the lease when a third of it is over, and goes on trying. `None` if it is another's.
    async fn renewed(&self) -> Option<SystemTime> {
        let Engine { inbox, settings, .. } = self.engine;
        let clock = &*inbox.shared.clock;
        let mut pause = settings.lease / 3;
        loop {
            clock.sleep(pause).await;
            let until = inbox.now() + settings.lease;
            let renewal = inbox.shared.store.extend(self.leased.lease, until);
            match store_within(clock, settings.lease / 6, renewal).await {
                Ok(true) => return Some(until),
                Ok(false) => return None,
                Err(error) => inbox.observe(&InboxEvent::StoreFailed { error: &error }),
            }
            pause = settings.lease / 12;
        }
    }
}
