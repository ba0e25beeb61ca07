//! Redis, or Valkey, between the instances of a service (feature `redis`): what
//! [`SharedVerifier`](crate::SharedVerifier) and [`AttemptLimiter`](crate::AttemptLimiter) stand on.
//!
//! Redis makes a service quicker and is never needed for an answer. No request waits longer for it than
//! a few milliseconds; while it does not answer nobody asks it; and nothing passes because of it.
//!
//! Only commands that Redis 6.2 and Valkey have: `GET`, `GETRANGE`, `SET`, `DEL`, `PING`, `PUBLISH`, `SUBSCRIBE`,
//! and short scripts (`EVALSHA`, `SCRIPT LOAD`). One server, or one primary with replicas behind one
//! address; not Redis Cluster.

mod builder;
mod link;
mod listen;
mod secret;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use ::redis::RedisResult;
use ::redis::aio::MultiplexedConnection;
use tokio::runtime::Handle;
use tokio::sync::watch;

pub use builder::{RedisBuildError, RedisBuilder};
pub(crate) use link::NoAnswer;
pub use link::RedisHealth;
pub(crate) use listen::Listener;
pub use secret::{DeploymentSecret, DeploymentSecretError};
pub(crate) use secret::{Keys, hex};

use crate::{Clock, Entropy};
use link::Link;

/// A Redis that the instances of a deployment share. Clones share the connection, which is made and
/// made again in the background.
///
/// ```no_run
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use passid_core::redis::{DeploymentSecret, Redis};
/// use passid_core::{ApiKey, PassidClient, SharedVerifier};
///
/// let secret = DeploymentSecret::parse(&std::env::var("DEPLOYMENT_SECRET")?)?;
/// let redis = Redis::builder("redis://127.0.0.1:6379", &secret).build()?;
///
/// let client = PassidClient::builder(ApiKey::parse("pk_sandbox_your_key")?).build()?;
/// let verifier = SharedVerifier::builder(client, redis).build()?;
/// # let _ = verifier;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Redis {
    shared: Arc<Shared>,
}

struct Shared {
    link: Arc<Link>,
    secrets: Vec<Keys>,
    prefix: String,
    runtime: Handle,
}

impl Redis {
    /// Starts a connection to a URL: `redis://`, `rediss://` with the feature `redis-tls`, or
    /// `redis+unix://`. It may hold a user and a password.
    pub fn builder(url: &str, secret: &DeploymentSecret) -> RedisBuilder {
        RedisBuilder::new(url, secret)
    }

    /// How the way to it has fared: for metrics and readiness pages. A Redis that is away is no reason
    /// to take an instance out of service.
    pub fn health(&self) -> RedisHealth {
        self.shared.link.health()
    }

    /// Waits until there is a connection, for as long as given; whether there is one. Nothing needs it:
    /// for the start of a program, and for tests.
    pub async fn connected_within(&self, limit: Duration) -> bool {
        let mut up = self.shared.link.watch();
        let connected = up.wait_for(|number| *number != 0);
        crate::clock::within(&*self.clock(), limit, connected).await.is_some_and(|up| up.is_ok())
    }

    /// The keys of the current secret, then those of the other one, if there is one.
    pub(crate) fn secrets(&self) -> &[Keys] {
        &self.shared.secrets
    }

    /// What attempts are named with: the same in every instance.
    pub(crate) fn attempts_key(&self) -> Option<[u8; 32]> {
        self.secrets().first().map(|keys| keys.attempts)
    }

    /// The name of something in Redis: the prefix, the kind, and a keyed hash.
    pub(crate) fn key(&self, kind: &str, id: [u8; 16]) -> String {
        format!("{}:{kind}:{}", self.shared.prefix, hex(id))
    }

    /// The name of something of which there is one.
    pub(crate) fn name(&self, kind: &str) -> String {
        format!("{}:{kind}", self.shared.prefix)
    }

    pub(crate) fn clock(&self) -> Arc<dyn Clock> {
        self.shared.link.clock.clone()
    }

    pub(crate) fn entropy(&self) -> Arc<dyn Entropy> {
        self.shared.link.entropy.clone()
    }

    pub(crate) fn runtime(&self) -> &Handle {
        &self.shared.runtime
    }

    /// What one request waits at most.
    pub(crate) fn deadline(&self) -> Duration {
        self.shared.link.settings.deadline
    }

    /// Runs a command while a request waits: within `limit`, which is no longer than the deadline.
    pub(crate) async fn ask<T, F>(
        &self,
        limit: Duration,
        command: impl FnOnce(MultiplexedConnection) -> F,
    ) -> Result<(T, u64), NoAnswer>
    where
        F: Future<Output = RedisResult<T>>,
    {
        self.shared.link.run(limit.min(self.deadline()), command).await
    }

    /// Runs a command for which nobody waits.
    pub(crate) async fn tell<T, F>(
        &self,
        command: impl FnOnce(MultiplexedConnection) -> F,
    ) -> Result<(T, u64), NoAnswer>
    where
        F: Future<Output = RedisResult<T>>,
    {
        self.shared.link.run(self.shared.link.settings.background, command).await
    }

    /// The number of the connection in use and every change of it; zero while there is none.
    pub(crate) fn watch(&self) -> watch::Receiver<u64> {
        self.shared.link.watch()
    }

    /// Calls `listener` with every message on a channel, from now until the connection is dropped.
    pub(crate) fn listen(&self, channel: String, listener: impl Listener) {
        let task = listen::listen(Arc::downgrade(&self.shared.link), channel, listener);
        self.shared.link.owns(self.shared.runtime.spawn(task).abort_handle());
    }
}

impl fmt::Debug for Redis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redis")
            .field("prefix", &self.shared.prefix)
            .field("settings", &self.shared.link.settings)
            .field("health", &self.health())
            .finish_non_exhaustive()
    }
}
