use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::endpoint::{BaseUrlError, check_path};
use super::version::SeenVersions;
use super::{CallObserver, DEFAULT_BASE_URL, PassidClient, Shared};
use crate::ApiKey;
use crate::provider::{ClientSettings, client_settings};

/// Sets a [`PassidClient`] up; made by [`PassidClient::builder`]. The defaults of its bounds are ours
/// (decision P13).
#[must_use]
pub struct PassidClientBuilder {
    key: ApiKey,
    base_url: String,
    verify_path: String,
    settings: ClientSettings,
    observer: Option<Arc<dyn CallObserver>>,
}

impl PassidClientBuilder {
    /// As for every client.
    pub const DEFAULT_CONNECT_TIMEOUT: Duration = ClientSettings::DEFAULT_CONNECT_TIMEOUT;
    /// As for every client; the vendor's status page puts verify below 100 ms.
    pub const DEFAULT_ATTEMPT_TIMEOUT: Duration = ClientSettings::DEFAULT_ATTEMPT_TIMEOUT;
    /// As for every client.
    pub const DEFAULT_OPERATION_TIMEOUT: Duration = ClientSettings::DEFAULT_OPERATION_TIMEOUT;
    /// As for every client: a published answer has about 1 KiB.
    pub const DEFAULT_MAX_RESPONSE_BYTES: usize = ClientSettings::DEFAULT_MAX_RESPONSE_BYTES;

    pub(super) fn new(key: ApiKey) -> Self {
        Self {
            key,
            base_url: DEFAULT_BASE_URL.to_owned(),
            verify_path: "/v1/verify".to_owned(),
            settings: ClientSettings::new(concat!("passid-rust/", env!("CARGO_PKG_VERSION"))),
            observer: None,
        }
    }

    client_settings!(settings);

    /// Where the API is; [`DEFAULT_BASE_URL`] unless set. `https`, or plain `http` to a loopback
    /// address.
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.base_url = url.into();
        self
    }

    /// The path of verify: `/v1/verify` unless set. Other pages of the vendor call it
    /// `/api/v1/bridge/verify` (decision D4).
    pub fn verify_path(mut self, path: impl Into<String>) -> Self {
        self.verify_path = path.into();
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
        let base_url = self.settings.base_url(&self.base_url)?;
        check_path(&self.verify_path)?;
        let max_response_bytes = self.settings.max_response_bytes;
        Ok(PassidClient {
            shared: Arc::new(Shared {
                key: self.key,
                verify_path: self.verify_path,
                exchange: self.settings.exchange(&base_url)?,
                base_url,
                max_response_bytes,
                observer: self.observer,
                versions: SeenVersions::default(),
            }),
            timeout: None,
        })
    }
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
    /// A timeout or a limit of bytes is zero.
    #[error("timeouts and limits of bytes must be greater than zero")]
    Zero,
    /// The transport that the client brings could not be set up.
    #[error("the HTTP client could not be set up; check the user agent and the TLS library")]
    Transport(#[source] Box<dyn Error + Send + Sync>),
    /// The crate was built without a transport.
    #[error("enable the feature rustls or native-tls of the client's crate, or give a transport")]
    NoTransport,
}
