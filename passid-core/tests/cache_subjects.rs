//! What a provider tells of somebody takes every token of theirs out of the cache, and nobody else's.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;

use std::time::Duration;

use common::upstream::{Answer, bench, call_of, numbered, outage, settle, subject_of};
use passid_core::cache::CacheEvent;
use passid_core::{DenyReason, Subject, UnavailableKind, Verdict, Verify};

fn subject(number: usize) -> Subject {
    subject_of(&numbered(number))
}

/// Tokens whose numbers end alike are of one subject.
#[tokio::test]
async fn every_token_of_a_subject_is_forgotten_and_no_other() {
    let bench = bench(|builder| builder);
    for number in [1, 11, 21, 2] {
        bench.asked(number, Answer::Valid).await;
    }
    bench.cache.invalidate_subject(subject(1));
    for number in [1, 11, 21] {
        assert!(bench.cache.peek(&numbered(number)).is_none(), "{number}");
    }
    assert_eq!(call_of(&bench.ask(2).await), 3);
    assert_eq!(bench.count(CacheEvent::Invalidated), 1);
    assert_eq!(bench.cache.usage().credentials, 1);
}

#[tokio::test]
async fn a_call_that_began_before_keeps_nothing_and_its_pass_is_not_handed_out() {
    let bench = bench(|builder| builder);
    let early = bench.request(1);
    settle().await;
    bench.cache.invalidate_subject(subject(1));
    // Whose call it is shows when it lands: until then a later caller waits for the same one.
    let late = bench.request(1);
    settle().await;
    bench.upstream.answer_the_one(Answer::Valid);
    settle().await;
    assert!(bench.cache.peek(&numbered(1)).is_none(), "the old answer came back");
    assert!(!early.is_finished() && !late.is_finished());
    assert_eq!(bench.upstream.waiting(), [1], "both ask again, once");
    bench.upstream.answer(1, Answer::Invalid(DenyReason::TokenRevoked));
    for caller in [early, late] {
        assert!(matches!(caller.await.unwrap(), Verdict::Invalid(_)));
    }
}

#[tokio::test]
async fn a_call_that_began_after_is_kept() {
    let bench = bench(|builder| builder);
    let early = bench.request(1);
    settle().await;
    bench.cache.invalidate_subject(subject(1));
    let after = bench.request(11);
    settle().await;
    bench.upstream.answer(1, Answer::Valid);
    assert_eq!(call_of(&after.await.unwrap()), 1);
    assert_eq!(call_of(&bench.ask(11).await), 1);
    bench.upstream.answer(0, Answer::Invalid(DenyReason::TokenRevoked));
    early.await.unwrap();
    bench.cache.invalidate_subject(subject(1));
    assert_eq!(call_of(&bench.asked(11, Answer::Valid).await), 2);
}

#[tokio::test]
async fn calls_about_others_are_not_touched() {
    let bench = bench(|builder| builder);
    let other = bench.request(2);
    settle().await;
    bench.cache.invalidate_subject(subject(1));
    bench.upstream.answer_the_one(Answer::Valid);
    assert_eq!(call_of(&other.await.unwrap()), 0);
    assert_eq!(call_of(&bench.ask(2).await), 0);
}

#[tokio::test]
async fn a_refresh_that_began_before_puts_nothing_back() {
    let bench = bench(|builder| builder.refresh_ahead(Duration::from_secs(30)));
    bench.asked(1, Answer::Valid).await;
    bench.advance(40);
    assert_eq!(call_of(&bench.ask(1).await), 0);
    settle().await;
    bench.cache.invalidate_subject(subject(1));
    bench.upstream.answer_the_one(Answer::Valid);
    settle().await;
    assert!(bench.cache.peek(&numbered(1)).is_none());
}

#[tokio::test]
async fn refusals_stay_and_what_was_forgotten_is_not_served_stale() {
    let bench = bench(|builder| builder.stale_if_error(Duration::from_secs(600)));
    bench.asked(1, Answer::Valid).await;
    bench.advance(60);
    bench.asked(11, Answer::Invalid(DenyReason::TokenRevoked)).await;
    bench.cache.invalidate_subject(subject(1));
    assert!(matches!(bench.cache.peek(&numbered(11)), Some(Verdict::Invalid(_))));
    let outcome = bench.asked(1, Answer::Unavailable(UnavailableKind::Unreachable)).await;
    assert_eq!(outage(&outcome), UnavailableKind::Unreachable);
}

#[tokio::test]
async fn however_many_are_forgotten_while_a_call_is_under_way_none_slips_through() {
    for others in [1_000, 1_023, 1_024, 5_000] {
        let bench = bench(|builder| builder);
        let early = bench.request(1);
        settle().await;
        bench.cache.invalidate_subject(subject(1));
        for number in 0..others {
            bench.cache.invalidate_subject(Subject::of("another", &number.to_string()));
        }
        bench.upstream.answer_the_one(Answer::Valid);
        settle().await;
        assert!(bench.cache.peek(&numbered(1)).is_none() && !early.is_finished(), "{others}");
        bench.upstream.answer_the_one(Answer::Valid);
        assert_eq!(call_of(&early.await.unwrap()), 1);
        assert_eq!(call_of(&bench.ask(1).await), 1, "what was asked after is kept");
    }
}

#[tokio::test]
async fn the_same_subject_again_and_again_takes_no_room() {
    let bench = bench(|builder| builder);
    let other = bench.request(2);
    settle().await;
    for _ in 0..5_000 {
        bench.cache.invalidate_subject(subject(1));
    }
    bench.upstream.answer_the_one(Answer::Valid);
    assert_eq!(call_of(&other.await.unwrap()), 0, "nothing had to be given up");
}
