use std::fmt;
use std::time::SystemTime;

use bytes::Bytes;
use passid_core::webhook::{Event, VerifiedBody};

use super::Inbox;
use crate::observe::InboxEvent;
use crate::seal::{self, BodyKeys, Place, RecordPlace, SealError};
use crate::store::{
    Counts, Entry, EntryId, Filter, Kind, NewRecord, Purge, Purged, Record, Replay, State, Store,
    StoreError,
};

/// Which entries to list, the newest first.
#[derive(Clone, Debug, Default)]
pub struct ListFilter {
    /// Only those that stand here.
    pub state: Option<State>,
    /// Only those of this name.
    pub name: Option<String>,
    /// Only those before this one: the last of the page before.
    pub before: Option<EntryId>,
}

/// The body of an entry. `Debug` shows its length.
#[derive(Clone, PartialEq, Eq)]
pub struct EntryBody(pub(crate) Bytes);

impl EntryBody {
    /// The bytes that PASSID signed, with claims of a person, or an outcome with its token.
    pub fn expose(&self) -> &Bytes {
        &self.0
    }

    /// The event that they say; `None` where they are none.
    pub fn event(&self) -> Option<Event> {
        VerifiedBody::assume_verified(self.0.clone()).parse().ok()
    }
}

impl ListFilter {
    pub(crate) fn dead() -> Self {
        Self { state: Some(State::Dead), ..Self::default() }
    }
}

impl fmt::Debug for EntryBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EntryBody").field("len", &self.0.len()).finish()
    }
}

/// What sealing the stored bodies anew has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Reseal {
    /// Bodies that are under the current key now.
    pub sealed: u64,
    /// Bodies that do not open with any key, and were left as they are.
    pub unopened: u64,
}

