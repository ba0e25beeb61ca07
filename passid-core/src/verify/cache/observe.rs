//! What a cache tells about itself: events for metrics, and a counter of them.

use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

macro_rules! events {
    ($( $(#[$doc:meta])* $name:ident = $word:literal, )+) => {
        /// Something that happened in a cache. Says what, and nothing about whom.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum CacheEvent {
            $( $(#[$doc])* $name, )+
        }

        impl CacheEvent {
            /// Every event.
            pub const ALL: &[Self] = &[$( Self::$name, )+];

            /// One word for it, such as `hit`: for metrics.
            pub fn name(self) -> &'static str {
                match self {
                    $( Self::$name => $word, )+
                }
            }
        }
    };
}

events! {
    /// A valid credential was served from the cache.
    Hit = "hit",
    /// A refusal was served from the cache.
    Negative = "negative",
    /// A credential was served after its time, because the provider could not be asked.
    Stale = "stale",
    /// Nothing was known: a caller caused a call to the provider.
    Miss = "miss",
    /// Nothing was known, and a call was under way: a caller waits for it.
    Joined = "joined",
    /// A call in the background was begun, for an entry that is about to end.
    Refreshed = "refreshed",
    /// An entry was pushed out, or not let in, because of the bounds.
    Evicted = "evicted",
    /// Entries were forgotten on request: one token, or everything.
    Invalidated = "invalidated",
    /// A caller's deadline passed before the call ended.
    TimedOut = "timed_out",
    /// A call was not made because as many as allowed were under way.
    Rejected = "rejected",
    /// A call was not made because the breaker was open.
    HeldBack = "held_back",
    /// A call was lost on our side: it panicked, or its runtime ended.
    Lost = "lost",
    /// The breaker opened, or opened again after a probe.
    BreakerOpened = "breaker_opened",
    /// The breaker lets one call through.
    BreakerHalfOpened = "breaker_half_opened",
    /// The breaker closed: the provider answers.
    BreakerClosed = "breaker_closed",
}

/// Is told about everything that happens in a cache: a hook for metrics.
///
/// Set with [`CacheBuilder::observer`](super::CacheBuilder::observer). It is called while a request
/// is served, on a hit too, so it must be quick, and it must not panic.
///
/// ```
/// use passid_core::cache::{CacheEvent, CacheObserver};
///
/// #[derive(Debug)]
/// struct Alarm;
///
/// impl CacheObserver for Alarm {
///     fn happened(&self, event: CacheEvent) {
///         if event == CacheEvent::BreakerOpened {
///             // wake somebody
///         }
///     }
/// }
/// ```
pub trait CacheObserver: Send + Sync + 'static {
    /// It happened once.
    fn happened(&self, event: CacheEvent);
}

impl<O: CacheObserver + ?Sized> CacheObserver for Arc<O> {
    fn happened(&self, event: CacheEvent) {
        (**self).happened(event);
    }
}

/// Counts events; clones share the counts.
///
/// ```
/// use passid_core::cache::{CacheCounters, CacheEvent, CacheObserver};
///
/// let counters = CacheCounters::new();
/// counters.happened(CacheEvent::Hit);
/// assert_eq!(counters.count(CacheEvent::Hit), 1);
/// assert!(counters.to_prometheus().contains("passid_cache_events_total{event=\"hit\"} 1"));
/// ```
#[derive(Clone, Debug, Default)]
pub struct CacheCounters(Arc<[AtomicU64; CacheEvent::ALL.len()]>);

/// The counter of events in metrics; its label `event` is [`CacheEvent::name`].
pub const EVENTS_METRIC: &str = "passid_cache_events_total";

impl CacheCounters {
    /// All at zero.
    pub fn new() -> Self {
        Self::default()
    }

    /// How often it happened.
    pub fn count(&self, event: CacheEvent) -> u64 {
        self.0.get(event as usize).map_or(0, |count| count.load(Ordering::Relaxed))
    }

    /// The counts in Prometheus' text form.
    pub fn to_prometheus(&self) -> String {
        let mut text = format!("# HELP {EVENTS_METRIC} What happened in the verification cache.\n");
        let _ = writeln!(text, "# TYPE {EVENTS_METRIC} counter");
        for event in CacheEvent::ALL {
            let (name, count) = (event.name(), self.count(*event));
            let _ = writeln!(text, "{EVENTS_METRIC}{{event=\"{name}\"}} {count}");
        }
        text
    }
}

impl CacheObserver for CacheCounters {
    fn happened(&self, event: CacheEvent) {
        if let Some(count) = self.0.get(event as usize) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }
}
