//! One call of many callers, whatever becomes of them and of it.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use common::upstream::{Answer, bench, call_of, numbered, outage, settle};
use passid_core::cache::CacheEvent;
use passid_core::testing::claims;
use passid_core::{
    BoxFuture, CachedVerifier, DenyReason, Environment, Token, UnavailableKind, Verdict,
    VerifiedCredential, Verify,
};
use tokio::sync::Notify;

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[tokio::test]
async fn a_thousand_callers_of_a_cold_token_make_one_call() {
    for leaving in [0, 300] {
        let bench = bench(|builder| builder);
        let mut callers: Vec<_> = (0..1000).map(|_| bench.request(1)).collect();
        settle().await;
        // The first to come, which caused the call, is among those who leave.
        for caller in callers.drain(..leaving) {
            caller.abort();
        }
        settle().await;
        bench.upstream.answer_the_one(Answer::Valid);
        for caller in callers {
            assert_eq!(call_of(&caller.await.unwrap()), 0);
        }
        assert_eq!(bench.upstream.calls(), 1, "{leaving} left");
        assert_eq!((bench.count(CacheEvent::Miss), bench.count(CacheEvent::Joined)), (1, 999));
        assert_eq!(bench.cache.usage().in_flight, 0);
    }
}

#[tokio::test]
async fn a_call_goes_on_when_all_callers_have_gone() {
    let bench = bench(|builder| builder);
    let caller = bench.request(1);
    settle().await;
    caller.abort();
    settle().await;
    assert_eq!(bench.cache.usage().in_flight, 1);
    bench.upstream.answer_the_one(Answer::Valid);
    settle().await;
    assert_eq!(call_of(&bench.cache.peek(&numbered(1)).unwrap()), 0);
}

#[tokio::test]
async fn each_caller_has_its_own_deadline_and_the_call_goes_on() {
    let bench = bench(|builder| builder.deadline(seconds(2)));
    let early = bench.request(1);
    settle().await;
    bench.advance(1);
    let late = bench.request(1);
    settle().await;
    bench.advance(1);
    assert_eq!(outage(&early.await.unwrap()), UnavailableKind::Timeout);
    settle().await;
    assert!(!late.is_finished());
    bench.upstream.answer_the_one(Answer::Valid);
    assert_eq!(call_of(&late.await.unwrap()), 0);
    assert_eq!((bench.upstream.calls(), bench.count(CacheEvent::TimedOut)), (1, 1));
}

/// The measured experiment: a call of 150 ms, deadlines of 100 ms, a request every 20 ms for 2 s.
#[tokio::test]
async fn a_call_that_is_slower_than_every_deadline_is_made_once() {
    let bench = bench(|builder| builder.deadline(Duration::from_millis(100)));
    let mut callers = Vec::new();
    for step in 0..100 {
        callers.push(bench.request(1));
        settle().await;
        if step == 7 {
            bench.upstream.answer_the_one(Answer::Valid);
            settle().await;
        }
        bench.clock.advance(Duration::from_millis(20));
        settle().await;
    }
    let mut answered = 0;
    for caller in callers {
        answered += usize::from(matches!(caller.await.unwrap(), Verdict::Valid(_)));
    }
    assert_eq!((answered, bench.upstream.calls()), (97, 1));
}

#[tokio::test]
async fn a_call_that_never_ends_is_given_up_and_the_next_caller_makes_another() {
    let bench = bench(|builder| builder.call_timeout(seconds(15)).deadline(seconds(60)));
    let caller = bench.request(1);
    settle().await;
    bench.advance(15);
    assert_eq!(outage(&caller.await.unwrap()), UnavailableKind::Timeout);
    assert_eq!(bench.cache.usage().in_flight, 0);
    let again = bench.request(1);
    settle().await;
    bench.upstream.answer(1, Answer::Valid);
    assert_eq!(call_of(&again.await.unwrap()), 1);
}

#[tokio::test]
async fn a_call_that_panics_fails_its_callers_and_the_next_one_makes_another() {
    let bench = bench(|builder| builder);
    let callers: Vec<_> = (0..10).map(|_| bench.request(1)).collect();
    settle().await;
    bench.upstream.answer_the_one(Answer::Panic);
    for caller in callers {
        assert_eq!(outage(&caller.await.unwrap()), UnavailableKind::Failed);
    }
    assert_eq!((bench.cache.usage().in_flight, bench.count(CacheEvent::Lost)), (0, 1));
    assert_eq!(call_of(&bench.asked(1, Answer::Valid).await), 1);
}

