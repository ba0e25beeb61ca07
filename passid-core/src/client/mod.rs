//! The client of the PASSID API: [`PassidClient`], its settings, its errors and its seams.

mod builder;
mod call;
mod endpoint;
mod error;
mod redeem;
#[cfg(feature = "reqwest")]
mod reqwest_transport;
mod retry;
mod transport;
mod verify;
mod wire;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

pub use builder::{BuildError, PassidClientBuilder};
pub use endpoint::BaseUrlError;
pub use error::{ApiError, ErrorKind};
pub use redeem::Redemption;
pub use retry::RetrySettings;
pub use transport::{
    ApiRequest, ApiResponse, RequestHeader, Transport, TransportError, TransportErrorKind,
};
pub use verify::{IdempotencyKey, IdempotencyKeyError, VerifyOptions};
pub use wire::DecodeError;

use crate::{ApiKey, Clock, Entropy, Environment};
use endpoint::BaseUrl;

/// The name of the provider in credentials.
const PROVIDER: &str = "passid";

/// Where the API is (guide, step 1).
pub const DEFAULT_BASE_URL: &str = "https://api.passid.io";

/// A client of the PASSID API. Cheap to clone: all clones share one connection pool.
///
/// Redirects are not followed, the institution key goes to the configured authority only, and plain
/// `http` is taken for loopback addresses only. Every call is bounded in time and in size.
///
/// ```no_run
/// use passid_core::{ApiKey, PassidClient, ShareCode};
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let client = PassidClient::builder(ApiKey::parse(&std::env::var("PASSID_API_KEY")?)?).build()?;
///
/// let redemption = client.redeem_code(&ShareCode::parse("KE8V-3TXY-Z72L")?).await?;
/// if let Some(credential) = redemption.credential() {
///     println!("{}: {:?}", redemption.status(), credential.claims().income_band);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct PassidClient {
    shared: Arc<Shared>,
}

struct Shared {
    key: ApiKey,
    base_url: BaseUrl,
    verify_path: String,
    attempt_timeout: Duration,
    operation_timeout: Duration,
    retry: RetrySettings,
    max_response_bytes: usize,
    transport: Arc<dyn Transport>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
}

impl PassidClient {
    /// Starts a client for this key.
    pub fn builder(key: ApiKey) -> PassidClientBuilder {
        PassidClientBuilder::new(key)
    }

    /// The environment that the key opens.
    pub fn environment(&self) -> Environment {
        self.shared.key.environment()
    }
}

impl fmt::Debug for PassidClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PassidClient")
            .field("key", &self.shared.key)
            .field("base_url", &self.shared.base_url.as_str())
            .finish_non_exhaustive()
    }
}
