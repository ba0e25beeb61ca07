//! The Document Verification API on your own machine: what
//! [`Sandbox::docverify`](crate::Sandbox::docverify) takes and gives.
//!
//! It has every published call, the token endpoint and a stand-in for the hosted page, below
//! [`Docverify::url`]. Nothing is checked: a session ends as its mock says, as a test says
//! ([`Docverify::end_next`]), or as is usual ([`DocumentSettings::usual_ending`]). What the vendor's
//! reference leaves open is one of the [`DocumentSettings`], or on the sandbox's list of assumptions.
//!
//! ```
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use passid_sandbox::Sandbox;
//! use passid_sandbox::docverify::{DocumentEnding, DocumentSettings};
//!
//! let sandbox = Sandbox::start().await?;
//! let docverify = sandbox.docverify();
//! println!("{} takes {}", docverify.url(), docverify.client_id());
//! docverify.set(DocumentSettings::new().created_is_201())?;
//! docverify.end_next(DocumentEnding::new().status("error"))?;
//! # Ok(())
//! # }
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(example()).unwrap();
//! ```

pub use crate::instruments::{DocumentFeedback, DocumentFeedbackError};
pub use crate::sandbox::Docverify;
pub use crate::state::docverify::{
    DocumentCaptureError, DocumentCheck, DocumentCheckRecommendation, DocumentEnding,
    DocumentEndingError, DocumentImageType, DocumentRecommendation, DocumentSettings,
    DocumentSettingsError, DocumentStatusError, ErrorBodies, RecordedDocumentSession,
};

/// The client id that the sandbox takes, unless another one was configured.
pub const CLIENT_ID: &str = "docverify-demo";

/// The client secret that the sandbox takes, unless another one was configured.
pub const CLIENT_SECRET: &str = "docverify-demo-secret";
