//! A guard before a cache: what is kept is the verdict, never the decision.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;

use std::sync::Arc;
use std::time::Duration;

use common::TOKEN;
use common::upstream::{Answer, Bench, Upstream, bench};
use passid_core::cache::CacheEvent;
use passid_core::testing::ManualClock;
use passid_core::{
    CachedVerifier, Decision, DenyReason, Guard, Policy, RejectionCode, RequestView, Served, Step,
};

struct Request;

impl RequestView for Request {
    fn method(&self) -> &str {
        "GET"
    }

    fn query(&self) -> Option<&str> {
        None
    }

    fn each_header<'a>(&'a self, name: &str, visit: &mut dyn FnMut(&'a [u8])) {
        if name == "x-passid-token" {
            visit(TOKEN.as_bytes());
        }
    }
}

/// A guard whose clock can run ahead of the cache's: the entry stays, and time moves.
fn guarded(policy: Policy) -> (Bench, Guard<CachedVerifier<Upstream>>, ManualClock) {
    let bench = bench(|builder| builder);
    let clock = ManualClock::at(common::start());
    let guard = Guard::builder(bench.cache.clone(), policy).clock(Arc::new(clock.clone())).build();
    (bench, guard, clock)
}

/// A decision that is made at once.
fn at_once(guard: &Guard<CachedVerifier<Upstream>>) -> Decision {
    let Step::Decided(decision) = guard.begin(&Request, None) else { panic!("it has to wait") };
    decision
}

fn code(decision: Decision) -> RejectionCode {
    let Decision::Refused(rejection) = decision else { panic!("{decision:?}") };
    rejection.code()
}

#[tokio::test]
async fn a_hit_is_decided_at_once_and_has_its_token() {
    let (bench, guard, _) = guarded(Policy::verified_only());
    bench.upstream.always(Answer::Valid);
    let Decision::Verified(live) = guard.check(&Request).await else { panic!() };
    let Decision::Verified(hit) = at_once(&guard) else { panic!() };
    assert_eq!((live.served(), hit.served()), (Served::Live, Served::Cached));
    assert_eq!(hit.token(), Some(&common::token()));
    assert_eq!(live.token(), hit.token());
}

#[tokio::test]
async fn the_policy_looks_at_every_hit() {
    // The credential is two hours old.
    let policy = Policy::builder().max_credential_age_hours(3).build().unwrap();
    let (bench, guard, clock) = guarded(policy);
    bench.upstream.always(Answer::Valid);
    assert!(matches!(guard.check(&Request).await, Decision::Verified(_)));
    clock.advance(Duration::from_secs(2 * 3600 - 1));
    assert!(matches!(at_once(&guard), Decision::Verified(_)));
    clock.advance(Duration::from_secs(1));
    assert_eq!(code(at_once(&guard)), RejectionCode::PolicyViolation);
    assert_eq!((bench.upstream.calls(), bench.count(CacheEvent::Hit)), (1, 2));
}

#[tokio::test]
async fn two_guards_share_a_cache_and_not_a_decision() {
    let (bench, lenient, _) = guarded(Policy::verified_only());
    let strict = Policy::builder().max_credential_age_hours(1).build().unwrap();
    let strict = Guard::builder(bench.cache.clone(), strict)
        .clock(Arc::new(ManualClock::at(common::start())))
        .build();
    bench.upstream.always(Answer::Valid);
    assert_eq!(code(strict.check(&Request).await), RejectionCode::PolicyViolation);
    assert!(matches!(at_once(&lenient), Decision::Verified(_)));
    assert_eq!(bench.upstream.calls(), 1);
}

#[tokio::test]
async fn the_end_of_the_credential_is_looked_at_on_every_hit() {
    let (bench, guard, clock) = guarded(Policy::verified_only());
    let end = common::start() + Duration::from_secs(30);
    bench.upstream.always(Answer::ValidUntil(end));
    assert!(matches!(guard.check(&Request).await, Decision::Verified(_)));
    clock.advance(Duration::from_secs(30));
    assert_eq!(code(at_once(&guard)), RejectionCode::TokenInvalid);
}

#[tokio::test]
async fn a_refusal_that_is_known_is_answered_at_once() {
    let (bench, guard, _) = guarded(Policy::verified_only());
    bench.upstream.always(Answer::Invalid(DenyReason::HardDenySanctionsMatch));
    assert_eq!(code(guard.check(&Request).await), RejectionCode::TokenInvalid);
    assert_eq!(code(at_once(&guard)), RejectionCode::TokenInvalid);
    assert_eq!(bench.upstream.calls(), 1);
}
