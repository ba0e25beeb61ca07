use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use futures_util::future::{FutureExt, ready};
use passid_core::Environment;

use super::{
    BodyAt, Claim, Claimed, Counts, Entry, EntryId, Failure, Filter, Hash, Insertion, Kind, Lease,
    Leased, NewEntry, NewRecord, Purge, Purged, Record, Replay, State, Store, StoreFuture,
    StoredBody,
};

/// A ledger in the memory of this process, for tests: it is gone with the process. It grows without
/// bound, as any ledger does until it is purged.
#[derive(Default)]
pub struct MemoryStore {
    rows: Mutex<Rows>,
    records: Mutex<BTreeMap<(&'static str, Hash), Record>>,
    /// Numbers are not given twice, not even after a purge.
    last: AtomicI64,
}

type Rows = BTreeMap<EntryId, Row>;

struct Row {
    entry: Entry,
    environment: Environment,
    semantic_key: Option<Hash>,
    body: Option<StoredBody>,
    lease_number: i64,
}

impl MemoryStore {
    /// An empty ledger.
    pub fn new() -> Self {
        Self::default()
    }

    fn rows(&self) -> MutexGuard<'_, Rows> {
        // No call leaves a row half changed: a panic of another thread spoilt nothing.
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn records(&self) -> MutexGuard<'_, BTreeMap<(&'static str, Hash), Record>> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn under_lease(&self, lease: Lease, end: impl FnOnce(&mut Row)) -> bool {
        let mut rows = self.rows();
        let row = rows
            .get_mut(&lease.id)
            .filter(|row| row.entry.state == State::Leased && row.lease_number == lease.number);
        row.map(end).is_some()
    }
}

fn answer<'a, T: Send + 'a>(value: T) -> StoreFuture<'a, T> {
    ready(Ok(value)).boxed()
}

impl Row {
    fn is(&self, kind: Kind, environment: Environment) -> bool {
        self.entry.kind == kind && self.environment == environment
    }

    fn is_open(&self) -> bool {
        matches!(self.entry.state, State::Ready | State::Leased)
    }

    fn end_lease(&mut self, state: State) {
        self.entry.state = state;
        self.entry.lease_owner = None;
        self.entry.lease_until = None;
    }

    fn end(&mut self, state: State, now: SystemTime) {
        self.end_lease(state);
        self.entry.ended_at = Some(now);
    }

    /// What decides which of two entries of one subject goes first.
    fn place(&self) -> (SystemTime, EntryId) {
        (self.entry.occurred_at, self.entry.id)
    }

    fn may_start(&self, rows: &Rows) -> bool {
        let Some(subject) = self.entry.subject else { return true };
        !rows.values().any(|other| {
            other.is(self.entry.kind, self.environment)
                && other.entry.subject == Some(subject)
                && other.entry.id != self.entry.id
                && other.is_open()
                && (other.entry.state == State::Leased || other.place() < self.place())
        })
    }

    fn is_superseded(&self, rows: &Rows) -> bool {
        self.entry.subject.is_some()
            && rows.values().any(|other| {
                other.is(self.entry.kind, self.environment)
                    && other.entry.subject == self.entry.subject
                    && other.entry.state == State::Done
                    && other.place() > self.place()
            })
    }
}

