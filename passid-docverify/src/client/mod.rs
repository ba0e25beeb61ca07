//! The client of the API.

mod auth;
mod builder;
mod call;
mod endpoint;
mod error;
mod images;
mod probe;
mod sessions;
mod wait;

use std::fmt;
use std::sync::Arc;

use passid_core::provider::{CallObserver, Exchange};
use passid_core::{Clock, Environment};

pub(crate) use auth::AccessToken;
use auth::Auth;
pub use builder::{BuildError, ClientBuilder};
use endpoint::Endpoint;
pub use endpoint::Region;
pub use error::{ApiError, ErrorKind};
pub use images::ImageStream;
pub use wait::AwaitedSession;
pub(crate) use wait::Poller;

use crate::ClientCredentials;

/// A client of the Document Verification API. Clones share connections and the access token.
///
/// Every call has one deadline, in which the access token is fetched if need be; reads are repeated
/// within it, creations never once bytes may have left. Answers are bounded, no redirect is followed.
///
/// ```
/// use passid_docverify::{ClientCredentials, DocumentVerificationClient, Region};
///
/// let credentials = ClientCredentials::new("my-application", "its-secret")?;
/// let client = DocumentVerificationClient::builder(Region::Sandbox, credentials).build()?;
/// # let _ = client;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct DocumentVerificationClient {
    shared: Arc<Shared>,
}

struct Shared {
    auth: Auth,
    endpoint: Endpoint,
    environment: Environment,
    exchange: Exchange,
    max_response_bytes: usize,
    max_image_bytes: usize,
    observer: Option<Arc<dyn CallObserver<ErrorKind>>>,
}

impl DocumentVerificationClient {
    /// Starts a client.
    pub fn builder(region: Region, credentials: ClientCredentials) -> ClientBuilder {
        ClientBuilder::new(region, credentials)
    }

    /// The world of its region.
    pub fn environment(&self) -> Environment {
        self.shared.environment
    }

    pub(crate) fn clock(&self) -> &Arc<dyn Clock> {
        &self.shared.exchange.clock
    }

    pub(crate) fn credentials(&self) -> &ClientCredentials {
        self.shared.auth.credentials()
    }

    /// The access token of the last calls, for what looks for echoes of it.
    pub(crate) fn last_access_token(&self) -> Option<Arc<AccessToken>> {
        self.shared.auth.last()
    }

    /// The address that results are asked at.
    pub(crate) fn result_endpoint(&self) -> String {
        self.shared.endpoint.api("/api/v1/verification")
    }
}

impl fmt::Debug for DocumentVerificationClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DocumentVerificationClient")
            .field("environment", &self.shared.environment)
            .finish_non_exhaustive()
    }
}
