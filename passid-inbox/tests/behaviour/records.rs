//! Records of providers beside the ledger: kept, changed by several, sealed, forgotten at their end.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use passid_core::Subject;
use passid_core::provider::{RecordError, RecordKey, RecordStore, update_record};
use passid_inbox::store::{MemoryStore, NewRecord, Store};
use passid_inbox::{BodyKey, BodyKeys, Inbox, Records};

use crate::faulty::{Call, Fault, FaultyStore};
use crate::stage::{DAY, Stage, chain};

fn key(number: u32) -> RecordKey {
    RecordKey::of("provider times", Subject::of("provider", &number.to_string()))
}

fn text(text: &'static str) -> Bytes {
    Bytes::from_static(text.as_bytes())
}

#[tokio::test]
async fn a_record_is_read_until_its_time_is_over_and_then_gives_its_place_away() {
    let stage = Stage::new();
    let records = stage.inbox.records();
    assert_eq!(records.read(key(1)).await.unwrap(), None);
    assert!(records.replace(key(1), None, text("a"), DAY).await.unwrap());
    assert!(!records.replace(key(1), None, text("b"), DAY).await.unwrap());
    assert!(!records.replace(key(1), Some(text("c")), text("b"), DAY).await.unwrap());
    assert!(records.replace(key(1), Some(text("a")), text("b"), DAY).await.unwrap());
    assert_eq!(records.read(key(1)).await.unwrap(), Some(text("b")));
    assert_eq!(records.read(key(2)).await.unwrap(), None);
    stage.clock.advance(DAY);
    assert_eq!(records.read(key(1)).await.unwrap(), None);
    assert!(records.replace(key(1), None, text("c"), DAY).await.unwrap());
    assert_eq!(records.read(key(1)).await.unwrap(), Some(text("c")));
}

#[tokio::test]
async fn what_is_over_goes_with_a_purge() {
    let stage = Stage::new();
    let records = stage.inbox.records();
    records.replace(key(1), None, text("a"), DAY).await.unwrap();
    records.replace(key(2), None, text("b"), 3 * DAY).await.unwrap();
    stage.clock.advance(2 * DAY);
    stage.inbox.purge().await.unwrap();
    let store = stage.inbox.store();
    let left = async |number| {
        let key = *key(number).as_bytes();
        store.read_record(stage.inbox.environment(), key).await.unwrap().is_some()
    };
    assert_eq!((left(1).await, left(2).await), (false, true));
}

#[tokio::test]
async fn several_who_change_a_record_lose_nothing_of_each_other() {
    let stage = Stage::new();
    let records = Arc::new(stage.inbox.records());
    let add = |record: Option<&Bytes>| {
        let mut sum = record.map_or_else(Vec::new, |there| there.to_vec());
        sum.push(b'+');
        Some(Bytes::from(sum))
    };
    let all = (0..10).map(|_| update_record(&*records, key(1), DAY, add));
    for changed in futures_util::future::join_all(all).await {
        changed.unwrap();
    }
    assert_eq!(records.read(key(1)).await.unwrap(), Some(text("++++++++++")));
    let kept = update_record(&*records, key(1), DAY, |_| None).await.unwrap();
    assert_eq!(kept, Some(text("++++++++++")));
}

fn keys(id: &str, byte: u8) -> BodyKeys {
    BodyKeys::new(id, &BodyKey::from_bytes([byte; 32])).unwrap()
}

fn over(
    store: &Arc<MemoryStore>,
    keys: BodyKeys,
) -> (Inbox<Arc<MemoryStore>>, Records<Arc<MemoryStore>>) {
    let stage = Stage::with(Arc::clone(store), |builder| builder.body_keys(keys));
    (stage.inbox.clone(), stage.inbox.records())
}

#[tokio::test]
async fn a_record_is_sealed_for_its_own_place_and_under_new_keys_when_it_is_sealed_anew() {
    let store = Arc::new(MemoryStore::new());
    let (inbox, records) = over(&store, keys("old", 1));
    records.replace(key(1), None, text("marker"), DAY).await.unwrap();
    let environment = inbox.environment();
    let stored = store.read_record(environment, *key(1).as_bytes()).await.unwrap().unwrap();
    assert!(!stored.body.bytes.windows(6).any(|window| window == b"marker"));

    // To another place, by whoever can write to the database.
    let moved = passid_inbox::store::Record { key: *key(2).as_bytes(), ..stored };
    store.put_record(NewRecord { environment, from: None, to: moved }).await.unwrap();
    let error: RecordError = records.read(key(2)).await.unwrap_err();
    assert!(!chain(&error).contains("marker"));

    let both = keys("new", 2).previous("old", &BodyKey::from_bytes([1; 32])).unwrap();
    let (inbox, _) = over(&store, both);
    let done = inbox.reseal().await.unwrap();
    assert_eq!((done.sealed, done.unopened), (1, 1));
    let (_, records) = over(&store, keys("new", 2));
    assert_eq!(records.read(key(1)).await.unwrap(), Some(text("marker")));
    assert!(!format!("{records:?} {:?}", key(1)).contains("marker"));
}

#[tokio::test]
async fn what_is_too_long_or_cannot_be_kept_is_said() {
    let stage = Stage::new();
    let records = stage.inbox.records();
    let long = Bytes::from(vec![b'x'; Records::<MemoryStore>::MAX_BYTES + 1]);
    assert!(records.replace(key(1), None, long, DAY).await.is_err());
    assert!(records.replace(key(1), None, text("a"), Duration::MAX).await.is_err());
}

#[tokio::test]
async fn a_store_that_fails_or_hangs_is_no_answer() {
    let store = FaultyStore::new();
    let stage = Stage::over(store.clone());
    let records = stage.inbox.records();
    records.replace(key(1), None, text("a"), DAY).await.unwrap();
    store.spoil(Call::ReadRecord, Fault::Fails, 1);
    records.read(key(1)).await.unwrap_err();
    store.spoil(Call::ReadRecord, Fault::Hangs, 1);
    let hanging = tokio::spawn(records.read(key(1)));
    stage.pass(20 * crate::stage::SECOND).await;
    assert!(chain(&hanging.await.unwrap().unwrap_err()).contains("8000"));
    store.spoil(Call::PutRecord, Fault::LosesAnswer, 1);
    let to = text("b");
    records.replace(key(1), Some(text("a")), to.clone(), DAY).await.unwrap_err();
    // The next call finds out.
    assert_eq!(records.read(key(1)).await.unwrap(), Some(to));
}
