use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use passid_core::client::{CallObserver, CallReport};

use super::{Inbox, InboxError};
use crate::store::Store;

/// Tells when webhooks ought to come and do not.
///
/// PASSID sends an event for each verification. An address that was changed, a secret that does not
/// fit or a closed port is seen in nothing but their absence, and after 2 h 36 min they are gone. So
/// verifications are counted here, by [`verified`](Self::verified) or as an observer of the client,
/// and [`check`](Self::check) compares them with what the ledger has received.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// # use std::sync::Arc;
/// # use passid_core::Environment;
/// # use passid_inbox::Inbox;
/// # use passid_inbox::store::MemoryStore;
/// use std::time::Duration;
/// use passid_inbox::GapAlert;
///
/// # let inbox = Inbox::builder(MemoryStore::new(), Environment::Sandbox).build()?;
/// let alert = Arc::new(GapAlert::new(inbox, Duration::from_secs(15 * 60)));
/// // PassidClient::builder(key).observer(Arc::clone(&alert)), and once a minute:
/// if let Some(gap) = alert.check().await? {
///     eprintln!("no webhook for {:?} in spite of {} verifications", gap.lasting, gap.verifications);
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// ```
#[derive(Debug)]
pub struct GapAlert<S = std::sync::Arc<dyn Store>> {
    inbox: Inbox<S>,
    expected_within: Duration,
    waiting: Mutex<Option<Waiting>>,
}

/// Verifications that no webhook is known to have followed.
#[derive(Clone, Copy, Debug)]
struct Waiting {
    first: SystemTime,
    last: SystemTime,
    count: u64,
}

/// Webhooks are missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Gap {
    /// How long it has been since the first verification without a webhook after it.
    pub lasting: Duration,
    /// How many verifications there were since.
    pub verifications: u64,
    /// When the last webhook came.
    pub last_received: Option<SystemTime>,
}

impl<S: Store> GapAlert<S> {
    /// Expects a webhook within this time of a verification. A quarter of an hour leaves room for
    /// three of PASSID's attempts.
    pub fn new(inbox: Inbox<S>, expected_within: Duration) -> Self {
        Self { inbox, expected_within, waiting: Mutex::default() }
    }

    /// Counts a verification.
    pub fn verified(&self) {
        let now = self.inbox.now();
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let waiting = waiting.get_or_insert(Waiting { first: now, last: now, count: 0 });
        waiting.last = now;
        waiting.count = waiting.count.saturating_add(1);
    }

    /// Whether webhooks are missing. A webhook of any event, also one of the test event, ends a gap.
    ///
    /// # Errors
    ///
    /// [`InboxError::Store`].
    pub async fn check(&self) -> Result<Option<Gap>, InboxError> {
        let last_received = self.inbox.counts().await?.last_received;
        let now = self.inbox.now();
        let mut slot = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(waiting) = *slot else { return Ok(None) };
        if last_received.is_some_and(|received| received >= waiting.first) {
            // How many came after the webhook is not known; that the last one did is.
            let after = last_received.is_some_and(|received| waiting.last > received);
            *slot = after.then_some(Waiting { first: waiting.last, count: 1, ..waiting });
            return Ok(None);
        }
        let lasting = now.duration_since(waiting.first).unwrap_or_default();
        let gap = Gap { lasting, verifications: waiting.count, last_received };
        Ok((lasting > self.expected_within).then_some(gap))
    }
}

/// Counts the calls of a client that PASSID sends an event for.
impl<S: Store> CallObserver for GapAlert<S> {
    fn called(&self, report: &CallReport) {
        let verifies = matches!(report.operation(), "verify_token" | "redeem_code");
        if verifies && report.error().is_none() {
            self.verified();
        }
    }
}
