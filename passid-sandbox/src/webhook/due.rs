//! Which delivery is due next, without looking at the others.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

/// An institution in one environment. Lanes do not wait for each other.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Lane {
    pub(super) institution_id: String,
    pub(super) environment: &'static str,
}

/// Waiting deliveries by lane and time. A lane with as many attempts in flight as it may have is
/// passed over, so that an application that does not answer holds up its own events only.
pub(super) struct DueIndex {
    lanes: BTreeMap<Lane, LaneQueue>,
    /// The first of each lane that may send.
    heads: BTreeSet<(Timestamp, String, Lane)>,
    in_flight_per_lane: usize,
}

#[derive(Default)]
struct LaneQueue {
    waiting: BTreeSet<(Timestamp, String)>,
    in_flight: usize,
}

impl DueIndex {
    pub(super) fn new(in_flight_per_lane: usize) -> Self {
        Self { lanes: BTreeMap::new(), heads: BTreeSet::new(), in_flight_per_lane }
    }

    pub(super) fn insert(&mut self, lane: &Lane, at: Timestamp, id: &str) {
        self.change(lane, |queue| {
            queue.waiting.insert((at, id.to_owned()));
        });
    }

    pub(super) fn remove(&mut self, lane: &Lane, at: Timestamp, id: &str) {
        self.change(lane, |queue| {
            queue.waiting.remove(&(at, id.to_owned()));
        });
    }

    pub(super) fn attempt_begins(&mut self, lane: &Lane) {
        self.change(lane, |queue| queue.in_flight += 1);
    }

    pub(super) fn attempt_ends(&mut self, lane: &Lane) {
        self.change(lane, |queue| queue.in_flight = queue.in_flight.saturating_sub(1));
    }

    /// The next moment at which something may be sent.
    pub(super) fn next(&self) -> Option<Timestamp> {
        self.heads.first().map(|(at, ..)| *at)
    }

    /// What has been due longest at `now`.
    pub(super) fn due(&self, now: Timestamp) -> Option<&str> {
        self.heads.first().filter(|(at, ..)| *at <= now).map(|(_, id, _)| id.as_str())
    }

    fn change(&mut self, lane: &Lane, change: impl FnOnce(&mut LaneQueue)) {
        let queue = self.lanes.entry(lane.clone()).or_default();
        let head = |queue: &LaneQueue| {
            let (at, id) = queue.waiting.first()?;
            Some((*at, id.clone(), lane.clone()))
        };
        if let Some(before) = head(queue) {
            self.heads.remove(&before);
        }
        change(queue);
        if queue.in_flight < self.in_flight_per_lane {
            self.heads.extend(head(queue));
        }
        if queue.waiting.is_empty() && queue.in_flight == 0 {
            self.lanes.remove(lane);
        }
    }
}
