use passid_core::Environment;
use passid_inbox::store::{Failure, LEASE_LOST, Lease, Replay, State, Store};

use crate::stage::{MINUTE, Stage, at, entry, of_subject};

const AGAIN: Failure<'static> = Failure { retry_at: None, reason: "AGAIN" };

pub(crate) async fn an_ended_lease_is_taken_over_under_another_number(stage: &Stage) {
    stage.insert(entry(1)).await;
    let first = stage.lease_one(0).await;
    assert!(stage.leased(MINUTE - 1).await.is_empty());
    let claimed = stage.claim(MINUTE).await;
    assert_eq!((claimed.lost, claimed.buried), (1, 0));
    let second = &claimed.leased[0];
    assert_eq!(second.lease.id, first.lease.id);
    assert_ne!(second.lease.number, first.lease.number);
    assert_eq!(second.entry.attempts, 2);
}

pub(crate) async fn a_lease_that_was_extended_is_not_taken_over(stage: &Stage) {
    stage.insert(entry(1)).await;
    let leased = stage.lease_one(0).await;
    assert!(stage.store.extend(leased.lease, at(3 * MINUTE)).await.unwrap());
    assert!(stage.leased(3 * MINUTE - 1).await.is_empty());
    assert_eq!(stage.leased(3 * MINUTE).await.len(), 1);
}

/// Whether any call takes the lease, each tried alone.
async fn says_anything(stage: &Stage, lease: Lease) -> bool {
    let store = &stage.store;
    let now = at(2 * MINUTE);
    store.extend(lease, at(9 * MINUTE)).await.unwrap()
        || store.complete(lease, now).await.unwrap()
        || store.fail(lease, AGAIN, now).await.unwrap()
        || store.fail(lease, Failure { retry_at: Some(now), ..AGAIN }, now).await.unwrap()
        || store.release(lease, now).await.unwrap()
}

pub(crate) async fn a_stale_lease_can_say_nothing(stage: &Stage) {
    let id = stage.insert(entry(1)).await;
    let stale = stage.lease_one(0).await.lease;
    let taken_over = stage.lease_one(MINUTE).await.lease;
    let before = stage.show(id).await;
    assert!(!says_anything(stage, stale).await);
    let of_nobody = Lease { number: taken_over.number + 1, ..taken_over };
    assert!(!says_anything(stage, of_nobody).await);
    assert_eq!(stage.show(id).await, before);
    assert!(stage.store.complete(taken_over, at(MINUTE)).await.unwrap());

    // A replay does not give old numbers out again.
    let replayed = stage.store.replay(Environment::Live, id, at(MINUTE)).await.unwrap();
    assert_eq!(replayed, Replay::Ready);
    let anew = stage.lease_one(MINUTE).await.lease;
    assert!(anew.number > taken_over.number);
    assert!(!says_anything(stage, taken_over).await);
}

pub(crate) async fn the_end_of_a_lease_is_said_once(stage: &Stage) {
    for (number, retry) in [(1, None), (2, Some(at(500)))] {
        stage.insert(entry(number)).await;
        let lease = stage.lease_one(0).await.lease;
        let failure = Failure { retry_at: retry, ..AGAIN };
        assert!(stage.store.fail(lease, failure, at(0)).await.unwrap());
        assert!(!says_anything(stage, lease).await);
    }
    stage.insert(entry(3)).await;
    let lease = stage.lease_one(0).await.lease;
    assert!(stage.store.complete(lease, at(0)).await.unwrap());
    assert!(!says_anything(stage, lease).await);
}

pub(crate) async fn a_worker_that_never_comes_back_too_often_buries_its_entry(stage: &Stage) {
    let id = stage.insert(entry(1)).await;
    for attempt in 0..3 {
        assert_eq!(stage.leased(attempt * MINUTE).await.len(), 1);
    }
    let claimed = stage.claim(3 * MINUTE).await;
    assert_eq!((claimed.lost, claimed.buried, claimed.leased.len()), (1, 1, 0));
    let buried = stage.show(id).await;
    assert_eq!(buried.state, State::Dead);
    assert_eq!(buried.last_error.as_deref(), Some(LEASE_LOST));
    assert_eq!(buried.ended_at, Some(at(3 * MINUTE)));
    assert_eq!((buried.lease_owner, buried.lease_until), (None, None));
}

pub(crate) async fn a_buried_entry_frees_its_subject(stage: &Stage) {
    stage.insert(of_subject(1, 9, 1)).await;
    stage.insert(of_subject(2, 9, 2)).await;
    for attempt in 0..3 {
        assert_eq!(stage.names(attempt * MINUTE).await, ["event 1"]);
    }
    assert_eq!(stage.names(3 * MINUTE).await, ["event 2"]);
}

pub(crate) async fn a_failure_waits_for_its_time(stage: &Stage) {
    let id = stage.insert(entry(1)).await;
    let leased = stage.lease_one(0).await;
    let failure = Failure { retry_at: Some(at(30)), reason: "BANK_CLOSED" };
    assert!(stage.store.fail(leased.lease, failure, at(2)).await.unwrap());
    let waiting = stage.show(id).await;
    assert_eq!(waiting.state, State::Ready);
    assert_eq!(waiting.next_at, at(30));
    assert_eq!(waiting.last_error.as_deref(), Some("BANK_CLOSED"));
    assert_eq!((waiting.ended_at, waiting.lease_owner, waiting.lease_until), (None, None, None));
    assert!(stage.leased(29).await.is_empty());
    assert_eq!(stage.lease_one(30).await.entry.attempts, 2);
}

pub(crate) async fn a_failure_without_a_time_is_a_dead_letter(stage: &Stage) {
    let id = stage.insert(entry(1)).await;
    let leased = stage.lease_one(0).await;
    let failure = Failure { retry_at: None, reason: "NO_SUCH_LOAN" };
    assert!(stage.store.fail(leased.lease, failure, at(2)).await.unwrap());
    let dead = stage.show(id).await;
    assert_eq!(dead.state, State::Dead);
    assert_eq!(dead.ended_at, Some(at(2)));
    assert_eq!(dead.last_error.as_deref(), Some("NO_SUCH_LOAN"));
    assert!(dead.has_body);
    assert!(stage.leased(10_000).await.is_empty());
}

pub(crate) async fn a_release_gives_the_try_back(stage: &Stage) {
    let id = stage.insert(entry(1)).await;
    let leased = stage.lease_one(0).await;
    assert!(stage.store.release(leased.lease, at(5)).await.unwrap());
    let released = stage.show(id).await;
    assert_eq!((released.state, released.attempts), (State::Ready, 0));
    assert_eq!(released.next_at, at(5));
    assert_eq!(stage.lease_one(5).await.entry.attempts, 1);
}

pub(crate) async fn a_handled_entry_forgets_its_last_error(stage: &Stage) {
    let id = stage.insert(entry(1)).await;
    let leased = stage.lease_one(0).await;
    let failure = Failure { retry_at: Some(at(1)), reason: "BANK_CLOSED" };
    stage.store.fail(leased.lease, failure, at(0)).await.unwrap();
    assert_eq!(stage.complete_one(1).await, id);
    let handled = stage.show(id).await;
    assert_eq!((handled.state, handled.last_error), (State::Done, None));
    assert_eq!(handled.ended_at, Some(at(1)));
    assert_eq!((handled.lease_owner, handled.lease_until), (None, None));
    assert!(handled.has_body);
}
