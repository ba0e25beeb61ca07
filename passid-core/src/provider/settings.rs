//! What every client of this workspace can be told.

use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;

use super::{BaseUrl, Exchange};
use crate::client::{BaseUrlError, BuildError, RetrySettings, Transport};
use crate::{Clock, Entropy, SystemClock, SystemEntropy};

/// What every client of this workspace can be told, with defaults that are ours (decision P13).
///
/// A builder has them in a field, and the methods that set them by
/// [`client_settings!`](crate::provider::client_settings).
#[derive(Clone, Debug)]
pub struct ClientSettings {
    /// Hosts besides loopback addresses that plain `http` is taken for.
    pub plain_http_hosts: Vec<String>,
    /// Longest time for a connection to come about, with the transport that the client brings.
    pub connect_timeout: Duration,
    /// Longest time for one try, answer included.
    pub attempt_timeout: Duration,
    /// Longest time for a call: all tries and the delays between them.
    pub operation_timeout: Duration,
    /// When failed tries are repeated.
    pub retry: RetrySettings,
    /// The `User-Agent`, with the transport that the client brings.
    pub user_agent: String,
    /// Longest answer that is read, in bytes.
    pub max_response_bytes: usize,
    /// Who carries the requests; the transport that the client brings unless set.
    pub transport: Option<Arc<dyn Transport>>,
    /// The runtime that drives connections, with the transport that the client brings.
    pub runtime: Option<Handle>,
    /// The clock for deadlines, delays and times.
    pub clock: Arc<dyn Clock>,
    /// The random numbers for delays and idempotency keys.
    pub entropy: Arc<dyn Entropy>,
}

impl ClientSettings {
    /// Ours.
    pub const DEFAULT_CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
    /// Ours; PASSID's status page puts verify below 100 ms.
    pub const DEFAULT_ATTEMPT_TIMEOUT: Duration = Duration::from_secs(5);
    /// Ours.
    pub const DEFAULT_OPERATION_TIMEOUT: Duration = Duration::from_secs(10);
    /// Ours: a published answer of PASSID has about 1 KiB.
    pub const DEFAULT_MAX_RESPONSE_BYTES: usize = 256 * 1024;

    /// The defaults, under this name.
    pub fn new(user_agent: impl Into<String>) -> Self {
        Self {
            plain_http_hosts: Vec::new(),
            connect_timeout: Self::DEFAULT_CONNECT_TIMEOUT,
            attempt_timeout: Self::DEFAULT_ATTEMPT_TIMEOUT,
            operation_timeout: Self::DEFAULT_OPERATION_TIMEOUT,
            retry: RetrySettings::default(),
            user_agent: user_agent.into(),
            max_response_bytes: Self::DEFAULT_MAX_RESPONSE_BYTES,
            transport: None,
            runtime: None,
            clock: Arc::new(SystemClock),
            entropy: Arc::new(SystemEntropy),
        }
    }

    /// Reads an address under these settings.
    ///
    /// # Errors
    ///
    /// [`BaseUrlError`] as for [`BaseUrl::parse`].
    pub fn base_url(&self, raw: &str) -> Result<BaseUrl, BaseUrlError> {
        BaseUrl::parse(raw, &self.plain_http_hosts)
    }

    /// What carries calls to this address.
    ///
    /// # Errors
    ///
    /// [`BuildError`] when a bound is zero, or no transport can be had.
    pub fn exchange(self, base_url: &BaseUrl) -> Result<Exchange, BuildError> {
        let timeouts = [self.connect_timeout, self.attempt_timeout, self.operation_timeout];
        if timeouts.contains(&Duration::ZERO) || self.max_response_bytes == 0 {
            return Err(BuildError::Zero);
        }
        let transport = match self.transport {
            Some(transport) => transport,
            None => own_transport(self.connect_timeout, &self.user_agent, base_url, self.runtime)?,
        };
        Ok(Exchange {
            transport,
            clock: self.clock,
            entropy: self.entropy,
            retry: self.retry,
            attempt_timeout: self.attempt_timeout,
            operation_timeout: self.operation_timeout,
        })
    }
}

#[cfg(feature = "reqwest")]
fn own_transport(
    connect_timeout: Duration,
    user_agent: &str,
    base_url: &BaseUrl,
    runtime: Option<Handle>,
) -> Result<Arc<dyn Transport>, BuildError> {
    let mut transport = super::ReqwestTransport::builder()
        .connect_timeout(connect_timeout)
        .user_agent(user_agent)
        .https_only(base_url.is_https());
    if let Some(runtime) = runtime {
        transport = transport.runtime(runtime);
    }
    Ok(Arc::new(transport.build()?))
}

#[cfg(not(feature = "reqwest"))]
fn own_transport(
    _: Duration,
    _: &str,
    _: &BaseUrl,
    _: Option<Handle>,
) -> Result<Arc<dyn Transport>, BuildError> {
    Err(BuildError::NoTransport)
}

