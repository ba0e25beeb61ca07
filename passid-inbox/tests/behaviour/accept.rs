//! What is accepted, what is a repetition, and what is refused.

use passid_core::Environment;
use passid_core::webhook::VerifiedBody;
use passid_inbox::store::{MemoryStore, State, Store};
use passid_inbox::{AcceptError, BodyKey, BodyKeys, Inbox, Receipt};
use serde_json::json;

use crate::faulty::{Call, Fault, FaultyStore};
use crate::stage::{DAY, HOUR, MINUTE, SECOND, Stage, beginning, chain, completed, test_event};

#[tokio::test]
async fn the_same_bytes_are_a_duplicate_and_so_is_the_same_event_in_other_bytes() {
    let stage = Stage::new();
    let id = stage.deliver(&completed("PASSID-A", 0)).await;
    assert_eq!(stage.accept(&completed("PASSID-A", 0)).await.unwrap(), Receipt::Duplicate(id));
    // Stamped anew for the second attempt.
    let mut stamped = completed("PASSID-A", 0);
    stamped["timestamp"] = json!("2026-03-29T09:59:59Z");
    assert_eq!(stage.accept(&stamped).await.unwrap(), Receipt::Duplicate(id));
    let mut other = completed("PASSID-A", 0);
    other["data"]["verified_at"] = json!("2026-03-29T09:30:01Z");
    assert!(matches!(stage.accept(&other).await.unwrap(), Receipt::New(_)));
    assert_eq!(stage.listener.of("duplicate").len(), 2);
    assert_eq!(stage.listener.of("accepted").len(), 2);
}

#[tokio::test]
async fn events_without_a_semantic_key_are_told_by_their_bytes_alone() {
    let stage = Stage::new();
    let id = stage.deliver(&test_event("a")).await;
    assert_eq!(stage.accept(&test_event("a")).await.unwrap().id(), id);
    stage.deliver(&test_event("b")).await;
}

#[tokio::test]
async fn a_repetition_is_told_after_the_event_is_handled_dead_or_purged_too() {
    let stage = Stage::new();
    let id = stage.deliver(&completed("PASSID-A", 0)).await;
    let running = stage.inbox.worker().on(|_: passid_core::webhook::Event, _| async { Ok(()) });
    let _running = running.start().unwrap();
    stage.pass(SECOND).await;
    assert_eq!(stage.states().await, [State::Done]);
    stage.clock.advance(31 * DAY);
    assert_eq!(stage.inbox.purge().await.unwrap().bodies, 1);
    assert_eq!(stage.accept(&completed("PASSID-A", 0)).await.unwrap(), Receipt::Duplicate(id));
}

#[tokio::test]
async fn the_two_environments_of_one_store_never_meet() {
    let store = std::sync::Arc::new(MemoryStore::new());
    let body = completed("PASSID-A", 0).to_string();
    let body = VerifiedBody::assume_verified(body);
    for environment in [Environment::Sandbox, Environment::Live] {
        let inbox = Inbox::builder(std::sync::Arc::clone(&store), environment).build().unwrap();
        assert!(matches!(inbox.accept(&body).await.unwrap(), Receipt::New(_)), "{environment}");
        assert_eq!(inbox.counts().await.unwrap().ready, 1);
    }
}

#[tokio::test]
async fn what_is_signed_and_no_event_is_kept_as_a_dead_letter_once() {
    let stage = Stage::new();
    let mut ids = Vec::new();
    for _ in 0..2 {
        let refused = stage.accept(&json!({"event": "verification.completed", "secret": 7})).await;
        let error = refused.unwrap_err();
        let AcceptError::Unreadable { id, .. } = error else { panic!("{error:?}") };
        ids.push(id);
    }
    assert_eq!(ids[0], ids[1]);
    let dead = stage.inbox.dead_letters().await.unwrap();
    assert_eq!((dead.len(), dead[0].id, dead[0].name.as_str()), (1, ids[0], ""));
    assert_eq!(dead[0].last_error.as_deref(), Some("UNREADABLE"));
    assert_eq!(dead[0].ended_at, Some(beginning()));
    let (_, body) = stage.inbox.show(ids[0]).await.unwrap().unwrap();
    let body = body.unwrap();
    assert!(body.expose().starts_with(b"{\"event\"") && body.event().is_none());
    assert_eq!(stage.listener.of("not accepted").len(), 2);
    // Nobody works on it, and a replay in vain ends where it began.
    let worker = stage.inbox.worker().on(|_: passid_core::webhook::Event, _| async { Ok(()) });
    let _running = worker.start().unwrap();
    stage.pass(SECOND).await;
    assert_eq!(stage.entry(ids[0]).await.attempts, 0);
    stage.inbox.replay(ids[0]).await.unwrap();
    stage.pass(SECOND).await;
    let entry = stage.entry(ids[0]).await;
    assert_eq!((entry.state, entry.last_error.as_deref()), (State::Dead, Some("UNREADABLE")));
}

