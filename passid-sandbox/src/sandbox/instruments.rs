//! What goes wrong on demand, and what clients did.

use std::time::Duration;

use super::Sandbox;
use crate::fault::{Fault, FaultError};
use crate::journal::{RecordedRequest, RequestFilter};
use crate::route::Route;

impl Sandbox {
    /// Lets something go wrong with the next calls.
    ///
    /// # Errors
    ///
    /// [`FaultError`] when the fault is beyond a limit, or 1,000 wait already.
    pub fn inject_fault(&self, fault: Fault) -> Result<(), FaultError> {
        self.state.instruments.inject(fault)
    }

    /// Forgets the faults that wait, and takes connections again if a fault refuses them.
    pub fn clear_faults(&self) {
        self.state.instruments.clear_faults();
    }

    /// How many requests of a route have arrived since the start or the last reset, also those that
    /// a fault killed.
    pub fn calls(&self, route: Route) -> u64 {
        self.state.instruments.calls().of(route)
    }

    /// The last 1,000 requests to the API, the oldest first, or those of them that `filter` lets
    /// through. Nothing in them is secret or personal.
    pub fn requests(&self, filter: &RequestFilter) -> Vec<RecordedRequest> {
        self.state.instruments.journal.find(filter).requests
    }

    /// The same, as soon as `count` of them match, or after `timeout`, whatever there is then. Waits
    /// in real time, like the clients that are waited for.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use passid_sandbox::{RequestFilter, Route, Sandbox};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let sandbox = Sandbox::start().await?;
    /// let call = reqwest::Client::new().post(format!("{}/v1/verify", sandbox.url())).send();
    /// let verified = RequestFilter::new().route(Route::Verify);
    /// let seen = sandbox.wait_for_requests(&verified, 1, Duration::from_secs(5));
    /// let (_, seen) = tokio::join!(call, seen);
    /// assert_eq!(seen[0].status, Some(401));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn wait_for_requests(
        &self,
        filter: &RequestFilter,
        count: usize,
        timeout: Duration,
    ) -> Vec<RecordedRequest> {
        self.state.instruments.journal.wait_for(filter, count, timeout).await.requests
    }
}
