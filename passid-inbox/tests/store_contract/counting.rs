use passid_core::Environment;
use passid_inbox::store::{Counts, Kind, NewEntry, Store};

use crate::stage::{Stage, at, entry};

async fn counts(stage: &Stage, kind: Kind, environment: Environment) -> Counts {
    stage.store.counts(kind, environment).await.unwrap()
}

pub(crate) async fn an_empty_ledger_counts_nothing(stage: &Stage) {
    let counted = counts(stage, Kind::Event, Environment::Live).await;
    assert_eq!(counted, Counts::default());
}

pub(crate) async fn states_and_ages_are_counted(stage: &Stage) {
    let received = |number, second| NewEntry { received_at: at(second), ..entry(number) };
    stage.insert(received(1, 1)).await;
    stage.complete_one(5).await;
    stage.insert(received(2, 2)).await;
    let leased = stage.lease_one(5).await;
    stage.insert(received(3, 9)).await;
    stage.insert(received(4, 4)).await;
    stage.insert(NewEntry { dead: Some("UNREADABLE"), ..received(5, 0) }).await;
    stage.insert(NewEntry { kind: Kind::Outcome, ..received(6, 100) }).await;
    stage.insert(NewEntry { environment: Environment::Sandbox, ..received(7, 100) }).await;

    let counted = counts(stage, Kind::Event, Environment::Live).await;
    let states = (counted.ready, counted.leased, counted.done, counted.dead);
    assert_eq!(states, (2, 1, 1, 1));
    assert_eq!(counted.oldest_open, Some(at(2)));
    assert_eq!(counted.last_received, Some(at(9)));

    stage.store.complete(leased.lease, at(6)).await.unwrap();
    let counted = counts(stage, Kind::Event, Environment::Live).await;
    assert_eq!(counted.oldest_open, Some(at(4)));
    assert_eq!(counts(stage, Kind::Outcome, Environment::Live).await.ready, 1);
    assert_eq!(counts(stage, Kind::Event, Environment::Sandbox).await.ready, 1);
}
