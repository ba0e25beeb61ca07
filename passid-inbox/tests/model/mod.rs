//! A store against a model of it, in random interleavings of everything that can happen to an entry.
//!
//! [`run`] takes any store: it needs an empty one, and calls it as workers and operators would, also
//! with leases that are long lost.

mod ledger;
mod step;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use passid_inbox::store::{
    Claim, EntryId, Failure, Filter, Hash, Insertion, Kind, Lease, NewEntry, Purge, Replay, State,
    Store, StoredBody,
};

use ledger::{BUSY, Ledger, Place};
pub(crate) use step::{Step, steps};

/// After so many tries an entry is given up.
const MAX_ATTEMPTS: u32 = 3;
/// How long leases last, in seconds.
const LEASE: u64 = 60;

fn at(second: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_774_778_400 + second)
}

fn hash(domain: u8, number: u8) -> Hash {
    let mut hash = [domain; 32];
    hash[31] = number;
    hash
}

/// Does these steps to a store and to the model, and compares after each.
pub(crate) async fn run<S: Store>(store: &S, steps: &[Step]) {
    let mut run = Run { store, ledger: Ledger::default(), leases: Vec::new(), now: 0 };
    for step in steps {
        run.step(step).await;
        run.compare().await;
    }
    run.finish().await;
}

struct Run<'a, S> {
    store: &'a S,
    ledger: Ledger,
    /// Every lease that was ever given.
    leases: Vec<Lease>,
    now: u64,
}

