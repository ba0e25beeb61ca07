//! The journal: the last requests to the API, without anything secret or personal.

mod body;
mod entry;
mod filter;
mod headers;
mod recording;

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use axum::body::Body;
use axum::http::Request;
use jiff::Timestamp;
use serde_json::Value;
use tokio::sync::watch;

use crate::clock::within;
use crate::method;
use crate::route::Route;

pub use entry::RecordedRequest;
pub use filter::RequestFilter;
pub(crate) use recording::Recording;

/// How many requests a journal keeps unless it is told.
pub(crate) const CAPACITY: usize = 1_000;

/// The last requests, the oldest first.
#[derive(Debug)]
pub(crate) struct Journal {
    capacity: usize,
    kept: Mutex<Kept>,
    /// Changes with each request that is recorded.
    recorded: watch::Sender<()>,
}

#[derive(Debug, Default)]
struct Kept {
    requests: VecDeque<RecordedRequest>,
    last_seq: u64,
}

/// What a journal has of the requests that were asked for.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub(crate) requests: Vec<RecordedRequest>,
    /// How many there are, also beyond the limit that was asked for.
    pub(crate) matching: usize,
}

impl Default for Journal {
    fn default() -> Self {
        Self::with_capacity(CAPACITY)
    }
}

impl Journal {
    pub(crate) fn with_capacity(capacity: usize) -> Self {
        Self { capacity, kept: Mutex::default(), recorded: watch::Sender::default() }
    }

