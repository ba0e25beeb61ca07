//! Records in a store that outlives the process.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod common;

use std::sync::Arc;
use std::time::Duration;

use common::{allowed, created, ready, start, status};
use passid_core::provider::{RecordKey, RecordStore};
use passid_core::testing::MemoryRecords;
use passid_core::{Subject, UnavailableKind, Verdict, Verify};
use passid_docverify::{
    DocumentVerifier, DurableSessionRecords, NewSession, PROVIDER, Region, SessionFlow, SessionId,
    SessionRecords, SessionToken, Sighting,
};

fn durable(store: &MemoryRecords) -> DurableSessionRecords {
    DurableSessionRecords::new(Arc::new(store.clone()))
}

#[tokio::test]
async fn a_session_is_still_its_callers_after_a_restart() {
    let (api, store) = (ready(Region::Us), MemoryRecords::new());
    let flow = SessionFlow::new(api.client.clone(), durable(&store));
    api.answer(200, created());
    let session = flow.begin(&NewSession::new()).await.unwrap();
    api.clock.advance(Duration::from_secs(60));
    api.answer(200, status("processing"));
    flow.result(&session.session_id).await.unwrap();
    drop(flow);

    let flow = SessionFlow::new(api.client.clone(), durable(&store));
    let token = SessionToken::new(&session.session_id, &session.state).to_token().unwrap();
    api.answer(200, allowed());
    let verdict = DocumentVerifier::new(flow).verify(token).await;
    let Verdict::Valid(credential) = verdict else { panic!("{verdict:?}") };
    assert_eq!(credential.verified_at(), Some(start() + Duration::from_secs(60)));
}

#[tokio::test]
async fn a_record_comes_back_as_it_was_and_is_never_replaced() {
    let (api, records) = (ready(Region::Us), durable(&MemoryRecords::new()));
    api.answer(200, created());
    let mut record = api.client.create_session(&NewSession::new()).await.unwrap().record();
    records.insert(record.clone()).await.unwrap();
    assert_eq!(records.find(&record.session_id).await.unwrap().as_ref(), Some(&record));
    assert!(records.insert(record.clone()).await.is_err());
    let later = |seconds| start() + Duration::from_secs(seconds);
    let sightings = [
        Sighting::Unfinished(later(9)),
        Sighting::Unfinished(later(5)),
        Sighting::Complete(later(20)),
        Sighting::Unfinished(later(30)),
    ];
    for sighting in sightings {
        record.take(sighting);
        let seen = records.seen(&record.session_id, sighting).await.unwrap();
        assert_eq!(seen.as_ref(), Some(&record));
    }
    assert_eq!(records.find(&record.session_id).await.unwrap(), Some(record));
    let unknown = SessionId::parse("unknown").unwrap();
    assert_eq!(records.find(&unknown).await.unwrap(), None);
    assert_eq!(records.seen(&unknown, Sighting::Complete(start())).await.unwrap(), None);
}

#[tokio::test]
async fn a_store_that_fails_or_holds_something_else_lets_nobody_pass() {
    let (api, store) = (ready(Region::Us), MemoryRecords::new());
    let flow = SessionFlow::new(api.client.clone(), durable(&store));
    api.answer(200, created());
    let session = flow.begin(&NewSession::new()).await.unwrap();
    let token = SessionToken::new(&session.session_id, &session.state).to_token().unwrap();
    let refused = async |token| {
        api.answer(200, allowed());
        match DocumentVerifier::new(flow.clone()).verify(token).await {
            Verdict::Unavailable(outage) => outage.kind(),
            verdict => panic!("{verdict:?}"),
        }
    };
    store.set_down(true);
    assert_eq!(refused(token.clone()).await, UnavailableKind::Failed);
    store.set_down(false);
    let subject = Subject::of(PROVIDER, session.session_id.as_str());
    let key = RecordKey::of("docverify session", subject);
    let there = store.read(key).await.unwrap();
    store.replace(key, there, "{}".into(), Duration::ZERO).await.unwrap();
    assert_eq!(refused(token).await, UnavailableKind::Failed);
    assert!(!format!("{flow:?}").contains(session.state.expose()));
}
