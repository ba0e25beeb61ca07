//! What is forgotten stays forgotten, also when a call that began before comes back.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use common::upstream::{Answer, Bench, bench, call_of, numbered, outage, settle};
use passid_core::cache::CacheEvent;
use passid_core::testing::claims;
use passid_core::testing::webhook::{envelope, sign};
use passid_core::webhook::Event;
use passid_core::{
    BoxFuture, CachedVerifier, DenyReason, Environment, Subject, Token, UnavailableKind, Verdict,
    VerifiedCredential, Verify, WebhookSecret, WebhookVerifier,
};
use serde_json::{Value, json};

/// As it comes out of the verification of a signed body.
fn event(name: &str, data: impl Into<Value>) -> Event {
    let secret = WebhookSecret::parse("whsec_00000000000000000000000000000000").unwrap();
    let body = envelope(name, data);
    let header = sign(&secret, &body);
    let verifier = WebhookVerifier::with_secret(secret).unwrap();
    verifier.verify([header], &body).unwrap().parse().unwrap()
}

fn failed(number: usize) -> Event {
    let token = numbered(number);
    event("verification.failed", json!({"token": token.expose(), "deny_reason": "TOKEN_REVOKED"}))
}

/// The three ways to forget token 1.
type Forget = fn(&Bench);
const WAYS: [(&str, Forget); 3] = [
    ("by token", |bench| bench.cache.invalidate(&numbered(1))),
    ("by webhook", |bench| assert!(bench.cache.invalidate_event(&failed(1)))),
    ("as a whole", |bench| bench.cache.clear()),
];

#[tokio::test]
async fn what_was_forgotten_is_asked_about_again() {
    for (way, forget) in WAYS {
        let bench = bench(|builder| builder);
        bench.asked(1, Answer::Valid).await;
        forget(&bench);
        assert!(bench.cache.peek(&numbered(1)).is_none(), "{way}");
        assert_eq!(call_of(&bench.asked(1, Answer::Valid).await), 1);
        assert_eq!(bench.count(CacheEvent::Invalidated), 1);
    }
}

#[tokio::test]
async fn other_tokens_are_not_touched() {
    let bench = bench(|builder| builder);
    bench.asked(2, Answer::Valid).await;
    bench.cache.invalidate(&numbered(1));
    bench.cache.invalidate_event(&failed(1));
    assert_eq!(call_of(&bench.ask(2).await), 0);
}

#[tokio::test]
async fn a_call_that_began_before_keeps_nothing_and_its_pass_is_not_handed_out() {
    for (way, forget) in WAYS {
        let bench = bench(|builder| builder);
        let early = bench.request(1);
        settle().await;
        forget(&bench);
        let late = bench.request(1);
        settle().await;
        assert_eq!(bench.upstream.waiting(), [0, 1], "{way}: the later caller asks anew");
        bench.upstream.answer(0, Answer::Valid);
        settle().await;
        assert!(bench.cache.peek(&numbered(1)).is_none(), "{way}: the old answer came back");
        assert!(!early.is_finished() && !late.is_finished(), "{way}");
        bench.upstream.answer(1, Answer::Invalid(DenyReason::TokenRevoked));
        for caller in [early, late] {
            assert!(matches!(caller.await.unwrap(), Verdict::Invalid(_)), "{way}");
        }
    }
}

#[tokio::test]
async fn an_old_answer_does_not_displace_a_newer_one() {
    for old in [Answer::Valid, Answer::Invalid(DenyReason::TokenExpired)] {
        let bench = bench(|builder| builder);
        let early = bench.request(1);
        settle().await;
        bench.cache.invalidate(&numbered(1));
        let late = bench.request(1);
        settle().await;
        bench.upstream.answer(1, Answer::Valid);
        assert_eq!(call_of(&late.await.unwrap()), 1);
        bench.upstream.answer(0, old);
        early.await.unwrap();
        assert_eq!(call_of(&bench.ask(1).await), 1);
    }
}

#[tokio::test]
async fn a_sanctions_match_counts_whenever_it_comes() {
    let bench = bench(|builder| builder);
    let early = bench.request(1);
    settle().await;
    bench.cache.invalidate(&numbered(1));
    let late = bench.request(1);
    settle().await;
    bench.upstream.answer(1, Answer::Valid);
    assert_eq!(call_of(&late.await.unwrap()), 1);
    bench.cache.invalidate(&numbered(1));
    let last = bench.request(1);
    settle().await;
    bench.upstream.answer(0, Answer::Invalid(DenyReason::HardDenySanctionsMatch));
    settle().await;
    assert!(matches!(bench.cache.peek(&numbered(1)), Some(Verdict::Invalid(_))));
    bench.upstream.answer(2, Answer::Valid);
    for caller in [early, last] {
        assert!(matches!(caller.await.unwrap(), Verdict::Invalid(_)));
    }
    assert!(matches!(bench.cache.peek(&numbered(1)), Some(Verdict::Invalid(_))));
}

