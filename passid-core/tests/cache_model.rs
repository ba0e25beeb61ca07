//! Random arrivals, departures, answers, invalidations and time: what a cache may never do.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;

use std::collections::HashMap;
use std::time::{Duration, SystemTime};

use common::upstream::{
    Answer, Bench, Upstream, bench, call_of, numbered, seeded, settle, subject_of,
};
use passid_core::cache::{CacheBuilder, CacheEvent};
use passid_core::{Clock, DenyReason, Served, UnavailableKind, Verdict, Verify};
use proptest::prelude::*;
use tokio::task::JoinHandle;

const TOKENS: usize = 4;
const TTL: Duration = Duration::from_secs(60);
const STALE: Duration = Duration::from_secs(120);
const DEADLINE: Duration = Duration::from_secs(2);
const MOST_CALLS: usize = 3;

#[derive(Clone, Debug)]
enum Step {
    /// A caller asks about a token.
    Arrive(usize),
    /// One of those who wait goes away.
    Leave(usize),
    /// One of the calls that are under way ends.
    Answer(usize, Answer),
    /// One ends with a credential that has so many seconds to go.
    Ending(usize, u64),
    Pass(Duration),
    /// The wall clock is set, by so many seconds.
    Set(i64),
    Invalidate(usize),
    /// The same by whom the token is about. A call that is under way goes on, and so may a refusal.
    Revoke(usize),
    Clear,
}

fn step() -> impl Strategy<Value = Step> {
    let answer = prop_oneof![
        6 => Just(Answer::Valid),
        2 => Just(Answer::Invalid(DenyReason::TokenRevoked)),
        1 => Just(Answer::Invalid(DenyReason::HardDenySanctionsMatch)),
        2 => Just(Answer::Unavailable(UnavailableKind::Unreachable)),
        1 => Just(Answer::Unavailable(UnavailableKind::Undecodable)),
        1 => Just(Answer::Panic),
    ];
    prop_oneof![
        10 => (0..TOKENS).prop_map(Step::Arrive),
        2 => any::<usize>().prop_map(Step::Leave),
        8 => (any::<usize>(), answer).prop_map(|(call, answer)| Step::Answer(call, answer)),
        1 => (any::<usize>(), 0..300_u64).prop_map(|(call, left)| Step::Ending(call, left)),
        6 => (0..40_000_u64).prop_map(|millis| Step::Pass(Duration::from_millis(millis))),
        1 => (-200..200_i64).prop_map(Step::Set),
        1 => (0..TOKENS).prop_map(Step::Invalidate),
        1 => (0..TOKENS).prop_map(Step::Revoke),
        1 => Just(Step::Clear),
    ]
}

/// What is known of a call that was made. Steps are numbered.
#[derive(Debug)]
struct Call {
    token: usize,
    began: usize,
    given_up: bool,
    answered: Option<Answered>,
}

#[derive(Debug)]
struct Answered {
    step: usize,
    at: Duration,
    valid: bool,
    ends: Option<SystemTime>,
}

type Builder = CacheBuilder<Upstream>;

/// The world beside the cache, and what it must be like.
struct Model {
    bench: Bench,
    step: usize,
    calls: Vec<Call>,
    /// When a token was invalidated last, or refused by an answer that counted.
    forgotten: HashMap<usize, usize>,
    refused: HashMap<usize, usize>,
    waiting: Vec<(usize, JoinHandle<Verdict>)>,
    passes: [usize; 3],
}

impl Model {
    fn new(change: impl FnOnce(Builder) -> Builder) -> Self {
        Self {
            bench: bench(change),
            step: 0,
            calls: Vec::new(),
            forgotten: HashMap::new(),
            refused: HashMap::new(),
            waiting: Vec::new(),
            passes: [0; 3],
        }
    }

    /// The call whose answer comes next, if one is under way.
    fn pick(&self, which: usize) -> Option<usize> {
        let waiting = self.bench.upstream.waiting();
        (!waiting.is_empty()).then(|| waiting[which % waiting.len()])
    }

    fn take(&mut self, step: &Step) {
        match step {
            Step::Arrive(token) => match self.bench.cache.peek(&numbered(*token)) {
                Some(verdict) => self.check(*token, &verdict),
                None => self.waiting.push((*token, self.bench.request(*token))),
            },
            Step::Leave(which) if !self.waiting.is_empty() => {
                let place = which % self.waiting.len();
                self.waiting.swap_remove(place).1.abort();
            }
            Step::Answer(which, answer) => self.answer(*which, answer.clone(), None),
            Step::Ending(which, left) => {
                let end = self.bench.clock.now() + Duration::from_secs(*left);
                self.answer(*which, Answer::ValidUntil(end), Some(end));
            }
            Step::Pass(time) => self.bench.clock.advance(*time),
            Step::Set(by) => {
                let (now, by) = (self.bench.clock.now(), *by);
                let change = Duration::from_secs(by.unsigned_abs());
                self.bench.clock.set_now(if by < 0 { now - change } else { now + change });
            }
            Step::Invalidate(token) => {
                self.bench.cache.invalidate(&numbered(*token));
                self.forget(|call| call.token == *token);
                self.forgotten.insert(*token, self.step);
            }
            Step::Revoke(token) => {
                self.bench.cache.invalidate_subject(subject_of(&numbered(*token)));
                self.forgotten.insert(*token, self.step);
            }
            Step::Clear => {
                self.bench.cache.clear();
                self.forget(|_| true);
                self.forgotten.extend((0..TOKENS).map(|token| (token, self.step)));
            }
            Step::Leave(_) => {}
        }
    }

    fn forget(&mut self, which: impl Fn(&Call) -> bool) {
        let under_way = |call: &&mut Call| call.answered.is_none() && which(call);
        self.calls.iter_mut().filter(under_way).for_each(|call| call.given_up = true);
    }

