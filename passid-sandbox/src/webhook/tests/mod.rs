#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod bytes;
mod faults;
mod model;
mod receiver;
mod rules;
mod sending;

use jiff::{SignedDuration, Timestamp};
use passid_core::Environment;

use super::delivery::{AttemptKind, DeliveryState, Outcome, Signing};
use super::error::EnqueueError;
use super::*;
use crate::state::table::Change;

/// The five attempts, in seconds after the one before.
const PAUSES: [i64; 5] = [0, 30, 300, 1_800, 7_200];

fn start() -> Timestamp {
    "2026-03-29T10:22:14Z".parse().unwrap()
}

fn after(seconds: i64) -> Timestamp {
    start() + SignedDuration::from_secs(seconds)
}

fn id(n: usize) -> String {
    format!("dlv_{n:012}")
}

fn to(url: &str, institution_id: &'static str, n: usize, now: Timestamp) -> NewDelivery<'static> {
    let data = EventData::Test { message: "a test" };
    NewDelivery {
        id: id(n),
        environment: Environment::Sandbox,
        url: url.to_owned(),
        event: Event { institution_id, timestamp: now, data },
    }
}

fn test_event(n: usize, now: Timestamp) -> NewDelivery<'static> {
    to("http://127.0.0.1:9/hook", "42", n, now)
}

fn deliveries() -> Deliveries {
    Deliveries::new(DeliveryLimits::default())
}

fn with_fault(kind: WebhookFaultKind) -> Deliveries {
    let mut deliveries = deliveries();
    deliveries.inject_fault(WebhookFault::on_any(kind)).unwrap();
    deliveries
}

fn answer(status: u16) -> AttemptResult {
    AttemptResult {
        outcome: Outcome::Status { status, body: String::new() },
        signature: Signing::Current,
    }
}

/// Takes the one attempt that is due.
fn take_one(deliveries: &mut Deliveries, now: Timestamp) -> Attempt {
    let mut due = deliveries.take_due(now, 64);
    assert_eq!(due.len(), 1);
    due.remove(0)
}

/// One attempt that is due, and its answer in the same second.
fn make_attempt(deliveries: &mut Deliveries, now: Timestamp, status: u16) -> Attempt {
    let attempt = take_one(deliveries, now);
    deliveries.record(&attempt.id, answer(status), now);
    attempt
}

fn state(deliveries: &Deliveries, n: usize) -> StateName {
    deliveries.get(&id(n)).unwrap().state.name()
}

/// The rows as a data file would hold them after all changes so far.
fn kept(changes: Vec<Change>) -> Vec<(String, String)> {
    let mut rows = std::collections::BTreeMap::new();
    for change in changes {
        match change.value {
            Some(value) => rows.insert(change.key, value),
            None => rows.remove(&change.key),
        };
    }
    rows.into_iter().collect()
}

fn restarted(deliveries: &mut Deliveries) -> Deliveries {
    // All rows at once: what a data file adds up to.
    let rows: Vec<_> =
        deliveries.list(&DeliveryFilter::default()).map(|row| row.id.clone()).collect();
    let mut changes = Vec::new();
    deliveries.drain_changes(&mut changes);
    let mut again = self::deliveries();
    for key in rows {
        let json = serde_json::to_string(deliveries.get(&key).unwrap()).unwrap();
        again.load(&key, &json).unwrap();
    }
    again.discard_changes();
    again
}
