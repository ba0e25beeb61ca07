use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use passid_core::client::{BaseUrlError, RetrySettings, Transport};
use passid_core::provider::{BaseUrl, Exchange};
use passid_core::{Clock, Entropy, SystemClock, SystemEntropy};
use tokio::runtime::Handle;

use super::{CallObserver, DEFAULT_BASE_URL, PassbaseClient, Shared};
use crate::SecretKey;

/// Sets a [`PassbaseClient`] up. Its bounds are ours (decision P81).
#[must_use]
pub struct PassbaseClientBuilder {
    key: SecretKey,
    base_url: String,
    plain_http_hosts: Vec<String>,
    connect_timeout: Duration,
    attempt_timeout: Duration,
    operation_timeout: Duration,
    retry: RetrySettings,
    user_agent: String,
    max_response_bytes: usize,
    max_file_bytes: usize,
    transport: Option<Arc<dyn Transport>>,
    runtime: Option<Handle>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    observer: Option<Arc<dyn CallObserver>>,
}

impl PassbaseClientBuilder {
    /// Longest answer that is read, in bytes: a page of 100 identities has about 300 KiB.
    pub const DEFAULT_MAX_RESPONSE_BYTES: usize = 4 * 1024 * 1024;
    /// Longest file that is read, in bytes: a video of a face.
    pub const DEFAULT_MAX_FILE_BYTES: usize = 64 * 1024 * 1024;

    pub(super) fn new(key: SecretKey) -> Self {
        // P81: the bounds.
        Self {
            key,
            base_url: DEFAULT_BASE_URL.to_owned(),
            plain_http_hosts: Vec::new(),
            connect_timeout: Duration::from_secs(3),
            attempt_timeout: Duration::from_secs(5),
            operation_timeout: Duration::from_secs(10),
            retry: RetrySettings::default(),
            user_agent: concat!("passid-passbase/", env!("CARGO_PKG_VERSION")).to_owned(),
            max_response_bytes: Self::DEFAULT_MAX_RESPONSE_BYTES,
            max_file_bytes: Self::DEFAULT_MAX_FILE_BYTES,
            transport: None,
            runtime: None,
            clock: Arc::new(SystemClock),
            entropy: Arc::new(SystemEntropy),
            observer: None,
        }
    }

    /// Where the API is, version included; [`DEFAULT_BASE_URL`] unless set. `https`, or plain `http`
    /// to a loopback address.
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.base_url = url.into();
        self
    }

    /// Takes plain `http` for this host too. The key then travels in clear: only for a network that
    /// you own.
    pub fn allow_plain_http_to(mut self, host: impl Into<String>) -> Self {
        self.plain_http_hosts.push(host.into());
        self
    }

    /// Longest time for a connection to come about, with the transport that the client brings; 3 s
    /// unless set.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// Longest time for one try, answer included; 5 s unless set.
    pub fn attempt_timeout(mut self, timeout: Duration) -> Self {
        self.attempt_timeout = timeout;
        self
    }

    /// Longest time for a call, all tries, the delays between them and a file included; 10 s unless
    /// set. Of a list, for each page.
    pub fn operation_timeout(mut self, timeout: Duration) -> Self {
        self.operation_timeout = timeout;
        self
    }

    /// When failed tries are repeated.
    pub fn retry(mut self, settings: RetrySettings) -> Self {
        self.retry = settings;
        self
    }

    /// The `User-Agent`; `passid-passbase/VERSION` unless set.
    pub fn user_agent(mut self, name: impl Into<String>) -> Self {
        self.user_agent = name.into();
        self
    }

    /// Longest answer that is read, in bytes; files apart.
    pub fn max_response_bytes(mut self, bytes: usize) -> Self {
        self.max_response_bytes = bytes;
        self
    }

    /// Longest file that is read, in bytes.
    pub fn max_file_bytes(mut self, bytes: usize) -> Self {
        self.max_file_bytes = bytes;
        self
    }

    /// Another transport, for tests or for a proxy.
    pub fn transport(mut self, transport: impl Transport) -> Self {
        self.transport = Some(Arc::new(transport));
        self
    }

    /// The tokio runtime that drives connections, with the transport that the client brings. Name one
    /// where there are several, as in actix-web.
    pub fn runtime(mut self, runtime: Handle) -> Self {
        self.runtime = Some(runtime);
        self
    }

    /// The clock for deadlines, delays and ages.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// The random numbers for delays.
    pub fn entropy(mut self, entropy: Arc<dyn Entropy>) -> Self {
        self.entropy = entropy;
        self
    }

    /// Who is told about every call that has ended: for metrics.
    pub fn observer(mut self, observer: Arc<dyn CallObserver>) -> Self {
        self.observer = Some(observer);
        self
    }

    /// The client.
    ///
    /// # Errors
    ///
    /// [`BuildError`] when the address is not acceptable, a bound is zero, or no transport can be had.
    pub fn build(self) -> Result<PassbaseClient, BuildError> {
        let base_url = BaseUrl::parse(&self.base_url, &self.plain_http_hosts)?;
        let timeouts = [self.connect_timeout, self.attempt_timeout, self.operation_timeout];
        let sizes = [self.max_response_bytes, self.max_file_bytes];
        if timeouts.contains(&Duration::ZERO) || sizes.contains(&0) {
            return Err(BuildError::Zero);
        }
        let transport = match self.transport {
            Some(transport) => transport,
            None => own_transport(self.connect_timeout, self.user_agent, &base_url, self.runtime)?,
        };
        let exchange = Exchange {
            transport,
            clock: self.clock,
            entropy: self.entropy,
            retry: self.retry,
            attempt_timeout: self.attempt_timeout,
            operation_timeout: self.operation_timeout,
        };
        let shared = Shared {
            key: self.key,
            base_url,
            exchange,
            max_response_bytes: self.max_response_bytes,
            max_file_bytes: self.max_file_bytes,
            observer: self.observer,
        };
        Ok(PassbaseClient { shared: Arc::new(shared) })
    }
}

#[cfg(any(feature = "rustls", feature = "native-tls"))]
fn own_transport(
    connect_timeout: Duration,
    user_agent: String,
    base_url: &BaseUrl,
    runtime: Option<Handle>,
) -> Result<Arc<dyn Transport>, BuildError> {
    let mut transport = passid_core::provider::ReqwestTransport::builder()
        .connect_timeout(connect_timeout)
        .user_agent(user_agent)
        .https_only(base_url.is_https());
    if let Some(runtime) = runtime {
        transport = transport.runtime(runtime);
    }
    Ok(Arc::new(transport.build()?))
}

#[cfg(not(any(feature = "rustls", feature = "native-tls")))]
fn own_transport(
    _: Duration,
    _: String,
    _: &BaseUrl,
    _: Option<Handle>,
) -> Result<Arc<dyn Transport>, BuildError> {
    Err(BuildError::NoTransport)
}

impl fmt::Debug for PassbaseClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PassbaseClientBuilder").field("key", &self.key).finish_non_exhaustive()
    }
}

/// Why a client cannot be built.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// The address is not acceptable.
    #[error(transparent)]
    BaseUrl(#[from] BaseUrlError),
    /// A timeout or a size is zero.
    #[error("timeouts and sizes must be greater than zero")]
    Zero,
    /// The transport that the client brings could not be set up.
    #[error(transparent)]
    Transport(#[from] passid_core::client::BuildError),
    /// The crate was built without a transport.
    #[error("enable the feature rustls or native-tls of passid-passbase, or give a transport")]
    NoTransport,
}
