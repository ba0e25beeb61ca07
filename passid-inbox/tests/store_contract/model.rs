//! Any sequence of calls has the same answers from every store. The one in memory is the model.

use std::collections::HashMap;

use bytes::Bytes;
use passid_core::Environment;
use passid_inbox::store::{
    Claim, Entry, EntryId, Failure, Filter, Insertion, Kind, Lease, MemoryStore, NewEntry, Purge,
    State, Store, StoredBody,
};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::stage::{Stage, at, claim, entry, filter, hash};

#[derive(Clone, Debug)]
enum Call {
    Insert { number: u32, semantic: Option<u32>, subject: Option<u32>, occurred: i64, dead: bool },
    Claim { max: u32, lease: i64 },
    Extend { which: usize, by: i64 },
    Complete { which: usize },
    Retry { which: usize, after: i64 },
    GiveUp { which: usize },
    Release { which: usize },
    Replay { entry: usize },
    Purge { before: i64, entries: Option<i64> },
    Reseal { entry: usize },
    Wait { seconds: i64 },
    Look,
}

fn call() -> impl Strategy<Value = Call> {
    let which = 0..6_usize;
    let entry = 0..12_usize;
    prop_oneof![
        6 => (0..14_u32, prop::option::of(0..14_u32), prop::option::of(0..3_u32), 0..5_i64, prop::bool::weighted(0.1))
            .prop_map(|(number, semantic, subject, occurred, dead)| Call::Insert { number, semantic, subject, occurred, dead }),
        5 => (0..4_u32, 1..6_i64).prop_map(|(max, lease)| Call::Claim { max, lease }),
        1 => (which.clone(), 1..9_i64).prop_map(|(which, by)| Call::Extend { which, by }),
        3 => which.clone().prop_map(|which| Call::Complete { which }),
        2 => (which.clone(), 0..4_i64).prop_map(|(which, after)| Call::Retry { which, after }),
        1 => which.clone().prop_map(|which| Call::GiveUp { which }),
        1 => which.prop_map(|which| Call::Release { which }),
        1 => entry.clone().prop_map(|entry| Call::Replay { entry }),
        1 => (0..40_i64, prop::option::of(0..40_i64)).prop_map(|(before, entries)| Call::Purge { before, entries }),
        1 => entry.prop_map(|entry| Call::Reseal { entry }),
        4 => (0..4_i64).prop_map(|seconds| Call::Wait { seconds }),
        2 => Just(Call::Look),
    ]
}

/// One store through the calls. Numbers of entries differ between stores, so answers name entries by
/// the order in which they were new.
struct Player<'a> {
    store: &'a dyn Store,
    entries: Vec<EntryId>,
    names: HashMap<EntryId, usize>,
    leases: Vec<Lease>,
    now: i64,
}

impl<'a> Player<'a> {
    fn new(store: &'a dyn Store) -> Self {
        let (entries, names, leases) = (Vec::new(), HashMap::new(), Vec::new());
        Self { store, entries, names, leases, now: 0 }
    }

    async fn play(&mut self, call: &Call) -> String {
        let (store, now) = (self.store, at(self.now));
        match *call {
            Call::Insert { number, semantic, subject, occurred, dead } => {
                let given = NewEntry {
                    semantic_key: semantic.map(hash),
                    subject: subject.map(hash),
                    occurred_at: at(occurred),
                    received_at: now,
                    dead: dead.then_some("UNREADABLE"),
                    name: format!("name {}", number % 3),
                    ..entry(number)
                };
                match store.insert(given).await.unwrap() {
                    Insertion::New(id) => {
                        self.names.insert(id, self.entries.len());
                        self.entries.push(id);
                        "new".to_owned()
                    }
                    Insertion::Duplicate(id) => format!("duplicate of {}", self.names[&id]),
                }
            }
            Call::Claim { max, lease } => {
                let until = at(self.now + lease);
                let claimed = store.claim(Claim { now, until, max, ..claim(0) }).await.unwrap();
                let mut answer = format!("{} {}", claimed.lost, claimed.buried);
                for leased in claimed.leased {
                    self.leases.push(leased.lease);
                    let entry = nameless(leased.entry);
                    let (name, number) = (self.names[&leased.lease.id], leased.lease.number);
                    let of = (name, number, leased.superseded, leased.body);
                    answer.push_str(&format!("{of:?} {entry:?}"));
                }
                answer
            }
            Call::Wait { seconds } => {
                self.now += seconds;
                String::new()
            }
            Call::Replay { entry } => match self.entries.get(entry) {
                Some(id) => {
                    format!("{:?}", store.replay(Environment::Live, *id, now).await.unwrap())
                }
                None => String::new(),
            },
            Call::Purge { before, entries } => {
                let purge = Purge {
                    environment: Environment::Live,
                    done_before: at(before),
                    dead_before: at(before + 2),
                    entries_before: entries.map(at),
                    limit: 100,
                };
                format!("{:?}", store.purge(purge).await.unwrap())
            }
            Call::Reseal { entry: index } => match self.entries.get(index) {
                Some(id) => {
                    let shown = store.show(Environment::Live, *id).await.unwrap();
                    let Some(body) = shown.and_then(|(_, body)| body) else { return String::new() };
                    let key_id = Some("new".to_owned());
                    let sealed = StoredBody { bytes: Bytes::from_static(b"sealed"), key_id };
                    format!("{:?}", store.replace_body(*id, body, sealed).await.unwrap())
                }
                None => String::new(),
            },
            Call::Look => self.look().await,
            ref lease_call => self.say(lease_call).await,
        }
    }

