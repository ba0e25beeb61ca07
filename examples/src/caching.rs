use std::env;
use std::sync::Arc;
use std::time::Duration;

use passid_core::cache::CacheCounters;
use passid_core::redis::{DeploymentSecret, Redis};
use passid_core::{CachedVerifier, SharedVerifier, Verify};
use passid_sandbox::demo;
use tokio::runtime::Handle;

use crate::SettingsError;
use crate::provider::{Provider, ProviderName};

const TTL: &str = "PASSID_CACHE_TTL_SECS";

/// The verifier of the guards: the provider's, behind a cache if `PASSID_CACHE_TTL_SECS` is set, which
/// other instances share if `PASSID_REDIS_URL` is too; and what can be told about it. Its calls are made
/// on `runtime`.
///
/// # Errors
///
/// [`SettingsError::CacheTtl`] and [`SettingsError::Redis`], without the values.
pub fn verifier(
    provider: &Provider,
    runtime: Handle,
) -> Result<(Arc<dyn Verify>, Metrics), SettingsError> {
    if env::var_os(TTL).is_none() {
        return match env::var_os("PASSID_REDIS_URL") {
            None => Ok((provider.verifier(), Metrics(None))),
            Some(_) => Err(SettingsError::Redis { source: None }),
        };
    }
    let told = told(provider, runtime)?;
    Ok((Arc::new(told.cache.clone()), Metrics(Some(told))))
}

/// The verifier of a provider behind a cache of its own, which keeps verdicts for a minute unless
/// `PASSID_CACHE_TTL_SECS` says otherwise.
///
/// # Errors
///
/// As [`verifier`].
pub fn cached(
    provider: &Provider,
    runtime: Handle,
) -> Result<CachedVerifier<Arc<dyn Verify>>, SettingsError> {
    Ok(told(provider, runtime)?.cache)
}

fn told(provider: &Provider, runtime: Handle) -> Result<Told, SettingsError> {
    let ttl = ttl()?;
    let shared = match env::var("PASSID_REDIS_URL").ok() {
        Some(url) => Some(shared(provider, &url, ttl, &runtime)?),
        None => None,
    };
    let beneath: Arc<dyn Verify> = match &shared {
        Some(shared) => Arc::new(shared.clone()),
        None => provider.verifier(),
    };
    let counters = CacheCounters::new();
    let cache = CachedVerifier::builder(beneath)
        .ttl(ttl)
        .observer(counters.clone())
        .runtime(runtime)
        .build()
        .map_err(|error| SettingsError::CacheTtl { source: Some(error) })?;
    Ok(Told { cache, counters, shared })
}

fn ttl() -> Result<Duration, SettingsError> {
    let seconds = match env::var(TTL) {
        Ok(seconds) => seconds.parse().map_err(|_| SettingsError::CacheTtl { source: None })?,
        Err(env::VarError::NotPresent) => 60,
        Err(env::VarError::NotUnicode(_)) => return Err(SettingsError::CacheTtl { source: None }),
    };
    Ok(Duration::from_secs(seconds))
}

/// A Redis that is away is no error: the service starts and goes on without it.
fn shared(
    provider: &Provider,
    url: &str,
    ttl: Duration,
    runtime: &Handle,
) -> Result<SharedVerifier<Arc<dyn Verify>>, SettingsError> {
    type Source = Box<dyn std::error::Error + Send + Sync>;
    let because = |source: Source| SettingsError::Redis { source: Some(source) };
    let secret = DeploymentSecret::parse(&deployment_secret(provider.name()));
    let secret = secret.map_err(|error| because(error.into()))?;
    let redis = Redis::builder(url, &secret)
        .runtime(runtime.clone())
        .build()
        .map_err(|error| because(error.into()))?;
    SharedVerifier::builder(provider.verifier(), redis)
        .ttl(ttl)
        .build()
        .map_err(|error| because(error.into()))
}

/// `PASSID_DEPLOYMENT_SECRET`, or what all instances of an example have in common anyway: the key of
/// the provider. A real deployment has a secret for this alone, which can be changed alone.
fn deployment_secret(provider: ProviderName) -> String {
    env::var("PASSID_DEPLOYMENT_SECRET").unwrap_or_else(|_| {
        let key = env::var(provider.secret_variable());
        let key = key.unwrap_or_else(|_| demo::SANDBOX_KEY.to_owned());
        format!("deployment secret of the passid examples: {key}")
    })
}

/// What `GET /metrics` answers. In a real service it is for the inside: it names no caller, but tells
/// how many there are.
#[derive(Clone, Debug)]
pub struct Metrics(Option<Told>);

#[derive(Clone, Debug)]
struct Told {
    cache: CachedVerifier<Arc<dyn Verify>>,
    counters: CacheCounters,
    shared: Option<SharedVerifier<Arc<dyn Verify>>>,
}

impl Metrics {
    /// The content type of Prometheus' text form.
    pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

    /// Counters and gauges in Prometheus' text form.
    pub fn text(&self) -> String {
        let Some(Told { cache, counters, shared }) = &self.0 else {
            return "# The cache is off: PASSID_CACHE_TTL_SECS is not set.\n".to_owned();
        };
        let shared = shared.as_ref().map(SharedVerifier::to_prometheus).unwrap_or_default();
        counters.to_prometheus() + &cache.usage().to_prometheus() + &shared
    }
}
