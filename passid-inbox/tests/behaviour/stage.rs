//! An inbox with all that a test wants to turn or look at.

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use passid_core::Environment;
use passid_core::testing::{ManualClock, SeededEntropy};
use passid_core::webhook::VerifiedBody;
use passid_inbox::store::{Entry, EntryId, MemoryStore, State, Store};
use passid_inbox::{
    AcceptError, Inbox, InboxBuilder, InboxEvent, InboxObserver, ListFilter, Receipt,
};
use serde_json::{Value, json};

/// 2026-03-29T10:00:00Z: what [`completed`] tells of happened in the hour before.
pub(crate) fn beginning() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_774_778_400)
}

pub(crate) const SECOND: Duration = Duration::from_secs(1);
pub(crate) const MINUTE: Duration = Duration::from_secs(60);
pub(crate) const HOUR: Duration = Duration::from_secs(60 * 60);
pub(crate) const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// What the observer was told, without what a test does not look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) what: &'static str,
    pub(crate) id: Option<EntryId>,
    pub(crate) attempts: u32,
    pub(crate) reason: String,
}

/// Keeps what it is told.
#[derive(Debug, Default)]
pub(crate) struct Listener(Mutex<Vec<Told>>);

impl InboxObserver for Listener {
    fn observed(&self, event: &InboxEvent<'_>) {
        let told = |what, id, attempts, reason: &str| Told {
            what,
            id: Some(id),
            attempts,
            reason: reason.to_owned(),
        };
        let nothing = |what| Told { what, id: None, attempts: 0, reason: String::new() };
        let kept = match *event {
            InboxEvent::Accepted { id, .. } => told("accepted", id, 0, ""),
            InboxEvent::Enqueued { id } => told("enqueued", id, 0, ""),
            InboxEvent::Duplicate { id, .. } => told("duplicate", id, 0, ""),
            InboxEvent::NotAccepted { .. } => nothing("not accepted"),
            InboxEvent::LeasesLost { .. } => nothing("leases lost"),
            InboxEvent::Handled { id, attempts, .. } => told("handled", id, attempts, ""),
            InboxEvent::Failed { id, attempts, reason, .. } => told("failed", id, attempts, reason),
            InboxEvent::GivenUp { id, attempts, reason, .. } => told("dead", id, attempts, reason),
            InboxEvent::LeaseLost { id, .. } => told("lease lost", id, 0, ""),
            InboxEvent::HandedBack { id, .. } => told("handed back", id, 0, ""),
            InboxEvent::StoreFailed { .. } => nothing("store failed"),
            InboxEvent::Replayed { id, .. } => told("replayed", id, 0, ""),
            InboxEvent::Purged { .. } => nothing("purged"),
            _ => nothing("something else"),
        };
        self.0.lock().unwrap().push(kept);
    }
}

impl Listener {
    /// Everything of this name.
    pub(crate) fn of(&self, what: &str) -> Vec<Told> {
        self.0.lock().unwrap().iter().filter(|told| told.what == what).cloned().collect()
    }
}

pub(crate) struct Stage<S = MemoryStore> {
    pub(crate) clock: ManualClock,
    pub(crate) listener: Arc<Listener>,
    pub(crate) inbox: Inbox<S>,
}

impl Stage {
    pub(crate) fn new() -> Self {
        Self::over(MemoryStore::new())
    }
}

impl<S: Store> Stage<S> {
    pub(crate) fn over(store: S) -> Self {
        Self::with(store, |builder| builder)
    }

    /// With settings of its own.
    pub(crate) fn with(store: S, set: impl FnOnce(InboxBuilder<S>) -> InboxBuilder<S>) -> Self {
        let clock = ManualClock::at(beginning());
        let listener = Arc::new(Listener::default());
        let builder = Inbox::builder(store, Environment::Sandbox)
            .clock(Arc::new(clock.clone()))
            .entropy(Arc::new(SeededEntropy::new(1)))
            .observer(Arc::<Listener>::clone(&listener));
        Self { inbox: set(builder).build().unwrap(), clock, listener }
    }

    /// As if a signed webhook had come.
    pub(crate) async fn accept(&self, body: &Value) -> Result<Receipt, AcceptError> {
        self.inbox.accept(&VerifiedBody::assume_verified(body.to_string())).await
    }

    /// The same where it is sure to be new.
    pub(crate) async fn deliver(&self, body: &Value) -> EntryId {
        match self.accept(body).await.unwrap() {
            Receipt::New(id) => id,
            Receipt::Duplicate(id) => panic!("{id} is a duplicate"),
        }
    }

    pub(crate) async fn entry(&self, id: EntryId) -> Entry {
        self.inbox.show(id).await.unwrap().unwrap().0
    }

    pub(crate) async fn states(&self) -> Vec<State> {
        let entries = self.inbox.list(ListFilter::default()).await.unwrap();
        entries.into_iter().rev().map(|entry| entry.state).collect()
    }

    /// Lets time pass, and all that happens in it.
    pub(crate) async fn pass(&self, time: Duration) {
        let step = (time / 40).max(Duration::from_millis(10));
        let mut left = time;
        settle().await;
        while !left.is_zero() {
            let now = step.min(left);
            self.clock.advance(now);
            left -= now;
            settle().await;
        }
    }
}

/// Lets everything happen that needs no time: on a runtime of one thread, whatever can run has run
/// after so many turns.
pub(crate) async fn settle() {
    for _ in 0..60 {
        tokio::task::yield_now().await;
    }
}

/// A completed verification of this token, so many seconds after half past nine.
pub(crate) fn completed(token: &str, second: u64) -> Value {
    let at = format!("2026-03-29T09:{:02}:{:02}Z", 30 + second / 60, second % 60);
    let data =
        json!({"token": token, "verified_at": at, "verified_claims": {"income_verified": true}});
    json!({"event": "verification.completed", "institution_id": "42", "timestamp": at, "data": data})
}

/// A test event, which has no token.
pub(crate) fn test_event(message: &str) -> Value {
    json!({"event": "webhook.test", "institution_id": "42", "timestamp": "2026-03-29T09:30:00Z",
        "data": {"message": message}})
}

/// The text of an error and of all its causes, and its `Debug`.
pub(crate) fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = format!("{error:?}");
    let mut next = Some(error);
    while let Some(error) = next {
        text.push_str(&format!(" / {error}"));
        next = error.source();
    }
    text
}
