//! Is PASSID reachable, and does it take our key?

use super::operation::Operation;
use super::verify::not_done;
use super::wire::Secrets;
use super::{ApiError, ErrorKind, PassidClient};
use crate::{BoxFuture, Health, Probe};

/// A session that cannot exist: the ids of the API begin with `req_`.
const NO_SESSION: &str = "/v1/sessions/readiness-probe";

impl Probe for PassidClient {
    /// Asks for a session that cannot exist, with the key: nothing is verified, created or billed.
    /// 404 says that the API is there and has taken the key, 401 and 403 that it has not (decision
    /// P16). Every other answer, also one of success, is none to rely on.
    ///
    /// ```
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// use passid_core::{ApiKey, Health, PassidClient, Probe};
    ///
    /// let sandbox = passid_sandbox::Sandbox::start().await?;
    /// let client = PassidClient::builder(ApiKey::parse(sandbox.sandbox_key())?)
    ///     .base_url(sandbox.url())
    ///     .build()?;
    /// assert!(matches!(client.probe().await, Health::Accepted));
    /// # Ok(())
    /// # }
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(example()).unwrap();
    /// ```
    fn probe(&self) -> BoxFuture<'static, Health> {
        let client = self.clone();
        Box::pin(async move {
            match client.ask_for_no_session().await {
                Ok(()) => Health::Accepted,
                Err(error) if *error.kind() == ErrorKind::KeyRefused => Health::KeyRefused,
                Err(error) => Health::Unreachable(error.into_unavailable()),
            }
        })
    }
}

impl PassidClient {
    async fn ask_for_no_session(&self) -> Result<(), ApiError> {
        let secrets = [self.shared.key.expose()];
        let secrets = Secrets(&secrets);
        let route = "/v1/sessions/{requestId}";
        let operation = Operation::get("probe", route, NO_SESSION, secrets);
        self.call(operation, |received| match received.response.status() {
            404 => Ok(()),
            200..300 => Err(received.error(ErrorKind::UnexpectedStatus)),
            _ => Err(not_done(received, secrets, ErrorKind::KeyRefused)),
        })
        .await
    }
}
