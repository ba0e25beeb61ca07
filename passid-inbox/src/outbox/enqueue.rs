use bytes::Bytes;
use passid_core::client::IdempotencyKey;
use passid_core::{Environment, NewOutcome, Token};
use sha2::{Digest, Sha256};

use super::Outbox;
use crate::observe::InboxEvent;
use crate::seal::{self, SealError};
use crate::store::{
    EntryId, Hash, Insertion, Kind, NewEntry, Store, StoreError, TransactionalStore,
};

/// What became of an outcome that is in the outbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Enqueued {
    /// It is durable, and a worker will report it.
    New(EntryId),
    /// The same outcome was there already, reported or not; nothing more will happen because of it.
    Duplicate(EntryId),
}

impl Enqueued {
    /// The entry.
    pub const fn id(self) -> EntryId {
        match self {
            Self::New(id) | Self::Duplicate(id) => id,
        }
    }
}

/// Why an outcome is not in the outbox.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EnqueueError {
    /// Another outcome of the same token is there: PASSID keeps the first and refuses others (guide,
    /// step 9; decision P67).
    #[error(
        "entry {id} is another outcome of this token, and PASSID keeps one for each; \
         do not report this one"
    )]
    Conflict {
        /// The outcome that is there.
        id: EntryId,
    },
    /// It is not known to be durable. Enqueue it again: a repetition is told.
    #[error("the outcome could not be stored; enqueue it again")]
    Store(#[from] StoreError),
    /// It could not be sealed, and is not stored plain.
    #[error("the outcome could not be sealed")]
    Seal(#[from] SealError),
}

impl<S: Store> Outbox<S> {
    /// Keeps an outcome until PASSID has it. When this returns [`Enqueued`], it is durable.
    ///
    /// An outcome without an idempotency key of its own is reported under one that stays the same at
    /// every try. Whether two outcomes are the same does not depend on it.
    ///
    /// # Errors
    ///
    /// [`EnqueueError`].
    pub async fn enqueue(&self, outcome: &NewOutcome) -> Result<Enqueued, EnqueueError> {
        let entry = self.entry(outcome)?;
        let hash = entry.body_sha256;
        let inserted = self.inbox.in_time(self.inbox.store().insert(entry)).await?;
        let enqueued = self.told_apart(inserted, outcome, &hash).await?;
        self.inbox.wake_workers();
        Ok(enqueued)
    }

    /// The same as a part of a transaction of the store's database: the application's own change and
    /// the wish to report it are committed together, or neither is. A worker finds it at its next
    /// look after the commit.
    ///
    /// The same token twice in one transaction is a [`Conflict`](EnqueueError::Conflict).
    ///
    /// # Errors
    ///
    /// [`EnqueueError`]. Roll the transaction back then, unless it is a conflict that you can live
    /// with.
    pub async fn enqueue_in(
        &self,
        transaction: &mut S::Transaction,
        outcome: &NewOutcome,
    ) -> Result<Enqueued, EnqueueError>
    where
        S: TransactionalStore,
    {
        let entry = self.entry(outcome)?;
        let hash = entry.body_sha256;
        let inserted = self.inbox.store().insert_in(transaction, entry);
        let inserted = self.inbox.in_time(inserted).await?;
        self.told_apart(inserted, outcome, &hash).await
    }

    fn entry(&self, outcome: &NewOutcome) -> Result<NewEntry, SealError> {
        let body = Bytes::from(outcome.expose_json());
        let hash = Sha256::digest(&body).into();
        let place = self.inbox.place(Kind::Outcome, &hash);
        let now = self.inbox.now();
        Ok(NewEntry {
            kind: Kind::Outcome,
            environment: self.inbox.environment(),
            body: seal::seal(self.inbox.shared.keys.as_ref(), place, &body)?,
            body_sha256: hash,
            semantic_key: Some(key_of(self.inbox.environment(), outcome.token())),
            // There is one entry of each token: nothing to keep in order.
            subject: None,
            name: outcome.outcome().as_str().to_owned(),
            occurred_at: now,
            received_at: now,
            dead: None,
        })
    }

    /// A repetition is fine; a second outcome of the token would be refused by PASSID (decision P67).
    async fn told_apart(
        &self,
        inserted: Insertion,
        outcome: &NewOutcome,
        hash: &Hash,
    ) -> Result<Enqueued, EnqueueError> {
        let id = match inserted {
            Insertion::New(id) => {
                self.inbox.observe(&InboxEvent::Enqueued { id });
                return Ok(Enqueued::New(id));
            }
            Insertion::Duplicate(id) => id,
        };
        let show = self.inbox.store().show(self.inbox.environment(), id);
        let Some((entry, stored)) = self.inbox.in_time(show).await? else {
            return Err(EnqueueError::Conflict { id });
        };
        let same = entry.body_sha256 == *hash
            || match stored {
                Some(stored) => {
                    let place = self.inbox.place(Kind::Outcome, &entry.body_sha256);
                    let body = seal::open(self.inbox.shared.keys.as_ref(), place, &stored)?;
                    says_the_same(&body, outcome)
                }
                None => false,
            };
        if !same {
            return Err(EnqueueError::Conflict { id });
        }
        self.inbox.observe(&InboxEvent::Duplicate { kind: Kind::Outcome, id });
        Ok(Enqueued::Duplicate(id))
    }
}

/// Whether two outcomes differ in nothing but their idempotency keys.
fn says_the_same(kept: &[u8], outcome: &NewOutcome) -> bool {
    let Ok(kept) = NewOutcome::from_exposed_json(kept) else { return false };
    let Ok(any) = IdempotencyKey::parse("any") else { return false };
    kept.idempotency_key(any.clone()) == outcome.clone().idempotency_key(any)
}

/// What there is one outcome of.
fn key_of(environment: Environment, token: &Token) -> Hash {
    let mut hash = Sha256::new_with_prefix(b"passid-outbox-1");
    for part in [environment.as_str(), token.expose()] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}
