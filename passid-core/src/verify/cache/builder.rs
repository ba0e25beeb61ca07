//! The settings of a cache, and what is wrong with them.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;

use super::breaker::BreakerSettings;
use super::flight::Flights;
use super::key::KeyHasher;
use super::settings::Settings;
use super::store::Store;
use super::{CacheObserver, CachedVerifier, Shared};
use crate::{Clock, Entropy, SystemClock, SystemEntropy, Verify};

/// Sets a [`CachedVerifier`] up; made by [`CachedVerifier::builder`]. The defaults and the ceilings are
/// ours (decisions P50 and P54).
#[must_use]
pub struct CacheBuilder<V> {
    verifier: V,
    settings: Settings,
    runtime: Option<Handle>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    observer: Option<Arc<dyn CacheObserver>>,
}

/// The longest time to live of any entry, and the longest time past it.
const MAX_TIME: Duration = Duration::from_secs(3600);
/// A minute: as long as a revocation may go unseen.
const DEFAULT_TTL: Duration = Duration::from_secs(60);
const DEFAULT_CAPACITY: usize = 10_000;
const DEFAULT_MAX_BYTES: usize = 64 * 1024 * 1024;
const DEFAULT_NEGATIVE_TTL: Duration = Duration::from_secs(5);
const DEFAULT_NEGATIVE_CAPACITY: usize = 2_000;
const DEFAULT_DEADLINE: Duration = Duration::from_secs(5);
/// A little longer than the client's own bound, so that the client's more telling error comes first.
const DEFAULT_FLIGHT_TIMEOUT: Duration = Duration::from_secs(15);
const DEFAULT_MAX_IN_FLIGHT: usize = 256;
const DEFAULT_BREAKER: BreakerSettings =
    BreakerSettings { failures: 5, open_for: Duration::from_secs(5) };

impl<V: Verify> CacheBuilder<V> {
    pub(super) fn new(verifier: V) -> Self {
        Self {
            verifier,
            settings: Settings {
                ttl: DEFAULT_TTL,
                capacity: DEFAULT_CAPACITY,
                max_bytes: DEFAULT_MAX_BYTES as u64,
                negative_ttl: DEFAULT_NEGATIVE_TTL,
                negative_capacity: DEFAULT_NEGATIVE_CAPACITY,
                refresh_ahead: Duration::ZERO,
                stale: Duration::ZERO,
                max_age_hours: None,
                deadline: DEFAULT_DEADLINE,
                flight_timeout: DEFAULT_FLIGHT_TIMEOUT,
                max_in_flight: DEFAULT_MAX_IN_FLIGHT,
                breaker: Some(DEFAULT_BREAKER),
            },
            runtime: None,
            clock: Arc::new(SystemClock),
            entropy: Arc::new(SystemEntropy),
            observer: None,
        }
    }

    /// How long a credential is served without asking again; 60 s unless set, at most an hour, and up to
    /// a tenth shorter, so that entries do not end together. Never beyond the end of the credential. So long a
    /// revocation may go unseen.
    pub fn ttl(mut self, ttl: Duration) -> Self {
        self.settings.ttl = ttl;
        self
    }

    /// How many credentials are kept at most; 10,000 unless set. What is seldom asked for goes first.
    pub fn capacity(mut self, credentials: usize) -> Self {
        self.settings.capacity = credentials;
        self
    }

    /// How many bytes they take at most, by estimate; 64 MiB unless set.
    pub fn max_bytes(mut self, bytes: usize) -> Self {
        self.settings.max_bytes = bytes as u64;
        self
    }

    /// How long a refusal is served without asking again, and how many are kept at most; 5 s and 2,000
    /// unless set. A time of zero keeps none.
    pub fn negative(mut self, ttl: Duration, capacity: usize) -> Self {
        (self.settings.negative_ttl, self.settings.negative_capacity) = (ttl, capacity);
        self
    }

    /// Asks again in the background when an entry that is asked for has less than this to go; at most
    /// half the time to live. Off unless set.
    pub fn refresh_ahead(mut self, ahead: Duration) -> Self {
        self.settings.refresh_ahead = ahead;
        self
    }

    /// Serves a credential for this long after its time while the provider is silent: down, slow,
    /// rate-limiting, held back by the breaker. Off unless set; at most an hour.
    ///
    /// Never beyond the end of the credential, never after the provider refused it or it was
    /// invalidated, and never on an answer that cannot be read (decision P55). The credential says
    /// [`Served::Stale`](crate::Served::Stale).
    pub fn stale_if_error(mut self, time: Duration) -> Self {
        self.settings.stale = time;
        self
    }

    /// The age at which your policy refuses a credential, as in
    /// [`PolicyBuilder::max_credential_age_hours`](crate::PolicyBuilder::max_credential_age_hours): an
    /// entry then ends no later than that. Takes nothing off the policy, which looks at every request.
    pub fn max_credential_age_hours(mut self, hours: u32) -> Self {
        self.settings.max_age_hours = Some(hours);
        self
    }

