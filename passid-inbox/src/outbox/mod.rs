//! The outbox: outcomes that are to be reported to PASSID.

mod enqueue;
mod job;
mod operate;

use std::fmt;
use std::sync::Arc;

pub use enqueue::{EnqueueError, Enqueued};
pub use job::Reporting;

use crate::inbox::Inbox;
use crate::store::Store;

/// The other half of a ledger: outcomes that PASSID is to be told of (guide, step 9), kept in the
/// same store, for the same environment and under the same keys as its [`Inbox`].
///
/// [`enqueue`](Self::enqueue) makes an outcome durable; a [worker](Self::worker) reports it, at once
/// while PASSID answers and later otherwise, for two weeks at least. PASSID keeps one outcome per
/// token, and so does the outbox (decision P67). Report an outcome here or by
/// [`PassidClient::report_outcome`](passid_core::PassidClient::report_outcome), not by both.
///
/// ```
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use passid_core::{ApiKey, Environment, NewOutcome, PassidClient, ReportedOutcome, Token};
/// use passid_inbox::store::MemoryStore;
/// use passid_inbox::{Enqueued, Inbox};
///
/// let sandbox = passid_sandbox::Sandbox::start().await?;
/// let key = ApiKey::parse(sandbox.sandbox_key())?;
/// let client = PassidClient::builder(key).base_url(sandbox.url()).build()?;
///
/// let outbox = Inbox::builder(MemoryStore::new(), Environment::Sandbox).build()?.outbox();
/// let worker = outbox.worker(client).start()?;
///
/// let token = Token::parse(passid_sandbox::demo::KENYA_TOKEN)?;
/// let outcome = NewOutcome::new(&token, ReportedOutcome::Repaid).amount_usd(5000.0)?;
/// assert!(matches!(outbox.enqueue(&outcome).await?, Enqueued::New(_)));
/// assert!(matches!(outbox.enqueue(&outcome).await?, Enqueued::Duplicate(_)));
/// # while outbox.counts().await?.done == 0 {
/// #     tokio::task::yield_now().await;
/// # }
/// # worker.shutdown(std::time::Duration::from_secs(5)).await;
/// # Ok(())
/// # }
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(example()).unwrap();
/// ```
pub struct Outbox<S = Arc<dyn Store>> {
    inbox: Inbox<S>,
}

impl<S: Store> Inbox<S> {
    /// The outbox beside this inbox.
    pub fn outbox(&self) -> Outbox<S> {
        Outbox { inbox: self.clone() }
    }
}

impl<S> Clone for Outbox<S> {
    fn clone(&self) -> Self {
        Self { inbox: self.inbox.clone() }
    }
}

impl<S> fmt::Debug for Outbox<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outbox").field("inbox", &self.inbox).finish()
    }
}
