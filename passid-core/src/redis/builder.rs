//! The settings of the connection, and what is wrong with them.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use redis::Client;
use secrecy::{ExposeSecret, SecretString};
use tokio::runtime::Handle;

use super::link::{Link, keep_open};
use super::secret::Keys;
use super::{DeploymentSecret, Redis, Shared};
use crate::{Clock, Entropy, SystemClock, SystemEntropy};

/// The bounds of a connection (decision P71).
#[derive(Clone, Copy, Debug)]
pub(super) struct Settings {
    pub(super) deadline: Duration,
    /// How long a command may take for which no request waits.
    pub(super) background: Duration,
    pub(super) connect_timeout: Duration,
    pub(super) reconnect_after: Duration,
    /// How often the subscription is asked whether it lives, and how long it may take to say so.
    pub(super) heartbeat: Duration,
    pub(super) failures: u32,
    pub(super) max_pending: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            deadline: Duration::from_millis(10),
            background: Duration::from_millis(250),
            connect_timeout: Duration::from_secs(1),
            reconnect_after: Duration::from_millis(100),
            heartbeat: Duration::from_secs(1),
            failures: 3,
            max_pending: 512,
        }
    }
}

/// Sets a [`Redis`] up; made by [`Redis::builder`]. The defaults are ours (decision P71).
#[must_use]
pub struct RedisBuilder {
    url: SecretString,
    secrets: Vec<Keys>,
    prefix: String,
    settings: Settings,
    runtime: Option<Handle>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
}

impl RedisBuilder {
    /// The longest deadline that is taken: beyond it Redis would no longer be a short way.
    pub const MAX_DEADLINE: Duration = Duration::from_secs(1);
    /// The longest prefix of keys, in bytes.
    pub const MAX_PREFIX: usize = 64;

    pub(super) fn new(url: &str, secret: &DeploymentSecret) -> Self {
        Self {
            url: url.into(),
            secrets: vec![secret.derive()],
            prefix: "passid".to_owned(),
            settings: Settings::default(),
            runtime: None,
            clock: Arc::new(SystemClock),
            entropy: Arc::new(SystemEntropy),
        }
    }

    /// A second secret, whose entries are read and forgotten too and whose messages are heard; for the
    /// time of a rotation. The last that is given counts.
    ///
    /// To rotate without a gap: give every instance the new secret as the other one; then make it the
    /// first and the old one the other; then leave the old one out (decision P78).
    pub fn other_secret(mut self, secret: &DeploymentSecret) -> Self {
        self.secrets.truncate(1);
        self.secrets.push(secret.derive());
        self
    }

    /// What every key and channel begins with; `passid` unless set.
    pub fn prefix(mut self, prefix: &str) -> Self {
        prefix.clone_into(&mut self.prefix);
        self
    }

    /// How long one request waits for Redis at most; 10 ms unless set.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.settings.deadline = deadline;
        self
    }

    /// After how many commands in a row without an answer Redis is not asked any more until it answers
    /// again; 3 unless set. A connection that breaks counts at once.
    pub fn failures(mut self, failures: u32) -> Self {
        self.settings.failures = failures;
        self
    }

    /// The pause before the first try to connect again; 100 ms unless set. It doubles from try to try,
    /// up to 16 times, and is up to half shorter, at random.
    pub fn reconnect_after(mut self, pause: Duration) -> Self {
        self.settings.reconnect_after = pause;
        self
    }

    /// How often the subscription is asked whether it lives; 1 s unless set. So long after it was lost
    /// at the latest, and as long again, an instance notices.
    pub fn heartbeat(mut self, every: Duration) -> Self {
        self.settings.heartbeat = every;
        self
    }

    /// How many commands may be under way at once; 512 unless set. Beyond that requests go on without
    /// Redis.
    pub fn max_pending(mut self, commands: usize) -> Self {
        self.settings.max_pending = commands;
        self
    }

    /// The runtime of the connection; the current one unless set.
    pub fn runtime(mut self, runtime: Handle) -> Self {
        self.runtime = Some(runtime);
        self
    }

    /// The clock of deadlines, pauses and the times to live of what is kept. Redis counts those of its
    /// keys by its own.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// The source of jitter.
    pub fn entropy(mut self, entropy: Arc<dyn Entropy>) -> Self {
        self.entropy = entropy;
        self
    }

    /// The connection, which is made in the background: a Redis that is away is no error.
    ///
    /// # Errors
    ///
    /// [`RedisBuildError`].
    pub fn build(self) -> Result<Redis, RedisBuildError> {
        check(&self.settings)?;
        let harmless = |byte: u8| byte.is_ascii_alphanumeric() || b"._:-".contains(&byte);
        let short = (1..=Self::MAX_PREFIX).contains(&self.prefix.len());
        if !short || !self.prefix.bytes().all(harmless) {
            return Err(RedisBuildError::Prefix);
        }
        // The error of the driver may hold the URL: it is left out.
        let client = Client::open(self.url.expose_secret()).map_err(|_| RedisBuildError::Url)?;
        let runtime = match self.runtime {
            Some(runtime) => runtime,
            None => Handle::try_current().map_err(|_| RedisBuildError::NoRuntime)?,
        };
        let link = Arc::new(Link::new(self.settings, client, self.clock, self.entropy));
        link.owns(runtime.spawn(keep_open(Arc::downgrade(&link))).abort_handle());
        let shared = Shared { link, secrets: self.secrets, prefix: self.prefix, runtime };
        Ok(Redis { shared: Arc::new(shared) })
    }
}

fn check(settings: &Settings) -> Result<(), RedisBuildError> {
    let zeros = [
        ("deadline", settings.deadline.is_zero()),
        ("failures", settings.failures == 0),
        ("reconnect_after", settings.reconnect_after.is_zero()),
        ("heartbeat", settings.heartbeat.is_zero()),
        ("max_pending", settings.max_pending == 0),
    ];
    if let Some((setting, _)) = zeros.into_iter().find(|(_, is_zero)| *is_zero) {
        return Err(RedisBuildError::Zero { setting });
    }
    if settings.deadline > RedisBuilder::MAX_DEADLINE {
        return Err(RedisBuildError::DeadlineTooLong);
    }
    Ok(())
}

impl fmt::Debug for RedisBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisBuilder")
            .field("prefix", &self.prefix)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

/// Why a connection cannot be set up. Never repeats the URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RedisBuildError {
    /// Not a URL of Redis, or one of TLS without the feature `redis-tls`.
    #[error(
        "the URL of Redis must begin with redis://, redis+unix:// or, with the feature redis-tls, \
         rediss://"
    )]
    Url,
    /// A prefix that is empty, too long, or of other characters.
    #[error("the prefix of keys is 1 to {} of A-Z a-z 0-9 . _ : -", RedisBuilder::MAX_PREFIX)]
    Prefix,
    /// A bound of zero would let nothing through.
    #[error("{setting} of Redis must be greater than zero")]
    Zero {
        /// The method of the builder.
        setting: &'static str,
    },
    /// A deadline beyond [`RedisBuilder::MAX_DEADLINE`].
    #[error("the deadline of Redis must be at most {:?}", RedisBuilder::MAX_DEADLINE)]
    DeadlineTooLong,
    /// There is no runtime to keep the connection on.
    #[error("build the connection inside a tokio runtime, or name one with RedisBuilder::runtime")]
    NoRuntime,
}
