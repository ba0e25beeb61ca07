//! Handlers that fail: tried again, given up, and never in the way of others.

use std::time::Duration;

use passid_core::webhook::Event;
use passid_inbox::store::{EntryId, State};
use passid_inbox::{Context, HandlerError, RetrySchedule};

use crate::desk::{Desk, name};
use crate::stage::{DAY, HOUR, MINUTE, SECOND, Stage, completed, settle, test_event};

const THRICE: RetrySchedule = RetrySchedule { first: SECOND, longest: MINUTE, max_attempts: 3 };

#[tokio::test]
async fn delays_grow_from_try_to_try_and_the_last_failure_makes_a_dead_letter() {
    let stage = Stage::new();
    let _running = stage
        .inbox
        .worker()
        .poll(Duration::from_millis(50))
        .retries(RetrySchedule { first: 10 * SECOND, longest: 30 * SECOND, max_attempts: 4 })
        .on(|_: Event, _| async { Err(HandlerError::retry("BUSY")) })
        .start()
        .unwrap();
    let id = stage.deliver(&test_event("a")).await;
    for (whole, attempts) in [(10, 1), (20, 2), (30, 3)] {
        settle().await;
        let entry = stage.entry(id).await;
        assert_eq!((entry.state, entry.attempts), (State::Ready, attempts));
        assert_eq!(entry.last_error.as_deref(), Some("BUSY"));
        let delay = entry.next_at.duration_since(passid_core::Clock::now(&stage.clock)).unwrap();
        assert!(delay <= whole * SECOND && delay >= whole * SECOND / 2 - SECOND, "{delay:?}");
        stage.pass(delay + SECOND / 10).await;
    }
    assert_eq!(stage.entry(id).await.state, State::Dead);
    let told = stage.listener.of("dead");
    assert_eq!((told.len(), told[0].attempts, told[0].reason.as_str()), (1, 4, "BUSY"));
    assert_eq!(stage.listener.of("failed").len(), 3);
    stage.pass(DAY).await;
    assert_eq!(stage.entry(id).await.attempts, 4);
}

#[tokio::test]
async fn after_is_a_delay_at_least_and_never_too_long_to_be_written_down() {
    for (asked, least) in
        [(HOUR, HOUR), (Duration::ZERO, Duration::ZERO), (Duration::MAX, 300 * DAY)]
    {
        let stage = Stage::new();
        let _running = stage
            .inbox
            .worker()
            .on(move |_: Event, _| async move { Err(HandlerError::retry("LATER").after(asked)) })
            .start()
            .unwrap();
        let id = stage.deliver(&test_event("a")).await;
        settle().await;
        let entry = stage.entry(id).await;
        assert_eq!(entry.state, State::Ready, "{asked:?}");
        let delay = entry.next_at.duration_since(crate::stage::beginning()).unwrap();
        assert!(delay >= least && delay <= 400 * DAY, "{asked:?}: {delay:?}");
    }
}

#[tokio::test]
async fn a_handler_may_give_up_at_once_and_an_operator_begin_again() {
    let (stage, desk) = (Stage::new(), Desk::new());
    let at = desk.clone();
    let _running = stage
        .inbox
        .worker()
        .on(move |_: Event, context: Context| {
            at.write(format!("{}/{}", context.attempt, context.replays));
            let replayed = context.replays > 0;
            async move { if replayed { Ok(()) } else { Err(HandlerError::give_up("NO_SUCH_LOAN")) } }
        })
        .start()
        .unwrap();
    let id = stage.deliver(&test_event("a")).await;
    settle().await;
    assert_eq!(stage.inbox.dead_letters().await.unwrap()[0].id, id);
    stage.inbox.replay(id).await.unwrap();
    settle().await;
    assert_eq!(desk.look(), ["1/0", "1/1"]);
    let entry = stage.entry(id).await;
    assert_eq!((entry.state, entry.last_error), (State::Done, None));
}

