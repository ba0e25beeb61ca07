//! The handle of a running sandbox: everything that the control API can do, without HTTP.

mod clock;
mod docverify;
mod instruments;
mod passbase;
mod sessions;
mod state;
mod webhooks;

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use passid_core::Environment;

use crate::api::PASSBASE_PREFIX;
use crate::builder::{SandboxBuilder, StartError};
use crate::control;
use crate::demo;
use crate::route::DOCVERIFY_ROOT;
use crate::server::Server;
use crate::state::{Access, Institution, State};

pub use docverify::Docverify;
pub use passbase::Passbase;
pub use sessions::SessionError;
pub(crate) use webhooks::Sender;

/// A running PASSID API of your own, and beside it those of [Passbase](Sandbox::passbase) and
/// [Document Verification](Sandbox::docverify).
///
/// It shares nothing with other sandboxes of the same process, so every test can have its own.
/// Dropping it closes its listener and connections at once; [`Sandbox::shutdown`] lets calls in
/// progress end.
///
/// What its methods change is in force when they return. With a data file it is also on disk once a
/// later call over HTTP has been answered, or the sandbox has been shut down or dropped.
pub struct Sandbox {
    url: String,
    admin_url: String,
    passbase_url: String,
    docverify_url: String,
    state: Arc<State>,
    server: Server,
    sender: Sender,
}

impl Sandbox {
    /// Starts a sandbox on a free port of 127.0.0.1, with the keys of [`demo`] and the
    /// machine's clock.
    ///
    /// # Errors
    ///
    /// [`StartError::Bind`] when there is no free port.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime, as [`SandboxBuilder::start`].
    pub async fn start() -> Result<Self, StartError> {
        Self::builder().start().await
    }

    /// A sandbox that listens elsewhere, has other keys, or another clock.
    pub fn builder() -> SandboxBuilder {
        SandboxBuilder::new()
    }

    pub(crate) fn new(
        address: SocketAddr,
        state: Arc<State>,
        server: Server,
        sender: Sender,
    ) -> Self {
        let url = format!("http://{address}");
        let admin_url = format!("{url}{}", control::PREFIX);
        let passbase_url = format!("{url}{PASSBASE_PREFIX}");
        let docverify_url = format!("{url}{DOCVERIFY_ROOT}");
        Self { url, admin_url, passbase_url, docverify_url, state, server, sender }
    }

    /// The base URL for a client, such as `http://127.0.0.1:8787`, without a slash at the end.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The base URL of the control API, such as `http://127.0.0.1:8787/_passid`.
    pub fn admin_url(&self) -> &str {
        &self.admin_url
    }

    /// The institution key of the sandbox environment.
    pub fn sandbox_key(&self) -> &str {
        self.state.sandbox_key()
    }

    /// The institution key of the live environment.
    pub fn live_key(&self) -> &str {
        self.state.live_key()
    }

    /// The institution JWT of the sandbox environment, for webhook settings and cohorts.
    pub fn institution_jwt(&self) -> String {
        self.access(Environment::Sandbox, |access| access.jwt.clone())
    }

    /// The institution JWT of the live environment.
    pub fn live_institution_jwt(&self) -> String {
        self.access(Environment::Live, |access| access.jwt.clone())
    }

    /// The user JWT of [`demo::CUSTOMER_ID`], a customer with a wallet in the sandbox environment.
    pub fn user_jwt(&self) -> String {
        self.state.read(|world, _| world.jwt_of_customer(demo::CUSTOMER_ID)).unwrap_or_default()
    }

    /// The webhook secret of the sandbox environment as it is now.
    pub fn webhook_secret(&self) -> String {
        self.access(Environment::Sandbox, |access| access.webhook.secret.clone())
    }

    fn access(&self, environment: Environment, read: impl Fn(&Access) -> String) -> String {
        let of = |institution: &Institution| read(institution.access(environment));
        self.state
            .read(|world, _| world.institution(demo::INSTITUTION_ID).map(of))
            .unwrap_or_default()
    }

    /// Back to the first moment: minted credentials, used codes, idempotency keys, counters, faults
    /// and recorded requests are gone, the random numbers begin again, and the clock shows what it
    /// would show had it never been moved. Keys stay.
    pub fn reset(&self) {
        // Safe on disk with the next change that is waited for, at the latest.
        drop(self.state.reset());
    }

    /// Takes no further connection, gives calls in progress two seconds, and returns when all is
    /// closed.
    pub async fn shutdown(self) {
        self.server.stop().await;
        self.sender.stop().await;
        self.state.close().await;
    }
}

impl fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sandbox").field("url", &self.url).finish_non_exhaustive()
    }
}
