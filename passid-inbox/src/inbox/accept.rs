use std::time::SystemTime;

use passid_core::webhook::{Event, EventError, VerifiedBody};
use sha2::{Digest, Sha256};

use super::Inbox;
use crate::observe::InboxEvent;
use crate::seal::{self, Place, SealError};
use crate::store::{EntryId, Hash, Insertion, Kind, NewEntry, Store, StoreError};

/// The longest name of an event that a ledger keeps, in bytes. The body keeps it whole.
const MAX_NAME: usize = 100;

/// What became of a webhook that is in the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Receipt {
    /// It is durable, and a worker will handle it.
    New(EntryId),
    /// It was there already; nothing more will happen because of it.
    Duplicate(EntryId),
}

impl Receipt {
    /// The entry.
    pub const fn id(self) -> EntryId {
        match self {
            Self::New(id) | Self::Duplicate(id) => id,
        }
    }
}

/// Why a webhook with a good signature was not accepted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AcceptError {
    /// The body is no event. It is in the ledger all the same, as a dead letter: a later version of
    /// this library may be able to read it (decision P62).
    #[error("the signed webhook cannot be read; it is kept as dead letter {id}")]
    Unreadable {
        /// The dead letter.
        id: EntryId,
        /// Why.
        source: EventError,
    },
    /// Older than the inbox's maximum age, or of the future.
    #[error(
        "the event is not of the time that the inbox takes; look at both clocks and at max_age"
    )]
    OutOfTime,
    /// It is not known to be durable. PASSID is to send it again.
    #[error("the webhook could not be stored")]
    Store(#[from] StoreError),
    /// It could not be sealed, and is not stored plain.
    #[error("the webhook could not be sealed")]
    Seal(#[from] SealError),
}

impl<S: Store> Inbox<S> {
    /// Keeps the event that a signed body says. When this returns a [`Receipt`], it is durable.
    ///
    /// # Errors
    ///
    /// [`AcceptError`]. [`Receiver`](crate::Receiver) makes the answer to PASSID of it.
    pub async fn accept(&self, body: &VerifiedBody<'_>) -> Result<Receipt, AcceptError> {
        let accepted = self.insert_body(body).await;
        match &accepted {
            Ok(Receipt::New(id)) => {
                self.observe(&InboxEvent::Accepted { id: *id, secret_index: body.secret_index() });
            }
            Ok(Receipt::Duplicate(id)) => {
                self.observe(&InboxEvent::Duplicate { kind: Kind::Event, id: *id });
            }
            Err(error) => self.observe(&InboxEvent::NotAccepted { error }),
        }
        accepted
    }

    async fn insert_body(&self, body: &VerifiedBody<'_>) -> Result<Receipt, AcceptError> {
        let now = self.now();
        let event = body.parse();
        let hash = Sha256::digest(body.bytes()).into();
        let place =
            Place { kind: Kind::Event, environment: self.shared.environment, body_sha256: &hash };
        let stored = seal::seal(self.shared.keys.as_ref(), place, &body.to_bytes())?;
        let unreadable = NewEntry {
            kind: Kind::Event,
            environment: self.shared.environment,
            body_sha256: hash,
            semantic_key: None,
            subject: None,
            name: String::new(),
            occurred_at: now,
            received_at: now,
            body: stored,
            dead: Some(UNREADABLE),
        };
        let event = match event {
            Ok(event) => event,
            Err(source) => {
                let id = match self.insert(unreadable).await? {
                    Insertion::New(id) | Insertion::Duplicate(id) => id,
                };
                return Err(AcceptError::Unreadable { id, source });
            }
        };
        if self.is_out_of_time(event.timestamp, now) {
            return Err(AcceptError::OutOfTime);
        }
        let entry = NewEntry {
            semantic_key: event.semantic_key().map(|key| *key.as_bytes()),
            subject: subject(&event),
            name: shortened(event.name()),
            occurred_at: event.timestamp,
            dead: None,
            ..unreadable
        };
        Ok(match self.insert(entry).await? {
            Insertion::New(id) => {
                self.wake_workers();
                Receipt::New(id)
            }
            Insertion::Duplicate(id) => Receipt::Duplicate(id),
        })
    }

    async fn insert(&self, entry: NewEntry) -> Result<Insertion, StoreError> {
        self.in_time(self.shared.store.insert(entry)).await
    }

    fn is_out_of_time(&self, timestamp: SystemTime, now: SystemTime) -> bool {
        let Some(max_age) = self.shared.max_age else { return false };
        match now.duration_since(timestamp) {
            Ok(age) => age > max_age,
            Err(ahead) => ahead.duration() > self.shared.clock_skew,
        }
    }
}

/// What a dead letter says whose body is no event.
pub(crate) const UNREADABLE: &str = "UNREADABLE";

/// What is handled in order: all events of one token. A hash, because a token is a secret.
fn subject(event: &Event) -> Option<Hash> {
    let token = event.token()?;
    let mut hash = Sha256::new_with_prefix(b"passid-inbox-subject-1");
    for part in [event.institution_id.as_str(), token.expose()] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    Some(hash.finalize().into())
}

/// A name that is not known is whatever its sender likes; the ledger's column is for the eyes.
pub(crate) fn shortened(name: &str) -> String {
    name.chars()
        .scan(0, |length, character| {
            *length += character.len_utf8();
            (*length <= MAX_NAME).then_some(character)
        })
        .collect()
}
