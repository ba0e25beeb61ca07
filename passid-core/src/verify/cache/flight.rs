//! The table of flights: one call per token that is under way.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

use super::breaker::{Admission, Breaker};
use super::key::{AsItIs, CacheKey};
use super::settings::Settings;
use crate::Verdict;

/// Guards the table, and with it every write to the store.
#[derive(Debug)]
pub(super) struct Flights(Mutex<Table>);

#[derive(Debug)]
pub(super) struct Table {
    flights: HashMap<CacheKey, Flight, AsItIs>,
    /// Those that were given up but have not ended included: they are calls all the same.
    under_way: BTreeSet<u64>,
    forgotten: Vec<Forgotten>,
    next_id: u64,
    next_sweep: Duration,
    pub(super) breaker: Breaker,
}

#[derive(Debug)]
struct Flight {
    id: u64,
    arrival: Arrival,
}

/// A subject that was forgotten while calls were under way. Whom they are about shows when they land.
#[derive(Debug)]
struct Forgotten {
    subject: CacheKey,
    /// Flights with a lower number began before.
    before: u64,
}

/// Where those who wait hear of the landing; closed without a word if the flight is lost.
pub(super) type Arrival = watch::Receiver<Option<Landed>>;

/// What came of a flight.
#[derive(Clone, Debug)]
pub(super) struct Landed {
    pub(super) verdict: Verdict,
    /// Whether it was invalidated on its way.
    pub(super) given_up: bool,
}

/// A flight that has a place in the table and must now be flown.
#[derive(Debug)]
pub(super) struct Departure {
    pub(super) key: CacheKey,
    pub(super) id: u64,
    pub(super) admission: Admission,
    pub(super) landed: watch::Sender<Option<Landed>>,
    pub(super) arrival: Arrival,
}

/// Why a call is not made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Grounded {
    /// The breaker is open, at least for so long.
    HeldBack(Duration),
    /// As many as allowed are under way.
    Full,
}

impl Flights {
    pub(super) fn new(settings: &Settings) -> Self {
        Self(Mutex::new(Table {
            flights: HashMap::with_hasher(AsItIs::default()),
            under_way: BTreeSet::new(),
            forgotten: Vec::new(),
            next_id: 0,
            next_sweep: Duration::ZERO,
            breaker: Breaker::new(settings.breaker),
        }))
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Table> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
    /// How many subjects are remembered as forgotten (decision P124).
    const MAX_FORGOTTEN: usize = 1_024;

    pub(super) fn join(&self, key: &CacheKey) -> Option<Arrival> {
        self.flights.get(key).map(|flight| flight.arrival.clone())
    }

    /// A new flight for a token that has none.
    pub(super) fn depart(
        &mut self,
        key: CacheKey,
        now: Duration,
        most: usize,
    ) -> Result<Departure, Grounded> {
        if let Some(wait) = self.breaker.holds_back(now) {
            return Err(Grounded::HeldBack(wait));
        }
        if self.under_way.len() >= most {
            return Err(Grounded::Full);
        }
        let admission = self.breaker.admit();
        let (landed, arrival) = watch::channel(None);
        let id = self.next_id;
        self.next_id += 1;
        self.under_way.insert(id);
        self.flights.insert(key, Flight { id, arrival: arrival.clone() });
        Ok(Departure { key, id, admission, landed, arrival })
    }

    /// Takes a flight that has ended out of the table. `false` if it was given up before, or lost its
    /// place to a later one.
    pub(super) fn arrive(&mut self, key: &CacheKey, id: u64) -> bool {
        self.under_way.remove(&id);
        let current = self.flights.get(key).is_some_and(|flight| flight.id == id);
        if current {
            self.flights.remove(key);
        }
        current
    }

    /// Whether there was a flight. It goes on, and its answer will not be kept.
    pub(super) fn give_up(&mut self, key: &CacheKey) -> bool {
        self.flights.remove(key).is_some()
    }

    pub(super) fn give_all_up(&mut self) {
        self.flights.clear();
    }

    /// What flights that are under way say of a subject will not be kept. Remembered for as long as one
    /// of them is; beyond the bound all of them are given up, so that nothing has to be remembered.
    pub(super) fn forget_subject(&mut self, subject: CacheKey) {
        let before = self.next_id;
        let Some(oldest) = self.under_way.first().copied() else {
            self.forgotten.clear();
            return;
        };
        self.forgotten.retain(|known| known.before > oldest && known.subject != subject);
        if self.forgotten.len() >= Self::MAX_FORGOTTEN {
            self.forgotten.clear();
            self.give_all_up();
        } else {
            self.forgotten.push(Forgotten { subject, before });
        }
    }

    /// Whether a subject was forgotten after a flight began.
    pub(super) fn has_forgotten(
        &self,
        id: u64,
        subject: impl FnOnce() -> Option<CacheKey>,
    ) -> bool {
        if self.forgotten.is_empty() {
            return false;
        }
        let Some(subject) = subject() else { return false };
        self.forgotten.iter().any(|known| known.subject == subject && id < known.before)
    }

    pub(super) fn under_way(&self) -> usize {
        self.under_way.len()
    }

    /// Whether expired entries are to be looked for now; once per interval.
    pub(super) fn sweeps(&mut self, now: Duration) -> bool {
        let due = now >= self.next_sweep;
        if due {
            self.next_sweep = now.saturating_add(Settings::SWEEP_EVERY);
        }
        due
    }
}
