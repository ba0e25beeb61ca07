use std::collections::HashSet;
use std::sync::Arc;

use passid_core::Environment;
use passid_inbox::store::{Claim, Insertion, Kind, Store};
use tokio::task::JoinSet;

use crate::stage::{Stage, at, claim, entry, of_subject};

pub(crate) async fn the_same_event_at_the_same_time_is_inserted_once(stage: &Stage) {
    let mut tasks = JoinSet::new();
    for number in 0..200_u32 {
        let store = Arc::clone(&stage.store);
        tasks.spawn(async move { store.insert(entry(number % 10)).await.unwrap() });
    }
    let (mut new, mut known) = (HashSet::new(), HashSet::new());
    for insertion in tasks.join_all().await {
        match insertion {
            Insertion::New(id) => assert!(new.insert(id), "{id} was new twice"),
            Insertion::Duplicate(id) => {
                known.insert(id);
            }
        }
    }
    assert_eq!(new.len(), 10);
    assert_eq!(new, known);
}

pub(crate) async fn claims_at_the_same_time_share_nothing_and_no_subject(stage: &Stage) {
    const ENTRIES: u32 = 300;
    const SUBJECTS: u32 = 20;
    for number in 0..ENTRIES {
        let subject = number % SUBJECTS;
        // Every fourth entry has none.
        let given = if number.is_multiple_of(4) {
            entry(number)
        } else {
            of_subject(number, subject, i64::from(number))
        };
        stage.insert(given).await;
    }
    let mut seen = HashSet::new();
    while seen.len() < ENTRIES as usize {
        let mut tasks = JoinSet::new();
        for _ in 0..8 {
            let store = Arc::clone(&stage.store);
            tasks.spawn(async move { store.claim(Claim { max: 7, ..claim(0) }).await.unwrap() });
        }
        let round = tasks.join_all().await;
        let leased: Vec<_> = round.into_iter().flat_map(|claimed| claimed.leased).collect();
        let mut subjects = HashSet::new();
        for leased in &leased {
            assert!(seen.insert(leased.entry.id), "{} was given twice", leased.entry.id);
            if let Some(subject) = leased.entry.subject {
                assert!(subjects.insert(subject), "two of one subject");
            }
        }
        assert!(!leased.is_empty(), "a claim must not go away empty-handed while there is work");
        for leased in leased {
            assert!(stage.store.complete(leased.lease, at(0)).await.unwrap());
        }
    }
}

pub(crate) async fn insertions_and_work_at_the_same_time_lose_nothing(stage: &Stage) {
    const EACH: u32 = 60;
    let mut tasks = JoinSet::new();
    for sender in 0..4_u32 {
        let store = Arc::clone(&stage.store);
        tasks.spawn(async move {
            for number in 0..EACH {
                let number = sender * EACH + number;
                store.insert(of_subject(number, number % 7, 0)).await.unwrap();
            }
        });
    }
    for _ in 0..3 {
        let store = Arc::clone(&stage.store);
        tasks.spawn(async move {
            loop {
                let claimed = store.claim(Claim { max: 5, ..claim(0) }).await.unwrap();
                for leased in claimed.leased {
                    assert!(store.complete(leased.lease, at(0)).await.unwrap());
                }
                let counts = store.counts(Kind::Event, Environment::Live).await.unwrap();
                if counts.done == u64::from(4 * EACH) {
                    return;
                }
                tokio::task::yield_now().await;
            }
        });
    }
    tasks.join_all().await;
}
