use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use crate::builder::{SandboxBuilder, StartError};
use crate::control;
use crate::credential::{MintError, NewCredential};
use crate::fault::{Fault, FaultError, Route};
use crate::server::Server;
use crate::state::State;

/// A running PASSID API of your own.
///
/// It shares nothing with other sandboxes of the same process, so every test can have its own.
/// Dropping it closes its listener and connections at once; [`Sandbox::shutdown`] lets calls in
/// progress end.
pub struct Sandbox {
    url: String,
    admin_url: String,
    state: Arc<State>,
    server: Server,
}

impl Sandbox {
    /// Starts a sandbox on a free port of 127.0.0.1, with the keys of [`demo`](crate::demo) and the
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

    pub(crate) fn new(address: SocketAddr, state: Arc<State>, server: Server) -> Self {
        let url = format!("http://{address}");
        let admin_url = format!("{url}{}", control::PREFIX);
        Self { url, admin_url, state, server }
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
        self.state.institution().sandbox_key()
    }

    /// The institution key of the live environment.
    pub fn live_key(&self) -> &str {
        self.state.institution().live_key()
    }

    /// The webhook secret.
    pub fn webhook_secret(&self) -> &str {
        self.state.institution().webhook_secret()
    }

    /// Issues a credential and gives its token. Tokens are not used up (decision D14).
    ///
    /// # Errors
    ///
    /// [`MintError`] when the credential is beyond a limit, or 100,000 were minted.
    pub fn mint_token(&self, credential: NewCredential) -> Result<String, MintError> {
        self.state.mint_token(credential)
    }

    /// Issues a credential and gives a one-time code for it (guide, step 4).
    ///
    /// # Errors
    ///
    /// [`MintError`] when the credential is beyond a limit, or 100,000 were minted.
    pub fn mint_code(&self, credential: NewCredential) -> Result<String, MintError> {
        self.state.mint_code(credential)
    }

    /// Lets something go wrong with the next calls.
    ///
    /// # Errors
    ///
    /// [`FaultError`] when the fault is beyond a limit, or 1,000 wait already.
    pub fn inject_fault(&self, fault: Fault) -> Result<(), FaultError> {
        self.state.inject_fault(fault)
    }

    /// How many requests of a route have arrived since the start or the last reset, also those that
    /// a fault killed.
    pub fn calls(&self, route: Route) -> u64 {
        self.state.calls().of(route)
    }

    /// Back to the first moment: minted credentials, used codes, idempotency keys, counters and
    /// faults are gone. Keys and clock stay.
    pub fn reset(&self) {
        self.state.reset();
    }

    /// Takes no further connection, gives calls in progress two seconds, and returns when all is
    /// closed.
    pub async fn shutdown(self) {
        self.server.stop().await;
    }
}

impl fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sandbox").field("url", &self.url).finish_non_exhaustive()
    }
}
