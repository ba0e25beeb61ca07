//! The client of the Passbase server API: [`PassbaseClient`], its settings and its errors.

mod builder;
mod call;
mod error;
mod files;
mod pages;
mod probe;
mod reads;

use std::fmt;
use std::sync::Arc;

use passid_core::Environment;
use passid_core::provider::{BaseUrl, CallObserver, Exchange};

pub use builder::PassbaseClientBuilder;
pub use error::{ApiError, ErrorKind};
pub use files::{FileContent, FileStream};
pub use pages::{PageRequest, Pages};

use crate::SecretKey;

/// The name of the provider in credentials.
pub(crate) const PROVIDER: &str = "passbase";

/// Where the API was, by its published description. Its host is gone: the vendor was taken over in
/// 2023. Set [`PassbaseClientBuilder::base_url`] to whoever serves it for you.
pub const DEFAULT_BASE_URL: &str = "https://api.passbase.com/verification/v2";

/// A client of the Passbase server API, which only reads. Cheap to clone: all clones share one pool
/// of connections.
///
/// Redirects are not followed, the secret key goes to the configured authority only, and plain `http`
/// is taken for loopback addresses only. Every call is bounded in time, size and tries; reads are
/// tried again after broken connections, timeouts, 429 and 5xx.
///
/// Each call has a [`tracing`](https://docs.rs/tracing) span (`passid_call`, target
/// `passid::client`) with the field names of OpenTelemetry. Neither a span nor an error holds an
/// address, an id, a body or a secret.
///
/// ```no_run
/// use passid_core::Environment;
/// use passid_passbase::{IdentityAccessKey, IdentityStatus, PassbaseClient, SecretKey};
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let key = SecretKey::parse(&std::env::var("PASSBASE_SECRET_KEY")?, Environment::Live)?;
/// let client = PassbaseClient::builder(key).base_url("https://passbase.example.com/v2").build()?;
///
/// let key = IdentityAccessKey::parse("a44c2593-e2ae-4ed9-b81b-c1330580338a")?;
/// let identity = client.identity(&key).await?;
/// println!("{}", identity.status == Some(IdentityStatus::Approved));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct PassbaseClient {
    shared: Arc<Shared>,
}

struct Shared {
    key: SecretKey,
    base_url: BaseUrl,
    exchange: Exchange,
    max_response_bytes: usize,
    max_file_bytes: usize,
    observer: Option<Arc<dyn CallObserver<ErrorKind>>>,
}

impl PassbaseClient {
    /// Starts a client for this key.
    pub fn builder(key: SecretKey) -> PassbaseClientBuilder {
        PassbaseClientBuilder::new(key)
    }

    /// The environment of the project, as stated with the key.
    pub fn environment(&self) -> Environment {
        self.shared.key.environment()
    }

    pub(crate) fn key(&self) -> &SecretKey {
        &self.shared.key
    }

    pub(crate) fn address_of(&self, path: &str) -> String {
        self.shared.base_url.join(path)
    }

    pub(crate) fn clock(&self) -> &dyn passid_core::Clock {
        &*self.shared.exchange.clock
    }
}

impl fmt::Debug for PassbaseClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PassbaseClient")
            .field("key", &self.shared.key)
            .field("base_url", &self.shared.base_url.as_str())
            .finish_non_exhaustive()
    }
}