    /// A call about a lease that was given, long ago or just now.
    async fn say(&self, call: &Call) -> String {
        let (store, now) = (self.store, at(self.now));
        let lease = |which: usize| self.leases.iter().rev().nth(which).copied();
        let reason = "AGAIN";
        let said = match *call {
            Call::Extend { which, by } => match lease(which) {
                Some(lease) => store.extend(lease, at(self.now + by)).await,
                None => return String::new(),
            },
            Call::Complete { which } => match lease(which) {
                Some(lease) => store.complete(lease, now).await,
                None => return String::new(),
            },
            Call::Retry { which, after } => match lease(which) {
                Some(lease) => {
                    let retry_at = Some(at(self.now + after));
                    store.fail(lease, Failure { retry_at, reason }, now).await
                }
                None => return String::new(),
            },
            Call::GiveUp { which } => match lease(which) {
                Some(lease) => store.fail(lease, Failure { retry_at: None, reason }, now).await,
                None => return String::new(),
            },
            Call::Release { which } => match lease(which) {
                Some(lease) => store.release(lease, now).await,
                None => return String::new(),
            },
            _ => return String::new(),
        };
        format!("{:?}", said.unwrap())
    }

    /// All that can be seen.
    async fn look(&self) -> String {
        let mut seen = String::new();
        let named = Some("name 1".to_owned());
        let filters = [
            filter(),
            Filter { state: Some(State::Done), ..filter() },
            Filter { name: named.clone(), limit: 2, ..filter() },
            Filter { name: named, state: Some(State::Ready), ..filter() },
            Filter { before: self.entries.get(2).copied(), ..filter() },
        ];
        for filter in filters {
            for entry in self.store.list(filter).await.unwrap() {
                let name = self.names[&entry.id];
                let (_, body) =
                    self.store.show(Environment::Live, entry.id).await.unwrap().unwrap();
                let entry = nameless(entry);
                seen.push_str(&format!("{name} {entry:?} {body:?}\n"));
            }
        }
        let counts = self.store.counts(Kind::Event, Environment::Live).await.unwrap();
        let bodies = self.store.bodies_not_under(Environment::Live, "new", None, 5).await.unwrap();
        let bodies: Vec<_> = bodies.iter().map(|at| self.names[&at.id]).collect();
        format!("{seen}{counts:?} {bodies:?}")
    }
}

fn nameless(mut entry: Entry) -> Entry {
    entry.id = EntryId::new(0);
    entry
}

async fn same_answers(calls: &[Call], stage: &Stage) -> Result<(), TestCaseError> {
    let memory = MemoryStore::new();
    let (mut model, mut real) = (Player::new(&memory), Player::new(&*stage.store));
    for call in calls.iter().chain([&Call::Look]) {
        let (expected, answer) = (model.play(call).await, real.play(call).await);
        prop_assert_eq!(answer, expected, "{:?}", call);
    }
    Ok(())
}

fn any_sequence(cases: u32, stage: impl AsyncFn() -> Option<Stage>) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let calls = prop::collection::vec(call(), 1..80);
    let ran = TestRunner::new(config).run(&calls, |calls| {
        runtime.block_on(async {
            match stage().await {
                Some(stage) => same_answers(&calls, &stage).await,
                None => Ok(()),
            }
        })
    });
    if let Err(error) = ran {
        panic!("{error}");
    }
}

#[cfg(feature = "sqlite")]
#[test]
fn sqlite_answers_any_sequence_of_calls_as_memory_does() {
    any_sequence(64, Stage::sqlite);
}

#[cfg(feature = "postgres")]
#[test]
fn postgres_answers_any_sequence_of_calls_as_memory_does() {
    any_sequence(16, Stage::postgres);
}
