//! A new answer before the old one ends, while nobody waits for it.

use std::sync::Arc;

use super::entry::{Life, Moment};
use super::key::CacheKey;
use super::landing::Landing;
use super::store::Known;
use super::{CacheEvent, Shared};
use crate::{Token, Verify};

impl<V: Verify> Shared<V> {
    /// Departs, unless a flight is under way or must not be. What it brings replaces the entry; a
    /// failure leaves it as it is and is followed by a pause.
    pub(super) fn refresh(self: &Arc<Self>, key: CacheKey, token: &Token, now: &Moment) {
        let mut table = self.flights.lock();
        // Between the look that led here and the lock another refresh may have landed.
        let wanted = matches!(
            self.store.look(&key, now),
            Some(Known::Credential(entry, Life::Fresh)) if entry.wants_refresh(now)
        );
        if !wanted || table.join(&key).is_some() {
            return;
        }
        let departure = table.depart(key, now.elapsed, self.settings.max_in_flight);
        if departure.is_err() {
            let pause = self.settings.refresh_pause();
            self.store.update(&key, |entry| entry.refreshed_later(now, pause));
        }
        drop(table);
        if let Ok(departure) = departure {
            let landing = Landing::new(self.clone(), departure);
            self.tell(CacheEvent::Refreshed);
            landing.launch(token.clone());
        }
    }
}