impl Store for MemoryStore {
    fn insert(&self, entry: NewEntry) -> StoreFuture<'_, Insertion> {
        let mut rows = self.rows();
        let known = rows.values().find(|row| {
            row.is(entry.kind, entry.environment)
                && (row.entry.body_sha256 == entry.body_sha256
                    || (entry.semantic_key.is_some() && row.semantic_key == entry.semantic_key))
        });
        if let Some(known) = known {
            return answer(Insertion::Duplicate(known.entry.id));
        }
        let id = EntryId::new(self.last.fetch_add(1, Ordering::Relaxed) + 1);
        let row = Row {
            entry: Entry::arrived(id, &entry),
            environment: entry.environment,
            semantic_key: entry.semantic_key,
            body: Some(entry.body),
            lease_number: 0,
        };
        rows.insert(id, row);
        answer(Insertion::New(id))
    }

    fn claim<'a>(&'a self, claim: Claim<'a>) -> StoreFuture<'a, Claimed> {
        let mut rows = self.rows();
        let mut claimed = Claimed::default();
        for row in rows.values_mut().filter(|row| row.is(claim.kind, claim.environment)) {
            if row.entry.lease_until.is_none_or(|until| until > claim.now) {
                continue;
            }
            claimed.lost += 1;
            if row.entry.attempts >= claim.max_attempts {
                row.entry.last_error = Some(super::LEASE_LOST.to_owned());
                row.end(State::Dead, claim.now);
                claimed.buried += 1;
            } else {
                row.end_lease(State::Ready);
            }
        }
        let mut due: Vec<_> = rows
            .values()
            .filter(|row| row.is(claim.kind, claim.environment))
            .filter(|row| row.entry.state == State::Ready && row.entry.next_at <= claim.now)
            .filter(|row| row.may_start(&rows))
            .map(|row| (row.entry.next_at, row.entry.id))
            .collect();
        due.sort_unstable();
        due.truncate(usize::try_from(claim.max).unwrap_or(usize::MAX));
        for (_, id) in due {
            let superseded = rows.get(&id).is_some_and(|row| row.is_superseded(&rows));
            let Some(row) = rows.get_mut(&id) else { continue };
            let Some(body) = row.body.clone() else { continue };
            row.lease_number += 1;
            row.entry.state = State::Leased;
            row.entry.attempts = row.entry.attempts.saturating_add(1);
            row.entry.lease_owner = Some(claim.owner.to_owned());
            row.entry.lease_until = Some(claim.until);
            let lease = Lease { id, number: row.lease_number };
            claimed.leased.push(Leased { lease, entry: row.entry.clone(), body, superseded });
        }
        answer(claimed)
    }

    fn extend(&self, lease: Lease, until: SystemTime) -> StoreFuture<'_, bool> {
        answer(self.under_lease(lease, |row| row.entry.lease_until = Some(until)))
    }

    fn complete(&self, lease: Lease, now: SystemTime) -> StoreFuture<'_, bool> {
        answer(self.under_lease(lease, |row| {
            row.entry.last_error = None;
            row.end(State::Done, now);
        }))
    }

    fn fail<'a>(
        &'a self,
        lease: Lease,
        failure: Failure<'a>,
        now: SystemTime,
    ) -> StoreFuture<'a, bool> {
        answer(self.under_lease(lease, |row| {
            row.entry.last_error = Some(failure.reason.to_owned());
            match failure.retry_at {
                Some(at) => {
                    row.entry.next_at = at;
                    row.end_lease(State::Ready);
                }
                None => row.end(State::Dead, now),
            }
        }))
    }

    fn release(&self, lease: Lease, now: SystemTime) -> StoreFuture<'_, bool> {
        answer(self.under_lease(lease, |row| {
            row.entry.attempts = row.entry.attempts.saturating_sub(1);
            row.entry.next_at = now;
            row.end_lease(State::Ready);
        }))
    }

    fn list(&self, filter: Filter) -> StoreFuture<'_, Vec<Entry>> {
        let rows = self.rows();
        let found = rows
            .values()
            .rev()
            .filter(|row| row.is(filter.kind, filter.environment))
            .map(|row| &row.entry)
            .filter(|entry| filter.before.is_none_or(|before| entry.id < before))
            .filter(|entry| filter.state.is_none_or(|state| entry.state == state))
            .filter(|entry| filter.name.as_ref().is_none_or(|name| entry.name == *name))
            .take(usize::try_from(filter.limit).unwrap_or(usize::MAX))
            .cloned()
            .collect();
        answer(found)
    }

    fn show(
        &self,
        environment: Environment,
        id: EntryId,
    ) -> StoreFuture<'_, Option<(Entry, Option<StoredBody>)>> {
        let rows = self.rows();
        let row = rows.get(&id).filter(|row| row.environment == environment);
        answer(row.map(|row| (row.entry.clone(), row.body.clone())))
    }

    fn replay(
        &self,
        environment: Environment,
        id: EntryId,
        now: SystemTime,
    ) -> StoreFuture<'_, Replay> {
        let mut rows = self.rows();
        let row = rows.get_mut(&id).filter(|row| row.environment == environment);
        let replayed = match row {
            None => Replay::Unknown,
            Some(row) if row.entry.state == State::Leased => Replay::Leased,
            Some(row) if row.body.is_none() => Replay::BodyGone,
            Some(row) => {
                row.entry.state = State::Ready;
                row.entry.attempts = 0;
                row.entry.next_at = now;
                row.entry.ended_at = None;
                row.entry.replays = row.entry.replays.saturating_add(1);
                Replay::Ready
            }
        };
        answer(replayed)
    }

    fn purge(&self, purge: Purge) -> StoreFuture<'_, Purged> {
        let mut rows = self.rows();
        let mut purged = Purged::default();
        let limit = u64::from(purge.limit);
        for row in rows.values_mut().filter(|row| row.environment == purge.environment) {
            let before = match row.entry.state {
                State::Done => purge.done_before,
                State::Dead => purge.dead_before,
                State::Ready | State::Leased => continue,
            };
            let ended = row.entry.ended_at.is_some_and(|at| at < before);
            if ended && row.body.is_some() && purged.bodies < limit {
                row.body = None;
                row.entry.has_body = false;
                purged.bodies += 1;
            }
        }
        if let Some(before) = purge.entries_before {
            let gone: HashSet<_> = rows
                .values()
                .filter(|row| row.environment == purge.environment && !row.is_open())
                .filter(|row| row.body.is_none() && row.entry.received_at < before)
                .map(|row| row.entry.id)
                .take(usize::try_from(purge.limit).unwrap_or(usize::MAX))
                .collect();
            purged.entries = gone.len() as u64;
            rows.retain(|id, _| !gone.contains(id));
        }
        answer(purged)
    }

    fn counts(&self, kind: Kind, environment: Environment) -> StoreFuture<'_, Counts> {
        let mut counts = Counts::default();
        for row in self.rows().values().filter(|row| row.is(kind, environment)) {
            match row.entry.state {
                State::Ready => counts.ready += 1,
                State::Leased => counts.leased += 1,
                State::Done => counts.done += 1,
                State::Dead => counts.dead += 1,
            }
            let received = Some(row.entry.received_at);
            counts.last_received = counts.last_received.max(received);
            if row.is_open() {
                counts.oldest_open =
                    counts.oldest_open.map_or(received, |at| Some(at).min(received));
            }
        }
        answer(counts)
    }

    fn bodies_not_under<'a>(
        &'a self,
        environment: Environment,
        key_id: &'a str,
        after: Option<EntryId>,
        limit: u32,
    ) -> StoreFuture<'a, Vec<BodyAt>> {
        let rows = self.rows();
        let found = rows
            .values()
            .filter(|row| row.environment == environment)
            .filter(|row| after.is_none_or(|after| row.entry.id > after))
            .filter_map(|row| {
                let body = row.body.as_ref()?;
                (body.key_id.as_deref() != Some(key_id)).then(|| BodyAt {
                    id: row.entry.id,
                    kind: row.entry.kind,
                    body_sha256: row.entry.body_sha256,
                    body: body.clone(),
                })
            })
            .take(usize::try_from(limit).unwrap_or(usize::MAX))
            .collect();
        answer(found)
    }

    fn replace_body(&self, id: EntryId, from: StoredBody, to: StoredBody) -> StoreFuture<'_, bool> {
        let mut rows = self.rows();
        let there =
            rows.get_mut(&id).and_then(|row| row.body.as_mut()).filter(|body| **body == from);
        let replaced = there.is_some();
        if let Some(body) = there {
            *body = to;
        }
        answer(replaced)
    }

    fn read_record(&self, environment: Environment, key: Hash) -> StoreFuture<'_, Option<Record>> {
        answer(self.records().get(&(environment.as_str(), key)).cloned())
    }

    fn put_record(&self, record: NewRecord) -> StoreFuture<'_, bool> {
        let mut records = self.records();
        let place = (record.environment.as_str(), record.to.key);
        let fits = records.get(&place).map(|there| &there.body) == record.from.as_ref();
        if fits {
            records.insert(place, record.to);
        }
        answer(fits)
    }

    fn records_not_under<'a>(
        &'a self,
        environment: Environment,
        key_id: &'a str,
        after: Option<Hash>,
        limit: u32,
    ) -> StoreFuture<'a, Vec<Record>> {
        let records = self.records();
        let found = records
            .iter()
            .filter(|((of, key), _)| *of == environment.as_str() && Some(*key) > after)
            .map(|(_, record)| record)
            .filter(|record| record.body.key_id.as_deref() != Some(key_id))
            .take(usize::try_from(limit).unwrap_or(usize::MAX))
            .cloned()
            .collect();
        answer(found)
    }

    fn purge_records(
        &self,
        environment: Environment,
        before: SystemTime,
        limit: u32,
    ) -> StoreFuture<'_, u64> {
        let mut left = u64::from(limit);
        self.records().retain(|(of, _), record| {
            let goes = left > 0 && *of == environment.as_str() && record.keep_until < before;
            left -= u64::from(goes);
            !goes
        });
        answer(u64::from(limit) - left)
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore").field("entries", &self.rows().len()).finish()
    }
}
