use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use passid_core::client::{BaseUrlError, RetrySettings, Transport};
use passid_core::provider::Exchange;
use passid_core::{Clock, Entropy, SystemClock, SystemEntropy};

use super::auth::Auth;
use super::endpoint::Endpoint;
use super::{CallObserver, DocumentVerificationClient, Region, Shared};
use crate::ClientCredentials;

/// Sets a [`DocumentVerificationClient`] up; made by [`DocumentVerificationClient::builder`]. The
/// defaults of its bounds are ours (decision P96).
#[must_use]
pub struct ClientBuilder {
    region: Region,
    credentials: ClientCredentials,
    host_url: String,
    plain_http_hosts: Vec<String>,
    attempt_timeout: Duration,
    operation_timeout: Duration,
    retry: RetrySettings,
    max_response_bytes: usize,
    max_image_bytes: usize,
    transport: Option<Arc<dyn Transport>>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    observer: Option<Arc<dyn CallObserver>>,
}

impl ClientBuilder {
    /// Ours: an upload of an image takes its time.
    pub const DEFAULT_ATTEMPT_TIMEOUT: Duration = Duration::from_secs(10);
    /// Ours: less than the 15 s of a guard, so that it is the call that ends, with its reason.
    pub const DEFAULT_OPERATION_TIMEOUT: Duration = Duration::from_secs(14);
    /// Ours: a result with everything in it has a few KiB.
    pub const DEFAULT_MAX_RESPONSE_BYTES: usize = 256 * 1024;
    /// Ours: the largest image, 3840 by 2160, has several MB.
    pub const DEFAULT_MAX_IMAGE_BYTES: usize = 16 * 1024 * 1024;

    pub(super) fn new(region: Region, credentials: ClientCredentials) -> Self {
        Self {
            region,
            credentials,
            host_url: region.host_url().to_owned(),
            plain_http_hosts: Vec::new(),
            attempt_timeout: Self::DEFAULT_ATTEMPT_TIMEOUT,
            operation_timeout: Self::DEFAULT_OPERATION_TIMEOUT,
            retry: RetrySettings::default(),
            max_response_bytes: Self::DEFAULT_MAX_RESPONSE_BYTES,
            max_image_bytes: Self::DEFAULT_MAX_IMAGE_BYTES,
            transport: None,
            clock: Arc::new(SystemClock),
            entropy: Arc::new(SystemEntropy),
            observer: None,
        }
    }

    /// Another host than the region's, such as an emulation of the API: `https`, or plain `http` to a
    /// loopback address. The world, sandbox or live, stays that of the region.
    pub fn host_url(mut self, url: impl Into<String>) -> Self {
        self.host_url = url.into();
        self
    }

    /// Takes plain `http` for this host too. Secrets and images then travel in clear.
    pub fn allow_plain_http_to(mut self, host: impl Into<String>) -> Self {
        self.plain_http_hosts.push(host.into());
        self
    }

    /// Longest time for one try, answer included; 10 s unless set.
    pub fn attempt_timeout(mut self, timeout: Duration) -> Self {
        self.attempt_timeout = timeout;
        self
    }

    /// Longest time for a call: the access token, all tries, the delays between them, and the body of
    /// an image; 14 s unless set.
    pub fn operation_timeout(mut self, timeout: Duration) -> Self {
        self.operation_timeout = timeout;
        self
    }

    /// When failed tries are repeated.
    pub fn retry(mut self, settings: RetrySettings) -> Self {
        self.retry = settings;
        self
    }

    /// Longest answer that is read, in bytes; 256 KiB unless set.
    pub fn max_response_bytes(mut self, bytes: usize) -> Self {
        self.max_response_bytes = bytes;
        self
    }

    /// Longest image that is read or sent, in bytes; 16 MiB unless set.
    pub fn max_image_bytes(mut self, bytes: usize) -> Self {
        self.max_image_bytes = bytes;
        self
    }

    /// Another transport: for tests, for a proxy, or a
    /// `passid_core::provider::ReqwestTransport` with settings of its own.
    pub fn transport(mut self, transport: impl Transport) -> Self {
        self.transport = Some(Arc::new(transport));
        self
    }

    /// The clock for deadlines, delays, and the times of records.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// The random numbers for delays. States never come from here.
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
    pub fn build(self) -> Result<DocumentVerificationClient, BuildError> {
        let endpoint = Endpoint::parse(&self.host_url, &self.plain_http_hosts)?;
        let zero = self.attempt_timeout.is_zero() || self.operation_timeout.is_zero();
        if zero || self.max_response_bytes == 0 || self.max_image_bytes == 0 {
            return Err(BuildError::Zero);
        }
        let transport = match self.transport {
            Some(transport) => transport,
            None => own_transport(endpoint.host().is_https())?,
        };
        Ok(DocumentVerificationClient {
            shared: Arc::new(Shared {
                auth: Auth::new(self.credentials, endpoint.token()),
                endpoint,
                environment: self.region.environment(),
                exchange: Exchange {
                    transport,
                    clock: self.clock,
                    entropy: self.entropy,
                    retry: self.retry,
                    attempt_timeout: self.attempt_timeout,
                    operation_timeout: self.operation_timeout,
                },
                max_response_bytes: self.max_response_bytes,
                max_image_bytes: self.max_image_bytes,
                observer: self.observer,
            }),
        })
    }
}

#[cfg(any(feature = "rustls", feature = "native-tls"))]
fn own_transport(https_only: bool) -> Result<Arc<dyn Transport>, BuildError> {
    let transport = passid_core::provider::ReqwestTransport::builder().https_only(https_only);
    Ok(Arc::new(transport.build()?))
}

#[cfg(not(any(feature = "rustls", feature = "native-tls")))]
fn own_transport(_: bool) -> Result<Arc<dyn Transport>, BuildError> {
    Err(BuildError::NoTransport)
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder").field("region", &self.region).finish_non_exhaustive()
    }
}

/// Why a client cannot be built.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// The address is not acceptable.
    #[error(transparent)]
    HostUrl(#[from] BaseUrlError),
    /// A bound is zero.
    #[error("timeouts and byte limits must be greater than zero")]
    Zero,
    /// The transport that the client brings could not be set up.
    #[error(transparent)]
    Transport(#[from] passid_core::client::BuildError),
    /// The crate was built without a transport.
    #[error("enable the feature rustls or native-tls of passid-docverify, or give a transport")]
    NoTransport,
}
