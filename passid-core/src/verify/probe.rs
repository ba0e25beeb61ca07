use crate::{BoxFuture, Unavailable};

/// Finds out whether a provider can be asked, without a verification: for readiness endpoints.
///
/// Implemented by [`PassidClient`](crate::PassidClient) and by anything that stands for another
/// provider; an endpoint can hold them all.
///
/// ```
/// use std::sync::Arc;
/// use passid_core::{Health, Probe};
///
/// async fn ready(providers: &[Arc<dyn Probe>]) -> bool {
///     for provider in providers {
///         if !provider.probe().await.is_accepted() {
///             return false;
///         }
///     }
///     true
/// }
/// ```
///
/// Each probe is a call to the provider: let the endpoint keep its answer for some seconds.
pub trait Probe: Send + Sync + 'static {
    /// Finds out. The future ends by itself.
    fn probe(&self) -> BoxFuture<'static, Health>;
}

/// What a [`Probe`] found.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Health {
    /// The provider can be reached and takes our key.
    Accepted,
    /// The provider can be reached and refuses our key.
    KeyRefused,
    /// The provider cannot be reached, or gave no answer to rely on.
    Unreachable(Unavailable),
}

impl Health {
    /// Whether verifications can be had.
    pub fn is_accepted(&self) -> bool {
        matches!(self, Self::Accepted)
    }
}
