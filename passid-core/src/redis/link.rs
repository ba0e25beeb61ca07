//! The way to Redis: one connection that is used while it answers, and not asked while it does not.
//!
//! There is no probing by requests. Whoever finds the way closed goes on without Redis at once; a task
//! of its own connects again and opens it.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, RedisResult};
use tokio::sync::{Semaphore, watch};
use tokio::task::AbortHandle;

use super::builder::Settings;
use crate::clock::within;
use crate::{Clock, Entropy};

/// Shared by everything that speaks to one Redis.
pub(super) struct Link {
    pub(super) settings: Settings,
    pub(super) client: Client,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) entropy: Arc<dyn Entropy>,
    state: Mutex<State>,
    /// The number of the connection in use; zero while there is none.
    up: watch::Sender<u64>,
    /// Bounds commands under way.
    pending: Semaphore,
    tasks: Mutex<Vec<AbortHandle>>,
    counts: Counts,
}

#[derive(Default)]
struct State {
    connection: Option<MultiplexedConnection>,
    /// Commands in a row that failed or were not answered in time.
    failures: u32,
    /// How many connections there have been.
    connections: u64,
}

#[derive(Default)]
struct Counts {
    connected: AtomicU64,
    lost: AtomicU64,
    unanswered: AtomicU64,
    skipped: AtomicU64,
}

/// How the way to Redis has fared, from [`Redis::health`](super::Redis::health).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RedisHealth {
    /// Whether it is used at the moment.
    pub up: bool,
    /// How often a connection was made.
    pub connected: u64,
    /// How often it was given up, because it broke or gave no answers.
    pub lost: u64,
    /// Commands that failed or were not answered in time.
    pub unanswered: u64,
    /// Commands that were not sent, because the way was closed or too many were under way.
    pub skipped: u64,
}

/// There is no answer: Redis is away, slow or failing, or too many commands are under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NoAnswer;

impl Link {
    pub(super) fn new(
        settings: Settings,
        client: Client,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Self {
        let pending = Semaphore::new(settings.max_pending);
        Self {
            settings,
            client,
            clock,
            entropy,
            state: Mutex::default(),
            up: watch::Sender::new(0),
            pending,
            tasks: Mutex::default(),
            counts: Counts::default(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs a command within a limit, if the way is open. With the answer comes the number of the
    /// connection that gave it: as long as it is the same, it is the same Redis with the same memory.
    pub(super) async fn run<T, F>(
        &self,
        limit: Duration,
        command: impl FnOnce(MultiplexedConnection) -> F,
    ) -> Result<(T, u64), NoAnswer>
    where
        F: Future<Output = RedisResult<T>>,
    {
        let (connection, number) = {
            let state = self.lock();
            (state.connection.clone(), state.connections)
        };
        let (Some(connection), Ok(_permit)) = (connection, self.pending.try_acquire()) else {
            self.counts.skipped.fetch_add(1, Ordering::Relaxed);
            return Err(NoAnswer);
        };
        match within(&*self.clock, limit, command(connection)).await {
            Some(Ok(answer)) => {
                let mut state = self.lock();
                if state.connections == number {
                    state.failures = 0;
                }
                Ok((answer, number))
            }
            Some(Err(error)) => {
                self.failed(number, error.is_unrecoverable_error());
                Err(NoAnswer)
            }
            None => {
                self.failed(number, false);
                Err(NoAnswer)
            }
        }
    }

    /// P72: a broken connection is given up at once, one that fails or gives no answers after a few in
    /// a row. With it goes whatever it still had to send.
    fn failed(&self, number: u64, broken: bool) {
        self.counts.unanswered.fetch_add(1, Ordering::Relaxed);
        let mut state = self.lock();
        if state.connections != number || state.connection.is_none() {
            return;
        }
        state.failures += 1;
        if broken || state.failures >= self.settings.failures {
            state.connection = None;
            drop(state);
            self.counts.lost.fetch_add(1, Ordering::Relaxed);
            self.up.send_replace(0);
            tracing::warn!(
                target: "passid::redis",
                "Redis does not answer; going on without it"
            );
        }
    }

    fn opened(&self, connection: MultiplexedConnection) {
        let mut state = self.lock();
        state.connections += 1;
        state.failures = 0;
        state.connection = Some(connection);
        let number = state.connections;
        drop(state);
        self.counts.connected.fetch_add(1, Ordering::Relaxed);
        self.up.send_replace(number);
        tracing::info!(target: "passid::redis", "connected to Redis");
    }

    /// The number of the connection in use and every change of it; zero while there is none.
    pub(super) fn watch(&self) -> watch::Receiver<u64> {
        self.up.subscribe()
    }

    pub(super) fn health(&self) -> RedisHealth {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        RedisHealth {
            up: *self.up.borrow() != 0,
            connected: read(&self.counts.connected),
            lost: read(&self.counts.lost),
            unanswered: read(&self.counts.unanswered),
            skipped: read(&self.counts.skipped),
        }
    }

    /// A task that ends with the link.
    pub(super) fn owns(&self, task: AbortHandle) {
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner).push(task);
    }

    /// A connection that has answered once.
    pub(super) async fn connect(&self) -> RedisResult<MultiplexedConnection> {
        // The limits of commands are ours, set with each of them.
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(self.settings.connect_timeout))
            .set_response_timeout(None)
            .set_pipeline_buffer_size(self.settings.max_pending);
        let mut connection =
            self.client.get_multiplexed_async_connection_with_config(&config).await?;
        redis::cmd("PING").exec_async(&mut connection).await?;
        Ok(connection)
    }

    /// The pause before the next try to connect: longer from try to try, and no two instances at the
    /// same moment.
    pub(super) fn pause(&self, tries: u32) -> Duration {
        let most = self.settings.reconnect_after.saturating_mul(1 << tries.min(4));
        // A quarter of the bits is as random as the whole.
        let jitter = self.entropy.bits() as u32;
        most / 2 + (most / 2).mul_f64(f64::from(jitter) / f64::from(u32::MAX))
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        for task in self.tasks.get_mut().unwrap_or_else(PoisonError::into_inner) {
            task.abort();
        }
    }
}

/// Keeps the way open for as long as somebody uses it.
pub(super) async fn keep_open(link: std::sync::Weak<Link>) {
    let mut tries: u32 = 0;
    loop {
        let Some(strong) = link.upgrade() else { return };
        let connected = within(&*strong.clock, strong.settings.connect_timeout, strong.connect());
        if let Some(Ok(connection)) = connected.await {
            let mut up = strong.watch();
            strong.opened(connection);
            drop(strong);
            tries = 0;
            // Ends with the sender, which is in the link.
            if up.wait_for(|number| *number == 0).await.is_err() {
                return;
            }
        } else {
            drop(strong);
            tries = tries.saturating_add(1);
        }
        let Some(strong) = link.upgrade() else { return };
        let (clock, pause) = (strong.clock.clone(), strong.pause(tries));
        drop(strong);
        clock.sleep(pause).await;
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Link").field("settings", &self.settings).finish_non_exhaustive()
    }
}
