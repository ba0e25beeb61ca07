use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use passid_core::client::BaseUrlError;
use passid_core::provider::{CallObserver, ClientSettings, client_settings};

use super::auth::Auth;
use super::endpoint::Endpoint;
use super::{DocumentVerificationClient, ErrorKind, Region, Shared};
use crate::ClientCredentials;

/// Sets a [`DocumentVerificationClient`] up; made by [`DocumentVerificationClient::builder`]. The
/// defaults of its bounds are ours (decision P96).
#[must_use]
pub struct ClientBuilder {
    region: Region,
    credentials: ClientCredentials,
    host_url: String,
    settings: ClientSettings,
    max_image_bytes: usize,
    observer: Option<Arc<dyn CallObserver<ErrorKind>>>,
}

impl ClientBuilder {
    /// As for every client.
    pub const DEFAULT_CONNECT_TIMEOUT: Duration = ClientSettings::DEFAULT_CONNECT_TIMEOUT;
    /// Ours: an upload of an image takes its time.
    pub const DEFAULT_ATTEMPT_TIMEOUT: Duration = Duration::from_secs(10);
    /// Ours: less than the 15 s of a guard, so that it is the call that ends, with its reason.
    pub const DEFAULT_OPERATION_TIMEOUT: Duration = Duration::from_secs(14);
    /// As for every client: a result with everything in it has a few KiB.
    pub const DEFAULT_MAX_RESPONSE_BYTES: usize = ClientSettings::DEFAULT_MAX_RESPONSE_BYTES;
    /// Ours: the largest image, 3840 by 2160, has several MB.
    pub const DEFAULT_MAX_IMAGE_BYTES: usize = 16 * 1024 * 1024;

    pub(super) fn new(region: Region, credentials: ClientCredentials) -> Self {
        Self {
            region,
            credentials,
            host_url: region.host_url().to_owned(),
            settings: ClientSettings {
                attempt_timeout: Self::DEFAULT_ATTEMPT_TIMEOUT,
                operation_timeout: Self::DEFAULT_OPERATION_TIMEOUT,
                ..ClientSettings::new(concat!("passid-docverify/", env!("CARGO_PKG_VERSION")))
            },
            max_image_bytes: Self::DEFAULT_MAX_IMAGE_BYTES,
            observer: None,
        }
    }

    client_settings!(settings);

    /// Another host than the region's, such as an emulation of the API: `https`, or plain `http` to a
    /// loopback address. The world, sandbox or live, stays that of the region; a host of the vendor's
    /// that belongs to the other one is refused.
    pub fn host_url(mut self, url: impl Into<String>) -> Self {
        self.host_url = url.into();
        self
    }

    /// Longest image that is read or sent, in bytes; 16 MiB unless set.
    pub fn max_image_bytes(mut self, bytes: usize) -> Self {
        self.max_image_bytes = bytes;
        self
    }

    /// Who is told about every call that has ended: for metrics.
    pub fn observer(mut self, observer: Arc<dyn CallObserver<ErrorKind>>) -> Self {
        self.observer = Some(observer);
        self
    }

    /// The client.
    ///
    /// # Errors
    ///
    /// [`BuildError`] when the address is not acceptable, a bound is zero, or no transport can be had.
    pub fn build(self) -> Result<DocumentVerificationClient, BuildError> {
        let endpoint = Endpoint::parse(&self.host_url, &self.settings)?;
        // P142: test data would pass for that of real people, or the reverse.
        if endpoint.is_of_another_world_than(self.region) {
            return Err(BuildError::AnotherWorld);
        }
        if self.max_image_bytes == 0 {
            return Err(BuildError::Client(passid_core::client::BuildError::Zero));
        }
        let max_response_bytes = self.settings.max_response_bytes;
        Ok(DocumentVerificationClient {
            shared: Arc::new(Shared {
                auth: Auth::new(self.credentials, endpoint.token()),
                exchange: self.settings.exchange(endpoint.host())?,
                endpoint,
                environment: self.region.environment(),
                max_response_bytes,
                max_image_bytes: self.max_image_bytes,
                observer: self.observer,
            }),
        })
    }
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
    /// A host of the sandbox for a region of real people, or the reverse.
    #[error(
        "the host belongs to the other world, sandbox or live, than the region; name its region"
    )]
    AnotherWorld,
    /// A bound is zero, or no transport can be had.
    #[error(transparent)]
    Client(#[from] passid_core::client::BuildError),
}
