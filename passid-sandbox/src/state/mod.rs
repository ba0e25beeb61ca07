//! What the sandbox knows, and the rules by which it changes. No HTTP in here.

mod access;
mod aged;
mod approval;
mod clock;
mod customer;
pub(crate) mod docverify;
mod idempotency;
mod initial;
mod institution;
mod issued;
mod ledger;
mod numbers;
mod outcome;
mod passbase;
mod seeding;
mod session;
mod share;
mod snapshot;
pub(crate) mod table;
mod telling;
#[cfg(test)]
mod tests;
mod verification;
mod world;

use std::fmt;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use passid_core::Clock;
use tokio::sync::Notify;

use crate::clock::{pause, within};
use crate::instruments::Instruments;
use crate::seed::SeedError;
use crate::store::{Store, StoreError, StoredRow};
use crate::webhook::{DeliveryFilter, RecordedDelivery};

pub(crate) use access::Tenant;
pub(crate) use aged::Limits;
pub(crate) use approval::ApproveRefused;
pub use clock::ClockError;
pub(crate) use clock::{ClockSetting, SandboxClock};
pub(crate) use idempotency::{Answer, IdempotencyScope};
pub(crate) use initial::Initial;
pub(crate) use institution::{Access, Institution};
pub(crate) use issued::{Coverage, Verdict};
pub(crate) use ledger::CodeRefused;
pub(crate) use outcome::{NewOutcome, OutcomeRefused, OutcomeValue};
pub(crate) use passbase::{Identity, IdentityStatus, Told};
pub(crate) use session::{FulfilRefused, NewSession, Session, SessionRefused, Status};
pub(crate) use share::{NewShare, ShareName};
pub(crate) use snapshot::Snapshot;
pub use snapshot::SnapshotError;
pub(crate) use telling::NotTold;
pub(crate) use verification::{Checked, Redemption};
pub(crate) use world::{BadRow, World};

/// How often the deliveries are looked at while somebody waits for them.
const SETTLING_STEP: Duration = Duration::from_millis(2);

/// The whole state of one sandbox.
pub(crate) struct State {
    clock: Arc<SandboxClock>,
    initial: Initial,
    world: Mutex<World>,
    store: Option<Store>,
    wake: Arc<Notify>,
    requests: AtomicU64,
    pub(crate) instruments: Instruments,
}

/// The data file could not be written. What was asked for may be lost, and so is everything that
/// is asked for from now on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NotKept;

