//! One try at one entry: the handler runs, the lease is renewed, and whichever ends first says how it
//! went.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use passid_core::Clock;
use tokio::sync::watch;
use tokio::task::{JoinError, JoinHandle};

use super::engine::{Engine, Order};
use super::error::HandlerError;
use super::handler::{NotWorked, Worked, Working};
use super::hold::Hold;
use crate::clock::store_within;
use crate::observe::{Cause, InboxEvent};
use crate::seal;
use crate::store::{Entry, Failure, Lease, Leased, Store, StoreFuture};

/// The ledger's words for what is not the handler's.
const TIMED_OUT: &str = "TIMED_OUT";
const PANICKED: &str = "PANICKED";
const STORE_FAILED: &str = "STORE_FAILED";
const HANDED_BACK: &str = "HANDED_BACK";

/// The longest delay that a ledger takes down.
const LONGEST_DELAY: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// How a try ended.
enum End {
    Handled,
    /// Together with its effect.
    Completed,
    Failed(HandlerError),
    HandedBack,
    LeaseLost,
}

impl End {
    /// As the handler's task ended by itself.
    fn of(ended: Result<Result<Worked, NotWorked>, JoinError>) -> Self {
        match ended {
            Ok(Ok(Worked::Handled)) => Self::Handled,
            Ok(Ok(Worked::Completed(true))) => Self::Completed,
            Ok(Ok(Worked::Completed(false))) => Self::LeaseLost,
            Ok(Err(NotWorked::Handler(error))) => Self::Failed(error),
            Ok(Err(NotWorked::Store(error))) => {
                Self::Failed(HandlerError::retry(STORE_FAILED).caused_by(error))
            }
            Err(_panic) => Self::Failed(HandlerError::retry(PANICKED)),
        }
    }
}

pub(super) async fn run<S: Store>(
    engine: Arc<Engine<S>>,
    leased: Leased,
    orders: watch::Receiver<Order>,
) {
    let (engine, leased) = (&engine, &leased);
    Attempt { engine, leased, hold: Hold::new(engine, leased) }.run(orders).await;
}

struct Attempt<'a, S> {
    engine: &'a Engine<S>,
    leased: &'a Leased,
    hold: Hold<'a, S>,
}

