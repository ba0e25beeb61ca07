//! The end of a flight: its answer is kept and told, or it is cleared away if it was lost.

use std::sync::Arc;

use tokio::sync::watch;

use super::breaker::{Admission, Report};
use super::entry::{Entry, Moment, Refusal};
use super::flight::{Departure, Landed};
use super::key::CacheKey;
use super::{CacheEvent, Shared};
use crate::clock::within;
use crate::{Token, Unavailable, UnavailableKind, Verdict, VerifiedCredential, Verify};

/// The duty to land. Dropped without landing – the call panicked, or its runtime ended – it clears the
/// flight away, so that the next caller can start another and nobody waits for ever.
pub(super) struct Landing<V> {
    shared: Arc<Shared<V>>,
    key: CacheKey,
    id: u64,
    admission: Admission,
    landed: watch::Sender<Option<Landed>>,
    has_landed: bool,
}

impl<V> Landing<V> {
    /// To be made as soon as the departure is in the table.
    pub(super) fn new(shared: Arc<Shared<V>>, departure: Departure) -> Self {
        let Departure { key, id, admission, landed, .. } = departure;
        Self { shared, key, id, admission, landed, has_landed: false }
    }
}

impl<V: Verify> Landing<V> {
    /// Makes the call in a task of its own: it is nobody's request.
    pub(super) fn launch(self, token: Token) {
        if self.admission.probes {
            self.shared.tell(CacheEvent::BreakerHalfOpened);
        }
        let runtime = self.shared.runtime.clone();
        runtime.spawn(async move {
            let call = self.shared.verifier.verify(token.clone());
            let limit = self.shared.settings.flight_timeout;
            let verdict = within(&*self.shared.clock, limit, call).await.unwrap_or_else(|| {
                Verdict::Unavailable(Unavailable::new(UnavailableKind::Timeout))
            });
            self.land(verdict, &token);
        });
    }

    fn land(mut self, verdict: Verdict, token: &Token) {
        let shared = self.shared.clone();
        let now = Moment::now(&*shared.clock);
        let report = Report::of(&verdict);
        let is_final = matches!(&verdict, Verdict::Invalid(reason) if reason.is_final());
        let (verdict, keep) = shared.prepare(verdict, token, now);

        let mut table = shared.flights.lock();
        let subject = || match &verdict {
            Verdict::Valid(credential) => {
                credential.subject().map(|subject| shared.hasher.subject(&subject))
            }
            Verdict::Invalid(_) | Verdict::Unavailable(_) => None,
        };
        let in_place = table.arrive(&self.key, self.id);
        let current = in_place && !table.has_forgotten(self.id, subject);
        self.has_landed = true;
        // A sanctions match counts whenever it comes, and no call beside it can undo it.
        if is_final {
            table.give_up(&self.key);
        }
        let evicted = if current || is_final { shared.apply(self.key, keep, &now) } else { 0 };
        let change = table.breaker.record(self.admission, report, now.elapsed);
        let sweeps = table.sweeps(now.elapsed);
        drop(table);

        self.landed.send_replace(Some(Landed { verdict, given_up: !current }));
        if sweeps {
            shared.store.sweep(&now);
        }
        for _ in 0..evicted {
            shared.tell(CacheEvent::Evicted);
        }
        if let Some(change) = change {
            shared.tell(change);
        }
    }
}

/// What an answer does to the store.
enum Keep {
    Credential(Entry),
    Refusal(Option<Refusal>),
    /// An answer that may not be kept: what it supersedes goes.
    Nothing,
    /// No answer: what is there stays.
    AsItWas,
}

impl<V> Shared<V> {
    /// Takes the token out of what is kept, and works out for how long.
    fn prepare(&self, verdict: Verdict, token: &Token, now: Moment) -> (Verdict, Keep) {
        match verdict {
            Verdict::Valid(credential) => match credential.withhold(token) {
                Ok(credential) => {
                    let keep = self.entry(credential.clone(), now);
                    (Verdict::Valid(credential), keep.map_or(Keep::Nothing, Keep::Credential))
                }
                // A credential of another token: not one to keep under this one.
                Err(credential) => (Verdict::Valid(credential), Keep::Nothing),
            },
            Verdict::Invalid(reason) => {
                let refusal = Refusal::new(&reason, &self.settings, now);
                (Verdict::Invalid(reason), Keep::Refusal(refusal))
            }
            Verdict::Unavailable(outage) => (Verdict::Unavailable(outage), Keep::AsItWas),
        }
    }

    fn entry(&self, credential: VerifiedCredential, now: Moment) -> Option<Entry> {
        // The lower half is as random as the whole.
        let jitter = self.entropy.bits() as u64;
        Entry::new(credential, &self.settings, now, jitter)
    }

    /// Under the lock of the flights. How many entries had to go.
    fn apply(&self, key: CacheKey, keep: Keep, now: &Moment) -> usize {
        match keep {
            Keep::Credential(entry) => self.store.keep(key, entry),
            Keep::Refusal(refusal) => self.store.refuse(key, refusal),
            Keep::Nothing => {
                self.store.forget(&key);
                0
            }
            Keep::AsItWas => {
                let pause = self.settings.refresh_pause();
                self.store.update(&key, |entry| entry.refreshed_later(now, pause));
                0
            }
        }
    }
}

impl<V> Drop for Landing<V> {
    fn drop(&mut self) {
        if self.has_landed {
            return;
        }
        let shared = &self.shared;
        let now = shared.clock.elapsed();
        let change = {
            let mut table = shared.flights.lock();
            table.arrive(&self.key, self.id);
            table.breaker.record(self.admission, Report::Nothing, now)
        };
        shared.tell(CacheEvent::Lost);
        if let Some(change) = change {
            shared.tell(change);
        }
    }
}
