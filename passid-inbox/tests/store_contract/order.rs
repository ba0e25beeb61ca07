use passid_core::Environment;
use passid_inbox::store::{Claim, Failure, NewEntry, Store};

use crate::stage::{Stage, at, claim, entry, of_subject};

pub(crate) async fn of_one_subject_the_first_that_happened_comes_first(stage: &Stage) {
    for (number, occurred) in [(1, 30), (2, 10), (3, 20)] {
        stage.insert(of_subject(number, 9, occurred)).await;
    }
    for name in ["event 2", "event 3", "event 1"] {
        let leased = stage.lease_one(0).await;
        assert_eq!(leased.entry.name, name);
        stage.store.complete(leased.lease, at(0)).await.unwrap();
    }
}

pub(crate) async fn what_happened_at_the_same_time_comes_in_the_order_of_arrival(stage: &Stage) {
    // Due in the reverse order.
    for number in 1..=3 {
        let received_at = at(-i64::from(number));
        stage.insert(NewEntry { received_at, ..of_subject(number, 9, 10) }).await;
    }
    for name in ["event 1", "event 2", "event 3"] {
        let leased = stage.lease_one(0).await;
        assert_eq!(leased.entry.name, name);
        stage.store.complete(leased.lease, at(0)).await.unwrap();
    }
}

pub(crate) async fn an_earlier_event_that_arrives_later_still_goes_first(stage: &Stage) {
    stage.insert(of_subject(1, 9, 10)).await;
    stage.insert(NewEntry { received_at: at(5), ..of_subject(2, 9, 1) }).await;
    // It holds up the other also before its own time has come.
    assert!(stage.leased(4).await.is_empty());
    assert_eq!(stage.names(5).await, ["event 2"]);
}

pub(crate) async fn nothing_of_a_subject_is_given_while_another_is_leased(stage: &Stage) {
    stage.insert(of_subject(1, 9, 10)).await;
    let leased = stage.lease_one(0).await;
    // Not even what happened before it.
    stage.insert(of_subject(2, 9, 1)).await;
    stage.insert(of_subject(3, 9, 20)).await;
    assert!(stage.leased(0).await.is_empty());
    stage.store.complete(leased.lease, at(0)).await.unwrap();
    assert_eq!(stage.names(0).await, ["event 2"]);
}

pub(crate) async fn a_retry_holds_up_its_own_subject_only(stage: &Stage) {
    stage.insert(of_subject(1, 9, 1)).await;
    let leased = stage.lease_one(0).await;
    let failure = Failure { retry_at: Some(at(30)), reason: "AGAIN" };
    assert!(stage.store.fail(leased.lease, failure, at(0)).await.unwrap());
    stage.insert(of_subject(2, 9, 2)).await;
    stage.insert(of_subject(3, 8, 3)).await;
    stage.insert(entry(4)).await;
    assert_eq!(stage.names(29).await, ["event 3", "event 4"]);
    assert_eq!(stage.names(30).await, ["event 1"]);
}

pub(crate) async fn dead_letters_hold_up_nobody(stage: &Stage) {
    stage.insert(NewEntry { dead: Some("UNREADABLE"), ..of_subject(1, 9, 1) }).await;
    stage.insert(of_subject(2, 9, 2)).await;
    let leased = stage.lease_one(0).await;
    let failure = Failure { retry_at: None, reason: "GAVE_UP" };
    stage.store.fail(leased.lease, failure, at(0)).await.unwrap();
    stage.insert(of_subject(3, 9, 3)).await;
    assert_eq!(stage.names(0).await, ["event 3"]);
}

pub(crate) async fn entries_without_a_subject_are_independent(stage: &Stage) {
    for number in 1..=3 {
        stage.insert(entry(number)).await;
    }
    assert_eq!(stage.leased(0).await.len(), 3);
}

pub(crate) async fn one_token_in_two_environments_is_two_subjects(stage: &Stage) {
    stage.insert(of_subject(1, 9, 1)).await;
    let sandbox = Environment::Sandbox;
    stage.insert(NewEntry { environment: sandbox, ..of_subject(2, 9, 2) }).await;
    assert_eq!(stage.leased(0).await.len(), 1);
    let claimed = stage.store.claim(Claim { environment: sandbox, ..claim(0) }).await.unwrap();
    assert_eq!(claimed.leased.len(), 1);
}
