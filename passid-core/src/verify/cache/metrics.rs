//! The events of a cache as counters of the `metrics` facade (feature `metrics`).

use std::fmt;

use metrics::Counter;

use super::{CacheEvent, CacheObserver, EVENTS_METRIC};

/// Hands events on to the recorder of the `metrics` facade: the counter [`EVENTS_METRIC`] with the
/// label `event`. Nothing else is a label.
///
/// Make it after the recorder was installed: the counters are looked up once, so that a hit costs one
/// of them no more than an addition.
///
/// ```
/// # fn example(client: passid_core::PassidClient) -> Result<(), passid_core::cache::CacheBuildError> {
/// use passid_core::CachedVerifier;
/// use passid_core::cache::CacheMetrics;
///
/// let verifier = CachedVerifier::builder(client).observer(CacheMetrics::new()).build()?;
/// # let _ = verifier; Ok(())
/// # }
/// ```
pub struct CacheMetrics(Vec<Counter>);

impl CacheMetrics {
    /// Looks the counters up in the recorder that is installed.
    pub fn new() -> Self {
        metrics::describe_counter!(EVENTS_METRIC, "What happened in the verification cache.");
        let counter =
            |event: &CacheEvent| metrics::counter!(EVENTS_METRIC, "event" => event.name());
        Self(CacheEvent::ALL.iter().map(counter).collect())
    }
}

impl Default for CacheMetrics {
    fn default() -> Self {
        Self::new()
    }
}

impl CacheObserver for CacheMetrics {
    fn happened(&self, event: CacheEvent) {
        if let Some(counter) = self.0.get(event as usize) {
            counter.increment(1);
        }
    }
}

impl fmt::Debug for CacheMetrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CacheMetrics")
    }
}
