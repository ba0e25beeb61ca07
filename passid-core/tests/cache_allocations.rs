//! What a hit costs in allocations and in copies of the claims: exact counts.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;

use std::task::{Context, Waker};

use allocation_counter::measure;
use common::TOKEN;
use passid_core::cache::CacheCounters;
use passid_core::testing::claims;
use passid_core::{
    BoxFuture, CachedVerifier, Decision, DenyReason, Environment, Guard, Policy, RequestView, Step,
    Token, Verdict, VerifiedCredential, Verify,
};

/// Valid for [`TOKEN`], else refused.
struct One;

impl Verify for One {
    fn verify(&self, token: Token) -> BoxFuture<'static, Verdict> {
        let (claims, received) = (claims::complete(), common::start());
        let builder = VerifiedCredential::builder("test", Environment::Sandbox, claims, received);
        let verdict = match token.expose() {
            TOKEN => Verdict::Valid(builder.token(token).build().unwrap()),
            _ => Verdict::Invalid(DenyReason::TokenNotFound),
        };
        Box::pin(async move { verdict })
    }
}

struct Request(&'static str);

impl RequestView for Request {
    fn method(&self) -> &str {
        "GET"
    }

    fn query(&self) -> Option<&str> {
        None
    }

    fn each_header<'a>(&'a self, name: &str, visit: &mut dyn FnMut(&'a [u8])) {
        if name == "x-passid-token" {
            visit(self.0.as_bytes());
        }
    }
}

/// The same each time once warm.
fn allocations(mut run: impl FnMut()) -> u64 {
    run();
    let counts = [(); 3].map(|()| measure(&mut run).count_total);
    assert!(counts.iter().all(|count| *count == counts[0]), "{counts:?}");
    counts[0]
}

/// One test for all, so that nothing else runs on the thread.
#[test]
fn a_hit_copies_nothing_and_allocates_the_token_that_it_hands_out() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let _inside = runtime.enter();
    let cache = CachedVerifier::builder(One).observer(CacheCounters::new()).build().unwrap();
    let (good, bad) = (Token::parse(TOKEN).unwrap(), Token::parse("psid_unknown").unwrap());
    let live = runtime.block_on(cache.verify(good.clone()));
    runtime.block_on(cache.verify(bad.clone()));
    let Verdict::Valid(live) = live else { panic!("{live:?}") };

    assert_eq!(allocations(|| assert!(matches!(cache.peek(&good), Some(Verdict::Valid(_))))), 0);
    assert_eq!(allocations(|| assert!(matches!(cache.peek(&bad), Some(Verdict::Invalid(_))))), 0);
    assert_eq!(allocations(|| assert!(cache.peek(&Token::parse("psid_2").unwrap()).is_none())), 1);

    // Through the guard: one to read the token out of the header, which the credential that is handed
    // out shares (decision P53).
    let policy = Policy::builder().require_claims(["income_verified"]).build().unwrap();
    let guard = Guard::new(cache.clone(), policy);
    let hit = || match guard.begin(&Request(TOKEN), None) {
        Step::Decided(Decision::Verified(credential)) => credential,
        other => panic!("{other:?}"),
    };
    assert_eq!(allocations(|| drop(hit())), 1);
    let credential = hit();
    assert!(std::ptr::eq(credential.claims(), live.claims()), "the claims were copied");
    assert_eq!(credential.token(), Some(&good));
    assert_eq!(allocations(|| drop(credential.clone())), 0);

    // Asked in a future, as nobody does who peeks first: its box.
    let asked = allocations(|| {
        let mut future = cache.verify(good.clone());
        let mut cx = Context::from_waker(Waker::noop());
        assert!(future.as_mut().poll(&mut cx).is_ready());
    });
    assert!(asked <= 1, "{asked}");
}
