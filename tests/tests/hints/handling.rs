//! What becomes of a webhook once it was answered 200.

use passid_core::testing::webhook::envelope;
use passid_core::webhook::VerifiedBody;
use passid_core::{DenyReason, Verdict, Verify};
use passid_inbox::store::{MemoryStore, PostgresStore, SqliteStore, Store};
use passid_inbox::{Inbox, Receipt};
use passid_passbase::reason;
use passid_tests::http::Request;
use passid_tests::postgres::TestSchema;
use passid_tests::until;
use passid_tests::webhook::{DUPLICATE, RECEIVED};
use serde_json::json;

use super::EVERYWHERE;
use super::service::{Desk, Framework, Route, inbox};
use super::upstream::{Mode, Upstream, token};

async fn handled<S: Store>(inbox: &Inbox<S>, hints: u64) {
    until("all are handled", async || inbox.hints().counts().await.unwrap().done == hints).await;
}

/// Sends each, and each twice; the answers.
async fn send_twice(route: &Route, requests: impl IntoIterator<Item = &Request>) {
    for request in requests {
        let first = route.send(request).await;
        assert_eq!((first.status, &*first.body), (200, RECEIVED));
        let second = route.send(request).await;
        assert_eq!((second.status, &*second.body), (200, DUPLICATE));
    }
}

/// Over a store of its own for each: what actix-web's workers open does not outlive them.
async fn out_of_order_and_twice<S: Store>(mut store: impl AsyncFnMut() -> S) {
    for (on, mode) in EVERYWHERE {
        let (upstream, inbox) = (Upstream::start(mode).await, inbox(store().await));
        let route = Route::start(on, &inbox, mode.opener()).await;
        let (_, sent) = upstream.approved();
        assert_eq!(sent.len(), 2, "completed and reviewed");
        // Stored before anybody works, the later one first.
        send_twice(&route, sent.iter().rev()).await;
        let desk = Desk::new(&upstream.client, &inbox);
        let _worker = desk.work(&inbox);
        handled(&inbox, 2).await;
        // COMPLETED was written while the identity was pending: what it says is not `approved`.
        assert_eq!(
            desk.lines(),
            ["VERIFICATION_COMPLETED approved true", "VERIFICATION_REVIEWED approved false"],
            "{on:?} {mode:?}"
        );
    }
}

#[tokio::test]
async fn out_of_order_and_twice_each_event_is_handled_once_and_in_order_over_memory() {
    out_of_order_and_twice(async || MemoryStore::new()).await;
}

#[tokio::test]
async fn out_of_order_and_twice_each_event_is_handled_once_and_in_order_over_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let mut files = (0..).map(|number| folder.path().join(format!("{number}.db")));
    out_of_order_and_twice(async || SqliteStore::open(files.next().unwrap()).await.unwrap()).await;
}

#[tokio::test]
async fn out_of_order_and_twice_each_event_is_handled_once_and_in_order_over_postgres() {
    let mut schemas = Vec::new();
    for _ in EVERYWHERE {
        let Some(schema) = TestSchema::new().await else { return };
        schemas.push(schema);
    }
    let mut urls = schemas.iter().map(TestSchema::url);
    let connect = async || PostgresStore::connect(&urls.next().unwrap()).await.unwrap();
    out_of_order_and_twice(connect).await;
}

