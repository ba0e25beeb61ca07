use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;

use super::endpoint::{BaseUrl, BaseUrlError, check_path};
use super::version::SeenVersions;
use super::{CallObserver, DEFAULT_BASE_URL, PassidClient, RetrySettings, Shared, Transport};
use crate::{ApiKey, Clock, Entropy, SystemClock, SystemEntropy};

/// Sets a [`PassidClient`] up; made by [`PassidClient::builder`]. The defaults of its bounds are ours
/// (decision P13).
#[must_use]
pub struct PassidClientBuilder {
    key: ApiKey,
    base_url: String,
    plain_http_hosts: Vec<String>,
    verify_path: String,
    connect_timeout: Duration,
    attempt_timeout: Duration,
    operation_timeout: Duration,
    retry: RetrySettings,
    user_agent: String,
    max_response_bytes: usize,
    transport: Option<Arc<dyn Transport>>,
    runtime: Option<Handle>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    observer: Option<Arc<dyn CallObserver>>,
}

impl PassidClientBuilder {
    /// Ours.
    pub const DEFAULT_CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
    /// Ours; the vendor's status page puts verify below 100 ms.
    pub const DEFAULT_ATTEMPT_TIMEOUT: Duration = Duration::from_secs(5);
    /// Ours.
    pub const DEFAULT_OPERATION_TIMEOUT: Duration = Duration::from_secs(10);
    /// Ours: a published answer has about 1 KiB.
    pub const DEFAULT_MAX_RESPONSE_BYTES: usize = 256 * 1024;

    pub(super) fn new(key: ApiKey) -> Self {
        Self {
            key,
            base_url: DEFAULT_BASE_URL.to_owned(),
            plain_http_hosts: Vec::new(),
            verify_path: "/v1/verify".to_owned(),
            connect_timeout: Self::DEFAULT_CONNECT_TIMEOUT,
            attempt_timeout: Self::DEFAULT_ATTEMPT_TIMEOUT,
            operation_timeout: Self::DEFAULT_OPERATION_TIMEOUT,
            retry: RetrySettings::default(),
            user_agent: concat!("passid-rust/", env!("CARGO_PKG_VERSION")).to_owned(),
            max_response_bytes: Self::DEFAULT_MAX_RESPONSE_BYTES,
            transport: None,
            runtime: None,
            clock: Arc::new(SystemClock),
            entropy: Arc::new(SystemEntropy),
            observer: None,
        }
    }

    /// Where the API is; [`DEFAULT_BASE_URL`] unless set. `https`, or plain `http` to a loopback
    /// address.
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.base_url = url.into();
        self
    }

    /// Takes plain `http` for this host too. The key then travels in clear: only for a network that
    /// you own, such as a sandbox in a neighbouring container.
    pub fn allow_plain_http_to(mut self, host: impl Into<String>) -> Self {
        self.plain_http_hosts.push(host.into());
        self
    }

    /// The path of verify: `/v1/verify` unless set. Other pages of the vendor call it
    /// `/api/v1/bridge/verify` (decision D4).
    pub fn verify_path(mut self, path: impl Into<String>) -> Self {
        self.verify_path = path.into();
        self
    }

    /// Longest time for a connection to come about, with the transport that the client brings.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// Longest time for one try, answer included.
    pub fn attempt_timeout(mut self, timeout: Duration) -> Self {
        self.attempt_timeout = timeout;
        self
    }

    /// Longest time for a call: all tries and the delays between them.
    pub fn operation_timeout(mut self, timeout: Duration) -> Self {
        self.operation_timeout = timeout;
        self
    }

    /// When failed tries are repeated.
    pub fn retry(mut self, settings: RetrySettings) -> Self {
        self.retry = settings;
        self
    }

    /// The `User-Agent`; `passid-rust/VERSION` unless set.
    pub fn user_agent(mut self, name: impl Into<String>) -> Self {
        self.user_agent = name.into();
        self
    }

    /// Longest answer that is read, in bytes.
    pub fn max_response_bytes(mut self, bytes: usize) -> Self {
        self.max_response_bytes = bytes;
        self
    }

    /// Another transport, for tests or for a proxy.
    pub fn transport(mut self, transport: impl Transport) -> Self {
        self.transport = Some(Arc::new(transport));
        self
    }

    /// The tokio runtime that drives connections, with the transport that the client brings.
    ///
    /// Without it a connection lives on the runtime of the request that opened it. That is fine
    /// where there is one runtime. actix-web has one per worker: name one runtime here, so that no
    /// request waits on another worker's connection.
    pub fn runtime(mut self, runtime: Handle) -> Self {
        self.runtime = Some(runtime);
        self
    }

    /// The clock for deadlines, delays and expiry.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// The random numbers for delays and idempotency keys.
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
    /// [`BuildError`] when an address or path is not acceptable, a timeout is zero, or no transport
    /// can be had.
    pub fn build(self) -> Result<PassidClient, BuildError> {
        let base_url = BaseUrl::parse(&self.base_url, &self.plain_http_hosts)?;
        check_path(&self.verify_path)?;
        let timeouts = [self.connect_timeout, self.attempt_timeout, self.operation_timeout];
        if timeouts.contains(&Duration::ZERO) || self.max_response_bytes == 0 {
            return Err(BuildError::Zero);
        }
        let transport = match self.transport {
            Some(transport) => transport,
            None => own_transport(self.connect_timeout, &self.user_agent, &base_url, self.runtime)?,
        };
        Ok(PassidClient {
            shared: Arc::new(Shared {
                key: self.key,
                base_url,
                verify_path: self.verify_path,
                attempt_timeout: self.attempt_timeout,
                operation_timeout: self.operation_timeout,
                retry: self.retry,
                max_response_bytes: self.max_response_bytes,
                transport,
                clock: self.clock,
                entropy: self.entropy,
                observer: self.observer,
                versions: SeenVersions::default(),
            }),
            timeout: None,
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
    let mut transport = super::reqwest_transport::ReqwestTransport::builder()
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

impl fmt::Debug for PassidClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PassidClientBuilder").field("key", &self.key).finish_non_exhaustive()
    }
}

/// Why a client cannot be built.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// An address or path is not acceptable.
    #[error(transparent)]
    BaseUrl(#[from] BaseUrlError),
    /// A timeout or the response cap is zero.
    #[error("timeouts and the response cap must be greater than zero")]
    Zero,
    /// The transport that the client brings could not be set up.
    #[error("the HTTP client could not be set up; check the user agent and the TLS library")]
    Transport(#[source] Box<dyn Error + Send + Sync>),
    /// The crate was built without a transport.
    #[error("enable the feature rustls or native-tls of passid-core, or give a transport")]
    NoTransport,
}
