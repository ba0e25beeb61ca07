//! Sessions against the sandbox (guide, step 3): waiting for one on clocks that stand, faults in the
//! middle of it, and what a completed one is worth.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod shared;
mod waiting;
mod watching;

use std::time::Duration;

use passid_core::client::RetrySettings;
use passid_core::{ApiError, NewSession, PassidClient, Session, SessionState};
use passid_tests::soon;
use passid_tests::standing::Standing;

pub(crate) const INTERVAL: Duration = Duration::from_millis(2500);

/// A client whose polls are tried once each, so that each fault is a failed poll.
pub(crate) fn single(standing: &Standing) -> PassidClient {
    standing.builder().retry(RetrySettings::never()).build().unwrap()
}

pub(crate) async fn create(client: &PassidClient, seconds: u64) -> Session {
    let asked = NewSession::new().ttl(Duration::from_secs(seconds)).unwrap();
    client.create_session(&asked).await.unwrap()
}

/// Waits, and does `act` when this pause has begun.
pub(crate) async fn wait(
    standing: &Standing,
    client: &PassidClient,
    session: &Session,
    pause: usize,
    act: impl Fn(&str),
) -> Result<SessionState, ApiError> {
    let id = session.request_id.as_str();
    let waited = standing.pass(client.wait_for_session(session), |number, _| {
        if number == pause {
            act(id);
        }
    });
    soon("the end of the session", waited).await
}

pub(crate) fn word(item: Result<SessionState, ApiError>) -> String {
    match item {
        Ok(state) => state.status.as_str().to_owned(),
        Err(error) => format!("error: {}", error.kind().name()),
    }
}
