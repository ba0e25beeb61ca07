//! What one instance found out, for all of them: [`SharedVerifier`] (feature `redis`).
//!
//! ```text
//! verify ─▶ look (GETRANGE, a few milliseconds at most)
//!   ├─ an entry that opens ───────────────────────────────▶ verdict
//!   ├─ no answer from Redis ─▶ ask the provider ──────────▶ verdict
//!   └─ nothing ─▶ lease (SET NX PX, and the look once more)
//!                   ├─ taken: ask the provider ───────────▶ verdict, kept in the background
//!                   └─ another's: look again and again ───▶ its verdict, or after one lease our own
//! ```
//!
//! To invalidate is to put a tombstone in the place of the entry and to tell every instance. Whoever
//! keeps an answer says what it saw in that place before it asked; if something else is there by then,
//! a tombstone or a refusal, the answer is not kept (decision P73).

mod builder;
mod event;
mod invalidate;
mod message;
mod pending;
mod record;
mod resolve;
mod seal;
mod store;
mod write;

use std::fmt;
use std::sync::{Arc, Weak};

use tokio::sync::mpsc;

pub use builder::{SharedBuildError, SharedBuilder};
pub use event::{SHARED_EVENTS_METRIC, SharedEvent};

use super::cache::KeyHasher;
use super::{LocalCache, SharedLevel};
use crate::redis::{Keys, Redis};
use crate::{BoxFuture, Health, Probe, Subject, Token, Verdict, VerifierScope, Verify};
use builder::Settings;
use event::Counts;
use message::Caches;
use pending::Pending;
use seal::{Id, Seal};
use write::Write;

/// Shares verdicts between the instances of a service by Redis. Wraps any [`Verify`] that has a
/// [scope](Verify::scope); clones share everything.
///
/// - What one instance found out the others find in Redis, until the time to live is over, counted from
///   the provider's answer. Outages are never kept.
/// - While one instance asks about a token the others wait for its answer, and no longer than a
///   **lease**, should it never come.
/// - [`invalidate`](Self::invalidate) and [`clear`](Self::clear) forget for all instances, also what is
///   under way.
/// - **A stolen Redis tells nothing**: names are keyed hashes, and a value opens only with the
///   deployment's secret *and* the token it belongs to. What does not open is no entry.
/// - **A Redis that is slow or gone costs nothing but its use**: each request asks the provider, as
///   without it.
///
/// Every look is a call over the network: put a [`CachedVerifier`](crate::CachedVerifier) before it,
/// which then hears of what other instances forget. `docs/redis.md` of the
/// repository has the bounds, the reasons and what to watch.
///
/// ```no_run
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use std::time::Duration;
/// use passid_core::redis::{DeploymentSecret, Redis};
/// use passid_core::{ApiKey, CachedVerifier, Guard, PassidClient, Policy, SharedVerifier};
///
/// let secret = DeploymentSecret::parse(&std::env::var("DEPLOYMENT_SECRET")?)?;
/// let redis = Redis::builder(&std::env::var("REDIS_URL")?, &secret).build()?;
///
/// let client = PassidClient::builder(ApiKey::parse("pk_sandbox_your_key")?).build()?;
/// let ttl = Duration::from_secs(60);
/// let shared = SharedVerifier::builder(client, redis).ttl(ttl).build()?;
/// let cached = CachedVerifier::builder(shared).ttl(ttl).build()?;
/// let guard = Guard::new(cached, Policy::verified_only());
/// # let _ = guard;
/// # Ok(())
/// # }
/// ```
pub struct SharedVerifier<V> {
    shared: Arc<Shared<V>>,
}

struct Shared<V> {
    verifier: V,
    level: Arc<Level>,
}

/// Everything but the verifier.
struct Level {
    redis: Redis,
    scope: VerifierScope,
    scope_digest: [u8; 32],
    settings: Settings,
    writes: mpsc::Sender<Write>,
    pending: Arc<Pending>,
    /// The caches of this instance, and how they name a token, under each secret.
    caches: Arc<Caches>,
    hashers: Vec<KeyHasher>,
    counts: Arc<Counts>,
}

/// What stands for a token in Redis under one secret.
struct Place {
    id: Id,
    /// The name of its entry.
    entry: String,
    seal: Seal,
}

