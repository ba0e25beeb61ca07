use passid_core::NewOutcome;

use super::Outbox;
use crate::inbox::{EntryBody, InboxError, ListFilter};
use crate::store::{Counts, Entry, EntryId, Kind, Replay, Store};

/// For operators: which outcomes are to be reported, and which could not be. Outcomes are purged and
/// sealed anew together with the events, by [`Inbox::purge`](crate::Inbox::purge) and
/// [`Inbox::reseal`](crate::Inbox::reseal).
impl<S: Store> Outbox<S> {
    /// One page of the outcomes, without bodies; see [`Inbox::PAGE`](crate::Inbox::PAGE).
    ///
    /// # Errors
    ///
    /// [`InboxError::Store`].
    pub async fn list(&self, filter: ListFilter) -> Result<Vec<Entry>, InboxError> {
        self.inbox.list_of(Kind::Outcome, filter).await
    }

    /// The newest outcomes that PASSID did not take.
    ///
    /// # Errors
    ///
    /// [`InboxError::Store`].
    pub async fn dead_letters(&self) -> Result<Vec<Entry>, InboxError> {
        self.list(ListFilter::dead()).await
    }

    /// One outcome, with its body as long as that is kept.
    ///
    /// # Errors
    ///
    /// [`InboxError`].
    pub async fn show(
        &self,
        id: EntryId,
    ) -> Result<Option<(Entry, Option<EntryBody>)>, InboxError> {
        self.inbox.show_of(Kind::Outcome, id).await
    }

    /// Has an outcome reported again, or at once: a dead letter whose cause is mended, or one that
    /// waits. One that PASSID has already stays the only one there.
    ///
    /// # Errors
    ///
    /// [`InboxError::Store`].
    pub async fn replay(&self, id: EntryId) -> Result<Replay, InboxError> {
        self.inbox.replay_of(Kind::Outcome, id).await
    }

    /// How many outcomes there are, and how long the oldest has waited: for metrics.
    ///
    /// # Errors
    ///
    /// [`InboxError::Store`].
    pub async fn counts(&self) -> Result<Counts, InboxError> {
        self.inbox.counts_of(Kind::Outcome).await
    }
}

impl EntryBody {
    /// The outcome that it says, for a body of an [`Outbox`]; `None` where it is none.
    pub fn outcome(&self) -> Option<NewOutcome> {
        NewOutcome::from_exposed_json(self.expose()).ok()
    }
}
