//! Hints: what other providers than PASSID send.

mod accept;
mod frame;
mod handler;
mod job;
mod kept;
mod operate;
mod receiver;

use std::fmt;
use std::sync::Arc;

pub use handler::HintHandling;
pub use kept::{HintContext, KeptHint};
pub use receiver::{HintReceiver, HintRefusal};

use crate::inbox::Inbox;
use crate::store::Store;

/// A third part of a ledger: webhooks of other providers, of any number of them side by side. They are
/// kept in the same store, for the same environment and under the same keys as the events of its
/// [`Inbox`], which never meet them.
///
/// Such a webhook is a **hint**: it may be forged, late, or sent twice. So a handler reads again from the
/// provider whatever it is about, and believes that. A [`HintReceiver`] opens and keeps; a
/// [worker](Self::worker) hands hints to handlers as an inbox's worker does events, in order for each
/// subject, tried again with growing delays, given up to the dead letters at last.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use passid_core::provider::Hint;
/// use passid_core::{Environment, Subject};
/// use passid_inbox::store::MemoryStore;
/// use passid_inbox::{HintContext, HandlerError, Inbox, KeptHint, Receipt};
///
/// async fn changed(hint: KeptHint, context: HintContext) -> Result<(), HandlerError> {
///     // Parse `hint.body()` with the provider's crate, and read again what it is about.
///     println!("{} says {}, try {}", hint.provider(), hint.name(), context.attempt);
///     Ok(())
/// }
///
/// let hints = Inbox::builder(MemoryStore::new(), Environment::Sandbox).build()?.hints();
/// let worker = hints.worker().on("provider", changed).start()?;
///
/// // As a `HintReceiver` does with what it has opened.
/// let hint = Hint::new("CHECK_ENDED", "{}").subject(Subject::of("provider", "8f14e45f")).key([7; 32]);
/// assert!(matches!(hints.accept("provider", &hint).await?, Receipt::New(_)));
/// assert!(matches!(hints.accept("provider", &hint).await?, Receipt::Duplicate(_)));
/// # while hints.counts().await?.done == 0 {
/// #     tokio::task::yield_now().await;
/// # }
/// # worker.shutdown(std::time::Duration::from_secs(5)).await;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// ```
pub struct Hints<S = Arc<dyn Store>> {
    inbox: Inbox<S>,
}

impl<S: Store> Inbox<S> {
    /// The hints beside this inbox.
    pub fn hints(&self) -> Hints<S> {
        Hints { inbox: self.clone() }
    }
}

impl<S> Clone for Hints<S> {
    fn clone(&self) -> Self {
        Self { inbox: self.inbox.clone() }
    }
}

impl<S> fmt::Debug for Hints<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hints").field("inbox", &self.inbox).finish()
    }
}
