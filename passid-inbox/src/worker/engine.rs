//! Takes entries from the ledger and works on several at a time. What the work is, is a [`Job`].

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

use super::attempt;
use super::builder::WorkerConfigError;
use super::error::HandlerError;
use super::handler::Working;
use super::schedule::RetrySchedule;
use crate::clock::{store_within, within};
use crate::inbox::Inbox;
use crate::observe::InboxEvent;
use crate::store::{Claim, Claimed, Kind, Leased, Store, StoreError};

/// The work on entries of one kind.
pub(crate) trait Job: Send + Sync + 'static {
    /// Which part of the ledger.
    fn kind(&self) -> Kind;

    /// Begins to work on an entry; `None` where nothing is to be done.
    fn begin(&self, leased: &Leased, body: Bytes) -> Result<Option<Working>, HandlerError>;

    /// Whether a try that was stopped half-way counts: the next one is to know of it.
    fn counts_when_stopped(&self) -> bool {
        false
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) owner: String,
    pub(crate) concurrency: u32,
    pub(crate) lease: Duration,
    pub(crate) handler_timeout: Duration,
    pub(crate) poll: Duration,
    pub(crate) schedule: RetrySchedule,
}

impl Settings {
    pub(crate) const MAX_CONCURRENCY: u32 = 1024;

    pub(crate) fn new<S>(inbox: &Inbox<S>, schedule: RetrySchedule) -> Self {
        Self {
            owner: format!("{:032x}", inbox.shared.entropy.bits()),
            concurrency: 8,
            lease: Duration::from_secs(60),
            handler_timeout: Duration::from_secs(5 * 60),
            poll: Duration::from_secs(1),
            schedule,
        }
    }

    pub(crate) fn check(&self) -> Result<(), WorkerConfigError> {
        if !(1..=Self::MAX_CONCURRENCY).contains(&self.concurrency) {
            return Err(WorkerConfigError::Concurrency);
        }
        if self.schedule.max_attempts == 0 {
            return Err(WorkerConfigError::NoAttempt);
        }
        let day = Duration::from_secs(24 * 60 * 60);
        let millisecond = Duration::from_millis(1);
        let times = [
            ("lease", self.lease, Duration::from_millis(100)),
            ("handler_timeout", self.handler_timeout, millisecond),
            ("poll", self.poll, millisecond),
            ("retries.first", self.schedule.first, Duration::ZERO),
            ("retries.longest", self.schedule.longest, Duration::ZERO),
        ];
        match times.into_iter().find(|(_, time, shortest)| time < shortest || *time > day) {
            Some((setting, _, shortest)) => Err(WorkerConfigError::Time { setting, shortest }),
            None => Ok(()),
        }
    }
}

/// How far a worker is told to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    Run,
    /// Begin nothing more.
    Finish,
    /// Hand back what is not finished.
    HandBack,
}

/// A worker that runs. Dropped without [`shutdown`](Self::shutdown) it stops at once, and what it was
/// working on waits for its leases to end.
#[must_use = "a worker stops when this is dropped"]
pub struct Running {
    order: watch::Sender<Order>,
    task: JoinHandle<()>,
    clock: Arc<dyn passid_core::Clock>,
}

impl Running {
    /// Begins nothing more, lets what was begun end within `grace`, and hands the rest back for
    /// another worker to take at once.
    ///
    /// A handler that never yields cannot be stopped: then this waits one second more, and leaves its
    /// entry to the end of the lease.
    pub async fn shutdown(mut self, grace: Duration) {
        self.order.send_replace(Order::Finish);
        if within(&*self.clock, grace, &mut self.task).await.is_none() {
            self.order.send_replace(Order::HandBack);
            let _ = within(&*self.clock, Duration::from_secs(1), &mut self.task).await;
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl fmt::Debug for Running {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Running").field("order", &*self.order.borrow()).finish_non_exhaustive()
    }
}

pub(crate) struct Engine<S> {
    pub(crate) inbox: Inbox<S>,
    pub(crate) job: Arc<dyn Job>,
    pub(crate) settings: Settings,
}

impl<S: Store> Engine<S> {
    pub(crate) fn start(inbox: Inbox<S>, job: Arc<dyn Job>, settings: Settings) -> Running {
        let (order, orders) = watch::channel(Order::Run);
        let clock = Arc::clone(&inbox.shared.clock);
        let engine = Arc::new(Self { inbox, job, settings });
        let task = tokio::spawn(engine.run(orders));
        Running { order, task, clock }
    }

    async fn run(self: Arc<Self>, mut orders: watch::Receiver<Order>) {
        let mut accepted = self.inbox.shared.accepted.subscribe();
        let mut attempts = JoinSet::new();
        while *orders.borrow_and_update() == Order::Run {
            accepted.mark_unchanged();
            let full = self.fill(&mut attempts, &orders).await;
            tokio::select! {
                _ = orders.changed() => {}
                Some(_) = attempts.join_next() => while attempts.try_join_next().is_some() {},
                _ = accepted.changed(), if !full => {}
                () = self.inbox.shared.clock.sleep(self.settings.poll), if !full => {}
            }
        }
        while attempts.join_next().await.is_some() {}
    }

    /// Begins as many attempts as there are entries and room for; says whether the room is used up.
    async fn fill(
        self: &Arc<Self>,
        attempts: &mut JoinSet<()>,
        orders: &watch::Receiver<Order>,
    ) -> bool {
        let begun = u32::try_from(attempts.len()).unwrap_or(u32::MAX);
        let room = self.settings.concurrency.saturating_sub(begun);
        if room == 0 {
            return true;
        }
        let claimed = match self.claim(room).await {
            Ok(claimed) => claimed,
            Err(error) => {
                self.inbox.observe(&InboxEvent::StoreFailed { error: &error });
                return false;
            }
        };
        let Claimed { leased, lost, buried } = claimed;
        if lost > 0 {
            let kind = self.job.kind();
            self.inbox.observe(&InboxEvent::LeasesLost { kind, lost, buried });
        }
        let full = leased.len() >= usize::try_from(room).unwrap_or(usize::MAX);
        for leased in leased {
            attempts.spawn(attempt::run(Arc::clone(self), leased, orders.clone()));
        }
        full
    }

    async fn claim(&self, max: u32) -> Result<Claimed, StoreError> {
        let now = self.inbox.now();
        let claim = Claim {
            kind: self.job.kind(),
            environment: self.inbox.environment(),
            owner: &self.settings.owner,
            now,
            until: now + self.settings.lease,
            max,
            max_attempts: self.settings.schedule.max_attempts,
        };
        // A store that hangs must not hold the worker for ever.
        let claiming = self.inbox.shared.store.claim(claim);
        store_within(&*self.inbox.shared.clock, self.settings.lease / 3, claiming).await
    }
}
