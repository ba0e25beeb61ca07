//! When processing ended, kept where it outlives the process.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod common;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use common::{KEY, OTHER, RECEIVED, api, block_on, credential, identity, key, token};
use passid_core::Verify;
use passid_core::testing::MemoryRecords;
use passid_passbase::webhook::Event;
use passid_passbase::{DurableProcessedTimes, IdentityAccessKey, ProcessedTimes};
use serde_json::json;

fn event(key: &str, processed: Option<u64>) -> Event {
    let body = json!({"event": "VERIFICATION_COMPLETED", "key": key, "processed": processed});
    Event::from_opened(body.to_string().as_bytes()).unwrap()
}

fn at(seconds: u64) -> Option<SystemTime> {
    Some(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds))
}

fn times(store: &MemoryRecords) -> DurableProcessedTimes {
    DurableProcessedTimes::new(Arc::new(store.clone()))
}

#[test]
fn the_earliest_counts_in_whatever_order_they_come_and_outlives_who_noted_it() {
    let store = MemoryRecords::new();
    block_on(async {
        for processed in [Some(500), None, Some(400), Some(600)] {
            times(&store).note(&event(KEY, processed)).await.unwrap();
        }
        times(&store).note(&event(OTHER, None)).await.unwrap();
        assert_eq!(times(&store).processed_at(&key()).await, at(400));
        let other = IdentityAccessKey::parse(OTHER).unwrap();
        assert_eq!(times(&store).processed_at(&other).await, None);
    });
}

/// P126: a store that is away makes evidence look older, never newer, and nobody is refused for it.
#[test]
fn a_store_that_is_away_leaves_the_age_to_the_documents() {
    let (api, store) = (api(), MemoryRecords::new());
    let verifier = api.verifier().processed_times(Arc::new(times(&store)));
    let aged = |verifier: &passid_passbase::PassbaseVerifier| {
        api.answer(&identity());
        credential(block_on(verifier.verify(token()))).claims().freshness_hours
    };
    block_on(times(&store).note(&event(KEY, Some(RECEIVED + 4 * 3600)))).unwrap();
    assert_eq!(aged(&verifier), Some(20));
    store.set_down(true);
    assert_eq!(aged(&verifier), Some(24));
    let error = block_on(times(&store).note(&event(KEY, Some(1)))).unwrap_err();
    assert!(!common::chain(&error).contains(KEY));
}
