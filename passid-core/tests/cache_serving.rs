//! What a cache serves, for how long, and what it never keeps.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;

use std::sync::Arc;
use std::time::Duration;

use common::upstream::{Answer, bench, call_of, numbered, outage, seeded, settle};
use passid_core::cache::{CacheBuildError, CacheBuilder, CacheEvent};
use passid_core::testing::{ScriptedVerifier, claims};
use passid_core::{
    CachedVerifier, DenyReason, RedeemingVerifier, Served, UnavailableKind, Verdict,
    VerifiedCredential, Verify,
};

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn credential(verdict: Verdict) -> VerifiedCredential {
    let Verdict::Valid(credential) = verdict else { panic!("{verdict:?}") };
    credential
}

#[tokio::test]
async fn a_second_request_is_served_at_once_and_says_so() {
    let bench = bench(|builder| builder);
    assert!(bench.cache.peek(&numbered(1)).is_none());
    let live = credential(bench.asked(1, Answer::Valid).await);
    assert_eq!((live.served(), live.token()), (Served::Live, Some(&numbered(1))));
    let cached = credential(bench.cache.peek(&numbered(1)).unwrap());
    assert_eq!(cached.served(), Served::Cached);
    assert!(std::ptr::eq(live.claims(), cached.claims()), "the claims were copied");
    let asked = credential(bench.cache.verify(numbered(1)).await);
    assert_eq!((asked.served(), asked.token()), (Served::Cached, Some(&numbered(1))));
    assert_eq!(bench.upstream.calls(), 1);
    assert_eq!((bench.count(CacheEvent::Miss), bench.count(CacheEvent::Hit)), (1, 2));
}

#[tokio::test]
async fn a_credential_is_asked_about_again_after_its_time() {
    let bench = bench(|builder| builder.ttl(seconds(30)));
    bench.asked(1, Answer::Valid).await;
    bench.advance(29);
    assert_eq!(call_of(&bench.ask(1).await), 0);
    bench.advance(1);
    assert!(bench.cache.peek(&numbered(1)).is_none());
    assert_eq!(call_of(&bench.asked(1, Answer::Valid).await), 1);
}

#[tokio::test]
async fn nothing_is_served_beyond_the_end_of_the_credential() {
    let bench = bench(|builder| builder.stale_if_error(seconds(600)));
    let end = common::start() + seconds(10);
    bench.asked(1, Answer::ValidUntil(end)).await;
    bench.advance(9);
    assert_eq!(call_of(&bench.ask(1).await), 0);
    bench.advance(1);
    let outcome = bench.asked(1, Answer::Unavailable(UnavailableKind::Unreachable)).await;
    assert_eq!(outage(&outcome), UnavailableKind::Unreachable);
}

#[tokio::test]
async fn times_to_live_differ_by_a_tenth_at_most() {
    let bench = bench(|builder| builder.entropy(seeded(3)).ttl(seconds(100)));
    bench.upstream.always(Answer::Valid);
    for number in 0..200 {
        bench.ask(number).await;
    }
    let mut left = Vec::new();
    for _ in 0..100 {
        bench.advance(1);
        left.push((0..200).filter(|number| bench.cache.peek(&numbered(*number)).is_some()).count());
    }
    assert_eq!((left[88], left[99]), (200, 0));
    assert!(left[89..99].windows(2).all(|pair| pair[0] > pair[1]), "{left:?}");
}

#[tokio::test]
async fn a_refusal_is_kept_for_its_own_short_time() {
    let bench = bench(|builder| builder.negative(seconds(5), 100));
    for reason in [DenyReason::HardDenySanctionsMatch, DenyReason::TokenExpired] {
        bench.asked(1, Answer::Invalid(reason.clone())).await;
        bench.advance(4);
        let served = bench.cache.peek(&numbered(1)).unwrap();
        assert!(matches!(served, Verdict::Invalid(served) if served == reason));
        bench.advance(1);
        assert!(bench.cache.peek(&numbered(1)).is_none());
    }
    assert_eq!(bench.count(CacheEvent::Negative), 2);
}

