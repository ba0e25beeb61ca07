//! What the cross-crate tests share: one contract table, a small app on each framework to run it
//! against, and a raw HTTP client that shows every byte.
//!
//! The table is the one truth about what a caller sees. `tests/contract` runs it with each
//! provider behind both adapters, `examples/tests/loan.rs` against the example programs.

pub mod apps;
pub mod challenge;
pub mod hostile;
pub mod http;
pub mod postgres;
pub mod program;
pub mod provider;
pub mod receiver;
pub mod redis;
pub mod standing;
pub mod table;
pub mod upstream;
pub mod webhook;

use std::time::Duration;

/// Waits for something with a deadline that only a hang can reach.
///
/// # Panics
///
/// When the deadline passes.
#[expect(clippy::disallowed_methods, clippy::panic, reason = "a test must not hang")]
pub async fn soon<T>(what: &str, future: impl Future<Output = T>) -> T {
    match tokio::time::timeout(Duration::from_secs(60), future).await {
        Ok(value) => value,
        Err(_) => panic!("{what} did not happen in time"),
    }
}

/// Waits until something is so, with a deadline that only a hang can reach.
///
/// # Panics
///
/// When the deadline passes.
#[expect(clippy::disallowed_methods, reason = "polls another process, in real time")]
pub async fn until(what: &str, mut condition: impl AsyncFnMut() -> bool) {
    soon(what, async {
        while !condition().await {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    })
    .await;
}

/// The README's examples compile and run.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct Readme;

/// So do those of the inbox's.
#[cfg(doctest)]
#[doc = include_str!("../../passid-inbox/README.md")]
pub struct InboxReadme;

/// So do those of the page on the cache.
#[cfg(doctest)]
#[doc = include_str!("../../docs/caching.md")]
pub struct Caching;

/// So do those of the page on what instances share.
#[cfg(doctest)]
#[doc = include_str!("../../docs/redis.md")]
pub struct SharedByRedis;

/// So do those of the sandbox's reference; the sandbox's README is the documentation of its crate.
#[cfg(doctest)]
#[doc = include_str!("../../docs/sandbox.md")]
pub struct SandboxReference;
