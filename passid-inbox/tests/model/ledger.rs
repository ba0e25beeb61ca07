//! The model: a list of entries and the rules of a ledger, as plainly as they can be said.

use passid_core::Environment;
use passid_inbox::store::{EntryId, LEASE_LOST, Lease, Replay, State};

/// Why every try fails that fails.
pub(super) const BUSY: &str = "BUSY";

/// A half of the ledger in an environment: entries of different places never meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(super) outcome: bool,
    live: bool,
}

impl Place {
    pub(crate) const ALL: [Self; 4] = [
        Self { outcome: false, live: false },
        Self { outcome: true, live: false },
        Self { outcome: false, live: true },
        Self { outcome: true, live: true },
    ];

    pub(crate) fn environment(self) -> Environment {
        if self.live { Environment::Live } else { Environment::Sandbox }
    }

    pub(crate) fn elsewhere(self) -> Self {
        Self { live: !self.live, ..self }
    }
}

#[derive(Clone, Debug)]
struct Row {
    id: EntryId,
    place: Place,
    body: u8,
    semantic: Option<u8>,
    subject: Option<u8>,
    occurred: u64,
    received: u64,
    state: State,
    attempts: u32,
    replays: u32,
    next_at: u64,
    lease: Option<(Lease, u64)>,
    ended: Option<u64>,
    has_body: bool,
    /// Why the last try failed. A replay keeps it: the outbox looks at it.
    last_error: Option<&'static str>,
    /// How often its work was recorded as done: what a transaction would have done.
    effects: u32,
}

impl Row {
    fn is_open(&self) -> bool {
        matches!(self.state, State::Ready | State::Leased)
    }

    fn order(&self) -> (u64, EntryId) {
        (self.occurred, self.id)
    }

    fn shares_subject(&self, other: &Self) -> bool {
        self.id != other.id
            && self.place == other.place
            && self.subject.is_some()
            && self.subject == other.subject
    }

    fn end(&mut self, state: State, now: u64) {
        (self.state, self.lease, self.ended) = (state, None, Some(now));
    }
}

#[derive(Debug, Default)]
pub(crate) struct Ledger(Vec<Row>);

impl Ledger {
    fn row(&self, id: EntryId) -> &Row {
        self.0.iter().find(|row| row.id == id).unwrap()
    }

    fn row_mut(&mut self, id: EntryId) -> &mut Row {
        self.0.iter_mut().find(|row| row.id == id).unwrap()
    }

    /// What a new entry would be a repetition of.
    pub(crate) fn known(&self, place: Place, body: u8, semantic: Option<u8>) -> Vec<EntryId> {
        let rows = self.0.iter().filter(|row| row.place == place);
        let known =
            rows.filter(|row| row.body == body || (semantic.is_some() && row.semantic == semantic));
        known.map(|row| row.id).collect()
    }

    pub(crate) fn add(
        &mut self,
        id: EntryId,
        place: Place,
        (body, semantic): (u8, Option<u8>),
        (subject, occurred): (Option<u8>, u64),
        now: u64,
    ) {
        assert!(self.0.iter().all(|row| row.id < id), "numbers grow");
        self.0.push(Row {
            id,
            place,
            body,
            semantic,
            subject,
            occurred,
            received: now,
            state: State::Ready,
            attempts: 0,
            replays: 0,
            next_at: now,
            lease: None,
            ended: None,
            has_body: true,
            last_error: None,
            effects: 0,
        });
    }

    /// Takes back what leases have ended; says how many, and how many of them were given up.
    pub(crate) fn sweep(&mut self, place: Place, now: u64, max_attempts: u32) -> (u64, u64) {
        let (mut lost, mut buried) = (0, 0);
        for row in self.0.iter_mut().filter(|row| row.place == place) {
            if row.lease.is_some_and(|(_, until)| until <= now) {
                lost += 1;
                if row.attempts >= max_attempts {
                    row.end(State::Dead, now);
                    row.last_error = Some(LEASE_LOST);
                    buried += 1;
                } else {
                    (row.state, row.lease) = (State::Ready, None);
                }
            }
        }
        (lost, buried)
    }

    /// What a worker may have now, and since when.
    pub(crate) fn claimable(&self, place: Place, now: u64) -> Vec<(EntryId, u64)> {
        let due =
            |row: &&Row| row.place == place && row.state == State::Ready && row.next_at <= now;
        let held_up = |row: &&Row| {
            self.0.iter().any(|other| {
                other.shares_subject(row)
                    && (other.state == State::Leased
                        || other.is_open() && other.order() < row.order())
            })
        };
        let rows = self.0.iter().filter(due).filter(|row| !held_up(row));
        rows.map(|row| (row.id, row.next_at)).collect()
    }

