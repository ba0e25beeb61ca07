//! A cache stays within its bounds, and what is asked for often stays in it.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;

use std::sync::Arc;

use allocation_counter::measure;
use common::upstream::{Answer, Bench, bench, numbered};
use passid_core::cache::{CacheEvent, CacheUsage};
use passid_core::testing::claims;
use passid_core::{
    BoxFuture, CachedVerifier, DenyReason, Environment, Token, Verdict, VerificationClaims,
    VerifiedCredential, Verify,
};
use proptest::prelude::*;

async fn fill(bench: &Bench, numbers: std::ops::Range<usize>, answer: Answer) {
    bench.upstream.always(answer);
    for number in numbers {
        bench.ask(number).await;
    }
}

fn known(bench: &Bench, numbers: std::ops::Range<usize>) -> usize {
    numbers.filter(|number| bench.cache.peek(&numbered(*number)).is_some()).count()
}

#[tokio::test]
async fn no_more_credentials_are_kept_than_allowed() {
    let bench = bench(|builder| builder.capacity(1000));
    fill(&bench, 0..5000, Answer::Valid).await;
    let CacheUsage { credentials, .. } = bench.cache.usage();
    assert!((900..=1000).contains(&credentials), "{credentials}");
    assert_eq!(bench.count(CacheEvent::Evicted), 5000 - credentials as u64);
}

#[tokio::test]
async fn what_is_asked_for_often_survives_a_flood_of_what_is_asked_for_once() {
    let bench = bench(|builder| builder.capacity(1000));
    fill(&bench, 0..300, Answer::Valid).await;
    for round in 1..20 {
        known(&bench, 0..300);
        fill(&bench, round * 1000..round * 1000 + 500, Answer::Valid).await;
    }
    let left = known(&bench, 0..300);
    assert!(left >= 290, "{left} of 300");
}

#[tokio::test]
async fn a_flood_of_garbage_pushes_no_credential_out() {
    let bench =
        bench(|builder| builder.capacity(500).negative(std::time::Duration::from_secs(5), 200));
    fill(&bench, 0..400, Answer::Valid).await;
    let before = known(&bench, 0..400);
    fill(&bench, 10_000..60_000, Answer::Invalid(DenyReason::TokenNotFound)).await;
    assert_eq!(known(&bench, 0..400), before);
    assert!(bench.cache.usage().refusals <= 200);
}

/// Answers each token with a credential of the size that the test wants.
#[derive(Clone)]
struct Sized(Arc<dyn Fn(&Token) -> usize + Send + Sync>);

impl Verify for Sized {
    fn verify(&self, token: Token) -> BoxFuture<'static, Verdict> {
        let mut claims = VerificationClaims::default();
        claims.extra.insert("blob".to_owned(), "x".repeat((self.0)(&token)).into());
        let received = common::start();
        let builder = VerifiedCredential::builder("test", Environment::Sandbox, claims, received);
        let verdict = Verdict::Valid(builder.token(token).build().unwrap());
        Box::pin(async move { verdict })
    }
}

#[tokio::test]
async fn large_credentials_are_bounded_by_their_bytes() {
    const MOST: usize = 4 * 1024 * 1024;
    let cache = CachedVerifier::builder(Sized(Arc::new(|_| 16 * 1024)))
        .capacity(10_000)
        .max_bytes(MOST)
        .build()
        .unwrap();
    for number in 0..2000 {
        cache.verify(numbered(number)).await;
    }
    let usage = cache.usage();
    assert!(usage.charged_bytes <= MOST as u64, "{usage:?}");
    assert!((180..=256).contains(&usage.credentials), "{usage:?}");
}

#[tokio::test]
async fn a_credential_larger_than_everything_is_not_kept_and_pushes_nothing_out() {
    let size = |token: &Token| if *token == numbered(7) { 2_000_000 } else { 10 };
    let cache = CachedVerifier::builder(Sized(Arc::new(size)))
        .capacity(100)
        .max_bytes(1_000_000)
        .build()
        .unwrap();
    for number in 0..7 {
        cache.verify(numbered(number)).await;
    }
    assert!(matches!(cache.verify(numbered(7)).await, Verdict::Valid(_)));
    assert!(cache.peek(&numbered(7)).is_none());
    assert_eq!((0..7).filter(|number| cache.peek(&numbered(*number)).is_some()).count(), 7);
}

/// Bytes that a full cache takes, by the allocator's count. The estimate that is charged must not be
/// less than what the entries really take.
#[test]
fn the_charge_of_an_entry_covers_what_it_takes() {
    const ENTRIES: usize = 5_000;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut kept = None;
    let info = measure(|| {
        let bench = runtime.block_on(async {
            let cache = CachedVerifier::builder(Guide).capacity(8_000).max_bytes(1 << 30);
            let cache = cache.build().unwrap();
            for number in 0..ENTRIES {
                cache.verify(numbered(number)).await;
            }
            cache
        });
        kept = Some(bench);
    });
    let usage = kept.as_ref().unwrap().usage();
    assert_eq!(usage.credentials, ENTRIES);
    let per_entry = info.bytes_current / ENTRIES as i64;
    println!("{per_entry} bytes per credential of the guide's example, map included");
    // With room for 2^30 bytes each of 8,000 is charged its share; the honest estimate is asked of a
    // cache whose share is less than an entry.
    let tight = runtime.block_on(async {
        let cache = CachedVerifier::builder(Guide).capacity(8_000).max_bytes(8_000 * 100).build();
        let cache = cache.unwrap();
        cache.verify(numbered(1)).await;
        cache.usage().charged_bytes as i64
    });
    assert!(tight >= per_entry, "charged {tight}, takes {per_entry}");
    assert!(per_entry < 2048, "{per_entry}");
}

#[derive(Clone)]
struct Guide;

impl Verify for Guide {
    fn verify(&self, token: Token) -> BoxFuture<'static, Verdict> {
        let (claims, received) = (claims::complete(), common::start());
        let builder = VerifiedCredential::builder("test", Environment::Sandbox, claims, received);
        let verdict = Verdict::Valid(builder.token(token).audit_id("aud_1").build().unwrap());
        Box::pin(async move { verdict })
    }
}

proptest! {
    #![proptest_config(common::cases(24))]

    #[test]
    fn number_and_bytes_are_bounded_whatever_the_sizes(
        capacity in 1..400_usize,
        max_bytes in 10_000..2_000_000_usize,
        sizes in prop::collection::vec(0..20_000_usize, 1..400),
    ) {
        common::block_on(async {
            let known = sizes.clone();
            let size = move |token: &Token| {
                let number: usize = token.expose().rsplit('_').next().unwrap().parse().unwrap();
                known[number]
            };
            let cache = CachedVerifier::builder(Sized(Arc::new(size)))
                .capacity(capacity)
                .max_bytes(max_bytes)
                .build()
                .unwrap();
            for number in 0..sizes.len() {
                cache.verify(numbered(number)).await;
                let usage = cache.usage();
                assert!(usage.credentials <= capacity, "{usage:?}");
                assert!(usage.charged_bytes <= max_bytes as u64, "{usage:?}");
            }
        });
    }
}
