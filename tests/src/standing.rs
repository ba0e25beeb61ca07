//! A sandbox and clients whose clocks stand until a test moves them: a wait of minutes takes no
//! time, and nothing times out because a machine is busy.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, SystemTime};

use passid_core::client::{PassidClientBuilder, RetrySettings};
use passid_core::testing::{ManualClock, SeededEntropy};
use passid_core::{ApiKey, PassidClient};
use passid_sandbox::{RequestFilter, Route, Sandbox};

/// What the clocks show at first: a whole second of 2026.
pub const START: Duration = Duration::from_secs(1_773_756_131);
/// One try of a call, on the clients' clock.
pub const ATTEMPT: Duration = Duration::from_secs(86_400);
/// A whole call: room for all tries.
pub const OPERATION: Duration = Duration::from_secs(10 * 86_400);

/// A sandbox with a frozen clock, and the clock of its clients.
#[derive(Debug)]
pub struct Standing {
    /// The sandbox.
    pub sandbox: Sandbox,
    /// The clients' clock.
    pub clock: ManualClock,
}

impl Standing {
    /// Starts a sandbox. Both clocks show the same.
    ///
    /// # Panics
    ///
    /// When it cannot start.
    #[expect(clippy::expect_used, reason = "a test cannot go on without it")]
    pub async fn start() -> Self {
        let start = SystemTime::UNIX_EPOCH + START;
        let sandbox = Sandbox::builder().start_time(start).freeze_clock(true).start().await;
        Self { sandbox: sandbox.expect("the sandbox starts"), clock: ManualClock::at(start) }
    }

    /// A client of this key on the manual clock, which does not wait between its three tries.
    ///
    /// # Panics
    ///
    /// When the key is none.
    #[expect(clippy::expect_used, reason = "a mistake in a test")]
    pub fn builder_for(&self, key: &str) -> PassidClientBuilder {
        let at_once = RetrySettings {
            max_attempts: 3,
            base_delay: Duration::ZERO,
            max_delay: Duration::ZERO,
        };
        PassidClient::builder(ApiKey::parse(key).expect("a key"))
            .base_url(self.sandbox.url())
            .attempt_timeout(ATTEMPT)
            .operation_timeout(OPERATION)
            .retry(at_once)
            .clock(Arc::new(self.clock.clone()))
            .entropy(Arc::new(SeededEntropy::new(1)))
    }

    /// The same with the sandbox key.
    pub fn builder(&self) -> PassidClientBuilder {
        self.builder_for(self.sandbox.sandbox_key())
    }

    /// The client of [`builder`](Self::builder).
    ///
    /// # Panics
    ///
    /// When it cannot be built.
    #[expect(clippy::expect_used, reason = "a mistake in a test")]
    pub fn client(&self) -> PassidClient {
        self.builder().build().expect("a client")
    }

    /// Moves both clocks on, the sandbox's first.
    ///
    /// # Panics
    ///
    /// Beyond the year 9999.
    #[expect(clippy::expect_used, reason = "a mistake in a test")]
    pub fn advance(&self, by: Duration) {
        self.sandbox.advance_clock(by).expect("a time before the year 10000");
        self.clock.advance(by);
    }

    /// The pauses that clients have begun between their calls, in order. The limits of single tries,
    /// which the same clock keeps, are not among them.
    pub fn pauses(&self) -> Vec<Duration> {
        let limits = [ATTEMPT, OPERATION];
        self.clock.slept().into_iter().filter(|pause| !limits.contains(pause)).collect()
    }

    /// Drives `future` and meanwhile lets time pass: with each pause that it begins, both clocks move
    /// on by its length. `before` is told the number of the pause first, counted from 1.
    pub async fn pass<T>(
        &self,
        future: impl Future<Output = T>,
        mut before: impl FnMut(usize, Duration),
    ) -> T {
        let mut future = std::pin::pin!(future);
        let mut seen = self.pauses().len();
        let first = seen;
        loop {
            if let Some(value) = ready(&mut future).await {
                return value;
            }
            if let Some(&pause) = self.pauses().get(seen) {
                seen += 1;
                before(seen - first, pause);
                self.advance(pause);
            }
            // The sockets are served by other tasks of this runtime.
            tokio::task::yield_now().await;
        }
    }

    /// Lets each try of `future` on `route` time out as soon as the sandbox has dealt with it.
    pub async fn time_out<T>(&self, route: Route, future: impl Future<Output = T>) -> T {
        let mut future = std::pin::pin!(future);
        let calls = RequestFilter::new().route(route);
        let mut last = self.sandbox.requests(&calls).len();
        loop {
            if let Some(value) = ready(&mut future).await {
                return value;
            }
            let now = self.sandbox.requests(&calls).len();
            if now > last {
                last = now;
                self.clock.advance(ATTEMPT);
            }
            tokio::task::yield_now().await;
        }
    }
}

/// The value, if it is there by now.
async fn ready<T>(future: &mut (impl Future<Output = T> + Unpin)) -> Option<T> {
    poll_fn(|cx| match Pin::new(&mut *future).poll(cx) {
        Poll::Ready(value) => Poll::Ready(Some(value)),
        Poll::Pending => Poll::Ready(None),
    })
    .await
}
