//! The API goes down, is slow, comes back: what callers see, how often it is called, how soon it is
//! used again. And what may be served while it is silent.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;

use std::time::Duration;

use common::upstream::{Answer, bench, call_of, numbered, outage, settle};
use passid_core::cache::{BreakerState, CacheEvent};
use passid_core::{DenyReason, Served, Token, UnavailableKind, Verdict, Verify};

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

const DOWN: Answer = Answer::Unavailable(UnavailableKind::Unreachable);

fn served(verdict: &Verdict) -> Served {
    let Verdict::Valid(credential) = verdict else { panic!("{verdict:?}") };
    credential.served()
}

fn retry_after(verdict: &Verdict) -> Option<Duration> {
    let Verdict::Unavailable(outage) = verdict else { panic!("{verdict:?}") };
    outage.delay()
}

/// One request per second throughout, each for a token that is not known; callers wait for 2 s.
#[tokio::test]
async fn an_outage_costs_one_call_in_five_seconds_and_is_over_with_the_first_answer() {
    let bench = bench(|builder| builder.breaker(5, seconds(5)).deadline(seconds(2)));

    // Down for a minute: five calls open the breaker, then one in five seconds probes.
    bench.upstream.always(DOWN);
    for second in 0..60 {
        let verdict = bench.ask(second).await;
        assert_eq!(outage(&verdict), UnavailableKind::Unreachable);
        let calls = second < 5 || second % 5 == 4;
        assert_eq!(retry_after(&verdict).is_none(), calls, "{second}");
        bench.advance(1);
    }
    assert_eq!(bench.upstream.calls(), 5 + 11);

    // Back, but 5 s slow. The probe of second 64 is answered in second 69; until then everybody else
    // is told at once, and from then on everybody is asked about.
    bench.upstream.always(None);
    let (mut callers, mut calls) = (Vec::new(), Vec::new());
    for second in 60..80 {
        callers.push(bench.request(second));
        settle().await;
        calls.push(bench.upstream.calls());
        for call in bench.upstream.waiting() {
            let asked_at = second_of(&bench.upstream.token_of(call));
            if second - asked_at >= 5 {
                bench.upstream.answer(call, Answer::Valid);
            }
        }
        settle().await;
        bench.advance(1);
        settle().await;
    }
    assert_eq!(calls[..4], [16; 4], "held back");
    assert_eq!(calls[4..10], [17; 6], "the probe, and nobody beside it");
    assert_eq!(calls[10..], [18, 19, 20, 21, 22, 23, 24, 25, 26, 27], "closed");
    assert_eq!(bench.cache.usage().breaker, BreakerState::Closed);
    bench.advance(2);
    // Too late for those who asked, and there for whoever asks again.
    for caller in callers {
        let outcome = outage(&caller.await.unwrap());
        assert!(matches!(outcome, UnavailableKind::Timeout | UnavailableKind::Unreachable));
    }
    assert_eq!(served(&bench.ask(64).await), Served::Cached);
    assert_eq!(served(&bench.ask(70).await), Served::Cached);

    // Well again.
    bench.upstream.always(Answer::Valid);
    for second in 90..100 {
        assert_eq!(served(&bench.ask(second).await), Served::Live);
        bench.advance(1);
    }
    let count = |event| bench.count(event);
    assert_eq!(count(CacheEvent::BreakerOpened), 12);
    assert_eq!(count(CacheEvent::BreakerHalfOpened), 12);
    assert_eq!(count(CacheEvent::BreakerClosed), 1);
}

/// Tokens are numbered by the second of their request.
fn second_of(token: &Token) -> usize {
    token.expose().rsplit('_').next().unwrap().parse().unwrap()
}

#[tokio::test]
async fn an_open_breaker_answers_at_once_and_says_when_to_come_back() {
    let bench = bench(|builder| builder.breaker(2, seconds(5)));
    bench.upstream.always(DOWN);
    for number in 0..2 {
        bench.ask(number).await;
    }
    assert_eq!(bench.cache.usage().breaker, BreakerState::Open);
    bench.advance(2);
    let verdict = bench.ask(3).await;
    assert_eq!(retry_after(&verdict), Some(seconds(3)));
    assert_eq!(bench.upstream.calls(), 2);
}

#[tokio::test]
async fn what_is_known_is_served_whatever_the_breaker_says() {
    let bench = bench(|builder| builder.breaker(1, seconds(5)));
    bench.asked(1, Answer::Valid).await;
    bench.asked(2, Answer::Invalid(DenyReason::TokenExpired)).await;
    bench.asked(3, DOWN).await;
    assert_eq!(served(&bench.ask(1).await), Served::Cached);
    assert!(matches!(bench.ask(2).await, Verdict::Invalid(_)));
}