/// Writes the methods that set [`ClientSettings`](crate::provider::ClientSettings) into the `impl` of a
/// builder that has them in the field that is named. The builder has the constants
/// `DEFAULT_CONNECT_TIMEOUT`, `DEFAULT_ATTEMPT_TIMEOUT`, `DEFAULT_OPERATION_TIMEOUT` and
/// `DEFAULT_MAX_RESPONSE_BYTES`, which the methods point to.
///
/// ```
/// use std::time::Duration;
/// use passid_core::provider::{ClientSettings, client_settings};
///
/// struct Builder {
///     settings: ClientSettings,
/// }
///
/// impl Builder {
///     pub const DEFAULT_CONNECT_TIMEOUT: Duration = ClientSettings::DEFAULT_CONNECT_TIMEOUT;
///     pub const DEFAULT_ATTEMPT_TIMEOUT: Duration = ClientSettings::DEFAULT_ATTEMPT_TIMEOUT;
///     pub const DEFAULT_OPERATION_TIMEOUT: Duration = ClientSettings::DEFAULT_OPERATION_TIMEOUT;
///     pub const DEFAULT_MAX_RESPONSE_BYTES: usize = 64 * 1024;
///
///     client_settings!(settings);
/// }
///
/// let builder = Builder { settings: ClientSettings::new("our-client/1.0") };
/// let builder = builder.operation_timeout(Duration::from_secs(3));
/// assert_eq!(builder.settings.operation_timeout, Duration::from_secs(3));
/// ```
#[macro_export]
macro_rules! __client_settings {
    ($settings:ident) => {
        /// Takes plain `http` for this host too. Keys, tokens and what is read of people then travel in
        /// clear: only for a network that you own, such as a sandbox in a neighbouring container.
        pub fn allow_plain_http_to(mut self, host: impl Into<String>) -> Self {
            self.$settings.plain_http_hosts.push(host.into());
            self
        }

        /// Longest time for a connection to come about, with the transport that the client brings;
        /// [`DEFAULT_CONNECT_TIMEOUT`](Self::DEFAULT_CONNECT_TIMEOUT) unless set.
        pub fn connect_timeout(mut self, timeout: std::time::Duration) -> Self {
            self.$settings.connect_timeout = timeout;
            self
        }

        /// Longest time for one try, answer included;
        /// [`DEFAULT_ATTEMPT_TIMEOUT`](Self::DEFAULT_ATTEMPT_TIMEOUT) unless set.
        pub fn attempt_timeout(mut self, timeout: std::time::Duration) -> Self {
            self.$settings.attempt_timeout = timeout;
            self
        }

        /// Longest time for a call with everything in it: all tries and the delays between them, and
        /// where there are any, an access token and the body of a file. Each page of a list is a call.
        /// [`DEFAULT_OPERATION_TIMEOUT`](Self::DEFAULT_OPERATION_TIMEOUT) unless set.
        pub fn operation_timeout(mut self, timeout: std::time::Duration) -> Self {
            self.$settings.operation_timeout = timeout;
            self
        }

        /// When failed tries are repeated.
        pub fn retry(mut self, settings: $crate::client::RetrySettings) -> Self {
            self.$settings.retry = settings;
            self
        }

        /// The `User-Agent`, with the transport that the client brings; name and version of the library
        /// unless set.
        pub fn user_agent(mut self, name: impl Into<String>) -> Self {
            self.$settings.user_agent = name.into();
            self
        }

        /// Longest answer that is read, in bytes, files apart;
        /// [`DEFAULT_MAX_RESPONSE_BYTES`](Self::DEFAULT_MAX_RESPONSE_BYTES) unless set.
        pub fn max_response_bytes(mut self, bytes: usize) -> Self {
            self.$settings.max_response_bytes = bytes;
            self
        }

        /// Another transport: for tests, for a proxy, or a
        /// [`ReqwestTransport`](https://docs.rs/passid-core/latest/passid_core/provider/struct.ReqwestTransport.html)
        /// with settings of its own.
        pub fn transport(mut self, transport: impl $crate::client::Transport) -> Self {
            self.$settings.transport = Some(std::sync::Arc::new(transport));
            self
        }

        /// The tokio runtime that drives connections, with the transport that the client brings.
        ///
        /// Without it a connection lives on the runtime of the request that opened it. That is fine
        /// where there is one runtime. actix-web has one per worker: name one runtime here, so that no
        /// request waits on another worker's connection.
        pub fn runtime(mut self, runtime: $crate::provider::RuntimeHandle) -> Self {
            self.$settings.runtime = Some(runtime);
            self
        }

        /// The clock for deadlines, delays, expiry and ages.
        pub fn clock(mut self, clock: std::sync::Arc<dyn $crate::Clock>) -> Self {
            self.$settings.clock = clock;
            self
        }

        /// The random numbers for delays and idempotency keys: never for secrets.
        pub fn entropy(mut self, entropy: std::sync::Arc<dyn $crate::Entropy>) -> Self {
            self.$settings.entropy = entropy;
            self
        }
    };
}