    /// Begins with a request that has arrived.
    pub(crate) fn begin(
        &self,
        request: &Request<Body>,
        route: Route,
        template: &'static str,
        request_id: &str,
        at: Timestamp,
    ) -> Recording<'_> {
        let entry = RecordedRequest {
            seq: 0,
            at: SystemTime::from(at),
            method: method::known(request.method().as_str()).unwrap_or(method::OTHER),
            route,
            template,
            status: None,
            fault: None,
            request_id: request_id.to_owned(),
            environment: None,
            institution_id: None,
            headers: headers::redacted(request.headers()),
            query_present: request.uri().query().is_some(),
            body: Value::Null,
        };
        Recording::new(self, entry)
    }

    pub(crate) fn find(&self, filter: &RequestFilter) -> Found {
        let kept = self.lock();
        let matching = || kept.requests.iter().filter(|request| filter.matches(request));
        Found {
            requests: matching().take(filter.most()).cloned().collect(),
            matching: matching().count(),
        }
    }

    /// What there is as soon as there are `count` of them, or when the time is over.
    pub(crate) async fn wait_for(
        &self,
        filter: &RequestFilter,
        count: usize,
        limit: Duration,
    ) -> Found {
        let mut recorded = self.recorded.subscribe();
        let enough = async {
            loop {
                let found = self.find(filter);
                // Its sender is in `self`, so the other case is never seen.
                if found.matching >= count || recorded.changed().await.is_err() {
                    return found;
                }
            }
        };
        match within(limit, enough).await {
            Some(found) => found,
            None => self.find(filter),
        }
    }

    /// Forgets the requests. The next one has the next number all the same.
    pub(crate) fn clear(&self) {
        self.lock().requests.clear();
    }

    /// As at the start, and the numbers too.
    pub(crate) fn reset(&self) {
        *self.lock() = Kept::default();
    }

    fn keep(&self, mut entry: RecordedRequest) {
        let mut kept = self.lock();
        kept.last_seq = kept.last_seq.saturating_add(1);
        entry.seq = kept.last_seq;
        while kept.requests.len() >= self.capacity.max(1) {
            kept.requests.pop_front();
        }
        kept.requests.push_back(entry);
        drop(kept);
        self.recorded.send_replace(());
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use axum::http::Response;
    use passid_core::Environment;

    use super::*;
    use crate::state::Tenant;

    fn record(journal: &Journal, path: &str, status: Option<u16>) {
        let request = Request::post(path).body(Body::empty()).unwrap();
        let (route, template) = Route::resolve(request.uri().path());
        let mut recording =
            journal.begin(&request, route, template, "req_1", Timestamp::UNIX_EPOCH);
        if let Some(status) = status {
            let mut response = Response::new(Body::empty());
            *response.status_mut() = status.try_into().unwrap();
            recording.answered(&response);
        }
    }

    fn seqs(journal: &Journal, filter: &RequestFilter) -> Vec<u64> {
        journal.find(filter).requests.iter().map(|request| request.seq).collect()
    }

    #[test]
    fn the_oldest_make_room_and_the_numbers_go_on() {
        let journal = Journal::with_capacity(3);
        let all = RequestFilter::new();
        for _ in 0..5 {
            record(&journal, "/v1/verify", Some(200));
        }
        assert_eq!(seqs(&journal, &all), [3, 4, 5]);
        journal.clear();
        assert!(seqs(&journal, &all).is_empty());
        record(&journal, "/v1/verify", Some(200));
        assert_eq!(seqs(&journal, &all), [6]);
        journal.reset();
        record(&journal, "/v1/verify", Some(200));
        assert_eq!(seqs(&journal, &all), [1]);
    }

    #[test]
    fn a_filter_lets_through_what_meets_all_of_it() {
        let journal = Journal::default();
        for (path, status) in [
            ("/v1/verify", Some(200)),
            ("/v1/verify", None),
            ("/api/bridge/code/redeem", Some(200)),
            ("/v1/verify", Some(401)),
            ("/nowhere", Some(404)),
        ] {
            record(&journal, path, status);
        }
        let filter = RequestFilter::new;
        assert_eq!(seqs(&journal, &filter()), [1, 2, 3, 4, 5]);
        assert_eq!(seqs(&journal, &filter().route(Route::Verify)), [1, 2, 4]);
        assert_eq!(seqs(&journal, &filter().route(Route::Any).status(200)), [1, 3]);
        assert_eq!(seqs(&journal, &filter().route(Route::Verify).after(1).limit(1)), [2]);
        assert_eq!(seqs(&journal, &filter().method("post").after(4)), [5]);
        assert!(seqs(&journal, &filter().method("GET")).is_empty());
        assert_eq!(journal.find(&filter().limit(2)).matching, 5);
    }

    #[test]
    fn the_recording_says_whose_key_it_was() {
        let journal = Journal::default();
        let request = Request::get("/v1/verify?key=x").body(Body::empty()).unwrap();
        let mut recording =
            journal.begin(&request, Route::Verify, "/v1/verify", "req_1", Timestamp::UNIX_EPOCH);
        let institution = "42".to_owned();
        recording.caller(Tenant { institution, environment: Environment::Live });
        recording.answered(&Response::new(Body::empty()));
        let found = journal.find(&RequestFilter::new()).requests;
        let json = serde_json::to_value(&found[0]).unwrap();
        assert_eq!((&json["environment"], &json["institution_id"]), (&"live".into(), &"42".into()));
        assert_eq!(
            (&json["at"], &json["query_present"]),
            (&"1970-01-01T00:00:00Z".into(), &true.into())
        );
    }

    #[tokio::test]
    async fn a_wait_ends_with_the_request_that_makes_it_enough() {
        let journal = Journal::default();
        let filter = RequestFilter::new().route(Route::Verify);
        record(&journal, "/v1/verify", Some(200));
        let waiting = journal.wait_for(&filter, 2, Duration::from_secs(60));
        let calling = async {
            record(&journal, "/nowhere", Some(404));
            tokio::task::yield_now().await;
            record(&journal, "/v1/verify", None);
        };
        let (found, ()) = tokio::join!(waiting, calling);
        assert_eq!(found.matching, 2);
        let found = journal.wait_for(&filter, 3, Duration::from_millis(1)).await;
        assert_eq!(found.matching, 2);
    }
}
