use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use passid_core::{ApiKey, ApiKeyError, Clock, Environment, SystemClock};
use tokio::net::TcpListener;

use crate::demo;
use crate::sandbox::Sandbox;
use crate::server::Server;
use crate::state::{Institution, State};

/// What a sandbox can be told before it starts. See [`Sandbox::builder`].
pub struct SandboxBuilder {
    listen: SocketAddr,
    sandbox_key: String,
    live_key: String,
    webhook_secret: String,
    strict_demo_codes: bool,
    clock: Arc<dyn Clock>,
}

impl SandboxBuilder {
    pub(crate) fn new() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            sandbox_key: demo::SANDBOX_KEY.to_owned(),
            live_key: demo::LIVE_KEY.to_owned(),
            webhook_secret: demo::WEBHOOK_SECRET.to_owned(),
            strict_demo_codes: false,
            clock: Arc::new(SystemClock),
        }
    }

    /// Where to listen. By default a free port of 127.0.0.1. Beyond loopback the control API does
    /// not answer.
    #[must_use]
    pub fn listen(mut self, address: SocketAddr) -> Self {
        self.listen = address;
        self
    }

    /// The institution key of the sandbox environment, in place of [`demo::SANDBOX_KEY`].
    #[must_use]
    pub fn sandbox_key(mut self, key: impl Into<String>) -> Self {
        self.sandbox_key = key.into();
        self
    }

    /// The institution key of the live environment, in place of [`demo::LIVE_KEY`].
    #[must_use]
    pub fn live_key(mut self, key: impl Into<String>) -> Self {
        self.live_key = key.into();
        self
    }

    /// The webhook secret, in place of [`demo::WEBHOOK_SECRET`].
    #[must_use]
    pub fn webhook_secret(mut self, secret: impl Into<String>) -> Self {
        self.webhook_secret = secret.into();
        self
    }

    /// Whether the three demo codes can be redeemed once only, like minted ones (decision D15).
    #[must_use]
    pub fn strict_demo_codes(mut self, strict: bool) -> Self {
        self.strict_demo_codes = strict;
        self
    }

    /// Where the time comes from, in place of the machine's clock.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Starts the sandbox on the current tokio runtime. It is ready when this returns.
    ///
    /// # Errors
    ///
    /// [`StartError`] when the address cannot be listened on, or a key or the secret is unusable.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime with I/O and time enabled, as everything of tokio does.
    pub async fn start(self) -> Result<Sandbox, StartError> {
        let institution = self.institution()?;
        let failed = |source| StartError::Bind { address: self.listen, source };
        let listener = TcpListener::bind(self.listen).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let state = Arc::new(State::new(institution, self.clock, self.strict_demo_codes));
        let server = Server::start(listener, address, Arc::clone(&state));
        Ok(Sandbox::new(address, state, server))
    }

    fn institution(&self) -> Result<Institution, StartError> {
        // D31: a key of another prefix is taken as it is, since its environment is stated here.
        let key = |raw: &str, environment| {
            ApiKey::in_environment(raw, environment)
                .map_err(|source| StartError::Key { environment, source })
        };
        let sandbox_key = key(&self.sandbox_key, Environment::Sandbox)?;
        let live_key = key(&self.live_key, Environment::Live)?;
        if sandbox_key.expose() == live_key.expose() {
            return Err(StartError::SameKey);
        }
        if self.webhook_secret.trim().is_empty() {
            return Err(StartError::BlankWebhookSecret);
        }
        Ok(Institution::new(sandbox_key, live_key, self.webhook_secret.clone()))
    }
}

impl fmt::Debug for SandboxBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SandboxBuilder")
            .field("listen", &self.listen)
            .field("strict_demo_codes", &self.strict_demo_codes)
            .field("clock", &self.clock)
            .finish_non_exhaustive()
    }
}

/// Why a sandbox does not start. Never repeats a key or secret.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The address cannot be listened on.
    #[error("cannot listen on {address}")]
    Bind {
        /// The address that was asked for.
        address: SocketAddr,
        /// What the operating system says.
        source: io::Error,
    },
    /// A key that cannot be one.
    #[error("the {environment} key cannot be used")]
    Key {
        /// Which of the two keys.
        environment: Environment,
        /// What is wrong with it.
        source: ApiKeyError,
    },
    /// One key for both environments.
    #[error("the sandbox key and the live key are the same; they keep the environments apart")]
    SameKey,
    /// A webhook secret of white space or nothing.
    #[error("the webhook secret is blank")]
    BlankWebhookSecret,
}
