use bytes::Bytes;
use passid_core::Environment;
use passid_inbox::store::{NewEntry, Purge, Store, StoredBody};

use crate::stage::{Stage, at, entry};

fn body(bytes: &'static [u8], key: Option<&str>) -> StoredBody {
    StoredBody { bytes: Bytes::from_static(bytes), key_id: key.map(ToOwned::to_owned) }
}

pub(crate) async fn bodies_under_other_keys_are_found_page_by_page(stage: &Stage) {
    let keys = [None, Some("new"), Some("old"), None, Some("old")];
    let mut expected = Vec::new();
    for (number, key) in (1..).zip(keys) {
        let given = NewEntry { body: body(b"x", key), ..entry(number) };
        let id = stage.insert(given).await;
        if key != Some("new") {
            expected.push(id);
        }
    }
    let elsewhere = Environment::Sandbox;
    stage.insert(NewEntry { environment: elsewhere, ..entry(1) }).await;
    let gone = NewEntry { dead: Some("UNREADABLE"), ..entry(9) };
    stage.insert(gone).await;
    let dead = Purge {
        environment: Environment::Live,
        done_before: at(0),
        dead_before: at(1),
        entries_before: None,
        limit: 10,
    };
    assert_eq!(stage.store.purge(dead).await.unwrap().bodies, 1);

    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let page = stage.store.bodies_not_under(Environment::Live, "new", after, 2).await.unwrap();
        assert!(page.len() <= 2);
        found.extend(page.iter().map(|at| at.id));
        let Some(last) = page.last() else { break };
        after = Some(last.id);
    }
    assert_eq!(found, expected);
    let page = stage.store.bodies_not_under(elsewhere, "new", None, 2).await.unwrap();
    let found = (page[0].kind, page[0].body_sha256, page[0].body.clone());
    let given = entry(1);
    assert_eq!(found, (given.kind, given.body_sha256, given.body));
}

pub(crate) async fn a_body_is_replaced_only_if_it_is_the_one(stage: &Stage) {
    let plain = body(b"plain", None);
    let id = stage.insert(NewEntry { body: plain.clone(), ..entry(1) }).await;
    let sealed = body(b"sealed", Some("new"));
    for wrong in [body(b"other", None), body(b"plain", Some("old")), sealed.clone()] {
        assert!(!stage.store.replace_body(id, wrong, sealed.clone()).await.unwrap());
    }
    assert!(stage.store.replace_body(id, plain.clone(), sealed.clone()).await.unwrap());
    assert!(!stage.store.replace_body(id, plain, sealed.clone()).await.unwrap());
    assert_eq!(stage.lease_one(0).await.body, sealed);
    let anew = body(b"anew", Some("newer"));
    assert!(stage.store.replace_body(id, sealed, anew).await.unwrap());
}