#[tokio::test]
async fn a_finding_takes_what_is_cached_back_before_its_time() {
    for (on, mode) in EVERYWHERE {
        let (upstream, inbox) = (Upstream::start(mode).await, inbox(MemoryStore::new()));
        let route = Route::start(on, &inbox, mode.opener()).await;
        let desk = Desk::new(&upstream.client, &inbox);
        let _worker = desk.work(&inbox);
        let (one, sent) = upstream.approved();
        let (other, _) = upstream.approved();
        send_twice(&route, &sent).await;
        handled(&inbox, 2).await;
        for key in [&one, &other] {
            assert!(matches!(desk.cache.verify(token(key)).await, Verdict::Valid(_)));
        }

        let found = upstream.find(&one, "sanction");
        // The cache has not heard of it.
        assert!(matches!(desk.cache.peek(&token(&one)), Some(Verdict::Valid(_))));
        send_twice(&route, &found).await;
        handled(&inbox, 2 + found.len() as u64).await;
        assert!(desk.cache.peek(&token(&one)).is_none(), "{on:?} {mode:?}");
        assert!(matches!(desk.cache.peek(&token(&other)), Some(Verdict::Valid(_))));
        let refused = desk.cache.verify(token(&one)).await;
        let Verdict::Invalid(DenyReason::Other(why)) = refused else { panic!("{refused:?}") };
        assert_eq!(why, reason::NOT_APPROVED);
    }
}

#[tokio::test]
async fn what_was_stored_is_handled_after_a_restart_and_so_is_what_was_noted() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("inbox.db");
    let upstream = Upstream::start(Mode::Encrypted).await;
    let (key, sent) = upstream.approved();
    {
        let inbox = inbox(SqliteStore::open(&path).await.unwrap());
        let route = Route::start(Framework::Axum, &inbox, Mode::Encrypted.opener()).await;
        send_twice(&route, &sent).await;
        inbox.store().close().await;
    }
    {
        let inbox = inbox(SqliteStore::open(&path).await.unwrap());
        let desk = Desk::new(&upstream.client, &inbox);
        let worker = desk.work(&inbox);
        handled(&inbox, 2).await;
        worker.shutdown(std::time::Duration::from_secs(5)).await;
        inbox.store().close().await;
    }
    let inbox = inbox(SqliteStore::open(&path).await.unwrap());
    let desk = Desk::new(&upstream.client, &inbox);
    // Two minutes after it was handed in, one after it was processed, each a begun hour.
    for _ in 0..59 {
        upstream.later();
    }
    let Verdict::Valid(noted) = desk.cache.verify(token(&key)).await else { panic!("refused") };
    assert_eq!(
        noted.claims().freshness_hours,
        Some(1),
        "from `processed`, which only a webhook told"
    );
}

#[tokio::test]
async fn a_declined_identity_is_forgotten_although_the_api_is_away() {
    let (upstream, inbox) = (Upstream::start(Mode::Encrypted).await, inbox(MemoryStore::new()));
    let route = Route::start(Framework::Actix, &inbox, Mode::Encrypted.opener()).await;
    let desk = Desk::new(&upstream.client, &inbox);
    let (key, _) = upstream.approved();
    assert!(matches!(desk.cache.verify(token(&key)).await, Verdict::Valid(_)));
    let declined = upstream.decline(&key);
    drop(upstream);
    let _worker = desk.work(&inbox);
    send_twice(&route, &declined).await;
    until("it is forgotten", async || desk.cache.peek(&token(&key)).is_none()).await;
    assert_eq!(inbox.hints().counts().await.unwrap().done, 0, "it is tried again");
}

#[tokio::test]
async fn events_of_passid_beside_it_are_nobodys_but_their_own_workers() {
    let inbox = inbox(MemoryStore::new());
    let upstream = Upstream::start(Mode::Plain).await;
    let desk = Desk::new(&upstream.client, &inbox);
    let _worker = desk.work(&inbox);
    let event = VerifiedBody::assume_verified(envelope("webhook.test", json!({"message": "a"})));
    assert!(matches!(inbox.accept(&event).await.unwrap(), Receipt::New(_)));
    let route = Route::start(Framework::Axum, &inbox, Mode::Plain.opener()).await;
    send_twice(&route, &upstream.approved().1).await;
    handled(&inbox, 2).await;
    let counts = inbox.counts().await.unwrap();
    assert_eq!((counts.ready, counts.done), (1, 0), "it waits for a worker of the inbox's");
}
