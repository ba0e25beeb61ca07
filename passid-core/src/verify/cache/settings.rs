//! The bounds of a cache, as the builder checked them.

use std::mem::size_of;
use std::time::{Duration, SystemTime};

use super::breaker::BreakerSettings;
use super::entry::Entry;
use super::key::CacheKey;
use crate::VerifiedCredential;

#[derive(Clone, Debug)]
pub(super) struct Settings {
    pub(super) ttl: Duration,
    pub(super) capacity: usize,
    pub(super) max_bytes: u64,
    pub(super) negative_ttl: Duration,
    pub(super) negative_capacity: usize,
    pub(super) refresh_ahead: Duration,
    pub(super) stale: Duration,
    pub(super) max_age_hours: Option<u32>,
    pub(super) deadline: Duration,
    pub(super) flight_timeout: Duration,
    pub(super) max_in_flight: usize,
    pub(super) breaker: Option<BreakerSettings>,
}

impl Settings {
    /// How often expired entries are looked for, at the most.
    pub(super) const SWEEP_EVERY: Duration = Duration::from_secs(60);

    /// How long a background refresh that failed is not tried again.
    pub(super) fn refresh_pause(&self) -> Duration {
        (self.refresh_ahead / 4).max(Duration::from_secs(1))
    }

    /// From when on a policy with this maximum age refuses the credential: it counts whole hours
    /// since the answer (decision P6). One that is too old already is kept as long as a refusal is:
    /// asking again would not make it younger.
    pub(super) fn too_old_after(
        &self,
        credential: &VerifiedCredential,
        now: SystemTime,
    ) -> Duration {
        let Some(most) = self.max_age_hours else { return Duration::MAX };
        let at_answer = credential.freshness_hours().filter(|hours| *hours <= most);
        let (Some(hours), Ok(since)) = (at_answer, now.duration_since(credential.received_at()))
        else {
            return self.negative_ttl;
        };
        let refused_after = Duration::from_secs((u64::from(most - hours) + 1) * 3600);
        match refused_after.saturating_sub(since) {
            Duration::ZERO => self.negative_ttl,
            left => left,
        }
    }

    /// What an entry is charged with. No entry is charged less than its share of the bytes if the
    /// store were full of equals: so one sum bounds both their number and their bytes.
    pub(super) fn weight_of(&self, footprint: usize) -> u64 {
        let own = footprint + size_of::<Entry>() + size_of::<CacheKey>() + Self::OVERHEAD;
        (own as u64).max(self.share())
    }

    pub(super) fn share(&self) -> u64 {
        self.max_bytes.div_ceil(self.capacity.max(1) as u64).max(1)
    }

    /// What the map keeps beside an entry.
    const OVERHEAD: usize = 64;
}
