//! A provider in the hands of a test: each call waits until the test answers it.
#![allow(clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, SystemTime};

use passid_core::cache::{CacheBuilder, CacheCounters, CacheEvent};
use passid_core::testing::{ManualClock, SeededEntropy, claims};
use passid_core::{
    BoxFuture, CachedVerifier, DenyReason, Environment, Subject, Token, Unavailable,
    UnavailableKind, Verdict, VerifiedCredential, Verify,
};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// What a call comes to.
#[derive(Clone, Debug)]
pub(crate) enum Answer {
    /// Valid; `audit_id` is the number of the call.
    Valid,
    /// The same, ending at this time.
    ValidUntil(SystemTime),
    Invalid(DenyReason),
    Unavailable(UnavailableKind),
    Panic,
}

/// Clones share everything.
#[derive(Clone, Debug, Default)]
pub(crate) struct Upstream(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    calls: Vec<Token>,
    waiting: Vec<(usize, oneshot::Sender<Answer>)>,
    /// Given at once, while set.
    standing: Option<Answer>,
    clock: Option<ManualClock>,
}

impl Upstream {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    /// From now on every call is answered like this at once; `None` for by hand again.
    pub(crate) fn always(&self, answer: impl Into<Option<Answer>>) {
        self.lock().standing = answer.into();
    }

    /// How many calls were made.
    pub(crate) fn calls(&self) -> usize {
        self.lock().calls.len()
    }

    /// The token of a call.
    pub(crate) fn token_of(&self, call: usize) -> Token {
        self.lock().calls[call].clone()
    }

    /// The calls whose answer somebody still waits for.
    pub(crate) fn waiting(&self) -> Vec<usize> {
        let mut state = self.lock();
        state.waiting.retain(|(_, sender)| !sender.is_closed());
        state.waiting.iter().map(|(call, _)| *call).collect()
    }

    /// Answers a call that waits.
    pub(crate) fn answer(&self, call: usize, answer: Answer) {
        let mut state = self.lock();
        let place = state.waiting.iter().position(|(waiting, _)| *waiting == call).unwrap();
        let (_, sender) = state.waiting.remove(place);
        sender.send(answer).unwrap();
    }

    /// Answers the one call that waits.
    pub(crate) fn answer_the_one(&self, answer: Answer) {
        let waiting = self.waiting();
        assert_eq!(waiting.len(), 1, "{waiting:?}");
        self.answer(waiting[0], answer);
    }

    fn verdict(&self, call: usize, token: Token, answer: &Answer) -> Verdict {
        let received =
            self.lock().clock.as_ref().map_or_else(super::start, passid_core::Clock::now);
        let builder =
            VerifiedCredential::builder("test", Environment::Sandbox, claims::complete(), received);
        let builder = builder.audit_id(call.to_string()).subject(subject_of(&token)).token(token);
        match answer {
            Answer::Valid => Verdict::Valid(builder.build().unwrap()),
            Answer::ValidUntil(end) => Verdict::Valid(builder.expires_at(*end).build().unwrap()),
            Answer::Invalid(reason) => Verdict::Invalid(reason.clone()),
            Answer::Unavailable(kind) => Verdict::Unavailable(Unavailable::new(*kind)),
            Answer::Panic => panic!("a verifier that panics, on purpose"),
        }
    }
}

impl Verify for Upstream {
    fn verify(&self, token: Token) -> BoxFuture<'static, Verdict> {
        let upstream = self.clone();
        let mut state = self.lock();
        let call = state.calls.len();
        state.calls.push(token.clone());
        if let Some(answer) = state.standing.clone() {
            return Box::pin(async move { upstream.verdict(call, token, &answer) });
        }
        let (sender, receiver) = oneshot::channel();
        state.waiting.push((call, sender));
        Box::pin(async move {
            let Ok(answer) = receiver.await else { std::future::pending().await };
            upstream.verdict(call, token, &answer)
        })
    }
}

/// A cache over such a provider, on a clock that stands still.
#[derive(Clone)]
pub(crate) struct Bench {
    pub(crate) cache: CachedVerifier<Upstream>,
    pub(crate) upstream: Upstream,
    pub(crate) clock: ManualClock,
    pub(crate) counters: CacheCounters,
}

/// To be called in a runtime. Times to live have no jitter unless `change` says so.
pub(crate) fn bench(
    change: impl FnOnce(CacheBuilder<Upstream>) -> CacheBuilder<Upstream>,
) -> Bench {
    let (upstream, counters) = (Upstream::default(), CacheCounters::new());
    let clock = ManualClock::at(super::start());
    upstream.lock().clock = Some(clock.clone());
    let builder = CachedVerifier::builder(upstream.clone())
        .clock(Arc::new(clock.clone()))
        .entropy(Arc::new(NoJitter))
        .observer(counters.clone());
    Bench { cache: change(builder).build().unwrap(), upstream, clock, counters }
}

/// Whoever draws, draws zero.
#[derive(Debug)]
struct NoJitter;

impl passid_core::Entropy for NoJitter {
    fn bits(&self) -> u128 {
        0
    }
}

impl Bench {
    pub(crate) fn advance(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    pub(crate) fn count(&self, event: CacheEvent) -> u64 {
        self.counters.count(event)
    }

    /// A request in a task of its own.
    pub(crate) fn request(&self, number: usize) -> JoinHandle<Verdict> {
        tokio::spawn(self.cache.verify(numbered(number)))
    }

    /// A request as a guard makes it: a look, and only then the question.
    pub(crate) async fn ask(&self, number: usize) -> Verdict {
        match self.cache.peek(&numbered(number)) {
            Some(verdict) => verdict,
            None => self.cache.verify(numbered(number)).await,
        }
    }

    /// A request that causes a call which is answered like this.
    pub(crate) async fn asked(&self, number: usize, answer: Answer) -> Verdict {
        let request = self.request(number);
        settle().await;
        self.upstream.answer_the_one(answer);
        request.await.unwrap()
    }
}

/// The seed is the test's own.
pub(crate) fn seeded(seed: u64) -> Arc<SeededEntropy> {
    Arc::new(SeededEntropy::new(seed))
}

pub(crate) fn numbered(number: usize) -> Token {
    Token::parse(&format!("psid_sandbox_{number}")).unwrap()
}

/// Tokens whose numbers end alike are of one subject.
pub(crate) fn subject_of(token: &Token) -> Subject {
    let raw = token.expose();
    Subject::of("test", raw.get(raw.len() - 1..).unwrap())
}

/// Lets every task of this one-threaded runtime go as far as it can.
pub(crate) async fn settle() {
    for _ in 0..40 {
        tokio::task::yield_now().await;
    }
}

/// The number of the call that a credential came from.
pub(crate) fn call_of(verdict: &Verdict) -> usize {
    let Verdict::Valid(credential) = verdict else { panic!("{verdict:?}") };
    credential.audit_id().unwrap().parse().unwrap()
}

pub(crate) fn outage(verdict: &Verdict) -> UnavailableKind {
    let Verdict::Unavailable(outage) = verdict else { panic!("{verdict:?}") };
    outage.kind()
}
