//! The sandbox's only door to the machine's own time.
#![allow(
    clippy::disallowed_methods,
    reason = "this is the one module of the sandbox that may read and wait on the machine's clock"
)]

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// Where the sandbox takes the time from: for `verified_at`, for the expiry of credentials and for
/// the 24 hours of an idempotency key (decision D13).
///
/// Give one of your own to [`SandboxBuilder::clock`](crate::SandboxBuilder::clock) to test what
/// happens tomorrow without waiting for it. Pauses on the wire, such as a delay that was asked for,
/// always take real time, because the client on the other end lives in real time.
pub trait Clock: fmt::Debug + Send + Sync {
    /// The present moment.
    fn now(&self) -> SystemTime;
}

impl<C: Clock + ?Sized> Clock for Arc<C> {
    fn now(&self) -> SystemTime {
        (**self).now()
    }
}

/// The machine's own clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> SystemTime {
        SystemTime::now()
    }
}

/// Waits in real time.
pub(crate) async fn pause(duration: Duration) {
    tokio::time::sleep(duration).await;
}

/// Waits for `work`, in real time and no longer than `limit`. `None` when the limit came first.
pub(crate) async fn within<T>(limit: Duration, work: impl Future<Output = T>) -> Option<T> {
    tokio::time::timeout(limit, work).await.ok()
}
