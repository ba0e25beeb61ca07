//! Real time on the wire.
//!
//! What the sandbox decides by (expiry, `verified_at`, the 24 hours of an idempotency key) reads the
//! injected [`Clock`](passid_core::Clock). Pauses on the wire, such as a delay that was asked for,
//! always take real time, because the client on the other end lives in real time.
#![allow(
    clippy::disallowed_methods,
    reason = "this is the one module of the sandbox that may wait on the machine's clock"
)]

use std::future::Future;
use std::time::Duration;

/// Waits in real time.
pub(crate) async fn pause(duration: Duration) {
    tokio::time::sleep(duration).await;
}

/// Waits for `work`, in real time and no longer than `limit`. `None` when the limit came first.
pub(crate) async fn within<T>(limit: Duration, work: impl Future<Output = T>) -> Option<T> {
    tokio::time::timeout(limit, work).await.ok()
}
