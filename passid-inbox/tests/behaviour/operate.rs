//! What an operator sees and does.

use std::sync::Arc;

use passid_core::Environment;
use passid_core::webhook::Event;
use passid_inbox::store::{MemoryStore, Replay, State, Store};
use passid_inbox::{
    BodyKey, BodyKeys, HandlerError, Inbox, InboxError, ListFilter, Running, SealError,
};

use crate::stage::{DAY, SECOND, Stage, completed, settle, test_event};

/// Handles everything but test events, which become dead letters.
fn start<S: Store>(stage: &Stage<S>) -> Running {
    let handler = |event: Event, _| async move {
        match event.name() {
            "webhook.test" => Err(HandlerError::give_up("TEST")),
            _ => Ok(()),
        }
    };
    stage.inbox.worker().on(handler).start().unwrap()
}

fn keys(id: &str, byte: u8) -> BodyKeys {
    BodyKeys::new(id, &BodyKey::from_bytes([byte; 32])).unwrap()
}

#[tokio::test]
async fn pages_go_from_the_newest_to_the_oldest_without_a_gap() {
    let stage = Stage::new();
    for number in 0..250 {
        stage.deliver(&test_event(&number.to_string())).await;
    }
    let (mut before, mut seen) = (None, Vec::new());
    loop {
        let page = stage.inbox.list(ListFilter { before, ..Default::default() }).await.unwrap();
        let Some(last) = page.last() else { break };
        before = Some(last.id);
        assert!(page.len() <= Inbox::<MemoryStore>::PAGE as usize);
        seen.extend(page.into_iter().map(|entry| entry.id.get()));
    }
    assert_eq!(seen, (1..=250).rev().collect::<Vec<_>>());
}

#[tokio::test]
async fn the_list_takes_a_state_and_a_name() {
    let stage = Stage::new();
    let _running = start(&stage);
    for event in [completed("PASSID-A", 0), test_event("a"), completed("PASSID-B", 0)] {
        stage.deliver(&event).await;
    }
    settle().await;
    let list = async |state, name: Option<&str>| {
        let filter = ListFilter { state, name: name.map(str::to_owned), before: None };
        let entries = stage.inbox.list(filter).await.unwrap();
        entries.into_iter().map(|entry| entry.id.get()).collect::<Vec<_>>()
    };
    assert_eq!(list(Some(State::Done), None).await, [3, 1]);
    assert_eq!(list(Some(State::Dead), None).await, [2]);
    assert_eq!(list(None, Some("webhook.test")).await, [2]);
    assert_eq!(list(Some(State::Ready), Some("webhook.test")).await, [0_i64; 0]);
    let counts = stage.inbox.counts().await.unwrap();
    assert_eq!((counts.ready, counts.leased, counts.done, counts.dead), (0, 0, 2, 1));
    assert_eq!(counts.oldest_open, None);
}

#[tokio::test]
async fn counts_tell_how_long_the_oldest_has_waited() {
    let stage = Stage::new();
    stage.deliver(&completed("PASSID-A", 0)).await;
    stage.clock.advance(SECOND);
    stage.deliver(&completed("PASSID-B", 0)).await;
    let counts = stage.inbox.counts().await.unwrap();
    assert_eq!(counts.oldest_open, Some(crate::stage::beginning()));
    assert_eq!(counts.last_received, Some(crate::stage::beginning() + SECOND));
}

#[tokio::test]
async fn a_replay_is_told_when_it_cannot_be() {
    let stage = Stage::new();
    let replay = async |id| stage.inbox.replay(id).await.unwrap();
    assert_eq!(replay(passid_inbox::store::EntryId::new(7)).await, Replay::Unknown);
    let id = stage.deliver(&completed("PASSID-A", 0)).await;
    let desk = crate::desk::Desk::new();
    let at = desk.clone();
    let worker = stage.inbox.worker().on(move |event, context| at.clone().wait(event, context));
    let running = worker.start().unwrap();
    settle().await;
    assert_eq!(replay(id).await, Replay::Leased);
    desk.let_in(1);
    settle().await;
    drop(running);
    assert_eq!(replay(id).await, Replay::Ready);
    assert_eq!((stage.entry(id).await.state, stage.entry(id).await.replays), (State::Ready, 1));
    let _running = start(&stage);
    settle().await;
    stage.clock.advance(31 * DAY);
    stage.inbox.purge().await.unwrap();
    assert_eq!(replay(id).await, Replay::BodyGone);
    assert_eq!(stage.listener.of("replayed").len(), 1);
}

