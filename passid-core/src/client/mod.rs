//! The client of the PASSID API: [`PassidClient`], its settings, its errors and its seams.

mod builder;
pub(crate) mod call;
pub(crate) mod endpoint;
mod error;
mod idempotency;
mod institution;
mod operation;
mod outcome;
mod probe;
mod redeem;
mod redeeming;
#[cfg(feature = "reqwest")]
pub(crate) mod reqwest_transport;
pub(crate) mod retry;
mod session;
mod stored;
mod streamed;
mod transport;
mod verify;
mod version;
pub(crate) mod wire;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

pub use builder::{BuildError, PassidClientBuilder};
pub use endpoint::BaseUrlError;
pub use error::{ApiError, ErrorKind};
pub use idempotency::{IdempotencyKey, IdempotencyKeyError};
pub use institution::{NewWebhook, WebhookSettings, WebhookUrlError};
pub use outcome::{
    CohortOutcome, Coverage, NewOutcome, NewOutcomeError, OutcomeCohort, OutcomeCohorts,
    OutcomeReceipt, ReportedOutcome, StoredOutcomeError,
};
pub use redeem::Redemption;
pub use redeeming::RedeemingVerifier;
pub use retry::RetrySettings;
#[cfg(feature = "qr")]
pub use session::QrError;
pub use session::{
    AwaitedSession, DeepLink, DeepLinkError, NewSession, NewSessionError, PublicSession, RequestId,
    RequestIdError, Session, SessionState, SessionStatus, SessionWatch,
};
pub use stored::StoredVerification;
pub use streamed::StreamedResponse;
pub use transport::{
    ApiRequest, ApiResponse, RequestHeader, Transport, TransportError, TransportErrorKind,
};
pub use verify::{InstitutionReference, InstitutionReferenceError, VerifyOptions};
pub use wire::DecodeError;

use crate::provider::Exchange;
pub use crate::provider::{CallObserver, CallReport};
use crate::{ApiKey, Environment};
use endpoint::BaseUrl;
use version::SeenVersions;

/// The name of the provider in credentials.
const PROVIDER: &str = "passid";

/// Where the API is (guide, step 1).
pub const DEFAULT_BASE_URL: &str = "https://api.passid.io";

/// A client of the PASSID API. Cheap to clone: all clones share one connection pool.
///
/// Redirects are not followed, the institution key goes to the configured authority only, and plain
/// `http` is taken for loopback addresses only. Every call is bounded in time and in size.
///
/// Each call has a [`tracing`] span (`passid_call`, target `passid::client`) with the field names of
/// OpenTelemetry's HTTP client spans: method, `url.template`, server, status, resends, `error.type`.
/// No span and no event holds an address, a body or a secret. A [`CallObserver`] counts calls.
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
    /// In the place of the operation timeout of all calls.
    timeout: Option<Duration>,
}

struct Shared {
    key: ApiKey,
    base_url: BaseUrl,
    verify_path: String,
    exchange: Exchange,
    max_response_bytes: usize,
    observer: Option<Arc<dyn CallObserver>>,
    versions: SeenVersions,
}

impl PassidClient {
    /// Starts a client for this key.
    pub fn builder(key: ApiKey) -> PassidClientBuilder {
        PassidClientBuilder::new(key)
    }

    /// The same client, whose calls end after this time, all tries and the delays between them
    /// included: for a single call, or a route, that has more or less time than others. One try still
    /// ends after the client's attempt timeout, and a wait for a session takes this time for each poll.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use passid_core::{PassidClient, ShareCode};
    /// # async fn example(client: PassidClient, code: ShareCode) -> Result<(), passid_core::ApiError> {
    /// let redemption = client.with_timeout(Duration::from_secs(3)).redeem_code(&code).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn with_timeout(&self, timeout: Duration) -> Self {
        Self { shared: self.shared.clone(), timeout: Some(timeout) }
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
