use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use passid_core::BoxFuture;

use crate::IdentityAccessKey;
use crate::webhook::{Event, EventName};

/// Knows when the processing of an identity ended. Only a webhook ever tells it: keep
/// [`Event::processed`] with [`DurableProcessedTimes`](crate::DurableProcessedTimes), or where your own
/// data is, and answer from there.
///
/// Keep it of encrypted webhooks only. It makes evidence look newer or older, and nothing else.
pub trait ProcessedTimes: fmt::Debug + Send + Sync + 'static {
    /// When it ended; `None` where that is not known. The future must end by itself, soon: a
    /// verification waits for it.
    fn processed_at(&self, key: &IdentityAccessKey) -> BoxFuture<'static, Option<SystemTime>>;
}

/// The times of the last identities, in memory: for one instance that may forget. Clones share them.
#[derive(Clone)]
pub struct RecentProcessedTimes {
    state: Arc<Mutex<State>>,
    capacity: usize,
}

#[derive(Default)]
struct State {
    times: HashMap<IdentityAccessKey, SystemTime>,
    order: VecDeque<IdentityAccessKey>,
}

impl RecentProcessedTimes {
    /// Keeps this many; at least one.
    pub fn with_capacity(identities: usize) -> Self {
        Self { state: Arc::default(), capacity: identities.max(1) }
    }

    /// Keeps what an event about a verification says. Of several events about one identity the earliest
    /// counts: nothing is made to look newer by an event that was sent again. Nor by one about something
    /// else: a biometric authentication, say, is no look at a document (decision P144).
    pub fn note(&self, event: &Event) {
        let Some(processed) = event.processed.filter(|_| is_of_verification(&event.event)) else {
            return;
        };
        let mut state = self.lock();
        if let Some(known) = state.times.get_mut(&event.key) {
            *known = processed.min(*known);
            return;
        }
        if state.order.len() >= self.capacity
            && let Some(oldest) = state.order.pop_front()
        {
            state.times.remove(&oldest);
        }
        state.times.insert(event.key.clone(), processed);
        state.order.push_back(event.key.clone());
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_of_verification(event: &EventName) -> bool {
    matches!(
        event,
        EventName::VerificationCompleted
            | EventName::VerificationReviewed
            | EventName::AuthenticationProcessed
            | EventName::AuthenticationReviewStatusChanged
    )
}

impl ProcessedTimes for RecentProcessedTimes {
    fn processed_at(&self, key: &IdentityAccessKey) -> BoxFuture<'static, Option<SystemTime>> {
        let time = self.lock().times.get(key).copied();
        Box::pin(async move { time })
    }
}

impl fmt::Debug for RecentProcessedTimes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecentProcessedTimes")
            .field("capacity", &self.capacity)
            .finish_non_exhaustive()
    }
}
