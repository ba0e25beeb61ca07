use std::env;
use std::net::SocketAddr;

use passid_core::client::{BuildError, PassidClientBuilder};
use passid_core::{ApiKey, ApiKeyError, PassidClient};
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
