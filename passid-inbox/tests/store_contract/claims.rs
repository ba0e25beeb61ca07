use passid_core::Environment;
use passid_inbox::store::{Claim, Failure, Kind, NewEntry, State, Store};

use crate::stage::{MINUTE, Stage, at, claim, entry, of_subject};

pub(crate) async fn what_is_due_is_leased_in_the_order_of_its_time(stage: &Stage) {
    for (number, received) in [(1, 3), (2, 1), (3, 2), (4, 1)] {
        stage.insert(NewEntry { received_at: at(received), ..entry(number) }).await;
    }
    assert_eq!(stage.names(5).await, ["event 2", "event 4", "event 3", "event 1"]);
}

pub(crate) async fn no_more_is_leased_than_was_asked_for(stage: &Stage) {
    for number in 1..=5 {
        stage.insert(entry(number)).await;
    }
    for (max, expected) in [(2, 2), (0, 0), (2, 2), (2, 1), (2, 0)] {
        let claimed = stage.store.claim(Claim { max, ..claim(0) }).await.unwrap();
        assert_eq!(claimed.leased.len(), expected);
    }
}

pub(crate) async fn what_is_not_due_waits(stage: &Stage) {
    stage.insert(NewEntry { received_at: at(10), ..entry(1) }).await;
    assert!(stage.leased(9).await.is_empty());
    assert_eq!(stage.leased(10).await.len(), 1);
}

pub(crate) async fn a_lease_says_all_that_is_known(stage: &Stage) {
    let given = of_subject(1, 9, -5);
    let id = stage.insert(given.clone()).await;
    let leased = stage.lease_one(7).await;
    assert_eq!(leased.lease.id, id);
    assert_eq!(leased.body, given.body);
    assert!(!leased.superseded);
    assert_eq!(leased.entry.state, State::Leased);
    assert_eq!(leased.entry.attempts, 1);
    assert_eq!(leased.entry.lease_owner.as_deref(), Some("worker"));
    assert_eq!(leased.entry.lease_until, Some(at(7 + MINUTE)));
    assert_eq!(leased.entry.subject, given.subject);
    assert_eq!(leased.entry, stage.show(id).await);
}

pub(crate) async fn kinds_and_environments_are_claimed_apart(stage: &Stage) {
    stage.insert(NewEntry { kind: Kind::Outcome, ..entry(1) }).await;
    stage.insert(NewEntry { kind: Kind::Hint, ..entry(1) }).await;
    stage.insert(NewEntry { environment: Environment::Sandbox, ..entry(2) }).await;
    assert!(stage.leased(0).await.is_empty());
    for kind in [Kind::Outcome, Kind::Hint] {
        let others = Claim { kind, ..claim(0) };
        assert_eq!(stage.store.claim(others).await.unwrap().leased.len(), 1);
    }
    let sandbox = Claim { environment: Environment::Sandbox, ..claim(0) };
    assert_eq!(stage.store.claim(sandbox).await.unwrap().leased.len(), 1);
}

pub(crate) async fn an_event_that_came_late_is_superseded(stage: &Stage) {
    stage.insert(of_subject(1, 9, 50)).await;
    let of_another = of_subject(4, 8, 10);
    assert!(!stage.lease_one(0).await.superseded);
    let first = stage.claim(MINUTE).await.leased.remove(0);
    assert!(!first.superseded);
    stage.store.complete(first.lease, at(MINUTE)).await.unwrap();

    stage.insert(of_subject(2, 9, 49)).await;
    stage.insert(of_another).await;
    let late = stage.leased(MINUTE).await;
    let superseded: Vec<_> = late.iter().map(|leased| leased.superseded).collect();
    assert_eq!(superseded, [true, false]);
    for leased in &late {
        let failure = Failure { retry_at: None, reason: "GAVE_UP" };
        stage.store.fail(leased.lease, failure, at(MINUTE)).await.unwrap();
    }
    // What happened later, or was given up, supersedes nothing.
    stage.insert(of_subject(3, 9, 51)).await;
    stage.insert(of_subject(5, 8, 9)).await;
    let later = stage.leased(MINUTE).await;
    assert_eq!(later.len(), 2);
    assert!(later.iter().all(|leased| !leased.superseded));
}
