//! Entries: a verdict, and until when it may be served.

use std::time::{Duration, SystemTime};

use super::settings::Settings;
use crate::{Clock, DenyReason, Served, VerifiedCredential};

/// The time by both clocks.
///
/// A wall clock can be set back and a monotonic one stands still while a machine sleeps; what is
/// bounded by both outlives its bound in neither case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Moment {
    pub(super) elapsed: Duration,
    pub(super) wall: SystemTime,
}

impl Moment {
    pub(super) fn now(clock: &dyn Clock) -> Self {
        Self { elapsed: clock.elapsed(), wall: clock.now() }
    }

    /// `None` where a clock does not reach that far.
    fn after(self, by: Duration) -> Option<Self> {
        let (elapsed, wall) = (self.elapsed.checked_add(by)?, self.wall.checked_add(by)?);
        Some(Self { elapsed, wall })
    }

    pub(super) fn is_before(&self, end: &Self) -> bool {
        self.elapsed < end.elapsed && self.wall < end.wall
    }
}

/// A valid credential. A clone shares it.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) credential: VerifiedCredential,
    fresh_until: Moment,
    stale_until: Moment,
    /// From when on a hit asks for a new answer in the background.
    refresh_at: Option<Duration>,
    /// What the entry is charged with against the bounds of the store.
    pub(super) weight: u64,
}

/// How a credential may be served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Life {
    Fresh,
    Stale,
    Over,
}

impl Entry {
    /// `None` for a credential that may not be kept at all. `jitter` is uniform over all numbers.
    pub(super) fn new(
        credential: VerifiedCredential,
        settings: &Settings,
        now: Moment,
        jitter: u64,
    ) -> Option<Self> {
        let ttl = shortened(settings.ttl, jitter);
        // What a cache beneath this one has kept for a while has that much less to go.
        let spent = match credential.served() {
            Served::Live => Duration::ZERO,
            _ => now.wall.duration_since(credential.received_at()).unwrap_or(Duration::ZERO),
        };
        let left = match credential.expires_at() {
            Some(end) => end.duration_since(now.wall).unwrap_or(Duration::ZERO),
            None => Duration::MAX,
        };
        let young = settings.too_old_after(&credential, now.wall);
        let of_ttl = ttl.saturating_sub(spent);
        let fresh = of_ttl.min(left).min(young);
        if fresh.is_zero() {
            return None;
        }
        let stale = fresh.saturating_add(settings.stale).min(left);
        let fresh_until = now.after(fresh)?;
        // Where something else ends the entry, a new answer would end at the same time.
        let refresh_at = (settings.refresh_ahead > Duration::ZERO && fresh == of_ttl)
            .then(|| fresh_until.elapsed.saturating_sub(settings.refresh_ahead));
        Some(Self {
            weight: settings.weight_of(credential.footprint()),
            credential: credential.served_as(Served::Cached),
            fresh_until,
            stale_until: now.after(stale)?,
            refresh_at,
        })
    }

    pub(super) fn life(&self, now: &Moment) -> Life {
        if now.is_before(&self.fresh_until) {
            Life::Fresh
        } else if now.is_before(&self.stale_until) {
            Life::Stale
        } else {
            Life::Over
        }
    }

    pub(super) fn wants_refresh(&self, now: &Moment) -> bool {
        self.refresh_at.is_some_and(|at| now.elapsed >= at)
    }

    /// The same entry, which asks for a new answer again only after a pause.
    pub(super) fn refreshed_later(mut self, now: &Moment, pause: Duration) -> Self {
        self.refresh_at = self.refresh_at.and(now.elapsed.checked_add(pause));
        self
    }
}

/// Shorter by up to a tenth, never longer: entries that came together do not end together.
fn shortened(ttl: Duration, jitter: u64) -> Duration {
    let most = ttl.as_nanos() / 10;
    let less = (most * u128::from(jitter)) >> 64;
    ttl.saturating_sub(Duration::from_nanos(u64::try_from(less).unwrap_or(u64::MAX)))
}

/// A definitive refusal.
#[derive(Clone, Debug)]
pub(super) struct Refusal {
    pub(super) reason: DenyReason,
    until: Moment,
}

impl Refusal {
    /// The longest word of a reason that is kept, in bytes.
    const MAX_REASON: usize = 64;

    /// `None` where refusals are not kept, or not this one.
    pub(super) fn new(reason: &DenyReason, settings: &Settings, now: Moment) -> Option<Self> {
        if settings.negative_ttl.is_zero() || reason.as_str().len() > Self::MAX_REASON {
            return None;
        }
        Some(Self { reason: reason.clone(), until: now.after(settings.negative_ttl)? })
    }

    pub(super) fn holds(&self, now: &Moment) -> bool {
        now.is_before(&self.until)
    }
}

#[cfg(test)]
mod tests;