impl<S: Store> Run<'_, S> {
    async fn step(&mut self, step: &Step) {
        match *step {
            Step::Deliver { place, body, semantic, subject, occurred } => {
                let entry = NewEntry {
                    kind: place.kind(),
                    environment: place.environment(),
                    body_sha256: hash(1, body),
                    semantic_key: semantic.map(|number| hash(2, number)),
                    subject: subject.map(|number| hash(3, number)),
                    name: "test".to_owned(),
                    occurred_at: at(occurred),
                    received_at: at(self.now),
                    body: StoredBody { bytes: Bytes::from(vec![body]), key_id: None },
                    dead: None,
                };
                let known = self.ledger.known(place, body, semantic);
                match self.store.insert(entry).await.unwrap() {
                    Insertion::New(id) => {
                        assert!(known.is_empty(), "{id} is a duplicate of {known:?}");
                        self.ledger.add(id, place, (body, semantic), (subject, occurred), self.now);
                    }
                    Insertion::Duplicate(id) => assert!(known.contains(&id), "{id}: {known:?}"),
                }
            }
            Step::Claim { place, max } => self.claim(place, max).await,
            Step::Pass { seconds } => self.now += seconds,
            Step::Extend { lease } => {
                let Some((lease, held)) = self.pick(lease) else { return };
                let until = self.now + LEASE;
                assert_eq!(self.store.extend(lease, at(until)).await.unwrap(), held);
                if held {
                    self.ledger.extend(lease.id, until);
                }
            }
            Step::Complete { lease } => {
                let Some((lease, held)) = self.pick(lease) else { return };
                assert_eq!(self.store.complete(lease, at(self.now)).await.unwrap(), held);
                if held {
                    self.ledger.complete(lease.id, self.now);
                }
            }
            Step::Fail { lease, after } => {
                let Some((lease, held)) = self.pick(lease) else { return };
                let last = self.ledger.attempts(lease.id) >= MAX_ATTEMPTS;
                let retry = after.filter(|_| !last).map(|seconds| self.now + seconds);
                let failure = Failure { retry_at: retry.map(at), reason: BUSY };
                assert_eq!(self.store.fail(lease, failure, at(self.now)).await.unwrap(), held);
                if held {
                    self.ledger.fail(lease.id, retry, self.now);
                }
            }
            Step::Release { lease } => {
                let Some((lease, held)) = self.pick(lease) else { return };
                assert_eq!(self.store.release(lease, at(self.now)).await.unwrap(), held);
                if held {
                    self.ledger.release(lease.id, self.now);
                }
            }
            Step::Replay { entry } => {
                let Some((id, place)) = self.ledger.pick(entry) else { return };
                let expected = self.ledger.replay(id, self.now);
                let environment = place.environment();
                let replayed = self.store.replay(environment, id, at(self.now)).await.unwrap();
                assert_eq!(replayed, expected);
                let elsewhere = place.elsewhere().environment();
                let replayed = self.store.replay(elsewhere, id, at(self.now)).await.unwrap();
                assert_eq!(replayed, Replay::Unknown);
            }
            Step::Purge { place, done, dead, entries } => {
                let ago = |seconds: u64| at(self.now.saturating_sub(seconds));
                let purge = Purge {
                    environment: place.environment(),
                    done_before: ago(done),
                    dead_before: ago(dead),
                    entries_before: entries.map(ago),
                    limit: 1000,
                };
                let purged = self.store.purge(purge).await.unwrap();
                let before = |seconds: u64| self.now.saturating_sub(seconds);
                let entries = entries.map(before);
                let expected = self.ledger.purge(place, before(done), before(dead), entries);
                assert_eq!((purged.bodies, purged.entries), expected);
            }
        }
    }

    /// A lease of the past or present, and whether it still holds. A worker that has crashed is one
    /// that is not picked any more.
    fn pick(&self, lease: usize) -> Option<(Lease, bool)> {
        let lease = *self.leases.get(lease % self.leases.len().max(1))?;
        Some((lease, self.ledger.holds(lease)))
    }

    async fn claim(&mut self, place: Place, max: u32) {
        let until = self.now + LEASE;
        let claim = Claim {
            kind: place.kind(),
            environment: place.environment(),
            owner: "worker",
            now: at(self.now),
            until: at(until),
            max,
            max_attempts: MAX_ATTEMPTS,
        };
        let claimed = self.store.claim(claim).await.unwrap();
        let expected = self.ledger.sweep(place, self.now, MAX_ATTEMPTS);
        assert_eq!((claimed.lost, claimed.buried), expected);
        let claimable = self.ledger.claimable(place, self.now);
        let number = claimable.len().min(max as usize);
        assert_eq!(claimed.leased.len(), number, "of {claimable:?}");
        // Those whose time came first.
        let latest = claimed.leased.iter().map(|leased| leased.entry.next_at).max();
        let ids: Vec<EntryId> = claimed.leased.iter().map(|leased| leased.entry.id).collect();
        for (id, next_at) in &claimable {
            assert!(ids.contains(id) || latest.is_none_or(|latest| at(*next_at) >= latest));
        }
        let superseded: Vec<_> = ids.iter().map(|id| self.ledger.superseded(*id)).collect();
        for (leased, superseded) in claimed.leased.into_iter().zip(superseded) {
            let id = leased.entry.id;
            assert!(claimable.iter().any(|(claimable, _)| *claimable == id), "{id}");
            assert_eq!((leased.lease.id, leased.superseded), (id, superseded));
            assert_eq!(leased.body.bytes, self.ledger.body(id));
            assert!(!self.leases.contains(&leased.lease), "a number is given once");
            self.leases.push(leased.lease);
            self.ledger.lease(leased.lease, until);
            assert_eq!(leased.entry.attempts, self.ledger.attempts(id));
        }
    }

    /// The store says what the model says, and both keep their promises.
    async fn compare(&self) {
        self.ledger.check(MAX_ATTEMPTS);
        for place in Place::ALL {
            let filter = Filter {
                kind: place.kind(),
                environment: place.environment(),
                state: None,
                name: None,
                before: None,
                limit: 1000,
            };
            let listed = self.store.list(filter).await.unwrap();
            let told: Vec<_> = listed
                .iter()
                .map(|entry| (entry.id, entry.state, entry.attempts, entry.replays, entry.has_body))
                .collect();
            assert_eq!(told, self.ledger.listed(place));
            for entry in &listed {
                assert_eq!(entry.last_error.as_deref(), self.ledger.last_error(entry.id));
            }
            let counts = self.store.counts(place.kind(), place.environment()).await.unwrap();
            let of = |state| told.iter().filter(|entry| entry.1 == state).count() as u64;
            assert_eq!([counts.ready, counts.leased, counts.done, counts.dead], State::ALL.map(of));
        }
    }

    /// Nothing that was accepted is lost: once nobody crashes any more, everything that was not given
    /// up is done.
    async fn finish(&mut self) {
        let mut rounds = 0;
        while self.ledger.open() > 0 {
            rounds += 1;
            assert!(rounds < 100, "it comes to an end");
            self.now += 1000;
            let begun = self.leases.len();
            for place in Place::ALL {
                self.claim(place, 100).await;
            }
            for lease in self.leases.get(begun..).unwrap_or_default().to_vec() {
                assert!(self.store.complete(lease, at(self.now)).await.unwrap());
                self.ledger.complete(lease.id, self.now);
            }
            self.compare().await;
        }
    }
}

impl Place {
    fn kind(self) -> Kind {
        if self.outcome { Kind::Outcome } else { Kind::Event }
    }
}
