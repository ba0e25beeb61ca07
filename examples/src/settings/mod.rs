mod error;

use std::env;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use passid_core::client::PassidClientBuilder;
use passid_core::{ApiKey, Environment, PassidClient};
use passid_sandbox::Sandbox;

pub use error::SettingsError;
pub(crate) use error::Source;

use crate::inside::Inside;

/// A client, and the sandbox it speaks to if this program runs it itself.
#[derive(Clone, Debug)]
pub struct Connected {
    /// The client.
    pub client: PassidClient,
    /// The sandbox inside this program; it ends with the last who has it.
    pub sandbox: Option<Arc<Sandbox>>,
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
    connect_beside(&mut Inside::default(), finish).await
}

/// The same where other providers share the sandbox.
pub(crate) async fn connect_beside(
    inside: &mut Inside,
    finish: impl FnOnce(PassidClientBuilder) -> PassidClientBuilder,
) -> Result<Connected, SettingsError> {
    let Some(base_url) = variable("PASSID_BASE_URL")? else {
        let sandbox = inside.sandbox().await?;
        let key = ApiKey::parse(sandbox.sandbox_key())?;
        let client = finish(PassidClient::builder(key).base_url(sandbox.url())).build()?;
        return Ok(Connected { client, sandbox: Some(sandbox) });
    };
    let key = variable("PASSID_API_KEY")?.ok_or(SettingsError::NoKey)?;
    let key = ApiKey::parse(&key)?;
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

/// An address of every interface is no address to send to.
pub(crate) fn reachable(mut address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        let v6 = address.is_ipv6();
        address.set_ip(if v6 { Ipv6Addr::LOCALHOST.into() } else { Ipv4Addr::LOCALHOST.into() });
    }
    address
}

/// What a variable holds, if it is set.
pub(crate) fn variable(name: &'static str) -> Result<Option<String>, SettingsError> {
    match env::var(name) {
        Ok(value) => Ok(Some(value)),
        Err(env::VarError::NotPresent) => Ok(None),
        Err(env::VarError::NotUnicode(_)) => Err(unusable(name)("it is no text")),
    }
}

/// What a variable holds that must be set because `given` is.
pub(crate) fn needed(variable: &'static str, given: &'static str) -> Result<String, SettingsError> {
    self::variable(variable)?.ok_or(SettingsError::Missing { given, variable })
}

/// Which world a provider's keys are of: live unless the variable says `sandbox`.
pub(crate) fn environment(name: &'static str) -> Result<Environment, SettingsError> {
    match variable(name)?.as_deref() {
        None | Some("live") => Ok(Environment::Live),
        Some("sandbox") => Ok(Environment::Sandbox),
        Some(_) => Err(unusable(name)("it must be sandbox or live")),
    }
}

/// For the cause why a variable cannot be used, which must not repeat its value.
pub(crate) fn unusable<E: Into<Source>>(variable: &'static str) -> impl Fn(E) -> SettingsError {
    move |source| SettingsError::Unusable { variable, source: source.into() }
}