#[tokio::test]
async fn a_caller_who_asks_again_keeps_its_deadline() {
    let bench = bench(|builder| builder.deadline(Duration::from_secs(3)));
    let caller = bench.request(1);
    settle().await;
    bench.advance(2);
    bench.cache.clear();
    bench.upstream.answer_the_one(Answer::Valid);
    settle().await;
    bench.advance(1);
    assert_eq!(outage(&caller.await.unwrap()), UnavailableKind::Timeout);
}

#[tokio::test]
async fn a_webhook_does_not_take_the_refusal_away_that_it_agrees_with() {
    let bench = bench(|builder| builder);
    bench.asked(1, Answer::Invalid(DenyReason::TokenRevoked)).await;
    assert!(bench.cache.invalidate_event(&failed(1)));
    assert!(matches!(bench.cache.peek(&numbered(1)), Some(Verdict::Invalid(_))));
    bench.cache.invalidate(&numbered(1));
    assert!(bench.cache.peek(&numbered(1)).is_none());
}

#[tokio::test]
async fn an_event_that_is_not_known_and_names_a_token_invalidates_it() {
    let bench = bench(|builder| builder);
    bench.asked(1, Answer::Valid).await;
    let revoked = event("credential.revoked", json!({"token": "psid_sandbox_1"}));
    assert!(bench.cache.invalidate_event(&revoked));
    assert!(bench.cache.peek(&numbered(1)).is_none());
}

#[tokio::test]
async fn events_that_speak_against_no_credential_change_nothing() {
    let bench = bench(|builder| builder);
    bench.asked(1, Answer::Valid).await;
    let token = json!("psid_sandbox_1");
    for event in [
        event("verification.completed", json!({"token": token, "verified_claims": {}})),
        event("outcome.reported", json!({"token": token, "outcome": "repaid"})),
        event("webhook.test", json!({"token": token})),
        event("verification.failed", json!({"deny_reason": "TOKEN_EXPIRED"})),
        event("something.else", json!({"token": 7})),
        event("something.else", Value::Null),
    ] {
        assert!(!bench.cache.invalidate_event(&event), "{event:?}");
    }
    assert_eq!(call_of(&bench.ask(1).await), 0);
}

#[tokio::test]
async fn what_was_forgotten_is_not_served_stale() {
    for (way, forget) in WAYS {
        let bench = bench(|builder| builder.stale_if_error(Duration::from_secs(600)));
        bench.asked(1, Answer::Valid).await;
        bench.advance(60);
        forget(&bench);
        let outcome = bench.asked(1, Answer::Unavailable(UnavailableKind::Unreachable)).await;
        assert_eq!(outage(&outcome), UnavailableKind::Unreachable, "{way}");
    }
}

/// Answers by what is true when it is asked, after a while.
#[derive(Clone, Default)]
struct Register(Arc<AtomicBool>);

impl Verify for Register {
    fn verify(&self, token: Token) -> BoxFuture<'static, Verdict> {
        let revoked = self.0.load(Ordering::SeqCst);
        Box::pin(async move {
            for _ in 0..8 {
                tokio::task::yield_now().await;
            }
            if revoked {
                return Verdict::Invalid(DenyReason::TokenRevoked);
            }
            let (claims, received) = (claims::complete(), common::start());
            let builder =
                VerifiedCredential::builder("test", Environment::Sandbox, claims, received);
            let builder = builder.subject(Subject::of("test", "1"));
            Verdict::Valid(builder.token(token).build().unwrap())
        })
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn on_many_threads_nobody_who_comes_after_an_invalidation_passes() {
    for round in 0..300 {
        let register = Register::default();
        let cache = CachedVerifier::builder(register.clone()).build().unwrap();
        let ask = |cache: &CachedVerifier<Register>| {
            let cache = cache.clone();
            tokio::spawn(async move {
                match cache.peek(&numbered(1)) {
                    Some(verdict) => verdict,
                    None => cache.verify(numbered(1)).await,
                }
            })
        };
        let before: Vec<_> = (0..8).map(|_| ask(&cache)).collect();
        for _ in 0..round % 16 {
            tokio::task::yield_now().await;
        }
        register.0.store(true, Ordering::SeqCst);
        match round % 4 {
            0 => cache.invalidate(&numbered(1)),
            1 => cache.clear(),
            2 => cache.invalidate_subject(Subject::of("test", "1")),
            _ => assert!(cache.invalidate_event(&failed(1))),
        }
        let after: Vec<_> = (0..8).map(|_| ask(&cache)).collect();
        for caller in after {
            let verdict = caller.await.unwrap();
            assert!(matches!(verdict, Verdict::Invalid(_)), "round {round}: {verdict:?}");
        }
        for caller in before {
            caller.await.unwrap();
        }
        assert!(!matches!(cache.peek(&numbered(1)), Some(Verdict::Valid(_))), "round {round}");
    }
}