#[tokio::test]
async fn one_caller_probes_while_a_hundred_others_are_told_at_once() {
    let bench = bench(|builder| builder.breaker(1, seconds(5)));
    bench.asked(0, DOWN).await;
    bench.advance(5);
    let callers: Vec<_> = (0..101).map(|number| bench.request(number)).collect();
    settle().await;
    bench.upstream.answer_the_one(Answer::Valid);
    let mut passes = 0;
    for caller in callers {
        passes += usize::from(matches!(caller.await.unwrap(), Verdict::Valid(_)));
    }
    assert_eq!((passes, bench.upstream.calls()), (1, 2));
}

#[tokio::test]
async fn a_probe_that_panics_does_not_keep_the_breaker_half_open() {
    let bench = bench(|builder| builder.breaker(1, seconds(5)));
    bench.asked(0, DOWN).await;
    for _ in 0..3 {
        bench.advance(5);
        bench.asked(0, Answer::Panic).await;
        assert_eq!(bench.cache.usage().breaker, BreakerState::Open);
    }
    bench.advance(5);
    bench.asked(0, Answer::Valid).await;
    assert_eq!(bench.cache.usage().breaker, BreakerState::Closed);
}

#[tokio::test]
async fn callers_cannot_open_the_breaker_by_what_they_present() {
    use UnavailableKind::{Misconfigured, RateLimited, Undecodable};
    let bench = bench(|builder| builder.breaker(1, seconds(5)));
    for number in 0..20 {
        bench.asked(number, Answer::Invalid(DenyReason::TokenNotFound)).await;
        for kind in [Misconfigured, RateLimited, Undecodable] {
            bench.asked(100 + number, Answer::Unavailable(kind)).await;
        }
    }
    assert_eq!(bench.cache.usage().breaker, BreakerState::Closed);
}

#[tokio::test]
async fn stale_credentials_are_off_unless_set() {
    let bench = bench(|builder| builder);
    bench.asked(1, Answer::Valid).await;
    bench.advance(60);
    assert_eq!(outage(&bench.asked(1, DOWN).await), UnavailableKind::Unreachable);
}

#[tokio::test]
async fn a_stale_credential_is_served_on_silence_only_and_says_so() {
    use UnavailableKind::*;
    let bench = bench(|builder| builder.stale_if_error(seconds(300)).without_breaker());
    bench.asked(1, Answer::Valid).await;
    bench.advance(60);
    for kind in [Timeout, Unreachable, RateLimited, Failed, Overloaded] {
        let verdict = bench.asked(1, Answer::Unavailable(kind)).await;
        assert_eq!((served(&verdict), call_of(&verdict)), (Served::Stale, 0), "{kind:?}");
        let Verdict::Valid(credential) = verdict else { panic!() };
        assert_eq!(credential.token(), Some(&numbered(1)));
        assert_eq!(credential.received_at(), common::start());
    }
    for kind in [Undecodable, Misconfigured] {
        assert_eq!(outage(&bench.asked(1, Answer::Unavailable(kind)).await), kind);
    }
    bench.advance(299);
    assert_eq!(served(&bench.asked(1, DOWN).await), Served::Stale);
    bench.advance(1);
    assert_eq!(outage(&bench.asked(1, DOWN).await), Unreachable);
}

#[tokio::test]
async fn a_slow_api_and_a_full_bulkhead_are_silence_too() {
    let bench =
        bench(|builder| builder.stale_if_error(seconds(300)).deadline(seconds(2)).max_in_flight(1));
    bench.asked(1, Answer::Valid).await;
    bench.asked(2, Answer::Valid).await;
    bench.advance(60);
    let slow = bench.request(1);
    settle().await;
    assert_eq!(served(&bench.ask(2).await), Served::Stale);
    bench.advance(2);
    assert_eq!(served(&slow.await.unwrap()), Served::Stale);
}

#[tokio::test]
async fn while_the_breaker_is_open_a_stale_credential_is_served_at_once() {
    let bench = bench(|builder| builder.stale_if_error(seconds(300)).breaker(1, seconds(5)));
    bench.asked(1, Answer::Valid).await;
    bench.advance(60);
    assert!(bench.cache.peek(&numbered(1)).is_none(), "served stale without having asked");
    assert_eq!(served(&bench.asked(1, DOWN).await), Served::Stale);
    assert_eq!(served(&bench.cache.peek(&numbered(1)).unwrap()), Served::Stale);
    bench.advance(5);
    assert!(bench.cache.peek(&numbered(1)).is_none(), "the next caller is the probe");
}

#[tokio::test]
async fn nothing_stale_is_served_after_a_refusal() {
    for reason in [DenyReason::HardDenySanctionsMatch, DenyReason::TokenRevoked] {
        let bench = bench(|builder| builder.stale_if_error(seconds(3600)).breaker(1, seconds(60)));
        bench.asked(1, Answer::Valid).await;
        bench.advance(60);
        bench.asked(1, Answer::Invalid(reason)).await;
        bench.advance(5);
        assert_eq!(outage(&bench.asked(1, DOWN).await), UnavailableKind::Unreachable);
        assert!(bench.cache.peek(&numbered(1)).is_none());
        assert_eq!(outage(&bench.ask(1).await), UnavailableKind::Unreachable);
    }
}