#[tokio::test]
async fn with_a_maximum_age_events_out_of_time_are_refused_both_ways_and_at_the_limit_taken() {
    let settings =
        |builder: passid_inbox::InboxBuilder<_>| builder.max_age(4 * HOUR).clock_skew(5 * MINUTE);
    let stage = Stage::with(MemoryStore::new(), settings);
    for (timestamp, taken) in [
        ("2026-03-29T06:00:00Z", true),
        ("2026-03-29T05:59:59Z", false),
        ("2026-03-29T10:05:00Z", true),
        ("2026-03-29T10:05:01Z", false),
    ] {
        let mut body = test_event("a");
        body["timestamp"] = json!(timestamp);
        let accepted = stage.accept(&body).await;
        match accepted {
            Ok(_) => assert!(taken, "{timestamp}"),
            Err(error) => assert!(!taken && matches!(error, AcceptError::OutOfTime), "{timestamp}"),
        }
    }
    let old = Stage::new();
    let mut body = test_event("a");
    body["timestamp"] = json!("2001-01-01T00:00:00Z");
    old.deliver(&body).await;
}

#[tokio::test]
async fn with_keys_the_store_never_sees_a_plain_byte_and_the_handler_the_event() {
    let keys = BodyKeys::new("k1", &BodyKey::from_bytes([7; 32])).unwrap();
    let stage = Stage::with(MemoryStore::new(), |builder| builder.body_keys(keys));
    let id = stage.deliver(&completed("PASSID-SECRETLY", 0)).await;
    let unreadable = stage.accept(&json!({"claims": "secretly"})).await.unwrap_err();
    let AcceptError::Unreadable { id: dead, .. } = unreadable else { panic!("{unreadable:?}") };
    for id in [id, dead] {
        let shown = stage.inbox.store().show(Environment::Sandbox, id).await.unwrap().unwrap();
        let (entry, stored) = (shown.0, shown.1.unwrap());
        assert_eq!(stored.key_id.as_deref(), Some("k1"));
        let plain = |part: &[u8]| stored.bytes.windows(part.len()).any(|window| window == part);
        assert!(!plain(b"SECRETLY") && !plain(b"claims") && !plain(b"event"));
        assert!(!format!("{entry:?}{stored:?}").to_uppercase().contains("SECRETLY"));
    }
    let (seen, tell) = tokio::sync::oneshot::channel();
    let seen = std::sync::Mutex::new(Some(seen));
    let worker = stage.inbox.worker().on(move |event: passid_core::webhook::Event, _| {
        seen.lock().unwrap().take().unwrap().send(event.token().cloned()).unwrap();
        async { Ok(()) }
    });
    let _running = worker.start().unwrap();
    assert_eq!(tell.await.unwrap().unwrap().expose(), "PASSID-SECRETLY");
}

#[tokio::test]
async fn a_store_that_fails_or_is_late_is_an_error_that_repeats_nothing_of_the_body() {
    for (fault, late) in [(Fault::Fails, false), (Fault::Hangs, true)] {
        let store = FaultyStore::new();
        let stage = Stage::over(store.clone());
        store.spoil(Call::Insert, fault, 1);
        let body = completed("PASSID-SECRETLY", 0);
        let begun = passid_core::Clock::elapsed(&stage.clock);
        let (accepted, ()) = tokio::join!(stage.accept(&body), stage.pass(9 * SECOND));
        let error = accepted.unwrap_err();
        assert!(matches!(error, AcceptError::Store(_)), "{error:?}");
        let text = chain(&error);
        assert!(!text.contains("SECRETLY"), "{text}");
        assert_eq!(text.contains("8000"), late, "{text}");
        assert!(passid_core::Clock::elapsed(&stage.clock) - begun < 10 * SECOND);
    }
}

#[tokio::test]
async fn a_name_of_any_length_is_kept_short_in_the_ledger_and_whole_in_the_body() {
    let stage = Stage::new();
    let long = "\u{e9}".repeat(5000);
    let mut body = test_event("a");
    body["event"] = json!(long);
    let id = stage.deliver(&body).await;
    let (entry, kept) = stage.inbox.show(id).await.unwrap().unwrap();
    assert_eq!(entry.name, "\u{e9}".repeat(50));
    assert_eq!(kept.unwrap().event().unwrap().name(), long);
}
