//! Time and randomness, injected: the only module that touches the machine's own.
//!
//! Expiry, credential age, deadlines and back-off all read one [`Clock`]; jitter and idempotency
//! keys come from one [`Entropy`]. In a test both are manual, so that a schedule of two hours takes
//! a millisecond and gives the same result each time.
#![allow(clippy::disallowed_methods, reason = "this is the module that wraps the real clock")]

use std::fmt;
use std::sync::LazyLock;
use std::task::Poll;
use std::time::{Duration, SystemTime};

use crate::BoxFuture;

/// Reads the time and waits for it to pass.
pub trait Clock: fmt::Debug + Send + Sync + 'static {
    /// The wall clock: for expiry dates and for the age of a credential.
    fn now(&self) -> SystemTime;

    /// Time since some fixed moment of the past; never goes back. For deadlines and intervals.
    fn elapsed(&self) -> Duration;

    /// Ends once `duration` has passed.
    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()>;
}

/// The machine's clock and tokio's timer. Sleeping needs a tokio runtime with its timer on, as a
/// client and a guard that has to wait do.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> SystemTime {
        SystemTime::now()
    }

    fn elapsed(&self) -> Duration {
        static ORIGIN: LazyLock<std::time::Instant> = LazyLock::new(std::time::Instant::now);
        ORIGIN.elapsed()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        Box::pin(tokio::time::sleep(duration))
    }
}

/// A source of random numbers: for jitter and idempotency keys.
pub trait Entropy: fmt::Debug + Send + Sync + 'static {
    /// 128 uniformly distributed random bits.
    fn bits(&self) -> u128;
}

/// The operating system's random numbers.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    /// Where the operating system has no random numbers to give, which no supported platform
    /// documents after start-up, the hasher keys of the standard library take their place: neither
    /// jitter nor idempotency keys guard a secret.
    fn bits(&self) -> u128 {
        let mut bytes = [0; 16];
        match getrandom::fill(&mut bytes) {
            Ok(()) => u128::from_ne_bytes(bytes),
            Err(_) => {
                use std::hash::{BuildHasher, RandomState};
                let half = || u128::from(RandomState::new().hash_one(SystemTime::now()));
                (half() << 64) | half()
            }
        }
    }
}

/// Runs `future` until it ends or `limit` has passed on `clock`; `None` in the latter case.
pub async fn within<T>(
    clock: &dyn Clock,
    limit: Duration,
    future: impl Future<Output = T>,
) -> Option<T> {
    let mut future = std::pin::pin!(future);
    // Made only once the future has to wait: an answer that is there costs no timer.
    let mut sleep = None;
    std::future::poll_fn(|cx| {
        if let Poll::Ready(value) = future.as_mut().poll(cx) {
            return Poll::Ready(Some(value));
        }
        sleep.get_or_insert_with(|| clock.sleep(limit)).as_mut().poll(cx).map(|()| None)
    })
    .await
}