    fn answer(&mut self, which: usize, answer: Answer, ends: Option<SystemTime>) {
        let Some(number) = self.pick(which) else { return };
        let (step, at) = (self.step, self.bench.clock.elapsed());
        let call = &mut self.calls[number];
        let valid = matches!(answer, Answer::Valid | Answer::ValidUntil(_));
        call.answered = Some(Answered { step, at, valid, ends });
        let (token, counts) = (call.token, !call.given_up);
        let is_final = matches!(&answer, Answer::Invalid(reason) if reason.is_final());
        if matches!(answer, Answer::Invalid(_)) && counts || is_final {
            self.refused.insert(token, step);
        }
        if is_final {
            self.forget(|call| call.token == token);
        }
        self.bench.upstream.answer(number, answer);
    }

    /// Everything that a step set off has happened.
    async fn after(&mut self) {
        settle().await;
        for number in self.calls.len()..self.bench.upstream.calls() {
            let asked = self.bench.upstream.token_of(number);
            let token = (0..TOKENS).find(|token| numbered(*token) == asked).unwrap();
            self.calls.push(Call { token, began: self.step, given_up: false, answered: None });
        }
        for token in 0..TOKENS {
            let counts = |call: &Call| call.token == token && !call.given_up;
            let waiting = self.bench.upstream.waiting();
            let flights = waiting.into_iter().filter(|number| counts(&self.calls[*number]));
            assert!(flights.count() <= 1, "two calls for one token");
        }
        for place in (0..self.waiting.len()).rev() {
            if self.waiting[place].1.is_finished() {
                let (token, caller) = self.waiting.swap_remove(place);
                self.check(token, &caller.await.unwrap());
            }
        }
        let usage = self.bench.cache.usage();
        assert!(usage.in_flight <= MOST_CALLS && usage.credentials <= TOKENS, "{usage:?}");
    }

    /// A pass is from an answer to this token that still counts.
    fn check(&mut self, token: usize, verdict: &Verdict) {
        let Verdict::Valid(credential) = verdict else { return };
        let call = &self.calls[call_of(verdict)];
        let answered = call.answered.as_ref().unwrap();
        assert!(answered.valid && call.token == token, "{call:?}");
        let after = |when: Option<&usize>, than: usize| when.is_some_and(|when| *when > than);
        // Callers are looked at in the step in which they are told.
        let forgotten = call.given_up || after(self.forgotten.get(&token), call.began);
        assert!(!forgotten, "{call:?} came back");
        assert!(!after(self.refused.get(&token), answered.step), "{call:?} passed after a refusal");
        let age = self.bench.clock.elapsed() - answered.at;
        let (kind, most) = match credential.served() {
            Served::Live => (0, Duration::ZERO),
            Served::Cached => (1, TTL),
            _ => (2, TTL + STALE),
        };
        self.passes[kind] += 1;
        assert!(age <= most, "{age:?} old, {:?}", credential.served());
        if credential.served() != Served::Live {
            assert!(answered.ends.is_none_or(|end| self.bench.clock.now() < end), "beyond its end");
        }
    }

    async fn run(mut self, steps: Vec<Step>) -> [usize; 3] {
        for step in steps {
            self.step += 1;
            self.take(&step);
            self.after().await;
        }
        // The end: all calls end, and nothing is left behind.
        while !self.bench.upstream.waiting().is_empty() {
            self.step += 1;
            self.answer(0, Answer::Invalid(DenyReason::Unspecified), None);
            self.after().await;
        }
        self.bench.clock.advance(DEADLINE);
        self.after().await;
        assert!(self.waiting.is_empty(), "somebody waits for ever");
        assert_eq!(self.bench.cache.usage().in_flight, 0);
        let made = self.bench.count(CacheEvent::Miss) + self.bench.count(CacheEvent::Refreshed);
        assert_eq!(self.bench.upstream.calls() as u64, made);
        self.passes
    }
}

fn everything(seed: u64) -> impl Fn(Builder) -> Builder {
    move |builder| {
        builder
            .ttl(TTL)
            .refresh_ahead(TTL / 3)
            .stale_if_error(STALE)
            .deadline(DEADLINE)
            .max_in_flight(MOST_CALLS)
            .breaker(2, Duration::from_secs(10))
            .entropy(seeded(seed))
    }
}

fn plain(builder: Builder) -> Builder {
    builder.ttl(TTL).deadline(DEADLINE).max_in_flight(MOST_CALLS).without_breaker()
}

proptest! {
    #![proptest_config(common::cases(300))]

    #[test]
    fn with_everything_on_nothing_is_served_that_may_not_be(
        steps in prop::collection::vec(step(), 1..120), seed in any::<u64>(),
    ) {
        common::block_on(async { Model::new(everything(seed)).run(steps).await });
    }

    #[test]
    fn by_default_nothing_is_served_that_may_not_be(
        steps in prop::collection::vec(step(), 1..120),
    ) {
        let passes = common::block_on(async { Model::new(plain).run(steps).await });
        prop_assert_eq!(passes[2], 0, "stale");
    }
}

/// Else the properties would hold of a cache that serves nothing.
#[test]
fn the_random_steps_lead_to_passes_of_every_kind() {
    use proptest::strategy::ValueTree;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut passes = [0; 3];
    for seed in 0..100 {
        let steps = prop::collection::vec(step(), 120).new_tree(&mut runner).unwrap().current();
        let more = common::block_on(async { Model::new(everything(seed)).run(steps).await });
        passes.iter_mut().zip(more).for_each(|(sum, more)| *sum += more);
    }
    assert!(passes.iter().all(|passes| *passes > 20), "{passes:?}");
}