    /// Whether a later event of its subject is done.
    pub(crate) fn superseded(&self, id: EntryId) -> bool {
        let row = self.row(id);
        self.0.iter().any(|other| {
            other.shares_subject(row) && other.state == State::Done && other.order() > row.order()
        })
    }

    pub(crate) fn lease(&mut self, lease: Lease, until: u64) {
        let row = self.row_mut(lease.id);
        row.attempts += 1;
        (row.state, row.lease) = (State::Leased, Some((lease, until)));
    }

    /// Whether a lease is still the one on its entry.
    pub(crate) fn holds(&self, lease: Lease) -> bool {
        self.0.iter().any(|row| row.lease.is_some_and(|(held, _)| held == lease))
    }

    pub(crate) fn extend(&mut self, id: EntryId, until: u64) {
        let row = self.row_mut(id);
        row.lease = row.lease.map(|(lease, _)| (lease, until));
    }

    pub(crate) fn complete(&mut self, id: EntryId, now: u64) {
        let row = self.row_mut(id);
        row.effects += 1;
        row.last_error = None;
        row.end(State::Done, now);
    }

    pub(crate) fn fail(&mut self, id: EntryId, retry_at: Option<u64>, now: u64) {
        let row = self.row_mut(id);
        row.last_error = Some(BUSY);
        match retry_at {
            Some(at) => (row.state, row.lease, row.next_at) = (State::Ready, None, at),
            None => row.end(State::Dead, now),
        }
    }

    pub(crate) fn release(&mut self, id: EntryId, now: u64) {
        let row = self.row_mut(id);
        row.attempts -= 1;
        (row.state, row.lease, row.next_at) = (State::Ready, None, now);
    }

    pub(crate) fn replay(&mut self, id: EntryId, now: u64) -> Replay {
        let row = self.row_mut(id);
        match row.state {
            State::Leased => return Replay::Leased,
            _ if !row.has_body => return Replay::BodyGone,
            _ => {}
        }
        row.replays += 1;
        (row.state, row.attempts, row.next_at, row.ended) = (State::Ready, 0, now, None);
        Replay::Ready
    }

    pub(crate) fn purge(
        &mut self,
        place: Place,
        done_before: u64,
        dead_before: u64,
        entries_before: Option<u64>,
    ) -> (u64, u64) {
        let mut bodies = 0;
        let mine = |row: &Row| row.place.environment() == place.environment();
        for row in self.0.iter_mut().filter(|row| mine(row) && row.has_body) {
            let before = match row.state {
                State::Done => done_before,
                State::Dead => dead_before,
                State::Ready | State::Leased => continue,
            };
            if row.ended.is_some_and(|ended| ended < before) {
                row.has_body = false;
                bodies += 1;
            }
        }
        let all = self.0.len();
        if let Some(before) = entries_before {
            self.0.retain(|row| !mine(row) || row.has_body || row.received >= before);
        }
        (bodies, (all - self.0.len()) as u64)
    }

    pub(crate) fn last_error(&self, id: EntryId) -> Option<&'static str> {
        self.row(id).last_error
    }

    /// What an operator would see, the newest first.
    pub(crate) fn listed(&self, place: Place) -> Vec<(EntryId, State, u32, u32, bool)> {
        let rows = self.0.iter().rev().filter(|row| row.place == place);
        rows.map(|row| (row.id, row.state, row.attempts, row.replays, row.has_body)).collect()
    }

    pub(crate) fn pick(&self, entry: usize) -> Option<(EntryId, Place)> {
        let row = self.0.get(entry % self.0.len().max(1))?;
        Some((row.id, row.place))
    }

    pub(crate) fn attempts(&self, id: EntryId) -> u32 {
        self.0.iter().find(|row| row.id == id).map_or(0, |row| row.attempts)
    }

    pub(crate) fn body(&self, id: EntryId) -> Vec<u8> {
        vec![self.row(id).body]
    }

    pub(crate) fn open(&self) -> usize {
        self.0.iter().filter(|row| row.is_open()).count()
    }

    /// What holds whatever happens.
    pub(crate) fn check(&self, max_attempts: u32) {
        for row in &self.0 {
            assert!(row.attempts <= max_attempts, "tries are bounded: {row:?}");
            assert!(row.effects <= 1 + row.replays, "one effect for each wish: {row:?}");
            assert!(row.has_body || !row.is_open(), "what is open has its body: {row:?}");
            if row.state == State::Leased {
                let other = self
                    .0
                    .iter()
                    .find(|other| other.shares_subject(row) && other.state == State::Leased);
                assert!(other.is_none(), "one lease for each subject: {row:?}, {other:?}");
            }
        }
    }
}
