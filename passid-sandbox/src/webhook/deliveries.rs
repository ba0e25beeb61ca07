//! All deliveries: what happens to them, in which order, and how many are kept.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ops::Bound::{Excluded, Unbounded};

use jiff::{SignedDuration, Timestamp};
use passid_core::Environment;

use super::carriage::Carriage;
use super::delivery::{
    Attempt, AttemptId, AttemptKind, AttemptResult, Delivery, DeliveryState, Extra,
};
use super::due::{DueIndex, Lane};
use super::error::{EnqueueError, LoadError, RedeliverError};
use super::event::{Event, WebhookEvent};
use super::fault::{WebhookFault, WebhookFaultError, WebhookFaultKind, WebhookFaultQueue};
use super::filter::DeliveryFilter;
use super::schedule;
use crate::state::table::{Change, Table};

/// Redeliveries by hand of one delivery: each attempt keeps up to a kilobyte.
const MOST_MANUAL: usize = 20;

/// What is kept, and what is sent at a time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DeliveryLimits {
    pub(crate) count: usize,
    /// Of finished deliveries, since they finished.
    pub(crate) age: SignedDuration,
    /// Attempts in flight per institution and environment.
    pub(crate) in_flight: usize,
}

impl Default for DeliveryLimits {
    fn default() -> Self {
        Self { count: 10_000, age: SignedDuration::from_hours(7 * 24), in_flight: 16 }
    }
}

/// An event that is to be delivered.
pub(crate) struct NewDelivery<'a> {
    /// Such as `dlv_000000000001`. A later event has a later id in the order of texts.
    pub(crate) id: String,
    pub(crate) environment: Environment,
    pub(crate) url: String,
    pub(crate) event: Event<'a>,
}

/// An event of another API than PASSID's that is to be delivered.
pub(crate) struct NewForeign {
    pub(crate) id: String,
    pub(crate) url: String,
    pub(crate) event: WebhookEvent,
    pub(crate) body: String,
    pub(crate) carriage: Carriage,
    /// What happens to it unless a fault waits for it.
    pub(crate) fault: Option<WebhookFaultKind>,
}

pub(crate) struct Deliveries {
    table: Table<Delivery>,
    limits: DeliveryLimits,
    faults: WebhookFaultQueue,
    // What follows is worked out from the rows, but for what is in flight: that is not written
    // anywhere, so that after a crash it is due again.
    due: DueIndex,
    held: BTreeMap<Lane, BTreeSet<String>>,
    finished: BTreeSet<(Timestamp, String)>,
    in_flight: BTreeMap<String, InFlight>,
    last_ticket: u64,
}

struct InFlight {
    ticket: u64,
    kind: AttemptKind,
    at: Timestamp,
}

impl Deliveries {
    pub(crate) fn new(limits: DeliveryLimits) -> Self {
        Self {
            table: Table::default(),
            limits,
            faults: WebhookFaultQueue::default(),
            due: DueIndex::new(limits.in_flight),
            held: BTreeMap::new(),
            finished: BTreeSet::new(),
            in_flight: BTreeMap::new(),
            last_ticket: 0,
        }
    }

    /// Takes an event to be delivered at once, or as the next fault for it says.
    pub(crate) fn enqueue(
        &mut self,
        new: NewDelivery<'_>,
        now: Timestamp,
    ) -> Result<(), EnqueueError> {
        let delivery = Delivery {
            id: new.id,
            institution_id: new.event.institution_id.to_owned(),
            environment: new.environment,
            event: new.event.name(),
            url: new.url,
            body: new.event.body().map_err(EnqueueError::Body)?,
            created_at: now,
            state: DeliveryState::Pending { next_at: now, held: false },
            attempts: Vec::new(),
            extras: Vec::new(),
            fault: None,
            carriage: Carriage::Passid,
        };
        self.take(delivery, now)
    }

    /// The same for an event of another API.
    pub(crate) fn enqueue_foreign(
        &mut self,
        new: NewForeign,
        now: Timestamp,
    ) -> Result<(), EnqueueError> {
        let delivery = Delivery {
            id: new.id,
            institution_id: String::new(),
            environment: Environment::Sandbox,
            event: new.event,
            url: new.url,
            body: new.body,
            created_at: now,
            state: DeliveryState::Pending { next_at: now, held: false },
            attempts: Vec::new(),
            extras: Vec::new(),
            fault: new.fault,
            carriage: new.carriage,
        };
        self.take(delivery, now)
    }