#[tokio::test]
async fn bodies_are_purged_after_their_time_hashes_stay_and_what_is_open_is_never_touched() {
    let stage = Stage::new();
    let running = start(&stage);
    let done = stage.deliver(&completed("PASSID-A", 0)).await;
    let dead = stage.deliver(&test_event("a")).await;
    settle().await;
    drop(running);
    let open = stage.deliver(&completed("PASSID-B", 0)).await;
    let has_body = async |id| stage.inbox.show(id).await.unwrap().unwrap().1.is_some();
    for (days, left) in
        [(30, [true, true]), (31, [false, true]), (90, [false, true]), (91, [false; 2])]
    {
        let now = crate::stage::beginning() + days * DAY;
        stage.clock.set_now(now);
        stage.inbox.purge().await.unwrap();
        assert_eq!([has_body(done).await, has_body(dead).await], left, "{days} days");
        assert!(has_body(open).await);
    }
    stage.clock.advance(5000 * DAY);
    assert_eq!(stage.inbox.purge().await.unwrap(), Default::default());
    assert_eq!(stage.states().await, [State::Done, State::Dead, State::Ready]);
}

#[tokio::test]
async fn hashes_go_when_they_are_told_to_and_more_than_one_batch_at_a_time() {
    let store = MemoryStore::new();
    let stage = Stage::with(store, |builder| builder.max_age(DAY).keep_hashes(100 * DAY));
    let running = start(&stage);
    for number in 0..1234 {
        stage.deliver(&test_event(&number.to_string())).await;
    }
    for _ in 0..400 {
        settle().await;
    }
    drop(running);
    let open = stage.deliver(&completed("PASSID-A", 0)).await;
    stage.clock.advance(99 * DAY);
    let purged = stage.inbox.purge().await.unwrap();
    assert_eq!((purged.bodies, purged.entries), (1234, 0));
    stage.clock.advance(2 * DAY);
    let purged = stage.inbox.purge().await.unwrap();
    assert_eq!((purged.bodies, purged.entries), (0, 1234));
    assert_eq!(stage.inbox.list(ListFilter::default()).await.unwrap()[0].id, open);
}

#[tokio::test]
async fn keys_are_rotated_by_sealing_anew_and_the_old_one_can_go() {
    let store = Arc::new(MemoryStore::new());
    let inbox = |keys: Option<BodyKeys>| {
        Stage::with(Arc::clone(&store), |builder| match keys {
            Some(keys) => builder.body_keys(keys),
            None => builder,
        })
    };
    let (plain, old) = (inbox(None), inbox(Some(keys("old", 1))));
    let first = plain.deliver(&completed("PASSID-A", 0)).await;
    let second = old.deliver(&completed("PASSID-B", 0)).await;
    let outcome = crate::outbox_enqueue::repaid();
    let third = old.inbox.outbox().enqueue(&outcome).await.unwrap().id();

    assert!(matches!(plain.inbox.reseal().await, Err(InboxError::NoKeys)));
    let shown = old.inbox.show(first).await;
    assert!(matches!(shown, Err(InboxError::Seal(SealError::Plain))));

    let new = || keys("new", 2);
    let previous = BodyKey::from_bytes([1; 32]);
    // Without the old key and without leave for plain bodies nothing opens, and nothing is touched.
    let blind = inbox(Some(new())).inbox.reseal().await.unwrap();
    assert_eq!((blind.sealed, blind.unopened), (0, 3));
    let rotating = new().previous("old", &previous).unwrap().accept_plain_bodies();
    let rotating = inbox(Some(rotating)).inbox;
    let resealed = rotating.reseal().await.unwrap();
    assert_eq!((resealed.sealed, resealed.unopened), (3, 0));
    assert_eq!(rotating.reseal().await.unwrap(), Default::default());

    let after = inbox(Some(new())).inbox;
    for id in [first, second] {
        let (_, body) = after.show(id).await.unwrap().unwrap();
        assert!(body.unwrap().event().is_some());
    }
    let (_, body) = after.outbox().show(third).await.unwrap().unwrap();
    assert_eq!(body.unwrap().outcome(), Some(outcome));
    let shown = store.show(Environment::Sandbox, first).await.unwrap().unwrap();
    assert_eq!(shown.1.unwrap().key_id.as_deref(), Some("new"));
}

#[tokio::test]
async fn a_body_that_does_not_open_waits_for_its_key_and_is_handled_once_it_is_there() {
    let store = Arc::new(MemoryStore::new());
    let stage = |keys| Stage::with(Arc::clone(&store), |builder| builder.body_keys(keys));
    let id = stage(keys("lost", 1)).deliver(&completed("PASSID-A", 0)).await;
    let without = stage(keys("new", 2));
    let running = start(&without);
    settle().await;
    let entry = &without.inbox.list(ListFilter::default()).await.unwrap()[0];
    assert_eq!((entry.id, entry.state), (id, State::Ready));
    assert_eq!(entry.last_error.as_deref(), Some("BODY_KEY_UNKNOWN"));
    drop(running);
    let found = keys("new", 2).previous("lost", &BodyKey::from_bytes([1; 32])).unwrap();
    let with = stage(found);
    let _running = start(&with);
    with.pass(10 * SECOND).await;
    assert_eq!(with.states().await, [State::Done]);
}
