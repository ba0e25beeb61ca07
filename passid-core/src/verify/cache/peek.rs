//! What is known at once.

use std::sync::Arc;

use super::entry::{Life, Moment};
use super::store::Known;
use super::{CacheEvent, Shared};
use crate::{Served, Token, Verdict, Verify};

impl<V: Verify> Shared<V> {
    pub(super) fn peek(self: &Arc<Self>, token: &Token) -> Option<Verdict> {
        let key = self.hasher.key(token);
        let now = Moment::now(&*self.clock);
        match self.store.look(&key, &now)? {
            Known::Credential(entry, Life::Fresh) => {
                if entry.wants_refresh(&now) {
                    self.refresh(key, token, &now);
                }
                self.tell(CacheEvent::Hit);
                Some(Verdict::Valid(entry.credential))
            }
            // Asking comes first, unless the breaker says that it is of no use.
            Known::Credential(entry, _) => {
                self.flights.lock().breaker.holds_back(now.elapsed)?;
                self.tell(CacheEvent::Stale);
                Some(Verdict::Valid(entry.credential.served_as(Served::Stale)))
            }
            Known::Refusal(reason) => {
                self.tell(CacheEvent::Negative);
                Some(Verdict::Invalid(reason))
            }
        }
    }
}
