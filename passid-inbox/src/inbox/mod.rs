//! The inbox: what the application holds.

mod accept;
mod builder;
mod gap;
mod operate;
mod receiver;

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use passid_core::{Clock, Entropy, Environment};
use tokio::sync::watch;

pub use accept::{AcceptError, Receipt};
pub(crate) use accept::{UNREADABLE, shortened};
pub use builder::{InboxBuilder, InboxConfigError};
pub use gap::{Gap, GapAlert};
pub use operate::{EntryBody, InboxError, ListFilter, Reseal};
pub(crate) use receiver::answer;
pub use receiver::{ReceiveError, Receiver};

use crate::clock::store_within;
use crate::observe::{InboxEvent, InboxObserver};
use crate::seal::BodyKeys;
use crate::store::{Store, StoreError};

/// The ledger of one environment's webhooks. Cheap to clone: everything is shared.
///
/// What PASSID sends goes in by a [`Receiver`], and comes out by a [`worker`](Self::worker).
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use passid_core::{Environment, WebhookSecret, WebhookVerifier};
/// use passid_core::testing::webhook::{envelope, sign};
/// use passid_inbox::store::MemoryStore;
/// use passid_inbox::{Inbox, Receipt};
///
/// let secret = WebhookSecret::parse("whsec_00000000000000000000000000000000")?;
/// let verifier = WebhookVerifier::with_secret(secret.clone())?;
/// let inbox = Inbox::builder(MemoryStore::new(), Environment::Sandbox).build()?;
///
/// let body = envelope("webhook.test", serde_json::json!({"message": "hello"}));
/// let verified = verifier.verify([sign(&secret, &body)], &body)?;
/// assert!(matches!(inbox.accept(&verified).await?, Receipt::New(_)));
/// assert!(matches!(inbox.accept(&verified).await?, Receipt::Duplicate(_)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// ```
pub struct Inbox<S = Arc<dyn Store>> {
    pub(crate) shared: Arc<Shared<S>>,
}

pub(crate) struct Shared<S> {
    pub(crate) store: S,
    pub(crate) environment: Environment,
    pub(crate) keys: Option<BodyKeys>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
    /// Counts what was accepted: workers of this process need not wait for their next look.
    pub(crate) accepted: watch::Sender<u64>,
    observer: Option<Arc<dyn InboxObserver>>,
    retention: Retention,
    max_age: Option<Duration>,
    clock_skew: Duration,
    insert_deadline: Duration,
}

/// How long what is kept.
#[derive(Clone, Copy, Debug)]
struct Retention {
    handled_bodies: Duration,
    dead_bodies: Duration,
    /// `None` is for ever.
    hashes: Option<Duration>,
}

impl<S> Inbox<S> {
    /// The environment whose webhooks these are.
    pub fn environment(&self) -> Environment {
        self.shared.environment
    }

    /// The store.
    pub fn store(&self) -> &S {
        &self.shared.store
    }

    pub(crate) fn now(&self) -> SystemTime {
        self.shared.clock.now()
    }

    /// What an application waits for is not waited for without end.
    pub(crate) async fn in_time<T>(
        &self,
        asked: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        store_within(&*self.shared.clock, self.shared.insert_deadline, asked).await
    }

    /// The workers of this process need not wait for their next look.
    pub(crate) fn wake_workers(&self) {
        self.shared.accepted.send_modify(|count| *count = count.wrapping_add(1));
    }

    pub(crate) fn observe(&self, event: &InboxEvent<'_>) {
        event.log();
        if let Some(observer) = &self.shared.observer {
            observer.observed(event);
        }
    }
}

impl<S> Clone for Inbox<S> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared) }
    }
}

impl<S> fmt::Debug for Inbox<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inbox")
            .field("environment", &self.shared.environment)
            .field("keys", &self.shared.keys)
            .field("retention", &self.shared.retention)
            .field("max_age", &self.shared.max_age)
            .field("clock_skew", &self.shared.clock_skew)
            .finish_non_exhaustive()
    }
}
