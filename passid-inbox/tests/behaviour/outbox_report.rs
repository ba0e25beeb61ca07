//! Outcomes on their way to PASSID: at most one arrives, and none is forgotten.

use std::sync::Arc;
use std::time::Duration;

use passid_core::client::IdempotencyKey;
use passid_core::{ApiKey, PassidClient, ReportedOutcome};
use passid_inbox::store::{State, Store};
use passid_inbox::{RetrySchedule, Running, WorkerConfigError};

use crate::faulty::{Call, Fault, FaultyStore};
use crate::outbox_enqueue::{TOKEN, outcome_of, repaid};
use crate::passid::{Passid, Trouble};
use crate::stage::{DAY, HOUR, MINUTE, SECOND, Stage, settle};

fn start<S: Store>(stage: &Stage<S>, passid: &Passid) -> Running {
    stage.inbox.outbox().worker(passid.client(&stage.clock)).start().unwrap()
}

/// Has everything reported that is in the outbox.
pub(crate) async fn report_all<S: Store>(stage: &Stage<S>) {
    let running = start(stage, &Passid::default());
    settle().await;
    drop(running);
}

async fn state<S: Store>(stage: &Stage<S>) -> (State, Option<String>) {
    let entries = stage.inbox.outbox().list(Default::default()).await.unwrap();
    assert_eq!(entries.len(), 1);
    (entries[0].state, entries[0].last_error.clone())
}

#[tokio::test]
async fn an_outcome_is_reported_at_once_while_passid_answers() {
    let (stage, passid) = (Stage::new(), Passid::default());
    let _running = start(&stage, &passid);
    settle().await;
    stage.inbox.outbox().enqueue(&repaid()).await.unwrap();
    settle().await;
    assert_eq!(passid.outcome(TOKEN).as_deref(), Some("repaid"));
    assert_eq!(state(&stage).await, (State::Done, None));
    stage.pass(HOUR).await;
    assert_eq!(passid.calls(), 1);
}

#[tokio::test]
async fn an_outcome_that_is_reported_during_an_outage_of_days_arrives_afterwards_once() {
    let (stage, passid) = (Stage::new(), Passid::default());
    passid.lasting(Some(Trouble::Unreachable));
    let _running = start(&stage, &passid);
    stage.inbox.outbox().enqueue(&repaid()).await.unwrap();
    for _ in 0..14 {
        stage.pass(DAY).await;
        assert_eq!(state(&stage).await.0, State::Ready);
    }
    assert_eq!(state(&stage).await.1.as_deref(), Some("PASSID_UNREACHABLE"));
    passid.lasting(None);
    stage.pass(2 * HOUR).await;
    assert_eq!(state(&stage).await, (State::Done, None));
    let keys = passid.keys();
    assert!(keys.len() > 200 && keys.iter().all(|key| *key == keys[0]), "{}", keys.len());
}

#[tokio::test]
async fn whatever_passes_is_tried_again_and_whatever_does_not_is_a_dead_letter() {
    for (status, word, lasts) in [
        (401, "KEY_REFUSED", false),
        (403, "KEY_REFUSED", false),
        (408, "NO_ANSWER", false),
        (429, "RATE_LIMITED", false),
        (500, "PASSID_FAILED", false),
        (503, "PASSID_FAILED", false),
        (302, "NO_ANSWER", false),
        (400, "REQUEST_REFUSED", true),
        (404, "TOKEN_NOT_FOUND", true),
        (413, "REQUEST_REFUSED", true),
        (422, "REQUEST_REFUSED", true),
    ] {
        let (stage, passid) = (Stage::new(), Passid::default());
        passid.trouble(Trouble::Status(status, None));
        let _running = start(&stage, &passid);
        let outbox = stage.inbox.outbox();
        let id = outbox.enqueue(&repaid()).await.unwrap().id();
        settle().await;
        let expected = if lasts { State::Dead } else { State::Ready };
        assert_eq!(state(&stage).await, (expected, Some(word.to_owned())), "{status}");
        if lasts {
            assert_eq!(stage.listener.of("dead").len(), 1);
            assert_eq!(outbox.dead_letters().await.unwrap()[0].id, id);
            outbox.replay(id).await.unwrap();
        }
        stage.pass(MINUTE).await;
        assert_eq!(state(&stage).await, (State::Done, None), "{status}");
        assert_eq!(passid.calls(), 2, "{status}");
    }
}

#[tokio::test]
async fn retry_after_is_waited_for() {
    let (stage, passid) = (Stage::new(), Passid::default());
    passid.trouble(Trouble::Status(429, Some(1800)));
    let _running = start(&stage, &passid);
    stage.inbox.outbox().enqueue(&repaid()).await.unwrap();
    stage.pass(29 * MINUTE).await;
    assert_eq!(passid.calls(), 1);
    stage.pass(2 * MINUTE).await;
    assert_eq!((passid.calls(), state(&stage).await.0), (2, State::Done));
}

#[tokio::test]
async fn a_409_after_a_try_that_may_have_been_taken_counts_as_done() {
    for trouble in [Trouble::TakenAndBroken, Trouble::TakenAndSilent, Trouble::TakenAnd(502)] {
        let (stage, passid) = (Stage::new(), Passid::default());
        passid.trouble(trouble.clone());
        let _running = start(&stage, &passid);
        stage.inbox.outbox().enqueue(&repaid()).await.unwrap();
        stage.pass(MINUTE).await;
        assert_eq!(state(&stage).await, (State::Done, None), "{trouble:?}");
        assert_eq!(passid.calls(), 2, "{trouble:?}");
    }
}

