//! Where verdicts are kept: credentials and refusals apart, so that garbage cannot push out what is
//! good (decision P52).
//!
//! Readers look at any time; whoever writes holds the lock of the [flights](super::flight), so that
//! storing an answer and giving up an older one cannot come between each other.

use std::fmt;

use quick_cache::sync::Cache;
use quick_cache::{Lifecycle, OptionsBuilder, Weighter};

use super::entry::{Entry, Life, Moment, Refusal};
use super::key::{AsItIs, CacheKey};
use super::settings::Settings;
use crate::{DenyReason, Subject};

pub(super) struct Store {
    credentials: Cache<CacheKey, Entry, Charge, AsItIs, Evictions>,
    refusals: Cache<CacheKey, Refusal, One, AsItIs, Evictions>,
}

/// What is known of a token.
#[derive(Debug)]
pub(super) enum Known {
    Credential(Entry, Life),
    Refusal(DenyReason),
}

#[derive(Clone)]
struct Charge;

impl Weighter<CacheKey, Entry> for Charge {
    fn weight(&self, _: &CacheKey, entry: &Entry) -> u64 {
        entry.weight
    }
}

#[derive(Clone)]
struct One;

impl Weighter<CacheKey, Refusal> for One {
    fn weight(&self, _: &CacheKey, _: &Refusal) -> u64 {
        1
    }
}

/// Counts what is pushed out.
#[derive(Clone)]
struct Evictions;

impl<V> Lifecycle<CacheKey, V> for Evictions {
    type RequestState = usize;

    fn on_evict(&self, evicted: &mut usize, _: CacheKey, _: V) {
        *evicted += 1;
    }
}

impl Store {
    pub(super) fn new(settings: &Settings) -> Self {
        let most = settings.share().saturating_mul(settings.capacity as u64);
        Self {
            credentials: cache(settings.capacity, most.min(settings.max_bytes), Charge),
            refusals: cache(settings.negative_capacity, settings.negative_capacity as u64, One),
        }
    }

    /// What may be said of a token now. An entry that is over is nothing.
    pub(super) fn look(&self, key: &CacheKey, now: &Moment) -> Option<Known> {
        if let Some(entry) = self.credentials.get(key) {
            match entry.life(now) {
                Life::Over => {}
                life => return Some(Known::Credential(entry, life)),
            }
        }
        let refusal = self.refusals.get(key).filter(|refusal| refusal.holds(now))?;
        Some(Known::Refusal(refusal.reason))
    }

    /// Keeps a credential, in the place of whatever was there. How many entries had to go.
    pub(super) fn keep(&self, key: CacheKey, entry: Entry) -> usize {
        let mut evicted = 0;
        self.credentials.insert_with_lifecycle(key, entry, &mut evicted);
        self.refusals.remove(&key);
        evicted
    }

    /// Keeps a refusal. The credential goes in any case, and it goes first.
    pub(super) fn refuse(&self, key: CacheKey, refusal: Option<Refusal>) -> usize {
        let mut evicted = 0;
        self.credentials.remove(&key);
        match refusal {
            Some(refusal) => {
                self.refusals.insert_with_lifecycle(key, refusal, &mut evicted);
            }
            None => {
                self.refusals.remove(&key);
            }
        }
        evicted
    }

    /// Changes an entry that is there.
    pub(super) fn update(&self, key: &CacheKey, change: impl FnOnce(Entry) -> Entry) {
        if let Some(entry) = self.credentials.peek(key) {
            // Gone in the meantime only if it was pushed out; then it stays out.
            let _ = self.credentials.replace(*key, change(entry), true);
        }
    }

    /// Whether there was a credential.
    pub(super) fn forget_credential(&self, key: &CacheKey) -> bool {
        self.credentials.remove(key).is_some()
    }

    /// Whether there was anything.
    pub(super) fn forget(&self, key: &CacheKey) -> bool {
        let refusal = self.refusals.remove(key).is_some();
        self.forget_credential(key) || refusal
    }

    /// Looks at each credential: whoever forgets a subject has time, whoever asks for a token has none.
    pub(super) fn forget_subjects(&self, forgotten: impl Fn(&Subject) -> bool) {
        self.credentials
            .retain(|_, entry| !entry.credential.subject().as_ref().is_some_and(&forgotten));
    }

    pub(super) fn clear(&self) {
        self.credentials.clear();
        self.refusals.clear();
    }

    /// Drops what may not be served any more.
    pub(super) fn sweep(&self, now: &Moment) {
        self.credentials.retain(|_, entry| entry.life(now) != Life::Over);
        self.refusals.retain(|_, refusal| refusal.holds(now));
    }

    pub(super) fn credentials(&self) -> usize {
        self.credentials.len()
    }

    pub(super) fn refusals(&self) -> usize {
        self.refusals.len()
    }

    pub(super) fn charged(&self) -> u64 {
        self.credentials.weight()
    }
}

fn cache<V: Clone, W: Weighter<CacheKey, V> + Clone>(
    items: usize,
    weight: u64,
    weighter: W,
) -> Cache<CacheKey, V, W, AsItIs, Evictions> {
    // Both numbers are given, so that the options are complete; were they not, nothing is kept.
    let options =
        OptionsBuilder::new().estimated_items_capacity(items).weight_capacity(weight).build();
    match options {
        Ok(options) => Cache::with_options(options, weighter, AsItIs::default(), Evictions),
        Err(_) => Cache::with(0, 0, weighter, AsItIs::default(), Evictions),
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store")
            .field("credentials", &self.credentials())
            .field("refusals", &self.refusals())
            .finish()
    }
}
