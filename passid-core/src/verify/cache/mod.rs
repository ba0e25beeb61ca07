//! What was found out a moment ago: [`CachedVerifier`].
//!
//! ```text
//! peek (no await) ── hit, refusal ─────────────────────────────────────▶ verdict
//!   └─ nothing ─▶ verify: under one lock, is there a flight for the token?
//!                   ├─ yes: wait for it, no longer than the own deadline
//!                   └─ no:  breaker, bulkhead ─▶ a new flight, in a task of its own
//!                             └─ lands: under the lock, keeps its answer only if nobody gave
//!                                       it up in the meantime; then tells those who wait
//! ```
//!
//! A flight is in the table of flights from its start to its landing. To invalidate is to take
//! entries out of the store **and** flights out of the table: what began before an invalidation finds
//! itself gone from the table when it lands, and keeps nothing.
//!
//! A second level that several instances share lies beneath this one, as a [`Verify`] that wraps the
//! client: one flight asks it once. It marks what it has kept as [`Served::Cached`](crate::Served), so
//! that the time which an answer has spent there counts here, and tells what to forget
//! ([`SharedLevel`]).

mod board;
mod breaker;
mod builder;
mod entry;
mod flight;
mod invalidate;
mod key;
mod landing;
#[cfg(feature = "metrics")]
mod metrics;
mod observe;
mod peek;
mod refresh;
mod settings;
mod stale;
mod store;
mod usage;

use std::fmt;
use std::sync::Arc;

use tokio::runtime::Handle;

pub use breaker::BreakerState;
pub use builder::{CacheBuildError, CacheBuilder};
#[cfg(feature = "metrics")]
pub use metrics::CacheMetrics;
pub use observe::{CacheCounters, CacheEvent, CacheObserver, EVENTS_METRIC};
pub use usage::CacheUsage;

#[cfg(feature = "redis")]
pub(super) use key::KeyHasher;

use super::SharedLevel;
use crate::{BoxFuture, Clock, Entropy, Health, Probe, Token, Verdict, VerifierScope, Verify};
use flight::Flights;
#[cfg(not(feature = "redis"))]
use key::KeyHasher;
use settings::Settings;
use store::Store;

/// Keeps verdicts for a short time and makes one call of any number of callers who ask at once. Wraps
/// any [`Verify`]; clones share everything.
///
/// Off unless you use it, because revocation must be seen (decision D33): what it serves may be as old
/// as its time to live, a minute unless set otherwise.
///
/// - A **hit** waits for nothing: the guard gets it from [`peek`](Verify::peek), and the claims are
///   shared, not copied. The policy looks at them all the same: decisions are not cached.
/// - A **refusal** that the provider declared is kept for a few seconds, apart from the credentials.
///   Outages are never kept.
/// - On a **miss** one call is made per token, in a task of its own: a caller who goes away neither
///   ends it nor causes another. Each caller waits no longer than its own deadline. Distinct calls are
///   bounded; beyond that the answer is 503 at once.
/// - While the provider is down a **circuit breaker** answers 503 at once, with `Retry-After`.
/// - [`invalidate`](Self::invalidate), [`invalidate_event`](Self::invalidate_event) and
///   [`clear`](Self::clear) forget, also what is under way.
///
/// Tokens are in none of its maps: keys are hashes under a secret of the process, and a credential
/// gets its token back from whoever presents it. `docs/caching.md` of the repository has the bounds,
/// the reasons and the names of the metrics.
///
/// ```
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use passid_core::{ApiKey, CachedVerifier, Guard, PassidClient, Policy, Served, Token, Verdict, Verify};
///
/// let sandbox = passid_sandbox::Sandbox::start().await?;
/// let client = PassidClient::builder(ApiKey::parse(sandbox.sandbox_key())?)
///     .base_url(sandbox.url())
///     .build()?;
///
/// let verifier = CachedVerifier::builder(client).build()?;
/// let token = Token::parse(passid_sandbox::demo::KENYA_TOKEN)?;
/// for served in [Served::Live, Served::Cached] {
///     let Verdict::Valid(credential) = verifier.verify(token.clone()).await else { panic!() };
///     assert_eq!(credential.served(), served);
/// }
/// assert_eq!(sandbox.calls(passid_sandbox::Route::Verify), 1);
///
/// verifier.invalidate(&token);
/// let guard = Guard::new(verifier.clone(), Policy::verified_only());
/// # let _ = guard;
/// # Ok(())
/// # }
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(example()).unwrap();
/// ```
pub struct CachedVerifier<V> {
    shared: Arc<Shared<V>>,
}

struct Shared<V> {
    verifier: V,
    hasher: KeyHasher,
    store: Store,
    flights: Flights,
    settings: Settings,
    runtime: Handle,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    observer: Option<Arc<dyn CacheObserver>>,
    /// What instances share beneath this cache.
    level: Option<Arc<dyn SharedLevel>>,
}

impl<V: Verify> CachedVerifier<V> {
    /// Starts a cache around a verifier.
    pub fn builder(verifier: V) -> CacheBuilder<V> {
        CacheBuilder::new(verifier)
    }

    /// The verifier inside: to ask it past the cache.
    pub fn inner(&self) -> &V {
        &self.shared.verifier
    }
}

impl<V> Shared<V> {
    /// Never under the lock of the flights: the observer is somebody else's code.
    fn tell(&self, event: CacheEvent) {
        match event {
            CacheEvent::BreakerOpened => tracing::warn!(
                target: "passid::cache",
                "the provider failed repeatedly; calls are held back"
            ),
            CacheEvent::BreakerClosed => {
                tracing::info!(target: "passid::cache", "the provider answers again");
            }
            CacheEvent::Lost => {
                tracing::error!(target: "passid::cache", "a verification was lost: it panicked, or its runtime ended");
            }
            _ => {}
        }
        if let Some(observer) = &self.observer {
            observer.happened(event);
        }
    }
}

impl<V: Verify> Verify for CachedVerifier<V> {
    fn peek(&self, token: &Token) -> Option<Verdict> {
        self.shared.peek(token)
    }

    fn verify(&self, token: Token) -> BoxFuture<'static, Verdict> {
        Box::pin(self.shared.clone().resolve(token))
    }

    fn recognises(&self, token: &Token) -> bool {
        self.shared.verifier.recognises(token)
    }

    fn is_repeatable(&self) -> bool {
        self.shared.verifier.is_repeatable()
    }

    fn scope(&self) -> Option<VerifierScope> {
        self.shared.verifier.scope()
    }

    fn shared_level(&self) -> Option<Arc<dyn SharedLevel>> {
        self.shared.level.clone()
    }
}

/// Not cached: a probe asks how things are now.
impl<V: Verify + Probe> Probe for CachedVerifier<V> {
    fn probe(&self) -> BoxFuture<'static, Health> {
        self.shared.verifier.probe()
    }
}

impl<V> Clone for CachedVerifier<V> {
    fn clone(&self) -> Self {
        Self { shared: self.shared.clone() }
    }
}

impl<V> fmt::Debug for CachedVerifier<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CachedVerifier")
            .field("settings", &self.shared.settings)
            .field("store", &self.shared.store)
            .finish_non_exhaustive()
    }
}
