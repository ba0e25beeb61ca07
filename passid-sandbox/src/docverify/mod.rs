//! The Document Verification API on your own machine: its published calls, its token endpoint and a
//! stand-in for its hosted page, on a port of their own.
//!
//! ```
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use passid_sandbox::docverify::DocumentSandbox;
//!
//! let sandbox = DocumentSandbox::start().await?;
//! println!("{} takes {}", sandbox.url(), sandbox.client_id());
//! # Ok(())
//! # }
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(example()).unwrap();
//! ```
//!
//! Nothing is checked: a session ends as its mock says, or as the builder says. What the vendor's
//! reference leaves open is a setting of [`DocumentSandboxBuilder`], or marked as ours in the code.

mod answer;
mod api;
mod duration;
mod result;
mod session;
mod settings;
mod world;

use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use axum::response::Response;
use jiff::Timestamp;
use passid_core::Clock;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use answer::Failure;
pub use settings::{DocumentSandboxBuilder, ErrorBodies};
pub use world::DocumentCall;
use world::World;

use crate::state::{ClockError, SandboxClock};

/// A running emulation. Dropping it ends it.
pub struct DocumentSandbox {
    shared: Arc<Shared>,
    url: String,
    serving: JoinHandle<()>,
}

struct Shared {
    settings: DocumentSandboxBuilder,
    clock: SandboxClock,
    world: Mutex<World>,
}

impl DocumentSandbox {
    /// Starts one with nothing set.
    ///
    /// # Errors
    ///
    /// [`DocumentStartError`] when no port can be had.
    pub async fn start() -> Result<Self, DocumentStartError> {
        Self::builder().start().await
    }

    /// Sets one up.
    pub fn builder() -> DocumentSandboxBuilder {
        DocumentSandboxBuilder::new()
    }

    async fn serve(settings: DocumentSandboxBuilder) -> Result<Self, DocumentStartError> {
        let listener = TcpListener::bind("127.0.0.1:0").await.map_err(DocumentStartError)?;
        let address = listener.local_addr().map_err(DocumentStartError)?;
        let clock = SandboxClock::new(Arc::clone(&settings.clock));
        let shared = Arc::new(Shared { settings, clock, world: Mutex::default() });
        let router = api::router(Arc::clone(&shared));
        let serving = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, router).await {
                tracing::warn!(%error, "the emulation of document verification has ended");
            }
        });
        Ok(Self { shared, url: format!("http://{address}"), serving })
    }

    /// Its address: the `host_url` of a client.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The client id that it takes.
    pub fn client_id(&self) -> &str {
        &self.shared.settings.client_id
    }

    /// The client secret that it takes.
    pub fn client_secret(&self) -> &str {
        &self.shared.settings.client_secret
    }

    /// Moves its clock on: processing, expiry, access tokens and retention follow.
    ///
    /// # Errors
    ///
    /// [`ClockError`] for a time beyond the year 9999.
    pub fn advance(&self, by: Duration) -> Result<(), ClockError> {
        let setting = self.shared.clock.advanced_by(by)?;
        self.shared.clock.put(setting);
        Ok(())
    }

    /// Answers so many of the next calls, the token endpoint's among them, with this status.
    pub fn fail_next(&self, status: u16, times: usize) {
        let mut world = self.shared.world();
        world.failures.extend(std::iter::repeat_n(status, times.min(1_000)));
    }

    /// What is said of the next image that is added, in place of `ok`: then it is rejected.
    pub fn feedback_next(&self, feedback: impl Into<String>) {
        self.shared.world().feedback.push_back(feedback.into());
    }

    /// Refuses every access token that was given so far.
    pub fn revoke_tokens(&self) {
        self.shared.world().revoke_tokens();
    }

    /// What was called, oldest first; the last 10,000.
    pub fn calls(&self) -> Vec<DocumentCall> {
        self.shared.world().calls()
    }
}

impl Drop for DocumentSandbox {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl fmt::Debug for DocumentSandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DocumentSandbox").field("url", &self.url).finish_non_exhaustive()
    }
}

impl Shared {
    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> SystemTime {
        self.clock.now()
    }

    fn random(&self) -> String {
        format!("{:032x}", self.settings.entropy.bits())
    }

    fn failed(&self, failure: Failure) -> Response {
        failure.answer(self.settings.error_bodies)
    }

    /// RFC 3339 with milliseconds, as the guide prints it.
    fn printed(&self, time: SystemTime) -> String {
        let time = Timestamp::try_from(time).unwrap_or(Timestamp::MAX);
        format!("{time:.3}")
    }
}

/// The emulation could not be started.
#[derive(Debug, thiserror::Error)]
#[error("no port of 127.0.0.1 could be had; free one")]
pub struct DocumentStartError(#[source] io::Error);