#[tokio::test]
async fn a_poison_event_does_not_hold_up_others_and_frees_its_token_once_it_is_given_up() {
    let (stage, desk) = (Stage::new(), Desk::new());
    let at = desk.clone();
    let _running = stage
        .inbox
        .worker()
        .concurrency(1)
        .retries(THRICE)
        .on(move |event: Event, _| {
            let poison = event.timestamp < crate::stage::beginning() - HOUR / 2 + SECOND;
            at.write(format!("{} {}", name(&event), if poison { "fails" } else { "works" }));
            async move { if poison { Err(HandlerError::retry("POISON")) } else { Ok(()) } }
        })
        .start()
        .unwrap();
    stage.deliver(&completed("PASSID-A", 0)).await;
    stage.deliver(&completed("PASSID-A", 10)).await;
    stage.deliver(&completed("PASSID-B", 10)).await;
    settle().await;
    assert_eq!(desk.look(), ["A fails", "B works"]);
    stage.pass(30 * SECOND).await;
    assert_eq!(desk.look(), ["A fails", "A fails", "A works"]);
    assert_eq!(stage.states().await, [State::Dead, State::Done, State::Done]);
}

async fn only(stage: &Stage, id: EntryId) -> (State, u32, Option<String>) {
    let entry = stage.entry(id).await;
    (entry.state, entry.attempts, entry.last_error)
}

#[tokio::test]
async fn a_panic_is_a_failure_of_its_event_alone_wherever_it_happens() {
    let stage = Stage::new();
    let _running = stage
        .inbox
        .worker()
        .retries(THRICE)
        .on(|event: Event, _| {
            assert!(
                event.raw().windows(5).all(|word| word != b"early"),
                "before the future is there"
            );
            async move {
                settle().await;
                assert!(event.raw().windows(4).all(|word| word != b"late"), "while it runs");
                Ok(())
            }
        })
        .start()
        .unwrap();
    let late = stage.deliver(&test_event("late")).await;
    let early = stage.deliver(&test_event("early")).await;
    let well = stage.deliver(&test_event("well")).await;
    for _ in 0..3 {
        settle().await;
    }
    let panicked = (State::Ready, 1, Some("PANICKED".to_owned()));
    assert_eq!(only(&stage, late).await, panicked);
    assert_eq!(only(&stage, early).await, panicked);
    assert_eq!(only(&stage, well).await.0, State::Done);
    stage.pass(MINUTE).await;
    let dead = (State::Dead, 3, Some("PANICKED".to_owned()));
    assert_eq!((only(&stage, late).await, only(&stage, early).await), (dead.clone(), dead));
}

#[tokio::test]
async fn a_handler_that_takes_too_long_is_stopped_and_has_failed() {
    let (stage, desk) = (Stage::new(), Desk::new());
    let at = desk.clone();
    let worker = stage.inbox.worker().handler_timeout(10 * SECOND).retries(THRICE);
    let _running =
        worker.on(move |event, context| at.clone().wait(event, context)).start().unwrap();
    let id = stage.deliver(&completed("PASSID-A", 0)).await;
    stage.pass(9 * SECOND).await;
    assert_eq!(desk.look(), ["A begun 1"]);
    stage.pass(Duration::from_millis(1100)).await;
    assert_eq!(desk.look(), ["A stopped"]);
    assert_eq!(only(&stage, id).await, (State::Ready, 1, Some("TIMED_OUT".to_owned())));
    stage.pass(MINUTE).await;
    assert_eq!(only(&stage, id).await, (State::Dead, 3, Some("TIMED_OUT".to_owned())));
}

#[tokio::test]
async fn an_error_of_the_applications_own_is_told_to_the_observer_and_kept_as_the_name_of_its_type()
{
    let stage = Stage::new();
    let _running = stage
        .inbox
        .worker()
        .on(|_: Event, _| async {
            let _: u8 = "Amina Otieno".parse()?;
            Ok(())
        })
        .start()
        .unwrap();
    let id = stage.deliver(&test_event("a")).await;
    settle().await;
    let reason = only(&stage, id).await.2.unwrap();
    assert_eq!(reason, "core::num::error::ParseIntError");
}