    fn take(&mut self, mut delivery: Delivery, now: Timestamp) -> Result<(), EnqueueError> {
        if self.table.contains(&delivery.id) {
            return Err(EnqueueError::IdTaken);
        }
        self.drop_old(now);
        // More than one, after a larger state was put in.
        while self.table.len() >= self.limits.count {
            if !self.drop_oldest_finished() {
                return Err(EnqueueError::Full { limit: self.limits.count });
            }
        }
        delivery.fault = self.faults.take(delivery.event).or(delivery.fault);
        delivery.begin(now);
        let id = delivery.id.clone();
        self.table.insert(id.as_str(), delivery);
        self.index(&id);
        Ok(())
    }

    /// When [`take_due`](Self::take_due) will next give something. Not before an attempt in flight
    /// has ended, if its institution has as many in flight as it may have.
    pub(crate) fn next_due(&self) -> Option<Timestamp> {
        self.due.next()
    }

    /// Takes what is due, longest first. Each is in flight until it is [recorded](Self::record).
    pub(crate) fn take_due(&mut self, now: Timestamp, limit: usize) -> Vec<Attempt> {
        self.drop_old(now);
        let mut taken = Vec::new();
        while taken.len() < limit {
            let Some(id) = self.due.due(now).map(str::to_owned) else { break };
            self.unindex(&id);
            let next = self.table.get(&id).and_then(|row| Some((row, row.next()?)));
            // An id in the index has a row with something to do.
            let Some((row, (_, kind))) = next else { continue };
            self.last_ticket += 1;
            taken.push(row.attempt(self.last_ticket, kind, now));
            self.due.attempt_begins(&row.lane());
            self.in_flight.insert(id, InFlight { ticket: self.last_ticket, kind, at: now });
        }
        taken
    }

    /// Takes down what came of an attempt. An attempt that is not in flight changes nothing: its
    /// delivery is gone, by a reset for example.
    pub(crate) fn record(&mut self, attempt: &AttemptId, result: AttemptResult, now: Timestamp) {
        let id = attempt.delivery.as_str();
        if self.in_flight.get(id).is_none_or(|known| known.ticket != attempt.ticket) {
            return;
        }
        let Some(InFlight { kind, at, .. }) = self.in_flight.remove(id) else { return };
        let Some(row) = self.table.get_mut(id) else { return };
        row.record(kind, at, result, now);
        let lane = row.lane();
        let first = kind == AttemptKind::Scheduled && row.count(kind) == 1;
        self.due.attempt_ends(&lane);
        self.index(id);
        if first {
            self.release_before(&lane, id, now);
        }
    }

    /// One more attempt now, outside of the schedule and without its fault. A success ends a
    /// delivery that is pending; a failure changes nothing in its schedule.
    pub(crate) fn redeliver(&mut self, id: &str, now: Timestamp) -> Result<(), RedeliverError> {
        let row = self.table.get(id).ok_or(RedeliverError::Unknown)?;
        // One in flight is still among the extras.
        if row.extras.iter().any(|extra| extra.kind == AttemptKind::Manual) {
            return Err(RedeliverError::AlreadyWaiting);
        }
        if row.count(AttemptKind::Manual) >= MOST_MANUAL {
            return Err(RedeliverError::TooMany { limit: MOST_MANUAL });
        }
        self.change(id, |row| row.extras.push(Extra { kind: AttemptKind::Manual, at: now }));
        Ok(())
    }

    pub(crate) fn get(&self, id: &str) -> Option<&Delivery> {
        self.table.get(id)
    }

    /// In the order of the events.
    pub(crate) fn list(&self, filter: &DeliveryFilter) -> impl Iterator<Item = &Delivery> {
        self.table.iter().map(|(_, delivery)| delivery).filter(|delivery| filter.matches(delivery))
    }

    pub(crate) fn inject_fault(&mut self, fault: WebhookFault) -> Result<(), WebhookFaultError> {
        self.faults.push(fault)
    }

    pub(crate) fn waiting_faults(&self) -> Vec<WebhookFault> {
        self.faults.list()
    }

    pub(crate) fn clear_faults(&mut self) {
        self.faults.clear();
    }

