//! How full a cache is.

use std::fmt::Write as _;

use super::entry::Moment;
use super::{BreakerState, CachedVerifier};
use crate::Verify;

/// How full a cache is, and how its breaker stands; from [`CachedVerifier::usage`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CacheUsage {
    /// Credentials that are kept, those that are over and not yet cleared away included.
    pub credentials: usize,
    /// What they are charged with against [`max_bytes`](super::CacheBuilder::max_bytes).
    pub charged_bytes: u64,
    /// Refusals that are kept.
    pub refusals: usize,
    /// Calls under way.
    pub in_flight: usize,
    /// The breaker.
    pub breaker: BreakerState,
}

impl CacheUsage {
    /// The numbers as gauges in Prometheus' text form.
    pub fn to_prometheus(&self) -> String {
        let breaker = match self.breaker {
            BreakerState::Closed => 0,
            BreakerState::HalfOpen => 1,
            BreakerState::Open => 2,
        };
        let gauges = [
            ("credentials", "Credentials kept.", self.credentials as u64),
            ("charged_bytes", "Bytes charged for them.", self.charged_bytes),
            ("refusals", "Refusals kept.", self.refusals as u64),
            ("in_flight", "Calls to the API under way.", self.in_flight as u64),
            ("breaker", "0 closed, 1 half-open, 2 open.", breaker),
        ];
        let mut text = String::new();
        for (name, help, value) in gauges {
            let _ = writeln!(text, "# HELP passid_cache_{name} {help}");
            let _ = writeln!(text, "# TYPE passid_cache_{name} gauge");
            let _ = writeln!(text, "passid_cache_{name} {value}");
        }
        text
    }
}

impl<V: Verify> CachedVerifier<V> {
    /// How full it is.
    pub fn usage(&self) -> CacheUsage {
        let shared = &self.shared;
        let table = shared.flights.lock();
        let (in_flight, breaker) = (table.under_way(), table.breaker.state());
        drop(table);
        CacheUsage {
            credentials: shared.store.credentials(),
            charged_bytes: shared.store.charged(),
            refusals: shared.store.refusals(),
            in_flight,
            breaker,
        }
    }

    /// Drops what may not be served any more. Done by itself at most once a minute when a call ends; a
    /// service that falls idle and wants claims out of its memory calls this.
    pub fn remove_expired(&self) {
        self.shared.store.sweep(&Moment::now(&*self.shared.clock));
    }
}
