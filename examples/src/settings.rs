use std::env;
use std::net::SocketAddr;

use passid_core::cache::CacheBuildError;
use passid_core::client::{BuildError, PassidClientBuilder};
use passid_core::webhook::WebhookVerifierError;
use passid_core::{ApiKey, ApiKeyError, PassidClient, WebhookSecretError};
use passid_inbox::store::StoreError;
use passid_sandbox::{Sandbox, StartError};

/// A client, and the sandbox it speaks to if this program runs it itself.
#[derive(Debug)]
pub struct Connected {
    /// The client.
    pub client: PassidClient,
    /// The sandbox inside this program; it ends with this value.
    pub sandbox: Option<Sandbox>,
}

/// Why the environment does not say how to connect.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// A base URL without a key.
    #[error("PASSID_BASE_URL is set, so PASSID_API_KEY must be set too")]
    NoKey,
    /// The key is none.
    #[error("PASSID_API_KEY cannot be used")]
    Key(#[from] ApiKeyError),
    /// The client cannot be built.
    #[error("PASSID_BASE_URL cannot be used")]
    Client(#[from] BuildError),
    /// The sandbox inside cannot start.
    #[error("the sandbox inside this program cannot start")]
    Sandbox(#[from] StartError),
    /// There is a real PASSID, and nothing to check its webhooks against.
    #[error("PASSID_BASE_URL is set, so PASSID_WEBHOOK_SECRET must be set too")]
    NoWebhookSecret,
    /// The secret is none.
    #[error("{variable} cannot be used")]
    WebhookSecret {
        /// Which of the two.
        variable: &'static str,
        /// Why.
        source: WebhookSecretError,
    },
    /// The secret is too short to trust.
    #[error("{variable} cannot be used")]
    WeakWebhookSecret {
        /// Which of the two.
        variable: &'static str,
        /// Why.
        source: WebhookVerifierError,
    },
    /// The inbox cannot be opened.
    #[error("PASSID_INBOX_URL cannot be used")]
    Inbox(#[from] StoreError),
    /// The time to live of the cache is none.
    #[error("PASSID_CACHE_TTL_SECS must be a whole number of seconds from 1 to 3600")]
    CacheTtl {
        /// What the cache says of it, where it was a number.
        source: Option<CacheBuildError>,
    },
    /// Redis cannot be used: one of three settings is none, or the cache is off.
    #[error(
        "PASSID_REDIS_URL must be the address of a Redis, with PASSID_CACHE_TTL_SECS set; \
         PASSID_DEPLOYMENT_SECRET, if set, 32 random bytes in any spelling"
    )]
    Redis {
        /// What is wrong with one of them, without its value.
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
    /// The address is none.
    #[error("LISTEN_ADDR must be an address and a port, such as 127.0.0.1:3000")]
    ListenAddr,
}

/// Connects as the environment says: to `PASSID_BASE_URL` with `PASSID_API_KEY`, or, without a base
/// URL, to a sandbox that is started inside this program. `finish` may set the client up further.
///
/// # Errors
///
/// [`SettingsError`] naming the variable at fault, never its value.
pub async fn connect(
    finish: impl FnOnce(PassidClientBuilder) -> PassidClientBuilder,
) -> Result<Connected, SettingsError> {
    let key = env::var("PASSID_API_KEY").ok();
    let Ok(base_url) = env::var("PASSID_BASE_URL") else {
        let sandbox = Sandbox::start().await?;
        let key = ApiKey::parse(sandbox.sandbox_key())?;
        let client = finish(PassidClient::builder(key).base_url(sandbox.url())).build()?;
        return Ok(Connected { client, sandbox: Some(sandbox) });
    };
    let key = ApiKey::parse(&key.ok_or(SettingsError::NoKey)?)?;
    let client = finish(PassidClient::builder(key).base_url(base_url)).build()?;
    Ok(Connected { client, sandbox: None })
}

/// The same for a program that only receives, and needs no key where a base URL is set: `None` then.
///
/// # Errors
///
/// [`SettingsError`] naming the variable at fault, never its value.
pub(crate) async fn connect_to_receive() -> Result<Option<Connected>, SettingsError> {
    let is_set = |name| env::var_os(name).is_some();
    if is_set("PASSID_BASE_URL") && !is_set("PASSID_API_KEY") {
        return Ok(None);
    }
    connect(|client| client).await.map(Some)
}

/// Where to listen: `LISTEN_ADDR`, or 127.0.0.1:3000. Port 0 takes a free one.
///
/// # Errors
///
/// [`SettingsError::ListenAddr`].
pub fn listen_addr() -> Result<SocketAddr, SettingsError> {
    match env::var("LISTEN_ADDR") {
        Ok(address) => address.parse().map_err(|_| SettingsError::ListenAddr),
        Err(_) => Ok(SocketAddr::from(([127, 0, 0, 1], 3000))),
    }
}
