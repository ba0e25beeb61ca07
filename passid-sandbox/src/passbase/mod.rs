//! The Passbase server API on your own machine: what [`Sandbox::passbase`](crate::Sandbox::passbase)
//! takes and gives.
//!
//! Written from the published schemas; the API itself is gone. What a person does in a browser, and
//! staff in the dashboard, are methods of [`Passbase`]: begin, submit, process, review, screen,
//! authenticate, edit. The reads are served over HTTP below [`Passbase::url`]. Each transition makes
//! the webhooks that the vendor would send: they are posted where the settings say, and a test can take
//! them and deliver them itself, in any order and as often as it likes.
//!
//! ```
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use passid_sandbox::Sandbox;
//! use passid_sandbox::passbase::NewIdentity;
//!
//! let sandbox = Sandbox::start().await?;
//! let passbase = sandbox.passbase();
//! let key = passbase.begin(NewIdentity::default())?;
//! passbase.submit(&key)?;
//! passbase.process(&key)?;
//! passbase.review(&key, true)?;
//! assert_eq!(passbase.take_webhooks().len(), 2, "completed, reviewed");
//! # Ok(())
//! # }
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(example()).unwrap();
//! ```

mod error;
mod identity;
mod metadata;
mod settings;
mod webhook;

pub use error::{SettingError, TransitionError};
pub(crate) use identity::check_size;
pub use identity::{Document, NewIdentity};
pub(crate) use metadata::MetadataKey;
pub use settings::{Files, PassbaseSettings, Thresholds, UnreadableMetadata};
pub use webhook::{OlderWebhook, PassbaseWebhook};

pub use crate::sandbox::Passbase;

/// The secret key that the sandbox takes, unless another one was configured.
pub const SECRET_KEY: &str = "5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a";
