//! A store to test, and what is put into it.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use passid_core::Environment;
use passid_inbox::store::{
    Claim, Claimed, Entry, EntryId, Filter, Hash, Insertion, Kind, Leased, MemoryStore, NewEntry,
    Store, StoredBody,
};

pub(crate) struct Stage {
    pub(crate) store: Arc<dyn Store>,
    /// What has to be there as long as the store.
    _place: Option<Box<dyn Send + Sync>>,
}

impl Stage {
    pub(crate) async fn memory() -> Option<Self> {
        Some(Self { store: Arc::new(MemoryStore::new()), _place: None })
    }

    #[cfg(feature = "sqlite")]
    pub(crate) async fn sqlite() -> Option<Self> {
        let (store, folder) = sqlite_store().await;
        Some(Self { store: Arc::new(store), _place: Some(Box::new(folder)) })
    }

    #[cfg(feature = "postgres")]
    pub(crate) async fn postgres() -> Option<Self> {
        let (store, schema) = postgres_store().await?;
        Some(Self { store: Arc::new(store), _place: Some(Box::new(schema)) })
    }

    pub(crate) async fn insert(&self, entry: NewEntry) -> EntryId {
        match self.store.insert(entry).await.unwrap() {
            Insertion::New(id) => id,
            Insertion::Duplicate(id) => panic!("a repetition of {id}"),
        }
    }

    /// Claims at this second, for a minute.
    pub(crate) async fn claim(&self, second: i64) -> Claimed {
        self.store.claim(claim(second)).await.unwrap()
    }

    pub(crate) async fn leased(&self, second: i64) -> Vec<Leased> {
        self.claim(second).await.leased
    }

    /// The one entry that is due.
    pub(crate) async fn lease_one(&self, second: i64) -> Leased {
        let mut leased = self.leased(second).await;
        assert_eq!(leased.len(), 1, "{leased:?}");
        leased.remove(0)
    }

    pub(crate) async fn names(&self, second: i64) -> Vec<String> {
        self.leased(second).await.into_iter().map(|leased| leased.entry.name).collect()
    }

    pub(crate) async fn show(&self, id: EntryId) -> Entry {
        self.store.show(Environment::Live, id).await.unwrap().unwrap().0
    }

    /// Handles the one entry that is due.
    pub(crate) async fn complete_one(&self, second: i64) -> EntryId {
        let leased = self.lease_one(second).await;
        assert!(self.store.complete(leased.lease, at(second)).await.unwrap());
        leased.entry.id
    }
}

/// A second of a day of ours.
pub(crate) fn at(second: i64) -> SystemTime {
    let day = SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_000_000);
    let distance = Duration::from_secs(second.unsigned_abs());
    if second < 0 { day - distance } else { day + distance }
}

pub(crate) const MINUTE: i64 = 60;

pub(crate) fn claim(second: i64) -> Claim<'static> {
    Claim {
        kind: Kind::Event,
        environment: Environment::Live,
        owner: "worker",
        now: at(second),
        until: at(second + MINUTE),
        max: 100,
        max_attempts: 3,
    }
}

pub(crate) fn hash(number: u32) -> Hash {
    let mut hash = [7; 32];
    hash[..4].copy_from_slice(&number.to_be_bytes());
    hash
}

/// Independent of all others, and due at second 0.
pub(crate) fn entry(number: u32) -> NewEntry {
    NewEntry {
        kind: Kind::Event,
        environment: Environment::Live,
        body_sha256: hash(number),
        semantic_key: Some(hash(number)),
        subject: None,
        name: format!("event {number}"),
        occurred_at: at(i64::from(number)),
        received_at: at(0),
        body: StoredBody { bytes: Bytes::from(format!("body {number}")), key_id: None },
        dead: None,
    }
}

pub(crate) fn of_subject(number: u32, subject: u32, occurred: i64) -> NewEntry {
    NewEntry { subject: Some(hash(subject)), occurred_at: at(occurred), ..entry(number) }
}

pub(crate) fn filter() -> Filter {
    Filter {
        kind: Kind::Event,
        environment: Environment::Live,
        state: None,
        name: None,
        before: None,
        limit: 100,
    }
}

#[cfg(feature = "sqlite")]
pub(crate) async fn sqlite_store() -> (passid_inbox::store::SqliteStore, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("inbox.db");
    (passid_inbox::store::SqliteStore::open(path).await.unwrap(), folder)
}

#[cfg(feature = "postgres")]
pub(crate) async fn postgres_store()
-> Option<(passid_inbox::store::PostgresStore, crate::postgres_server::TestSchema)> {
    let schema = crate::postgres_server::TestSchema::new().await?;
    let store = passid_inbox::store::PostgresStore::connect(&schema.url()).await.unwrap();
    Some((store, schema))
}
