use passid_core::Environment;
use passid_inbox::store::{EntryId, Filter, Kind, NewEntry, State, Store};

use crate::stage::{Stage, at, entry, filter};

pub(crate) async fn pages_go_from_the_newest_to_the_oldest(stage: &Stage) {
    let mut given = Vec::new();
    for number in 1..=7 {
        let dead = (number % 3 == 0).then_some("UNREADABLE");
        given.push(stage.insert(NewEntry { dead, ..entry(number) }).await);
    }
    // All states are on one page.
    let leased = stage.leased(0).await;
    stage.store.complete(leased[0].lease, at(0)).await.unwrap();
    stage.store.release(leased[1].lease, at(0)).await.unwrap();
    given.reverse();
    let (mut seen, mut before) = (Vec::new(), None);
    loop {
        let page = stage.store.list(Filter { limit: 3, before, ..filter() }).await.unwrap();
        assert!(page.len() <= 3);
        seen.extend(page.iter().map(|entry| entry.id));
        let Some(last) = page.last() else { break };
        before = Some(last.id);
    }
    assert_eq!(seen, given);
}

pub(crate) async fn filters_hold_together(stage: &Stage) {
    let named = |number, name: &str| NewEntry { name: name.to_owned(), ..entry(number) };
    stage.insert(named(1, "a")).await;
    stage.insert(named(2, "b")).await;
    stage.insert(NewEntry { dead: Some("UNREADABLE"), ..named(3, "a") }).await;
    stage.insert(NewEntry { kind: Kind::Outcome, ..named(4, "a") }).await;
    stage.insert(NewEntry { environment: Environment::Sandbox, ..named(5, "a") }).await;
    let named_a = Filter { name: Some("a".to_owned()), ..filter() };
    let cases = [
        (filter(), 3),
        (named_a.clone(), 2),
        (Filter { state: Some(State::Dead), ..filter() }, 1),
        (Filter { state: Some(State::Ready), ..named_a.clone() }, 1),
        (Filter { state: Some(State::Leased), ..named_a.clone() }, 0),
        (Filter { name: Some("c".to_owned()), ..filter() }, 0),
        (Filter { kind: Kind::Outcome, ..named_a.clone() }, 1),
        (Filter { environment: Environment::Sandbox, ..named_a }, 1),
        (Filter { limit: 0, ..filter() }, 0),
    ];
    for (filter, expected) in cases {
        let listed = stage.store.list(filter.clone()).await.unwrap();
        assert_eq!(listed.len(), expected, "{filter:?}");
    }
}

pub(crate) async fn an_entry_is_shown_in_its_own_environment_only(stage: &Stage) {
    let id = stage.insert(entry(1)).await;
    assert!(stage.store.show(Environment::Live, id).await.unwrap().is_some());
    assert!(stage.store.show(Environment::Sandbox, id).await.unwrap().is_none());
    let unknown = EntryId::new(id.get() + 1);
    assert!(stage.store.show(Environment::Live, unknown).await.unwrap().is_none());
}
