use passid_core::Environment;
use passid_core::provider::Hint;
use sha2::{Digest, Sha256};

use super::{Hints, frame};
use crate::inbox::{AcceptError, Receipt, shortened};
use crate::observe::InboxEvent;
use crate::seal;
use crate::store::{Hash, Insertion, Kind, NewEntry, Store};

impl<S: Store> Hints<S> {
    /// Keeps a hint of this provider, by its name as in credentials. When this returns a [`Receipt`], it
    /// is durable.
    ///
    /// # Errors
    ///
    /// [`AcceptError::Store`], [`AcceptError::Seal`].
    pub async fn accept(
        &self,
        provider: &'static str,
        hint: &Hint,
    ) -> Result<Receipt, AcceptError> {
        let accepted = self.insert(provider, hint).await;
        self.inbox.observe(&match &accepted {
            Ok(Receipt::New(id)) => InboxEvent::HintAccepted { id: *id, provider },
            Ok(Receipt::Duplicate(id)) => InboxEvent::Duplicate { kind: Kind::Hint, id: *id },
            Err(error) => InboxEvent::NotAccepted { error },
        });
        accepted
    }

    async fn insert(&self, provider: &str, hint: &Hint) -> Result<Receipt, AcceptError> {
        let now = self.inbox.now();
        let environment = self.inbox.environment();
        // P120: of two that say neither time nor key nobody can tell that they are one.
        let nothing_told = hint.semantic_key().is_none() && hint.time().is_none();
        let body = frame::framed(provider, nothing_told.then_some(now), hint.body());
        let hash = Sha256::digest(&body).into();
        let place = self.inbox.place(Kind::Hint, &hash);
        let entry = NewEntry {
            kind: Kind::Hint,
            environment,
            body: seal::seal(self.inbox.shared.keys.as_ref(), place, &body)?,
            body_sha256: hash,
            semantic_key: hint.semantic_key().map(|key| key_of(provider, environment, key)),
            subject: hint.about().map(|subject| *subject.as_bytes()),
            name: shortened(hint.name()),
            // P120: a time of its own that lies ahead would put what comes after it behind it.
            occurred_at: hint.time().map_or(now, |time| time.min(now)),
            received_at: now,
            dead: None,
        };
        Ok(match self.inbox.in_time(self.inbox.store().insert(entry)).await? {
            Insertion::New(id) => {
                self.inbox.wake_workers();
                Receipt::New(id)
            }
            Insertion::Duplicate(id) => Receipt::Duplicate(id),
        })
    }
}

/// P120: two providers may make their keys in the same way.
fn key_of(provider: &str, environment: Environment, key: &Hash) -> Hash {
    let mut hash = Sha256::new_with_prefix(b"passid-inbox-hint-1");
    for part in [provider.as_bytes(), environment.as_str().as_bytes(), key] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}