    /// Forgets everything, faults too. Not the same as a new one: attempts in flight from before
    /// are told from those of later deliveries with the same ids.
    pub(crate) fn clear(&mut self) {
        let ids: Vec<_> = self.table.iter().map(|(id, _)| id.clone()).collect();
        for id in ids {
            self.table.remove(&id);
        }
        let table = std::mem::take(&mut self.table);
        let last_ticket = self.last_ticket;
        *self = Self { table, last_ticket, ..Self::new(self.limits) };
    }

    /// Takes the rows of others in place of its own. Faults that wait go on waiting.
    pub(crate) fn replace_with(&mut self, others: &Self) -> Result<(), LoadError> {
        let faults = std::mem::take(&mut self.faults);
        self.clear();
        self.faults = faults;
        others
            .table
            .export()
            .1
            .into_iter()
            .try_for_each(|(id, row)| self.load(&id, &row.to_string()))
    }

    /// Whether nothing is due or in flight.
    pub(crate) fn is_settled(&self, now: Timestamp) -> bool {
        self.in_flight.is_empty() && self.next_due().is_none_or(|due| due > now)
    }

    pub(crate) fn table(&self) -> &Table<Delivery> {
        &self.table
    }

    pub(crate) fn drain_changes(&mut self, into: &mut Vec<Change>) {
        self.table.drain_changes(into);
    }

    pub(crate) fn discard_changes(&mut self) {
        self.table.discard_changes();
    }

    /// Takes a row from a data file or an export. What was in flight there is due again.
    pub(crate) fn load(&mut self, key: &str, json: &str) -> Result<(), LoadError> {
        let id = serde_json::from_str::<Delivery>(json).map_err(LoadError::Row)?.id;
        if id != key {
            return Err(LoadError::Key);
        }
        self.forget(key);
        self.table.load(key, json).map_err(LoadError::Row)?;
        self.index(key);
        Ok(())
    }

    /// A later event was sent: those of its lane that were held to be overtaken may go.
    fn release_before(&mut self, lane: &Lane, id: &str, now: Timestamp) {
        let earlier: Vec<_> = match self.held.get(lane) {
            Some(held) => held.range::<str, _>((Unbounded, Excluded(id))).cloned().collect(),
            None => return,
        };
        for id in earlier {
            self.change(&id, |row| {
                row.state = DeliveryState::Pending { next_at: now, held: false }
            });
        }
    }

    fn drop_old(&mut self, now: Timestamp) {
        while let Some((at, _)) = self.finished.first()
            && schedule::later(*at, self.limits.age) < now
        {
            self.drop_oldest_finished();
        }
    }

    /// Whether there was one.
    fn drop_oldest_finished(&mut self) -> bool {
        let oldest = self.finished.pop_first();
        oldest.is_some_and(|(_, id)| self.table.remove(&id).is_some())
    }

    fn change(&mut self, id: &str, change: impl FnOnce(&mut Delivery)) {
        self.unindex(id);
        if let Some(row) = self.table.get_mut(id) {
            change(row);
        }
        self.index(id);
    }

    fn forget(&mut self, id: &str) {
        self.unindex(id);
        let in_flight = self.in_flight.remove(id).is_some();
        if let Some(row) = self.table.remove(id)
            && in_flight
        {
            self.due.attempt_ends(&row.lane());
        }
    }

    /// A delivery in flight is in no index: nothing happens to it before its attempt has ended.
    fn index(&mut self, id: &str) {
        let Some(row) = self.table.get(id) else { return };
        if self.in_flight.contains_key(id) {
            return;
        }
        let lane = row.lane();
        if let Some((at, _)) = row.next() {
            self.due.insert(&lane, at, id);
        }
        if let Some(at) = row.finished_at() {
            self.finished.insert((at, id.to_owned()));
        }
        if row.is_held() {
            self.held.entry(lane).or_default().insert(id.to_owned());
        }
    }

    /// Undoes [`index`](Self::index); must come before the row changes.
    fn unindex(&mut self, id: &str) {
        let Some(row) = self.table.get(id) else { return };
        let lane = row.lane();
        if let Some((at, _)) = row.next() {
            self.due.remove(&lane, at, id);
        }
        if let Some(at) = row.finished_at() {
            self.finished.remove(&(at, id.to_owned()));
        }
        if let Some(held) = self.held.get_mut(&lane) {
            held.remove(id);
            if held.is_empty() {
                self.held.remove(&lane);
            }
        }
    }
}

impl fmt::Debug for Deliveries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Deliveries")
            .field("rows", &self.table.len())
            .field("in_flight", &self.in_flight.len())
            .finish_non_exhaustive()
    }
}
