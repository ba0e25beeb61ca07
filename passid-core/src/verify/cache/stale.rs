//! In the place of an outage: a credential whose time is over, if that was allowed.

use super::entry::{Life, Moment};
use super::key::CacheKey;
use super::store::Known;
use super::{CacheEvent, Shared};
use crate::{Served, UnavailableKind, Verdict};

impl<V> Shared<V> {
    /// P55: whoever was definitively refused has no entry any more, and neither has one whose token
    /// was invalidated; so nothing that was ever taken back is found here.
    pub(super) fn or_stale(&self, key: &CacheKey, verdict: Verdict) -> Verdict {
        let Verdict::Unavailable(outage) = &verdict else { return verdict };
        if self.settings.stale.is_zero() || !is_silence(outage.kind()) {
            return verdict;
        }
        let now = Moment::now(&*self.clock);
        match self.store.look(key, &now) {
            Some(Known::Credential(entry, Life::Stale)) => {
                self.tell(CacheEvent::Stale);
                Verdict::Valid(entry.credential.served_as(Served::Stale))
            }
            _ => verdict,
        }
    }
}

/// Whether the provider said nothing. An answer that cannot be read may be a refusal, and one that
/// refuses our key may be meant for good.
fn is_silence(kind: UnavailableKind) -> bool {
    match kind {
        UnavailableKind::Timeout
        | UnavailableKind::Unreachable
        | UnavailableKind::RateLimited
        | UnavailableKind::Failed
        | UnavailableKind::Overloaded => true,
        UnavailableKind::Undecodable
        | UnavailableKind::Misconfigured
        | UnavailableKind::TooManyAttempts => false,
    }
}
