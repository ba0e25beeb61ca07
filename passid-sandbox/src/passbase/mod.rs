//! The Passbase server API on your own machine: [`PassbaseSandbox`], on a port of its own.
//!
//! Written from the published schemas; the API itself is gone. What a person does in a browser, and
//! staff in the dashboard, are methods here: begin, submit, process, review, screen, authenticate,
//! edit. The reads are served over HTTP. Each transition leaves the webhooks that the vendor would
//! send; a test takes them, in any order and as often as it likes, and delivers them.
//!
//! ```
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use passid_sandbox::passbase::{NewIdentity, PassbaseSandbox};
//!
//! let sandbox = PassbaseSandbox::start().await?;
//! let key = sandbox.begin(NewIdentity::default())?;
//! sandbox.submit(&key)?;
//! sandbox.process(&key)?;
//! sandbox.review(&key, true)?;
//! assert_eq!(sandbox.take_webhooks().len(), 2, "completed, reviewed");
//! # Ok(())
//! # }
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(example()).unwrap();
//! ```

mod identity;
mod routes;
mod webhook;
mod wire;
mod world;

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use passid_core::{Clock, SystemClock};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

pub use identity::{Document, NewIdentity};
pub use webhook::PassbaseWebhook;
pub use world::{Files, Thresholds, TransitionError};

use world::World;

/// The secret key that every such sandbox takes.
pub const SECRET_KEY: &str = "5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a";

/// A running Passbase API of your own. Dropping it closes it.
pub struct PassbaseSandbox {
    url: String,
    shared: Arc<Shared>,
    serving: JoinHandle<()>,
}

struct Shared {
    world: Mutex<World>,
    clock: Arc<dyn Clock>,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl PassbaseSandbox {
    /// Starts one on a free port of 127.0.0.1, with the machine's clock.
    ///
    /// # Errors
    ///
    /// When there is no free port.
    pub async fn start() -> std::io::Result<Self> {
        Self::with_clock(Arc::new(SystemClock)).await
    }

    /// Starts one with this clock.
    ///
    /// # Errors
    ///
    /// When there is no free port.
    pub async fn with_clock(clock: Arc<dyn Clock>) -> std::io::Result<Self> {
        let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await?;
        let url = format!("http://{}{}", listener.local_addr()?, routes::PREFIX);
        let shared = Arc::new(Shared { world: Mutex::default(), clock });
        let router = routes::router(Arc::clone(&shared));
        let serving = tokio::spawn(async move {
            // Ends with the task.
            let _ = axum::serve(listener, router).await;
        });
        Ok(Self { url, shared, serving })
    }

    /// The base URL for a client, version included.
    pub fn url(&self) -> &str {
        &self.url
    }

    fn with<T>(&self, act: impl FnOnce(&mut World, u64) -> T) -> T {
        let since = self.shared.clock.now().duration_since(std::time::SystemTime::UNIX_EPOCH);
        act(&mut self.shared.lock(), since.unwrap_or_default().as_secs())
    }

    /// A person opens the button: an identity in `created`. Gives its key.
    ///
    /// # Errors
    ///
    /// [`TransitionError::Full`].
    pub fn begin(&self, identity: NewIdentity) -> Result<String, TransitionError> {
        self.with(|world, now| world.begin(identity, now))
    }

    /// The person has handed everything in: `created` becomes `processing`.
    ///
    /// # Errors
    ///
    /// [`TransitionError`] for an unknown key, and in another state.
    pub fn submit(&self, key: &str) -> Result<(), TransitionError> {
        self.with(|world, now| world.submit(key, now))
    }

    /// Processing ends: `processing` becomes `pending`, or what the thresholds say. Sends
    /// `VERIFICATION_COMPLETED`, and `VERIFICATION_REVIEWED` with a decision of the thresholds.
    ///
    /// The documented trap: with a finding on a watchlist, COMPLETED says what the thresholds say, and
    /// the identity is `pending`.
    ///
    /// # Errors
    ///
    /// [`TransitionError`] for an unknown key, and in another state.
    pub fn process(&self, key: &str) -> Result<(), TransitionError> {
        self.with(|world, now| world.process(key, now))
    }

    /// Somebody decides, or decides again. Sends `VERIFICATION_REVIEWED`.
    ///
    /// # Errors
    ///
    /// [`TransitionError`] for an unknown key, and before processing has ended.
    pub fn review(&self, key: &str, approve: bool) -> Result<(), TransitionError> {
        self.with(|world, now| world.review(key, approve, now))
    }

    /// The person is looked for on watchlists; `types` are the kinds of findings, none for a clean
    /// result. A finding sends `WATCHLIST_MONITORING` and makes an approved identity `pending`.
    ///
    /// # Errors
    ///
    /// [`TransitionError::Unknown`].
    pub fn screen(&self, key: &str, types: &[&str]) -> Result<(), TransitionError> {
        self.with(|world, now| world.screen(key, types, now))
    }

    /// The person shows their face again, with success. Sends `IDENTITY_AUTHENTICATED`.
    ///
    /// # Errors
    ///
    /// [`TransitionError`] for an unknown key, and for an identity that is not approved.
    pub fn authenticate(&self, key: &str) -> Result<(), TransitionError> {
        self.with(|world, now| world.authenticate(key, now))
    }

    /// Somebody edits a data point of the document. Sends `DATAPOINT_UPDATED`.
    ///
    /// # Errors
    ///
    /// [`TransitionError::Unknown`].
    pub fn edit(&self, key: &str, name: &str, value: Value) -> Result<(), TransitionError> {
        self.with(|world, now| world.edit(key, name, value, now))
    }

    /// Scores at which processing decides by itself; none unless set.
    pub fn set_thresholds(&self, thresholds: Thresholds) {
        self.shared.lock().thresholds = Some(thresholds);
    }

    /// How files are served; as bytes unless set.
    pub fn set_files(&self, files: Files) {
        self.shared.lock().files = files;
    }

    /// Webhooks are encrypted with this secret, of 32 ASCII characters, from now on; plain unless set.
    pub fn set_webhook_secret(&self, secret: [u8; 32]) {
        self.shared.lock().webhook_secret = Some(secret);
    }

    /// The next calls are answered with this status and an error body.
    pub fn fail_next(&self, status: u16, calls: u32) {
        self.shared.lock().failures = (status, calls);
    }

    /// The webhooks that are to be delivered, the oldest first. Nothing delivers them but the caller:
    /// order and repetitions are not promised by the vendor, and no retries are published.
    pub fn take_webhooks(&self) -> Vec<PassbaseWebhook> {
        std::mem::take(&mut self.shared.lock().webhooks)
    }
}

impl Drop for PassbaseSandbox {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl fmt::Debug for PassbaseSandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PassbaseSandbox").field("url", &self.url).finish_non_exhaustive()
    }
}
