use std::array;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use crate::route::Route;

const ROUTES: usize = Route::COUNT;

/// How many requests arrived, also those that a fault killed.
#[derive(Debug)]
pub(crate) struct CallCounts {
    routes: [AtomicU64; ROUTES],
    other: AtomicU64,
}

/// The counters at one moment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CallTotals {
    routes: [u64; ROUTES],
    other: u64,
}

impl Default for CallCounts {
    fn default() -> Self {
        Self { routes: array::from_fn(|_| AtomicU64::new(0)), other: AtomicU64::new(0) }
    }
}

impl CallCounts {
    /// [`Route::Any`] stands for a call that has no route.
    pub(super) fn count(&self, called: Route) {
        let counter = called.index().and_then(|index| self.routes.get(index));
        counter.unwrap_or(&self.other).fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn totals(&self) -> CallTotals {
        CallTotals {
            routes: self.routes.each_ref().map(|counter| counter.load(Ordering::Relaxed)),
            other: self.other.load(Ordering::Relaxed),
        }
    }

    pub(super) fn reset(&self) {
        for counter in self.routes.iter().chain([&self.other]) {
            counter.store(0, Ordering::Relaxed);
        }
    }
}

impl CallTotals {
    pub(crate) fn of(&self, route: Route) -> u64 {
        let counted = route.index().and_then(|index| self.routes.get(index));
        counted.copied().unwrap_or_else(|| self.any())
    }

    fn any(&self) -> u64 {
        self.routes.iter().sum::<u64>() + self.other
    }
}

/// Each route by its name, then `other` for the calls that have none, then `any` for all of them.
impl Serialize for CallTotals {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut members = serializer.serialize_map(Some(ROUTES + 2))?;
        for (route, count) in Route::all().zip(&self.routes) {
            members.serialize_entry(route.name(), count)?;
        }
        members.serialize_entry("other", &self.other)?;
        members.serialize_entry(Route::Any.name(), &self.any())?;
        members.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_counted_by_route_and_all_together() {
        let counts = CallCounts::default();
        for called in [Route::Redeem, Route::Cohort, Route::Cohort, Route::Any] {
            counts.count(called);
        }
        let totals = counts.totals();
        assert_eq!([Route::Redeem, Route::Cohort, Route::Verify].map(|r| totals.of(r)), [1, 2, 0]);
        assert_eq!(totals.of(Route::Any), 4);
        let json = serde_json::to_value(totals).unwrap();
        assert_eq!(json.as_object().unwrap().len(), ROUTES + 2);
        assert_eq!(
            (&json["cohort"], &json["other"], &json["any"]),
            (&2.into(), &1.into(), &4.into())
        );
        counts.reset();
        assert_eq!(counts.totals().of(Route::Any), 0);
    }
}
