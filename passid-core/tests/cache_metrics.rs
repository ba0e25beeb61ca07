//! The events of a cache as the `metrics` facade sees them.
#![cfg(feature = "metrics")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use common::upstream::{Answer, bench};
use metrics::{
    Counter, CounterFn, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit,
};
use passid_core::DenyReason;
use passid_core::cache::{CacheEvent, CacheMetrics, EVENTS_METRIC};

#[derive(Clone, Default)]
struct Counts(Arc<Mutex<BTreeMap<String, u64>>>);

struct One {
    counts: Counts,
    key: String,
}

impl CounterFn for One {
    fn increment(&self, value: u64) {
        *self.counts.0.lock().unwrap().entry(self.key.clone()).or_default() += value;
    }

    fn absolute(&self, _: u64) {}
}

impl Recorder for Counts {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        Counter::from_arc(Arc::new(One { counts: self.clone(), key: key.to_string() }))
    }

    fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::noop()
    }

    fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::noop()
    }
}

#[tokio::test]
async fn each_event_is_one_more_on_a_counter_whose_only_label_is_its_name() {
    let counts = Counts::default();
    let metrics = metrics::with_local_recorder(&counts, CacheMetrics::new);
    let bench = bench(|builder| builder.observer(metrics));
    bench.asked(1, Answer::Valid).await;
    bench.asked(2, Answer::Invalid(DenyReason::TokenExpired)).await;
    for number in [1, 1, 2] {
        bench.ask(number).await;
    }
    let counts = counts.0.lock().unwrap();
    let key = |event: &str| format!("Key({EVENTS_METRIC}, [event = {event}])");
    let expected =
        [("hit", 2), ("miss", 2), ("negative", 1)].map(|(event, count)| (key(event), count));
    assert_eq!(*counts, BTreeMap::from(expected));
}

#[test]
fn the_names_of_events_are_words_of_their_own() {
    let mut names: Vec<_> = CacheEvent::ALL.iter().map(|event| event.name()).collect();
    assert!(names.iter().all(|name| name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'_'))));
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), CacheEvent::ALL.len());
}