/// Why a data file is not gone on with. It stays as it is.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotResumed {
    #[error(transparent)]
    Row(#[from] BadRow),
    #[error(transparent)]
    Seed(#[from] SeedError),
}

/// That a change will be safe: at once, unless there is a data file.
pub(crate) struct Kept(Option<Written>);

type Written = Pin<Box<dyn Future<Output = Result<(), StoreError>> + Send>>;

impl Kept {
    pub(crate) async fn wait(self) -> Result<(), NotKept> {
        match self.0 {
            None => Ok(()),
            // The writer has told the log; nothing more can be told to who asks.
            Some(written) => written.await.map_err(|_| NotKept),
        }
    }
}

impl State {
    /// A state that holds nothing before [`State::begin`].
    pub(crate) fn new(initial: Initial, base: Arc<dyn Clock>, store: Option<Store>) -> Self {
        Self {
            clock: Arc::new(SandboxClock::new(base)),
            world: Mutex::new(World::empty(initial.random_seed, initial.limits)),
            store,
            wake: Arc::default(),
            requests: AtomicU64::new(0),
            instruments: Instruments::new(initial.random_seed),
            initial,
        }
    }

    /// Takes what a data file holds, or begins at the first moment when there is nothing in it.
    pub(crate) fn begin(&self, rows: &[StoredRow]) -> Result<Kept, NotResumed> {
        if rows.is_empty() {
            return Ok(self.reset());
        }
        let (resumed, kept) = self.change_now(|world, _| self.resume(world, rows));
        resumed.map(|()| kept)
    }

    /// Goes on where a data file ends, with the configuration of this process.
    fn resume(&self, world: &mut World, rows: &[StoredRow]) -> Result<(), NotResumed> {
        let loaded = rows.iter().try_for_each(|row| world.load(&row.table, &row.key, &row.value));
        // They are on disk already; and a file that cannot be read must not be written.
        world.discard_changes();
        loaded?;
        world.finish_loading()?;
        self.initial.check_keys(world)?;
        self.clock.put(world.clock_setting());
        self.put_initial_clock();
        world.keep_clock_setting(self.clock.setting());
        self.initial.configure(world);
        // Again, because the file holds more than the first moment.
        let planted = world.seed(&self.initial.seed, self.now());
        if planted.is_err() {
            world.discard_changes();
        }
        Ok(planted?)
    }

    /// Writes what is still to be written. Nothing can be changed afterwards.
    pub(crate) async fn close(&self) {
        if let Some(store) = &self.store
            && let Err(error) = store.close().await
        {
            tracing::error!(%error, "the data file was not closed in order");
        }
    }

    fn put_initial_clock(&self) {
        let Initial { start_time, freeze_clock, .. } = self.initial;
        if start_time.is_none() && !freeze_clock {
            return;
        }
        // The time was looked at when the sandbox was set up.
        if let Ok(setting) = self.clock.changed(start_time, freeze_clock.then_some(true)) {
            self.clock.put(setting);
        }
    }

    pub(crate) fn sandbox_key(&self) -> &str {
        &self.initial.sandbox_key
    }

    pub(crate) fn live_key(&self) -> &str {
        &self.initial.live_key
    }

    /// The client id and the client secret of Document Verification.
    pub(crate) fn docverify_client(&self) -> (&str, &str) {
        let (id, secret) = &self.initial.docverify_client;
        (id, secret)
    }

    pub(crate) fn passbase_key(&self) -> &str {
        &self.initial.passbase_key
    }

    pub(crate) fn clock(&self) -> &Arc<SandboxClock> {
        &self.clock
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.timestamp()
    }

    /// Looks without changing anything.
    pub(crate) fn read<R>(&self, work: impl FnOnce(&World, Timestamp) -> R) -> R {
        let world = self.lock();
        work(&world, self.now())
    }

    /// Looks, and ends when everything that could be seen is safe: an answer must not tell of a
    /// change that a crash would undo.
    pub(crate) async fn look<R>(
        &self,
        work: impl FnOnce(&World, Timestamp) -> R,
    ) -> Result<R, NotKept> {
        self.change(|world, now| work(world, now)).await
    }

    /// Changes the state in one step that no other call can divide, and ends when the change is
    /// safe: an answer that depends on it must wait for that.
    pub(crate) async fn change<R>(
        &self,
        work: impl FnOnce(&mut World, Timestamp) -> R,
    ) -> Result<R, NotKept> {
        let (result, kept) = self.change_now(work);
        kept.wait().await?;
        Ok(result)
    }

    /// Changes the state. The change is in force at once, and safe when the future has ended;
    /// changes become safe in the order in which they were made.
    pub(crate) fn change_now<R>(&self, work: impl FnOnce(&mut World, Timestamp) -> R) -> (R, Kept) {
        let mut world = self.lock();
        let result = work(&mut world, self.now());
        if std::mem::take(&mut world.wake_sender) {
            self.wake.notify_one();
        }
        let Some(store) = &self.store else {
            world.discard_changes();
            return (result, Kept(None));
        };
        // Queued under the lock: the order of the changes is the order on disk. Also when there are
        // none: what was seen may be the change of a call that still waits, such as the answer under
        // an idempotency key, and must be safe before anybody is told.
        (result, Kept(Some(Box::pin(store.write(world.drain_changes())))))
    }

    /// Back to the first moment: what was there at the start, counters at zero, nothing waiting,
    /// and the clock as it was given.
    pub(crate) fn reset(&self) -> Kept {
        self.instruments.reset();
        self.requests.store(0, Ordering::Relaxed);
        let (_, kept) = self.change_now(|world, _| {
            self.clock.put(ClockSetting::default());
            self.put_initial_clock();
            let mut fresh = self.initial.world(self.now());
            fresh.keep_clock_setting(self.clock.setting());
            world.replace_with(fresh);
            world.clear_webhook_faults();
        });
        kept
    }

    pub(crate) fn export(&self) -> Snapshot {
        self.read(|world, _| world.snapshot())
    }

    /// Puts an exported state in place of this one. The keys of this process stay in force.
    pub(crate) fn import(&self, snapshot: Snapshot) -> (Result<(), SnapshotError>, Kept) {
        self.change_now(|world, _| {
            let other = self.initial.world_from(snapshot)?;
            self.clock.put(other.clock_setting());
            world.replace_with(other);
            Ok(())
        })
    }

    /// Moves, stops or starts the clock.
    pub(crate) fn set_clock(
        &self,
        time: Option<Timestamp>,
        stopped: Option<bool>,
    ) -> (Result<(), ClockError>, Kept) {
        self.change_now(|world, _| {
            self.clock.put(self.clock.changed(time, stopped)?);
            world.keep_clock_setting(self.clock.setting());
            world.wake_sender = true;
            Ok(())
        })
    }

    pub(crate) fn advance_clock(&self, by: Duration) -> (Result<(), ClockError>, Kept) {
        self.change_now(|world, _| {
            self.clock.put(self.clock.advanced_by(by)?);
            world.keep_clock_setting(self.clock.setting());
            world.wake_sender = true;
            Ok(())
        })
    }

    /// The deliveries that `filter` lets through, the oldest event first.
    pub(crate) fn deliveries(&self, filter: &DeliveryFilter) -> Vec<RecordedDelivery> {
        self.read(|world, _| world.deliveries.list(filter).map(RecordedDelivery::from).collect())
    }

    /// Waits, in real time, until nothing is due or in flight. Whether it came to that.
    pub(crate) async fn deliveries_settled(&self, patience: Duration) -> bool {
        let settled = async {
            while !self.read(|world, now| world.deliveries.is_settled(now)) {
                pause(SETTLING_STEP).await;
            }
        };
        within(patience, settled).await.is_some()
    }

    /// What the sender of webhooks waits for.
    pub(crate) fn wake(&self) -> Arc<Notify> {
        Arc::clone(&self.wake)
    }

    pub(crate) fn next_request_id(&self) -> String {
        format!("req_{:012}", self.requests.fetch_add(1, Ordering::Relaxed).wrapping_add(1))
    }

    fn lock(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("State").field("clock", &self.clock).finish_non_exhaustive()
    }
}