#[test]
fn a_runtime_that_ends_leaves_nobody_waiting() {
    let calls = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let callers = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    callers.block_on(async {
        let bench = bench(|builder| builder.runtime(calls.handle().clone()));
        let waiting = bench.request(1);
        while bench.upstream.waiting().is_empty() {
            tokio::task::yield_now().await;
        }
        calls.shutdown_background();
        assert_eq!(outage(&waiting.await.unwrap()), UnavailableKind::Failed);
        // Later ones are told at once.
        assert_eq!(outage(&bench.ask(2).await), UnavailableKind::Failed);
        assert_eq!(bench.cache.usage().in_flight, 0);
    });
}

#[tokio::test]
async fn beyond_the_calls_that_are_allowed_callers_are_told_at_once() {
    let bench = bench(|builder| builder.max_in_flight(3));
    let callers: Vec<_> = (0..3).map(|number| bench.request(number)).collect();
    settle().await;
    assert_eq!(outage(&bench.ask(3).await), UnavailableKind::Overloaded);
    // Whoever joins makes no call.
    let joining = bench.request(0);
    settle().await;
    for call in bench.upstream.waiting() {
        bench.upstream.answer(call, Answer::Valid);
    }
    for caller in callers.into_iter().chain([joining]) {
        assert!(matches!(caller.await.unwrap(), Verdict::Valid(_)));
    }
    assert_eq!((bench.upstream.calls(), bench.count(CacheEvent::Rejected)), (3, 1));
    bench.asked(3, Answer::Valid).await;
}

#[tokio::test]
async fn calls_that_were_given_up_count_as_long_as_they_last() {
    let bench = bench(|builder| builder.max_in_flight(2));
    let _callers = [bench.request(0), bench.request(1)];
    settle().await;
    bench.cache.clear();
    assert_eq!(outage(&bench.ask(2).await), UnavailableKind::Overloaded);
    bench.upstream.answer(0, Answer::Invalid(DenyReason::Unspecified));
    settle().await;
    assert_eq!(bench.cache.usage().in_flight, 1);
    let _caller = bench.request(2);
    settle().await;
    assert_eq!(bench.upstream.waiting(), [1, 2]);
}

/// Answers after a nudge, and counts how many calls for a token are under way at once.
#[derive(Clone, Default)]
struct Slow {
    calls: Arc<AtomicUsize>,
    gate: Arc<Notify>,
}

impl Verify for Slow {
    fn verify(&self, token: Token) -> BoxFuture<'static, Verdict> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        let gate = self.gate.clone();
        Box::pin(async move {
            gate.notified().await;
            let received = common::start();
            let builder = VerifiedCredential::builder(
                "test",
                Environment::Sandbox,
                claims::complete(),
                received,
            );
            Verdict::Valid(builder.token(token).build().unwrap())
        })
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn threads_that_ask_at_once_make_one_call_per_token() {
    const TOKENS: usize = 20;
    let slow = Slow::default();
    let cache = CachedVerifier::builder(slow.clone()).build().unwrap();
    let mut callers = Vec::new();
    for number in 0..2000 {
        let cache = cache.clone();
        callers.push(tokio::spawn(async move {
            let token = numbered(number % TOKENS);
            let verdict = match cache.peek(&token) {
                Some(verdict) => verdict,
                None => cache.verify(token).await,
            };
            matches!(verdict, Verdict::Valid(_))
        }));
    }
    // A third leaves while the calls are under way.
    for caller in callers.iter().step_by(3) {
        caller.abort();
    }
    while slow.calls.load(Ordering::SeqCst) < TOKENS {
        tokio::task::yield_now().await;
    }
    for _ in 0..TOKENS {
        slow.gate.notify_one();
        tokio::task::yield_now().await;
    }
    while cache.usage().in_flight > 0 {
        slow.gate.notify_waiters();
        tokio::task::yield_now().await;
    }
    for (number, caller) in callers.into_iter().enumerate() {
        match caller.await {
            Ok(valid) => assert!(valid),
            Err(error) => assert!(error.is_cancelled() && number % 3 == 0),
        }
    }
    assert_eq!(slow.calls.load(Ordering::SeqCst), TOKENS);
}
