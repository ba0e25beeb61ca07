use std::array;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use crate::route::{Api, Route};

const ROUTES: usize = Route::COUNT;
const APIS: [Api; 3] = [Api::Passid, Api::Passbase, Api::Docverify];

/// How many requests arrived, also those that a fault killed.
#[derive(Debug)]
pub(crate) struct CallCounts {
    routes: [AtomicU64; ROUTES],
    other: [AtomicU64; APIS.len()],
}

/// The counters at one moment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CallTotals {
    routes: [u64; ROUTES],
    /// Of calls that have no route, for each API.
    other: [u64; APIS.len()],
}

impl Default for CallCounts {
    fn default() -> Self {
        let zero = |_| AtomicU64::new(0);
        Self { routes: array::from_fn(zero), other: array::from_fn(zero) }
    }
}

impl CallCounts {
    /// [`Route::Any`] and its like stand for a call that has no route.
    pub(super) fn count(&self, called: Route) {
        let of_api = || self.other.iter().zip(APIS).find(|(_, api)| *api == called.api());
        let counter = match called.index() {
            Some(index) => self.routes.get(index),
            None => of_api().map(|(counter, _)| counter),
        };
        if let Some(counter) = counter {
            counter.fetch_add(1, Ordering::Relaxed);
        }
    }

    pub(super) fn totals(&self) -> CallTotals {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        CallTotals {
            routes: self.routes.each_ref().map(read),
            other: self.other.each_ref().map(read),
        }
    }

    pub(super) fn reset(&self) {
        for counter in self.routes.iter().chain(&self.other) {
            counter.store(0, Ordering::Relaxed);
        }
    }
}

impl CallTotals {
    pub(crate) fn of(&self, wanted: Route) -> u64 {
        let routed = Route::all().zip(&self.routes);
        let other = APIS.iter().map(|api| api.any()).zip(&self.other);
        routed.chain(other).filter(|(called, _)| wanted.covers(*called)).map(|(_, n)| n).sum()
    }
}

/// Each route by its name, then `other` for the calls that have none, then `any` for all of them and
/// its like for all of one API.
impl Serialize for CallTotals {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut members = serializer.serialize_map(Some(ROUTES + 4))?;
        for (route, count) in Route::all().zip(&self.routes) {
            members.serialize_entry(route.name(), count)?;
        }
        members.serialize_entry("other", &self.other.iter().sum::<u64>())?;
        for several in [Route::Any, Route::AnyPassbase, Route::AnyDocverify] {
            members.serialize_entry(several.name(), &self.of(several))?;
        }
        members.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_counted_by_route_and_all_together() {
        let counts = CallCounts::default();
        let passbase = [Route::PassbaseIdentity, Route::AnyPassbase];
        for called in
            [Route::Redeem, Route::Cohort, Route::Cohort, Route::Any].iter().chain(&passbase)
        {
            counts.count(*called);
        }
        let totals = counts.totals();
        assert_eq!([Route::Redeem, Route::Cohort, Route::Verify].map(|r| totals.of(r)), [1, 2, 0]);
        assert_eq!(
            [Route::Any, Route::AnyPassbase, Route::AnyDocverify].map(|r| totals.of(r)),
            [6, 2, 0]
        );
        let json = serde_json::to_value(totals).unwrap();
        assert_eq!(json.as_object().unwrap().len(), ROUTES + 4);
        assert_eq!(
            (&json["cohort"], &json["other"], &json["any"]),
            (&2.into(), &2.into(), &6.into())
        );
        counts.reset();
        assert_eq!(counts.totals().of(Route::Any), 0);
    }
}