#[tokio::test]
async fn refusals_are_not_kept_where_their_time_is_zero() {
    let bench = bench(|builder| builder.negative(Duration::ZERO, 1));
    bench.asked(1, Answer::Invalid(DenyReason::TokenNotFound)).await;
    assert!(bench.cache.peek(&numbered(1)).is_none());
}

#[tokio::test]
async fn an_outage_is_never_kept() {
    use UnavailableKind::*;
    let bench = bench(CacheBuilder::without_breaker);
    for kind in [Timeout, Unreachable, RateLimited, Failed, Undecodable, Overloaded, Misconfigured]
    {
        let outcome = bench.asked(1, Answer::Unavailable(kind)).await;
        assert_eq!(outage(&outcome), kind);
        assert!(bench.cache.peek(&numbered(1)).is_none(), "{kind:?}");
    }
    assert_eq!(bench.upstream.calls(), 7);
    assert_eq!((bench.cache.usage().credentials, bench.cache.usage().refusals), (0, 0));
}

#[tokio::test]
async fn a_refusal_takes_the_place_of_a_credential_and_the_other_way_round() {
    let bench = bench(|builder| builder.ttl(seconds(10)));
    bench.asked(1, Answer::Valid).await;
    bench.advance(10);
    bench.asked(1, Answer::Invalid(DenyReason::TokenRevoked)).await;
    assert_eq!((bench.cache.usage().credentials, bench.cache.usage().refusals), (0, 1));
    bench.advance(5);
    bench.asked(1, Answer::Valid).await;
    assert_eq!((bench.cache.usage().credentials, bench.cache.usage().refusals), (1, 0));
}

#[tokio::test]
async fn an_entry_is_refreshed_in_the_background_before_it_ends() {
    let bench = bench(|builder| builder.ttl(seconds(60)).refresh_ahead(seconds(20)));
    bench.asked(1, Answer::Valid).await;
    bench.advance(39);
    assert_eq!(call_of(&bench.ask(1).await), 0);
    settle().await;
    assert_eq!(bench.upstream.calls(), 1);
    bench.advance(1);
    for _ in 0..50 {
        assert_eq!(call_of(&bench.ask(1).await), 0);
        settle().await;
    }
    bench.upstream.answer_the_one(Answer::Valid);
    settle().await;
    assert_eq!(call_of(&bench.ask(1).await), 1);
    bench.advance(30);
    assert_eq!(call_of(&bench.ask(1).await), 1);
    assert_eq!((bench.upstream.calls(), bench.count(CacheEvent::Refreshed)), (2, 1));
}

#[tokio::test]
async fn a_refresh_that_fails_leaves_the_entry_and_pauses() {
    let bench =
        bench(|builder| builder.ttl(seconds(60)).refresh_ahead(seconds(20)).without_breaker());
    bench.asked(1, Answer::Valid).await;
    bench.upstream.always(Answer::Unavailable(UnavailableKind::Failed));
    for second in 0..60 {
        assert_eq!(call_of(&bench.ask(1).await), 0, "{second}");
        settle().await;
        bench.advance(1);
    }
    // At 40, 45, 50 and 55 seconds.
    assert_eq!(bench.count(CacheEvent::Refreshed), 4);
}

#[tokio::test]
async fn a_refresh_that_is_refused_ends_the_entry_at_once() {
    let bench = bench(|builder| {
        builder.ttl(seconds(60)).refresh_ahead(seconds(20)).stale_if_error(seconds(600))
    });
    bench.asked(1, Answer::Valid).await;
    bench.advance(40);
    bench.ask(1).await;
    settle().await;
    bench.upstream.answer_the_one(Answer::Invalid(DenyReason::HardDenySanctionsMatch));
    settle().await;
    assert!(matches!(bench.cache.peek(&numbered(1)), Some(Verdict::Invalid(_))));
    bench.advance(5);
    let outcome = bench.asked(1, Answer::Unavailable(UnavailableKind::Unreachable)).await;
    assert_eq!(outage(&outcome), UnavailableKind::Unreachable);
}