#[tokio::test]
async fn a_409_to_the_very_first_try_is_another_outcome_and_stays_so() {
    let (stage, passid) = (Stage::new(), Passid::default());
    passid.report_elsewhere(TOKEN, "defaulted");
    let _running = start(&stage, &passid);
    let outbox = stage.inbox.outbox();
    let id = outbox.enqueue(&repaid()).await.unwrap().id();
    settle().await;
    let conflict = (State::Dead, Some("OUTCOME_ALREADY_REPORTED".to_owned()));
    assert_eq!(state(&stage).await, conflict);
    // A replay does not make it ours, also when an outage comes between.
    passid.trouble(Trouble::Status(503, None));
    outbox.replay(id).await.unwrap();
    stage.pass(MINUTE).await;
    assert_eq!(state(&stage).await, conflict);
    assert_eq!(passid.outcome(TOKEN).as_deref(), Some("defaulted"));
}

#[tokio::test]
async fn a_409_within_one_call_of_the_client_is_our_own_first_try() {
    let (stage, passid) = (Stage::new(), Passid::default());
    passid.trouble(Trouble::TakenAnd(500));
    let client = PassidClient::builder(ApiKey::parse("pk_sandbox_outbox").unwrap())
        .transport(passid.clone())
        .clock(Arc::new(stage.clock.clone()))
        .build()
        .unwrap();
    let _running = stage.inbox.outbox().worker(client).start().unwrap();
    stage.inbox.outbox().enqueue(&repaid()).await.unwrap();
    stage.pass(5 * SECOND).await;
    assert_eq!(state(&stage).await, (State::Done, None));
    let entry = stage.inbox.outbox().list(Default::default()).await.unwrap().remove(0);
    assert_eq!((entry.attempts, passid.calls()), (1, 2));
}

#[tokio::test]
async fn a_crash_between_sending_and_completion_leaves_one_outcome_and_ends_done() {
    let store = FaultyStore::new();
    let (stage, passid) = (Stage::over(store.clone()), Passid::default());
    store.spoil(Call::Complete, Fault::Hangs, 1000);
    let crashed = start(&stage, &passid);
    stage.inbox.outbox().enqueue(&repaid()).await.unwrap();
    settle().await;
    assert_eq!((passid.calls(), state(&stage).await.0), (1, State::Leased));
    drop(crashed);
    store.heal();
    let _running = start(&stage, &passid);
    stage.pass(50 * SECOND).await;
    assert_eq!(passid.calls(), 1);
    stage.pass(MINUTE).await;
    assert_eq!((passid.calls(), state(&stage).await), (2, (State::Done, None)));
    assert_eq!(passid.outcome(TOKEN).as_deref(), Some("repaid"));
}

#[tokio::test]
async fn a_try_that_a_shutdown_stops_counts_as_one_that_may_have_been_taken() {
    let (stage, passid) = (Stage::new(), Passid::default());
    passid.trouble(Trouble::TakenAndSilent);
    let running = start(&stage, &passid);
    stage.inbox.outbox().enqueue(&repaid()).await.unwrap();
    settle().await;
    tokio::join!(running.shutdown(SECOND), stage.pass(3 * SECOND));
    assert_eq!(state(&stage).await, (State::Ready, Some("HANDED_BACK".to_owned())));
    assert_eq!(stage.listener.of("handed back").len(), 1);
    let _running = start(&stage, &passid);
    settle().await;
    assert_eq!((passid.calls(), state(&stage).await), (2, (State::Done, None)));
}

#[tokio::test]
async fn a_key_of_the_callers_own_is_sent_and_ours_is_stable_otherwise() {
    let (stage, passid) = (Stage::new(), Passid::default());
    let key = IdempotencyKey::parse("loan-10482").unwrap();
    stage.inbox.outbox().enqueue(&repaid().idempotency_key(key)).await.unwrap();
    let other = outcome_of("PASSID-ZZZZ", ReportedOutcome::Other);
    stage.inbox.outbox().enqueue(&other).await.unwrap();
    let _running = start(&stage, &passid);
    settle().await;
    let keys = passid.keys();
    assert_eq!(keys[0], "loan-10482");
    assert!(keys[1].len() == 32 && keys[1].bytes().all(|byte| byte.is_ascii_hexdigit()));
}

#[tokio::test]
async fn outcomes_are_given_up_after_the_last_try_of_the_schedule() {
    let (stage, passid) = (Stage::new(), Passid::default());
    passid.lasting(Some(Trouble::Status(500, None)));
    let schedule = RetrySchedule { first: SECOND, longest: SECOND, max_attempts: 3 };
    let worker = stage.inbox.outbox().worker(passid.client(&stage.clock)).retries(schedule);
    let _running = worker.poll(Duration::from_millis(100)).start().unwrap();
    stage.inbox.outbox().enqueue(&repaid()).await.unwrap();
    stage.pass(MINUTE).await;
    assert_eq!(state(&stage).await, (State::Dead, Some("PASSID_FAILED".to_owned())));
    assert_eq!(passid.calls(), 3);
}

#[tokio::test]
async fn a_client_of_the_other_environment_does_not_start() {
    let stage = Stage::new();
    let live = PassidClient::builder(ApiKey::parse("pk_live_outbox").unwrap()).build().unwrap();
    let refused = stage.inbox.outbox().worker(live).start().unwrap_err();
    assert_eq!(refused, WorkerConfigError::Environment);
}