impl<S: Store> Attempt<'_, S> {
    async fn run(&self, orders: watch::Receiver<Order>) {
        let clock = self.clock();
        let begun = clock.elapsed();
        // The application's code runs here too: before it gives a future.
        let working = catch_unwind(AssertUnwindSafe(|| self.begin()));
        let end = match working {
            Ok(Ok(Some(working))) => self.work(working, orders).await,
            Ok(Ok(None)) => End::Handled,
            Ok(Err(error)) => End::Failed(error),
            Err(_panic) => End::Failed(HandlerError::retry(PANICKED)),
        };
        let duration = clock.elapsed().saturating_sub(begun);
        self.end(end, duration).await;
    }

    fn begin(&self) -> Result<Option<Working>, HandlerError> {
        let inbox = &self.engine.inbox;
        let place = inbox.place(self.leased.entry.kind, &self.leased.entry.body_sha256);
        let body = seal::open(inbox.shared.keys.as_ref(), place, &self.leased.body)
            .map_err(|error| HandlerError::retry(error.reason()).caused_by(error))?;
        self.engine.job.begin(self.leased, body)
    }

    /// Runs the handler as a task of its own, so that its panic is its own.
    async fn work(&self, working: Working, orders: watch::Receiver<Order>) -> End {
        let mut handler = Handler(tokio::spawn(working));
        let mut lost = pin!(self.hold.until_lost());
        let mut stopped = tokio::select! {
            biased;
            ended = &mut handler.0 => return End::of(ended),
            () = &mut lost => End::LeaseLost,
            () = until_handed_back(orders) => End::HandedBack,
            () = self.clock().sleep(self.engine.settings.handler_timeout) => {
                End::Failed(HandlerError::retry(TIMED_OUT))
            }
        };
        // Nobody else may get the entry while the handler still does something: one that does not
        // yield keeps the lease until it does.
        handler.0.abort();
        let ended = tokio::select! {
            biased;
            ended = &mut handler.0 => ended,
            () = &mut lost, if !matches!(stopped, End::LeaseLost) => {
                stopped = End::LeaseLost;
                (&mut handler.0).await
            }
        };
        // It may have been quicker than the order to stop.
        if ended.is_ok() { End::of(ended) } else { stopped }
    }

    async fn end(&self, end: End, duration: Duration) {
        let Leased { lease, entry, .. } = self.leased;
        let (kind, id, attempts) = (entry.kind, entry.id, entry.attempts);
        let store = &self.engine.inbox.shared.store;
        let lease = *lease;
        let held = match &end {
            End::Handled => self.insist(|now| store.complete(lease, now)).await,
            End::Completed => true,
            End::Failed(error) => self.fail(lease, error).await,
            End::HandedBack if self.engine.job.counts_when_stopped() => {
                let failure = |now| Failure { retry_at: Some(now), reason: HANDED_BACK };
                self.insist(|now| store.fail(lease, failure(now), now)).await
            }
            End::HandedBack => self.insist(|now| store.release(lease, now)).await,
            End::LeaseLost => false,
        };
        let age = self.now().duration_since(entry.received_at).unwrap_or_default();
        self.engine.inbox.observe(&match end {
            _ if !held => InboxEvent::LeaseLost { kind, id },
            End::Handled | End::Completed => {
                InboxEvent::Handled { kind, id, attempts, duration, age }
            }
            End::HandedBack => InboxEvent::HandedBack { kind, id },
            End::Failed(_) | End::LeaseLost => return,
        });
    }

    /// Ends the lease of an entry whose handler failed, and tells of it.
    async fn fail(&self, lease: Lease, error: &HandlerError) -> bool {
        let schedule = self.engine.settings.schedule;
        let Entry { kind, id, attempts, .. } = self.leased.entry;
        let give_up = error.is_final() || attempts >= schedule.max_attempts;
        let delay = schedule.delay(attempts, &*self.engine.inbox.shared.entropy);
        let delay = error.delay().map_or(delay, |asked| asked.max(delay)).min(LONGEST_DELAY);
        let retry_at = (!give_up).then(|| self.now() + delay);
        let reason = error.reason();
        let store = &self.engine.inbox.shared.store;
        let held = self.insist(|now| store.fail(lease, Failure { retry_at, reason }, now)).await;
        if held {
            let cause = error.cause().map(Cause::new);
            self.engine.inbox.observe(&match retry_at {
                Some(retry_at) => {
                    InboxEvent::Failed { kind, id, attempts, reason, cause, retry_at }
                }
                None => InboxEvent::GivenUp { kind, id, attempts, reason, cause },
            });
        }
        held
    }

    /// Tries to end the lease until the store has taken it or the lease is over: a handler's work that
    /// is not recorded would be done again. `false` if the lease is another's.
    async fn insist<'s>(&self, end: impl Fn(SystemTime) -> StoreFuture<'s, bool>) -> bool {
        let lease = self.engine.settings.lease;
        let until = self.clock().elapsed() + lease;
        let mut pause = Duration::from_millis(20);
        let mut unanswered = false;
        loop {
            match store_within(&**self.clock(), lease / 3, end(self.now())).await {
                // Before its time nobody else can have ended it: an answer was lost.
                Ok(held) => return held || (unanswered && self.now() < self.hold.until()),
                Err(error) => {
                    unanswered = true;
                    self.engine.inbox.observe(&InboxEvent::StoreFailed { error: &error });
                }
            }
            if self.clock().elapsed() >= until {
                return false;
            }
            self.clock().sleep(pause).await;
            pause = (pause * 2).min(Duration::from_secs(1));
        }
    }

    fn clock(&self) -> &Arc<dyn Clock> {
        &self.engine.inbox.shared.clock
    }

    fn now(&self) -> SystemTime {
        self.engine.inbox.now()
    }
}

async fn until_handed_back(mut orders: watch::Receiver<Order>) {
    if orders.wait_for(|order| *order == Order::HandBack).await.is_err() {
        // Nobody can order anything any more: the worker was dropped, and this with it.
        std::future::pending::<()>().await;
    }
}

/// A handler's task: stopped when nobody waits for it any more.
struct Handler(JoinHandle<Result<Worked, NotWorked>>);

impl Drop for Handler {
    fn drop(&mut self) {
        self.0.abort();
    }
}