/// Why an operator's wish was not carried out.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InboxError {
    /// The store failed.
    #[error("the inbox's store did not do it")]
    Store(#[from] StoreError),
    /// The body does not open.
    #[error("the body cannot be read")]
    Seal(#[from] SealError),
    /// There are no keys.
    #[error("the inbox has no keys to seal bodies with; build it with body_keys")]
    NoKeys,
}

/// For operators: what is in the ledger, and what is to become of it.
impl<S: Store> Inbox<S> {
    /// The most entries that a page of [`list`](Self::list) has.
    pub const PAGE: u32 = 100;
    const BATCH: u32 = 500;

    /// One page of the received events, without bodies.
    ///
    /// # Errors
    ///
    /// [`InboxError::Store`].
    pub async fn list(&self, filter: ListFilter) -> Result<Vec<Entry>, InboxError> {
        self.list_of(Kind::Event, filter).await
    }

    pub(crate) async fn list_of(
        &self,
        kind: Kind,
        filter: ListFilter,
    ) -> Result<Vec<Entry>, InboxError> {
        let filter = Filter {
            kind,
            environment: self.shared.environment,
            state: filter.state,
            name: filter.name,
            before: filter.before,
            limit: Self::PAGE,
        };
        Ok(self.shared.store.list(filter).await?)
    }

    /// The newest dead letters.
    ///
    /// # Errors
    ///
    /// [`InboxError::Store`].
    pub async fn dead_letters(&self) -> Result<Vec<Entry>, InboxError> {
        self.list(ListFilter::dead()).await
    }

    /// One event, with its body as long as that is kept.
    ///
    /// # Errors
    ///
    /// [`InboxError`].
    pub async fn show(
        &self,
        id: EntryId,
    ) -> Result<Option<(Entry, Option<EntryBody>)>, InboxError> {
        self.show_of(Kind::Event, id).await
    }

    pub(crate) async fn show_of(
        &self,
        kind: Kind,
        id: EntryId,
    ) -> Result<Option<(Entry, Option<EntryBody>)>, InboxError> {
        let shown = self.shared.store.show(self.shared.environment, id).await?;
        let Some((entry, stored)) = shown.filter(|(entry, _)| entry.kind == kind) else {
            return Ok(None);
        };
        let body = match stored {
            Some(stored) => {
                let place = self.place(entry.kind, &entry.body_sha256);
                Some(EntryBody(seal::open(self.shared.keys.as_ref(), place, &stored)?))
            }
            None => None,
        };
        Ok(Some((entry, body)))
    }

    /// Has an event handled again, or at once: a dead letter, one that waits, or one that is handled
    /// already. Its effect then happens once more, which is what a replay is for; its
    /// [idempotency key](crate::Context::idempotency_key) stays the same.
    ///
    /// # Errors
    ///
    /// [`InboxError::Store`].
    pub async fn replay(&self, id: EntryId) -> Result<Replay, InboxError> {
        self.replay_of(Kind::Event, id).await
    }

    pub(crate) async fn replay_of(&self, kind: Kind, id: EntryId) -> Result<Replay, InboxError> {
        let (store, environment) = (&self.shared.store, self.shared.environment);
        if store.show(environment, id).await?.is_none_or(|(entry, _)| entry.kind != kind) {
            return Ok(Replay::Unknown);
        }
        let replay = store.replay(environment, id, self.now()).await?;
        if replay == Replay::Ready {
            self.observe(&InboxEvent::Replayed { kind, id });
            self.wake_workers();
        }
        Ok(replay)
    }

    /// Removes events, hints and outcomes that have been kept long enough, and records whose
    /// time is over; to be called now and then, such as once an hour. What has not ended is
    /// never touched.
    ///
    /// # Errors
    ///
    /// [`InboxError::Store`]. What was removed before it stays so.
    pub async fn purge(&self) -> Result<Purged, InboxError> {
        let now = self.now();
        let retention = self.shared.retention;
        // A time before all times removes nothing.
        let ago = |time| now.checked_sub(time).unwrap_or(std::time::UNIX_EPOCH);
        let purge = Purge {
            environment: self.shared.environment,
            done_before: ago(retention.handled_bodies),
            dead_before: ago(retention.dead_bodies),
            entries_before: retention.hashes.map(ago),
            limit: Self::BATCH,
        };
        let mut total = Purged::default();
        loop {
            let purged = self.shared.store.purge(purge.clone()).await?;
            total.bodies += purged.bodies;
            total.entries += purged.entries;
            if purged.bodies.max(purged.entries) < u64::from(Self::BATCH) {
                self.purge_records(now).await?;
                self.observe(&InboxEvent::Purged { purged: total });
                return Ok(total);
            }
        }
    }

    async fn purge_records(&self, now: SystemTime) -> Result<(), StoreError> {
        let (store, environment) = (&self.shared.store, self.shared.environment);
        while store.purge_records(environment, now, Self::BATCH).await? >= u64::from(Self::BATCH) {}
        Ok(())
    }

    /// How many events there are, and how long the oldest has waited: for metrics.
    ///
    /// # Errors
    ///
    /// [`InboxError::Store`].
    pub async fn counts(&self) -> Result<Counts, InboxError> {
        self.counts_of(Kind::Event).await
    }

    pub(crate) async fn counts_of(&self, kind: Kind) -> Result<Counts, InboxError> {
        Ok(self.shared.store.counts(kind, self.shared.environment).await?)
    }

    /// Seals every stored body, also those of the hints, the outbox and the records, under the
    /// current key that is plain or under a previous one. Safe to repeat, and while workers
    /// run.
    ///
    /// # Errors
    ///
    /// [`InboxError`]. What was sealed before it stays so.
    pub async fn reseal(&self) -> Result<Reseal, InboxError> {
        let keys = self.shared.keys.as_ref().ok_or(InboxError::NoKeys)?;
        let store = &self.shared.store;
        let mut done = Reseal::default();
        let mut after = None;
        loop {
            let id = keys.current_id();
            let page =
                store.bodies_not_under(self.shared.environment, id, after, Self::BATCH).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.id);
            for at in page {
                let place = self.place(at.kind, &at.body_sha256);
                let Ok(plain) = seal::open(Some(keys), place, &at.body) else {
                    done.unopened += 1;
                    continue;
                };
                let sealed = seal::seal(Some(keys), place, &plain)?;
                done.sealed += u64::from(store.replace_body(at.id, at.body, sealed).await?);
            }
        }
        self.reseal_records(keys, &mut done).await?;
        Ok(done)
    }

    async fn reseal_records(&self, keys: &BodyKeys, done: &mut Reseal) -> Result<(), InboxError> {
        let (store, environment) = (&self.shared.store, self.shared.environment);
        let mut after = None;
        loop {
            let id = keys.current_id();
            let page = store.records_not_under(environment, id, after, Self::BATCH).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after = Some(last.key);
            for record in page {
                let place = RecordPlace { environment, key: &record.key };
                let Ok(plain) = place.open(Some(keys), &record.body) else {
                    done.unopened += 1;
                    continue;
                };
                let body = place.seal(Some(keys), &plain)?;
                let to = Record { body, ..record.clone() };
                let put = NewRecord { environment, from: Some(record.body), to };
                done.sealed += u64::from(store.put_record(put).await?);
            }
        }
    }

    pub(crate) fn place<'a>(&self, kind: Kind, body_sha256: &'a crate::store::Hash) -> Place<'a> {
        Place { kind, environment: self.shared.environment, body_sha256 }
    }
}