#[tokio::test]
async fn a_credential_of_another_token_is_handed_out_and_not_kept() {
    let verifier = ScriptedVerifier::new();
    let builder = VerifiedCredential::builder(
        "test",
        passid_core::Environment::Sandbox,
        claims::complete(),
        common::start(),
    );
    let foreign = builder.token(numbered(2)).build().unwrap();
    verifier.script("psid_sandbox_1", Verdict::Valid(foreign));
    let cache = CachedVerifier::builder(verifier).build().unwrap();
    let verdict = cache.verify(numbered(1)).await;
    assert_eq!(credential(verdict).token(), Some(&numbered(2)));
    assert!(cache.peek(&numbered(1)).is_none());
}

#[tokio::test]
async fn a_credential_that_had_no_token_gets_none() {
    let verifier = ScriptedVerifier::new();
    verifier.accept("psid_sandbox_1", claims::complete());
    let cache = CachedVerifier::builder(verifier).build().unwrap();
    for _ in 0..2 {
        assert_eq!(credential(cache.verify(numbered(1)).await).token(), None);
    }
}

#[tokio::test]
async fn what_is_over_is_cleared_away() {
    let bench = bench(|builder| builder);
    bench.upstream.always(Answer::Valid);
    for number in 0..10 {
        bench.ask(number).await;
    }
    bench.advance(60);
    assert_eq!(bench.cache.usage().credentials, 10);
    bench.ask(10).await;
    settle().await;
    assert_eq!(bench.cache.usage().credentials, 1, "not cleared away by a later call");
    bench.advance(60);
    bench.cache.remove_expired();
    assert_eq!(bench.cache.usage().credentials, 0);
}

#[tokio::test]
async fn settings_that_make_no_sense_are_refused_by_name() {
    let build = |change: fn(CacheBuilder<ScriptedVerifier>) -> CacheBuilder<ScriptedVerifier>| {
        change(CachedVerifier::builder(ScriptedVerifier::new())).build().unwrap_err()
    };
    let zero = |setting| CacheBuildError::Zero { setting };
    let hour = seconds(3600);
    let long = |setting, most| CacheBuildError::TooLong { setting, most };
    assert_eq!(build(|builder| builder.ttl(Duration::ZERO)), zero("ttl"));
    assert_eq!(build(|builder| builder.capacity(0)), zero("capacity"));
    assert_eq!(build(|builder| builder.max_bytes(0)), zero("max_bytes"));
    assert_eq!(build(|builder| builder.negative(seconds(1), 0)), zero("negative capacity"));
    assert_eq!(build(|builder| builder.deadline(Duration::ZERO)), zero("deadline"));
    assert_eq!(build(|builder| builder.call_timeout(Duration::ZERO)), zero("call_timeout"));
    assert_eq!(build(|builder| builder.max_in_flight(0)), zero("max_in_flight"));
    assert_eq!(build(|builder| builder.breaker(0, seconds(1))), zero("breaker"));
    assert_eq!(build(|builder| builder.ttl(seconds(3601))), long("ttl", hour));
    assert_eq!(
        build(|builder| builder.stale_if_error(seconds(3601))),
        long("stale_if_error", hour)
    );
    assert_eq!(build(|builder| builder.negative(seconds(3601), 1)), long("negative", hour));
    let half = long("refresh_ahead", seconds(30));
    assert_eq!(build(|builder| builder.refresh_ahead(seconds(31))), half);
}

#[tokio::test]
async fn a_verifier_of_one_time_codes_cannot_be_cached() {
    let redeeming = RedeemingVerifier::new(common::api().client);
    let built = CachedVerifier::builder(redeeming.clone()).build();
    assert_eq!(built.unwrap_err(), CacheBuildError::OneTime);
    let shared: Arc<dyn Verify> = Arc::new(redeeming);
    assert_eq!(CachedVerifier::builder(shared).build().unwrap_err(), CacheBuildError::OneTime);
}

#[test]
fn a_cache_without_a_runtime_is_refused() {
    let built = CachedVerifier::builder(ScriptedVerifier::new()).build();
    assert_eq!(built.unwrap_err(), CacheBuildError::NoRuntime);
}