    /// How long one caller waits at most; 5 s unless set. The call that it waits for goes on.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.settings.deadline = deadline;
        self
    }

    /// How long one call may take, whoever waits for it; 15 s unless set.
    pub fn call_timeout(mut self, timeout: Duration) -> Self {
        self.settings.flight_timeout = timeout;
        self
    }

    /// How many calls may be under way at once; 256 unless set. Beyond that the answer is 503 at once:
    /// there is no queue.
    pub fn max_in_flight(mut self, calls: usize) -> Self {
        self.settings.max_in_flight = calls;
        self
    }

    /// After how many failed calls in a row none are made, and for how long; then one call shows
    /// whether the provider is back. 5 and 5 s unless set. Only failures of transport and 5xx count
    /// (decision P56).
    pub fn breaker(mut self, failures: u32, open_for: Duration) -> Self {
        self.settings.breaker = Some(BreakerSettings { failures, open_for });
        self
    }

    /// Without a circuit breaker: each miss asks, however often that failed.
    pub fn without_breaker(mut self) -> Self {
        self.settings.breaker = None;
        self
    }

    /// The tokio runtime that makes the calls; the one in which [`build`](Self::build) is called unless
    /// set. Its timer must be on.
    ///
    /// actix-web has a runtime per worker: name one that outlives them.
    pub fn runtime(mut self, runtime: Handle) -> Self {
        self.runtime = Some(runtime);
        self
    }

    /// The clock that all bounds in time are read from.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// The random numbers by which times to live differ.
    pub fn entropy(mut self, entropy: Arc<dyn Entropy>) -> Self {
        self.entropy = entropy;
        self
    }

    /// Who is told about everything that happens: for metrics.
    pub fn observer(mut self, observer: impl CacheObserver) -> Self {
        self.observer = Some(Arc::new(observer));
        self
    }

    /// The cache.
    ///
    /// # Errors
    ///
    /// [`CacheBuildError`] when a bound is zero or too long, when the verifier uses up what it
    /// verifies or only chooses among others, when there is no runtime to make calls on, or no
    /// random numbers are to be had.
    pub fn build(self) -> Result<CachedVerifier<V>, CacheBuildError> {
        if !self.verifier.is_repeatable() {
            return Err(CacheBuildError::OneTime);
        }
        if self.verifier.is_choice() {
            return Err(CacheBuildError::Choice);
        }
        check(&self.settings)?;
        let runtime = match self.runtime {
            Some(runtime) => runtime,
            None => Handle::try_current().map_err(|_| CacheBuildError::NoRuntime)?,
        };
        let (level, scope) = (self.verifier.shared_level(), self.verifier.scope());
        let hasher = match &level {
            // P74: keys that the other instances know too, so that they can say what to forget.
            Some(level) => KeyHasher::new(&level.key_secret(), scope.as_ref()),
            None => KeyHasher::random(scope.as_ref())?,
        };
        let shared = Shared {
            hasher,
            verifier: self.verifier,
            store: Store::new(&self.settings),
            flights: Flights::new(&self.settings),
            settings: self.settings,
            runtime,
            clock: self.clock,
            entropy: self.entropy,
            observer: self.observer,
            level,
        };
        let shared = Arc::new(shared);
        if let Some(level) = &shared.level {
            let cache = Arc::downgrade(&shared);
            level.connect(cache);
        }
        Ok(CachedVerifier { shared })
    }
}

fn check(settings: &Settings) -> Result<(), CacheBuildError> {
    let breaker = settings.breaker.unwrap_or(DEFAULT_BREAKER);
    let zero = |duration: Duration| duration.is_zero();
    let zeros = [
        ("ttl", zero(settings.ttl)),
        ("capacity", settings.capacity == 0),
        ("max_bytes", settings.max_bytes == 0),
        ("negative capacity", settings.negative_capacity == 0),
        ("deadline", zero(settings.deadline)),
        ("call_timeout", zero(settings.flight_timeout)),
        ("max_in_flight", settings.max_in_flight == 0),
        ("breaker", breaker.failures == 0 || zero(breaker.open_for)),
    ];
    if let Some((setting, _)) = zeros.into_iter().find(|(_, is_zero)| *is_zero) {
        return Err(CacheBuildError::Zero { setting });
    }
    let times = [
        ("ttl", settings.ttl, MAX_TIME),
        ("negative", settings.negative_ttl, MAX_TIME),
        ("stale_if_error", settings.stale, MAX_TIME),
        ("refresh_ahead", settings.refresh_ahead, settings.ttl / 2),
    ];
    match times.into_iter().find(|(_, time, most)| time > most) {
        Some((setting, _, most)) => Err(CacheBuildError::TooLong { setting, most }),
        None => Ok(()),
    }
}

impl<V> fmt::Debug for CacheBuilder<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CacheBuilder").field("settings", &self.settings).finish_non_exhaustive()
    }
}

/// Why a cache cannot be built.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CacheBuildError {
    /// A bound of zero would keep or let through nothing.
    #[error("{setting} of the cache must be greater than zero")]
    Zero {
        /// The method of the builder.
        setting: &'static str,
    },
    /// A time beyond its ceiling.
    #[error("{setting} of the cache must be at most {most:?}")]
    TooLong {
        /// The method of the builder.
        setting: &'static str,
        /// The ceiling.
        most: Duration,
    },
    /// The verifier uses up what it verifies: [`RedeemingVerifier`](crate::RedeemingVerifier).
    #[error("a verifier of one-time codes must not be cached; guard with it directly")]
    OneTime,
    /// The verifier chooses among others: [`AnyOf`](crate::AnyOf), [`Routed`](crate::Routed) (decision
    /// P145).
    #[error("a choice of verifiers must not be cached; put a cache before each of them")]
    Choice,
    /// There is no runtime to make calls on.
    #[error("build the cache inside a tokio runtime, or name one with CacheBuilder::runtime")]
    NoRuntime,
    /// The secret of the keys cannot be made.
    #[error("the operating system gives no random numbers; the cache needs some for its keys")]
    NoRandomness,
}