impl Level {
    /// The place under the current secret, then the one under the other secret, if there is one.
    fn places(&self, token: &Token) -> Vec<Place> {
        let place = |keys| {
            let id = Id::new(keys, &self.scope_digest, token);
            let seal = Seal::new(keys, &self.scope_digest, token);
            Place { id, entry: self.redis.key("v", id.0), seal }
        };
        self.redis.secrets().iter().map(place).collect()
    }

    /// How the caches of all instances name a token.
    fn cache_keys(&self, token: &Token) -> Vec<[u8; 16]> {
        self.hashers.iter().map(|hasher| hasher.key(token).to_bytes()).collect()
    }

    /// What stands for a subject in Redis, under each secret.
    fn subject_names(&self, subject: &Subject) -> Vec<(Id, String)> {
        let name = |keys| {
            let id = Id::of_subject(keys, &self.scope_digest, subject);
            (id, self.redis.key("s", id.0))
        };
        self.redis.secrets().iter().map(name).collect()
    }

    /// How the caches of all instances name a subject.
    fn subject_keys(&self, subject: &Subject) -> Vec<[u8; 16]> {
        self.hashers.iter().map(|hasher| hasher.subject(subject).to_bytes()).collect()
    }

    fn count(&self, event: SharedEvent) {
        self.counts.add(event);
    }
}

impl<V: Verify> SharedVerifier<V> {
    /// Starts a verifier that shares what `verifier` finds out.
    pub fn builder(verifier: V, redis: Redis) -> SharedBuilder<V> {
        SharedBuilder::new(verifier, redis)
    }

    /// The verifier inside: to ask it past Redis.
    pub fn inner(&self) -> &V {
        &self.shared.verifier
    }

    /// Has every instance forget what is known of a token, also what a call that is under way will say
    /// of it. The next request asks the provider.
    ///
    /// Returns at once; from then on this instance has forgotten it. While Redis is away the wish is
    /// kept, and sent as soon as it is back.
    pub fn invalidate(&self, token: &Token) {
        self.shared.level.forget_token(token);
    }

    /// Has every instance forget every credential of a subject, also what calls that are under way will
    /// say of it. For two hours what is in Redis is then not used for it: the provider is asked, and the
    /// caches in memory keep its answers as ever (decision P125).
    pub fn invalidate_subject(&self, subject: Subject) {
        self.shared.level.forget_whom(&subject);
    }

    /// Has every instance forget everything.
    pub fn clear(&self) {
        self.shared.level.forget_everything();
    }

    /// How often something happened.
    pub fn count(&self, event: SharedEvent) -> u64 {
        self.shared.level.counts.of(event)
    }

    /// The counts in Prometheus' text form.
    pub fn to_prometheus(&self) -> String {
        self.shared.level.counts.to_prometheus()
    }
}

impl<V: Verify> Verify for SharedVerifier<V> {
    fn verify(&self, token: Token) -> BoxFuture<'static, Verdict> {
        Box::pin(self.shared.clone().resolve(token))
    }

    fn recognises(&self, token: &Token) -> bool {
        self.shared.verifier.recognises(token)
    }

    fn scope(&self) -> Option<VerifierScope> {
        Some(self.shared.level.scope.clone())
    }

    fn shared_level(&self) -> Option<Arc<dyn SharedLevel>> {
        Some(self.shared.level.clone())
    }
}

impl SharedLevel for Level {
    fn key_secret(&self) -> [u8; 64] {
        self.redis.secrets().first().map_or([0; 64], Keys::of_caches)
    }

    fn connect(&self, cache: Weak<dyn LocalCache>) {
        self.caches.add(cache);
    }

    fn forget(&self, token: &Token) {
        self.forget_token(token);
    }

    fn forget_subject(&self, subject: &Subject) {
        self.forget_whom(subject);
    }

    fn forget_all(&self) {
        self.forget_everything();
    }
}

/// Not shared: a probe asks how things are now. Redis has no say in it.
impl<V: Verify + Probe> Probe for SharedVerifier<V> {
    fn probe(&self) -> BoxFuture<'static, Health> {
        self.shared.verifier.probe()
    }
}

impl<V> Clone for SharedVerifier<V> {
    fn clone(&self) -> Self {
        Self { shared: self.shared.clone() }
    }
}

impl<V> fmt::Debug for SharedVerifier<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedVerifier")
            .field("settings", &self.shared.level.settings)
            .field("redis", &self.shared.level.redis)
            .finish_non_exhaustive()
    }
}
