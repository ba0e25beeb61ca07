//! The settings of what is shared, and what is wrong with them.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;

use super::event::Counts;
use super::message::{Caches, Hearer, Sender};
use super::pending::Pending;
use super::{Level, Shared, SharedVerifier, invalidate, write};
use crate::Verify;
use crate::redis::Redis;
use crate::verify::cache::KeyHasher;

/// The bounds of what is shared (decision P71).
#[derive(Clone, Copy, Debug)]
pub(super) struct Settings {
    pub(super) ttl: Duration,
    pub(super) negative_ttl: Duration,
    pub(super) refresh_ahead: Duration,
    pub(super) lease: Duration,
    pub(super) max_writes: usize,
}

impl Settings {
    /// How long a tombstone stands. A call that takes longer is not kept, so that none outlives it.
    pub(super) const TOMBSTONE: Duration = Duration::from_secs(60);
    /// The longest that an answer may take from the look that came before it, to be kept.
    pub(super) const LONGEST_CALL: Duration = Duration::from_secs(45);
}

/// Sets a [`SharedVerifier`] up; made by [`SharedVerifier::builder`]. The defaults and the ceilings are
/// ours (decision P71).
#[must_use]
pub struct SharedBuilder<V> {
    verifier: V,
    redis: Redis,
    settings: Settings,
}

impl<V: Verify> SharedBuilder<V> {
    /// The longest time to live that is taken: an hour.
    pub const MAX_TTL: Duration = Duration::from_secs(3600);
    /// The longest lease that is taken.
    pub const MAX_LEASE: Duration = Duration::from_secs(30);

    pub(super) fn new(verifier: V, redis: Redis) -> Self {
        let settings = Settings {
            ttl: Duration::from_secs(60),
            negative_ttl: Duration::from_secs(5),
            refresh_ahead: Duration::ZERO,
            lease: Duration::from_secs(2),
            max_writes: 1_024,
        };
        Self { verifier, redis, settings }
    }

    /// How long a credential is served from Redis, counted from the provider's answer; 60 s unless set.
    /// Never beyond its end.
    pub fn ttl(mut self, ttl: Duration) -> Self {
        self.settings.ttl = ttl;
        self
    }

    /// How long a refusal that the provider declared is served; 5 s unless set. Zero keeps none.
    pub fn negative_ttl(mut self, ttl: Duration) -> Self {
        self.settings.negative_ttl = ttl;
        self
    }

    /// Takes a credential with less than this to go for none, so that one instance asks again before it
    /// ends. Set it to what the cache before this is set to; off unless set.
    pub fn refresh_ahead(mut self, ahead: Duration) -> Self {
        self.settings.refresh_ahead = ahead;
        self
    }

    /// How long one instance may ask while the others wait; 2 s unless set. So long at most the death
    /// of the one that asks delays the others.
    pub fn lease(mut self, lease: Duration) -> Self {
        self.settings.lease = lease;
        self
    }

    /// How many answers may wait to be written; 1,024 unless set. Beyond that they are not kept.
    pub fn max_writes(mut self, writes: usize) -> Self {
        self.settings.max_writes = writes;
        self
    }

    /// The verifier.
    ///
    /// # Errors
    ///
    /// [`SharedBuildError`].
    pub fn build(self) -> Result<SharedVerifier<V>, SharedBuildError> {
        check(&self.settings, Self::MAX_TTL, Self::MAX_LEASE)?;
        let scope = self.verifier.scope().ok_or(SharedBuildError::NoScope)?;
        let (writes, queue) = mpsc::channel(self.settings.max_writes);
        let counts = Arc::new(Counts::default());
        let pending = Arc::new(Pending::default());

        let runtime = self.redis.runtime();
        // Each ends once the verifier is gone: the queue closes, and `pending` is held weakly.
        runtime.spawn(write::work(self.redis.clone(), queue, counts.clone()));
        let caches = Arc::new(Caches::default());
        let sender: Sender = self.redis.entropy().bits().to_be_bytes();
        let sending = invalidate::send(self.redis.clone(), sender, &pending, counts.clone());
        runtime.spawn(sending);
        let hearer = Hearer::new(&self.redis, sender, caches.clone(), counts.clone());
        self.redis.listen(self.redis.name("i"), hearer);
        let hasher = |keys: &crate::redis::Keys| KeyHasher::new(&keys.of_caches(), Some(&scope));
        let hashers = self.redis.secrets().iter().map(hasher).collect();

        let level = Level {
            scope_digest: scope.digest(),
            redis: self.redis,
            scope,
            settings: self.settings,
            writes,
            pending,
            caches,
            hashers,
            counts,
        };
        Ok(SharedVerifier {
            shared: Arc::new(Shared { verifier: self.verifier, level: Arc::new(level) }),
        })
    }
}

fn check(
    settings: &Settings,
    max_ttl: Duration,
    max_lease: Duration,
) -> Result<(), SharedBuildError> {
    let zeros = [
        ("ttl", settings.ttl.is_zero()),
        ("lease", settings.lease.is_zero()),
        ("max_writes", settings.max_writes == 0),
    ];
    if let Some((setting, _)) = zeros.into_iter().find(|(_, is_zero)| *is_zero) {
        return Err(SharedBuildError::Zero { setting });
    }
    let times = [
        ("ttl", settings.ttl, max_ttl),
        ("negative_ttl", settings.negative_ttl, max_ttl),
        ("refresh_ahead", settings.refresh_ahead, settings.ttl / 2),
        ("lease", settings.lease, max_lease),
    ];
    match times.into_iter().find(|(_, time, most)| time > most) {
        Some((setting, _, most)) => Err(SharedBuildError::TooLong { setting, most }),
        None => Ok(()),
    }
}

impl<V> fmt::Debug for SharedBuilder<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedBuilder").field("settings", &self.settings).finish_non_exhaustive()
    }
}

/// Why verdicts cannot be shared.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SharedBuildError {
    /// The verifier does not say what its verdicts depend on, so that those of another could be taken
    /// for its own.
    #[error("the verifier has no scope; implement Verify::scope to share its verdicts")]
    NoScope,
    /// A bound of zero would keep or let through nothing.
    #[error("{setting} of shared verdicts must be greater than zero")]
    Zero {
        /// The method of the builder.
        setting: &'static str,
    },
    /// A time beyond its ceiling.
    #[error("{setting} of shared verdicts must be at most {most:?}")]
    TooLong {
        /// The method of the builder.
        setting: &'static str,
        /// The ceiling.
        most: Duration,
    },
}
