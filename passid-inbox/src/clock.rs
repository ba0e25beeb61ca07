use std::pin::pin;
use std::time::Duration;

use futures_util::future::{Either, select};
use passid_core::Clock;

use crate::store::StoreError;

/// Runs `future` until it ends or `limit` has passed on `clock`; `None` in the latter case.
pub(crate) async fn within<T>(
    clock: &dyn Clock,
    limit: Duration,
    future: impl Future<Output = T>,
) -> Option<T> {
    match select(pin!(future), clock.sleep(limit)).await {
        Either::Left((value, _)) => Some(value),
        Either::Right(_) => None,
    }
}

/// The same for what a store is asked.
pub(crate) async fn store_within<T>(
    clock: &dyn Clock,
    limit: Duration,
    asked: impl Future<Output = Result<T, StoreError>>,
) -> Result<T, StoreError> {
    let millis = u64::try_from(limit.as_millis()).unwrap_or(u64::MAX);
    within(clock, limit, asked).await.unwrap_or(Err(StoreError::Deadline { millis }))
}
