use super::{Hints, KeptHint};
use crate::inbox::{InboxError, ListFilter};
use crate::store::{Counts, Entry, EntryId, Kind, Replay, Store};

/// For operators: which hints there are, and which were given up. Hints are purged and sealed anew
/// together with the events, by [`Inbox::purge`](crate::Inbox::purge) and
/// [`Inbox::reseal`](crate::Inbox::reseal).
impl<S: Store> Hints<S> {
    /// One page of the hints, without bodies; see [`Inbox::PAGE`](crate::Inbox::PAGE).
    ///
    /// # Errors
    ///
    /// [`InboxError::Store`].
    pub async fn list(&self, filter: ListFilter) -> Result<Vec<Entry>, InboxError> {
        self.inbox.list_of(Kind::Hint, filter).await
    }

    /// The newest dead letters.
    ///
    /// # Errors
    ///
    /// [`InboxError::Store`].
    pub async fn dead_letters(&self) -> Result<Vec<Entry>, InboxError> {
        self.list(ListFilter::dead()).await
    }

    /// One hint, with what it says as long as that is kept.
    ///
    /// # Errors
    ///
    /// [`InboxError`].
    pub async fn show(&self, id: EntryId) -> Result<Option<(Entry, Option<KeptHint>)>, InboxError> {
        let shown = self.inbox.show_of(Kind::Hint, id).await?;
        Ok(shown.map(|(entry, body)| {
            let hint = body.and_then(|body| KeptHint::read(&entry, body.expose()));
            (entry, hint)
        }))
    }

    /// Has a hint handled again, or at once. Safe wherever handlers read again what it is about.
    ///
    /// # Errors
    ///
    /// [`InboxError::Store`].
    pub async fn replay(&self, id: EntryId) -> Result<Replay, InboxError> {
        self.inbox.replay_of(Kind::Hint, id).await
    }

    /// How many hints there are, and how long the oldest has waited: for metrics.
    ///
    /// # Errors
    ///
    /// [`InboxError::Store`].
    pub async fn counts(&self) -> Result<Counts, InboxError> {
        self.inbox.counts_of(Kind::Hint).await
    }
}
