//! No token and no claim is seen in what a cache shows, logs or tells.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use common::log::{logged, record};
use common::upstream::{Answer, bench, settle};
use common::{KEY, chain, token};
use passid_core::cache::{CacheEvent, CacheObserver};
use passid_core::{
    ApiKey, CachedVerifier, DenyReason, PassidClient, UnavailableKind, Verdict, Verify,
};

#[track_caller]
fn clean(shown: &str) {
    let shown = shown.to_lowercase();
    for marker in ["qz7x-8vkj-4wpn-6rty", "qz7x8vkj4wpn6rty", "zq7xv9kw3jp5rt1yb8nd", "$3,000"] {
        assert!(!shown.contains(marker), "{marker} is seen in {shown}");
    }
}

#[derive(Clone, Default)]
struct Told(Arc<Mutex<String>>);

impl CacheObserver for Told {
    fn happened(&self, event: CacheEvent) {
        self.0.lock().unwrap().push_str(&format!("{event:?} {} ", event.name()));
    }
}

#[tokio::test]
async fn whatever_happens_nothing_is_given_away() {
    record();
    let told = Told::default();
    let observer = told.clone();
    let bench = bench(|builder| {
        let builder = builder.observer(observer).breaker(2, Duration::from_secs(5));
        builder.stale_if_error(Duration::from_secs(600)).refresh_ahead(Duration::from_secs(10))
    });
    for answer in [
        Answer::Valid,
        Answer::Unavailable(UnavailableKind::Undecodable),
        Answer::Unavailable(UnavailableKind::Failed),
        Answer::Panic,
        Answer::Unavailable(UnavailableKind::Failed),
        Answer::Valid,
        Answer::Unavailable(UnavailableKind::Failed),
        Answer::Invalid(DenyReason::HardDenySanctionsMatch),
    ] {
        let cache = bench.cache.clone();
        let caller = tokio::spawn(async move {
            match cache.peek(&token()) {
                Some(verdict) => verdict,
                None => cache.verify(token()).await,
            }
        });
        settle().await;
        clean(&format!("{:?} {:#?} {:?}", bench.cache, bench.cache, bench.cache.usage()));
        for call in bench.upstream.waiting() {
            bench.upstream.answer(call, answer.clone());
        }
        let verdict = caller.await.unwrap();
        clean(&format!("{verdict:?} {verdict:#?}"));
        if let Verdict::Unavailable(outage) = &verdict {
            clean(&chain(outage).join(": "));
        }
        bench.advance(61);
    }
    bench.cache.invalidate(&token());
    let told = told.0.lock().unwrap().clone();
    assert!(told.contains("breaker_opened") && told.contains("stale") && told.contains("lost"));
    clean(&told);
    let seen = logged();
    assert!(seen.contains("calls are held back") && seen.contains("passid::cache"));
    clean(&seen);
}

#[tokio::test]
async fn settings_and_scopes_show_no_secret() {
    let client = PassidClient::builder(ApiKey::parse(KEY).unwrap()).build().unwrap();
    clean(&format!("{:?}", client.scope()));
    let builder = CachedVerifier::builder(client);
    clean(&format!("{builder:?}"));
    clean(&format!("{:#?}", builder.build().unwrap()));
}

#[tokio::test]
async fn clients_of_other_keys_and_addresses_have_other_scopes() {
    let client = |key: &str, url: &str, path: &str| {
        let builder = PassidClient::builder(ApiKey::parse(key).unwrap());
        builder.base_url(url).verify_path(path).build().unwrap().scope().unwrap()
    };
    let one = client("pk_sandbox_1", "https://a.io", "/v1/verify");
    assert_eq!(one, client("pk_sandbox_1", "https://a.io/", "/v1/verify"));
    for other in [
        client("pk_sandbox_2", "https://a.io", "/v1/verify"),
        client("pk_live_1", "https://a.io", "/v1/verify"),
        client("pk_sandbox_1", "https://b.io", "/v1/verify"),
        client("pk_sandbox_1", "https://a.io", "/api/v1/bridge/verify"),
    ] {
        assert_ne!(one, other);
    }
}
