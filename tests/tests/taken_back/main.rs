//! What was good is taken back by its provider: how long a guard may go on believing in it.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod identity;
mod session;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use passid_core::cache::CacheBuilder;
use passid_core::testing::ManualClock;
use passid_core::{CachedVerifier, Clock, SystemClock, Verify};
use passid_tests::apps::{self, Setup};
use passid_tests::http::{Request, send};
use passid_tests::soon;

/// How long an entry of the cache may live here.
const TTL: Duration = Duration::from_secs(60);
/// How long a refusal is kept, unless set.
const REFUSED: Duration = Duration::from_secs(5);

/// Both apps, each behind the same verifier.
struct Apps {
    axum: apps::axum::Running,
    actix: apps::actix::Running,
}

impl Apps {
    async fn start<V: Verify + Clone>(verifier: V) -> Self {
        let axum = apps::axum::start(Setup::VerifiedOnly, verifier.clone()).await;
        Self { axum, actix: apps::actix::start(Setup::VerifiedOnly, verifier).await }
    }

    /// The status that both answer with.
    async fn status(&self, token: &str) -> u16 {
        let status = async |address: SocketAddr| {
            let request = Request::new("POST", "/api/apply").header("X-PASSID-Token", token);
            soon("an answer", send(address, &request)).await.unwrap().status
        };
        let (axum, actix) = (status(self.axum.address).await, status(self.actix.address).await);
        assert_eq!(axum, actix);
        axum
    }
}

/// A cache on a clock that a test moves.
fn cached<V: Verify>(
    verifier: V,
    set: impl FnOnce(CacheBuilder<V>) -> CacheBuilder<V>,
) -> (CachedVerifier<V>, ManualClock) {
    let clock = ManualClock::at(SystemClock.now());
    let builder = CachedVerifier::builder(verifier).clock(Arc::new(clock.clone())).ttl(TTL);
    (set(builder).build().unwrap(), clock)
}
