use std::env;
use std::sync::Arc;
use std::time::Duration;

use passid_core::cache::CacheCounters;
use passid_core::redis::{DeploymentSecret, Redis};
use passid_core::{CachedVerifier, PassidClient, SharedVerifier, Verify};
use passid_sandbox::demo;
use tokio::runtime::Handle;

use crate::SettingsError;

/// The verifier of the guards: the client, behind a cache if `PASSID_CACHE_TTL_SECS` is set, which other
/// instances share if `PASSID_REDIS_URL` is too; and what can be told about it. Its calls are made on
/// `runtime`.
///
/// # Errors
///
/// [`SettingsError::CacheTtl`] and [`SettingsError::Redis`], without the values.
pub fn verifier(
    client: &PassidClient,
    runtime: Handle,
) -> Result<(Arc<dyn Verify>, Metrics), SettingsError> {
    let redis = env::var("PASSID_REDIS_URL").ok();
    let Ok(seconds) = env::var("PASSID_CACHE_TTL_SECS") else {
        return match redis {
            None => Ok((Arc::new(client.clone()), Metrics(None))),
            Some(_) => Err(SettingsError::Redis { source: None }),
        };
    };
    let seconds = seconds.parse().map_err(|_| SettingsError::CacheTtl { source: None })?;
    let ttl = Duration::from_secs(seconds);
    let shared = match redis {
        Some(url) => Some(shared(client, &url, ttl, &runtime)?),
        None => None,
    };
    let beneath: Arc<dyn Verify> = match &shared {
        Some(shared) => Arc::new(shared.clone()),
        None => Arc::new(client.clone()),
    };
    let counters = CacheCounters::new();
    let cache = CachedVerifier::builder(beneath)
        .ttl(ttl)
        .observer(counters.clone())
        .runtime(runtime)
        .build()
        .map_err(|error| SettingsError::CacheTtl { source: Some(error) })?;
    Ok((Arc::new(cache.clone()), Metrics(Some(Told { cache, counters, shared }))))
}

/// A Redis that is away is no error: the service starts and goes on without it.
fn shared(
    client: &PassidClient,
    url: &str,
    ttl: Duration,
    runtime: &Handle,
) -> Result<SharedVerifier<PassidClient>, SettingsError> {
    type Source = Box<dyn std::error::Error + Send + Sync>;
    let because = |source: Source| SettingsError::Redis { source: Some(source) };
    let secret = DeploymentSecret::parse(&deployment_secret());
    let secret = secret.map_err(|error| because(error.into()))?;
    let redis = Redis::builder(url, &secret)
        .runtime(runtime.clone())
        .build()
        .map_err(|error| because(error.into()))?;
    SharedVerifier::builder(client.clone(), redis)
        .ttl(ttl)
        .build()
        .map_err(|error| because(error.into()))
}

/// `PASSID_DEPLOYMENT_SECRET`, or what all instances of an example have in common anyway: the
/// institution key. A real deployment has a secret for this alone, which can be changed alone.
fn deployment_secret() -> String {
    env::var("PASSID_DEPLOYMENT_SECRET").unwrap_or_else(|_| {
        let key = env::var("PASSID_API_KEY").unwrap_or_else(|_| demo::SANDBOX_KEY.to_owned());
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
    shared: Option<SharedVerifier<PassidClient>>,
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
