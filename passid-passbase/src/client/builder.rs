use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use passid_core::client::BuildError;
use passid_core::provider::{ClientSettings, client_settings};

use super::{CallObserver, DEFAULT_BASE_URL, ErrorKind, PassbaseClient, Shared};
use crate::SecretKey;

/// Sets a [`PassbaseClient`] up. Its bounds are ours (decision P81).
#[must_use]
pub struct PassbaseClientBuilder {
    key: SecretKey,
    base_url: String,
    settings: ClientSettings,
    max_file_bytes: usize,
    observer: Option<Arc<dyn CallObserver<ErrorKind>>>,
}

impl PassbaseClientBuilder {
    /// As for every client.
    pub const DEFAULT_CONNECT_TIMEOUT: Duration = ClientSettings::DEFAULT_CONNECT_TIMEOUT;
    /// As for every client.
    pub const DEFAULT_ATTEMPT_TIMEOUT: Duration = ClientSettings::DEFAULT_ATTEMPT_TIMEOUT;
    /// As for every client.
    pub const DEFAULT_OPERATION_TIMEOUT: Duration = ClientSettings::DEFAULT_OPERATION_TIMEOUT;
    /// Longest answer that is read, in bytes: a page of 100 identities has about 300 KiB.
    pub const DEFAULT_MAX_RESPONSE_BYTES: usize = 4 * 1024 * 1024;
    /// Longest file that is read, in bytes: a video of a face.
    pub const DEFAULT_MAX_FILE_BYTES: usize = 64 * 1024 * 1024;

    pub(super) fn new(key: SecretKey) -> Self {
        // P81: the bounds.
        Self {
            key,
            base_url: DEFAULT_BASE_URL.to_owned(),
            settings: ClientSettings {
                max_response_bytes: Self::DEFAULT_MAX_RESPONSE_BYTES,
                ..ClientSettings::new(concat!("passid-passbase/", env!("CARGO_PKG_VERSION")))
            },
            max_file_bytes: Self::DEFAULT_MAX_FILE_BYTES,
            observer: None,
        }
    }

    client_settings!(settings);

    /// Where the API is, version included; [`DEFAULT_BASE_URL`] unless set. `https`, or plain `http`
    /// to a loopback address.
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.base_url = url.into();
        self
    }

    /// Longest file that is read, in bytes; 64 MiB unless set.
    pub fn max_file_bytes(mut self, bytes: usize) -> Self {
        self.max_file_bytes = bytes;
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
    pub fn build(self) -> Result<PassbaseClient, BuildError> {
        let base_url = self.settings.base_url(&self.base_url)?;
        if self.max_file_bytes == 0 {
            return Err(BuildError::Zero);
        }
        let max_response_bytes = self.settings.max_response_bytes;
        let shared = Shared {
            key: self.key,
            exchange: self.settings.exchange(&base_url)?,
            base_url,
            max_response_bytes,
            max_file_bytes: self.max_file_bytes,
            observer: self.observer,
        };
        Ok(PassbaseClient { shared: Arc::new(shared) })
    }
}

impl fmt::Debug for PassbaseClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PassbaseClientBuilder").field("key", &self.key).finish_non_exhaustive()
    }
}
