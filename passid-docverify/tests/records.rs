//! What is remembered of sessions, and what follows when it is not.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod common;

use std::sync::Arc;
use std::time::Duration;

use common::{allowed, created, ready, start, status};
use passid_core::{BoxFuture, UnavailableKind, Verdict, Verify};
use passid_docverify::{
    DocumentVerifier, FlowError, MemorySessionRecords, NewSession, RecordsError, Region,
    SessionFlow, SessionId, SessionRecord, SessionRecords, SessionToken, Sighting,
};

async fn record(id: &str) -> SessionRecord {
    let api = ready(Region::Us);
    api.answer(200, created());
    let session = api.client.create_session(&NewSession::new()).await.unwrap();
    SessionRecord { session_id: SessionId::parse(id).unwrap(), ..session.record() }
}

#[tokio::test]
async fn memory_is_bounded_and_the_oldest_leave_first() {
    let records = MemorySessionRecords::new(2);
    for id in ["a", "b", "c"] {
        records.insert(record(id).await).await.unwrap();
    }
    let has =
        async |id: &str| records.find(&SessionId::parse(id).unwrap()).await.unwrap().is_some();
    assert_eq!((has("a").await, has("b").await, has("c").await), (false, true, true));
}

#[tokio::test]
async fn a_record_is_never_replaced() {
    let records = MemorySessionRecords::default();
    records.insert(record("a").await).await.unwrap();
    let error = records.insert(record("a").await).await.unwrap_err();
    assert!(error.to_string().contains("store"));
    let unknown = SessionId::parse("b").unwrap();
    let seen = records.seen(&unknown, Sighting::Complete(start())).await.unwrap();
    assert_eq!(seen, None);
}

#[tokio::test]
async fn a_flow_notes_each_sighting_at_the_time_before_the_question() {
    let api = ready(Region::Us);
    let records = MemorySessionRecords::default();
    let flow = SessionFlow::new(api.client.clone(), records.clone());
    api.answer(200, created());
    let session = flow.begin(&NewSession::new()).await.unwrap();
    api.answer(200, status("processing"));
    api.answer(200, allowed());
    flow.wait(&session.session_id).await.unwrap();
    let record = records.find(&session.session_id).await.unwrap().unwrap();
    assert_eq!(record.last_seen_unfinished_at, Some(start()));
    let asked = start() + Duration::from_secs(3);
    assert_eq!(record.first_seen_complete_at, Some(asked), "after the pause, not before it");
    assert!(!format!("{record:?} {records:?} {flow:?}").contains(session.state.expose()));
}

#[tokio::test]
async fn a_status_that_is_not_known_makes_no_evidence_younger() {
    let api = ready(Region::Us);
    let flow = SessionFlow::new(api.client.clone(), MemorySessionRecords::default());
    api.answer(200, created());
    let session = flow.begin(&NewSession::new()).await.unwrap();
    api.clock.advance(Duration::from_secs(1800));
    for word in ["finished", "error", "expired"] {
        api.answer(200, status(word));
        let (_, record) = flow.result(&session.session_id).await.unwrap();
        assert_eq!(record.unwrap().completed_no_earlier_than(), start(), "{word}");
    }
}

/// A store that is down.
#[derive(Debug)]
struct Down;

#[derive(Debug, thiserror::Error)]
#[error("connection refused")]
struct Refused;

impl SessionRecords for Down {
    fn insert(&self, _: SessionRecord) -> BoxFuture<'static, Result<(), RecordsError>> {
        Box::pin(async { Err(RecordsError::because(Refused)) })
    }

    fn find(
        &self,
        _: &SessionId,
    ) -> BoxFuture<'static, Result<Option<SessionRecord>, RecordsError>> {
        Box::pin(async { Err(RecordsError::because(Refused)) })
    }

    fn seen(
        &self,
        _: &SessionId,
        _: Sighting,
    ) -> BoxFuture<'static, Result<Option<SessionRecord>, RecordsError>> {
        Box::pin(async { Err(RecordsError::because(Refused)) })
    }
}

/// Knows its records, and cannot note anything about them.
#[derive(Debug)]
struct ReadOnly(Arc<MemorySessionRecords>);

impl SessionRecords for ReadOnly {
    fn insert(&self, record: SessionRecord) -> BoxFuture<'static, Result<(), RecordsError>> {
        self.0.insert(record)
    }

    fn find(
        &self,
        id: &SessionId,
    ) -> BoxFuture<'static, Result<Option<SessionRecord>, RecordsError>> {
        self.0.find(id)
    }

    fn seen(
        &self,
        _: &SessionId,
        _: Sighting,
    ) -> BoxFuture<'static, Result<Option<SessionRecord>, RecordsError>> {
        Box::pin(async { Err(RecordsError::because(Refused)) })
    }
}

#[tokio::test]
async fn a_store_that_fails_lets_nobody_pass() {
    let api = ready(Region::Us);
    let flow = SessionFlow::new(api.client.clone(), Down);
    api.answer(200, created());
    let error = flow.begin(&NewSession::new()).await.unwrap_err();
    assert!(matches!(error, FlowError::Records(_)));
    let known = record(common::SESSION).await;
    let token = SessionToken::new(&known.session_id, &known.state).to_token().unwrap();
    let half = ReadOnly(Arc::new(MemorySessionRecords::default()));
    half.insert(known).await.unwrap();
    api.answer(200, allowed());
    let stores = [flow, SessionFlow::new(api.client.clone(), half)];
    for flow in stores {
        let verdict = DocumentVerifier::new(flow).verify(token.clone()).await;
        let Verdict::Unavailable(outage) = verdict else { panic!("{verdict:?}") };
        assert_eq!(outage.kind(), UnavailableKind::Failed);
    }
}
