//! Document Verification sessions as evidence for [`passid_core`]: a client of the API, the flow of a
//! session, and a verifier.
//!
//! A person shows a document and their face; the API says what it recommends and what it checked.
//! [`DocumentVerificationClient`] makes every published call, [`SessionFlow`] remembers whose session is
//! whose, and [`DocumentVerifier`] gives a guard a credential for it, or the reason why there is none.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use passid_docverify::{
//!     ClientCredentials, DocumentVerificationClient, MemorySessionRecords, NewSession, Region,
//!     SessionFlow,
//! };
//!
//! let credentials = ClientCredentials::new("my-application", "its-secret")?;
//! let client = DocumentVerificationClient::builder(Region::Eu, credentials).build()?;
//! let flow = SessionFlow::new(client.clone(), MemorySessionRecords::default());
//!
//! let asked = NewSession::new().callback_url("https://bank.example/identity/callback");
//! let session = flow.begin(&asked).await?;
//! if let Some(token) = &session.start_token {
//!     println!("send the person to {}", client.start_url(token)?);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # Defaults
//!
//! Nothing is true because something is missing: a check that is absent or `N/A` is not passed, a word
//! that is not known gives no claim, a session that was mocked counts in the sandbox only, and a session
//! that your service does not remember is nobody's. What was read from a document stands in results and
//! nowhere else: `Debug`, errors and spans have none of it.
//!
//! The rules follow the vendor's public reference of the API. Where it is silent they are decisions of
//! ours ("P95"), listed in `docs/decisions.md` of the repository. The real API could not be reached
//! while this was written.

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

mod client;
mod consent;
pub mod image;
pub mod result;
mod session;
mod value;
mod verifier;
mod wire;
mod word;

pub use client::{
    ApiError, AwaitedSession, BuildError, ClientBuilder, DocumentVerificationClient, ErrorKind,
    ImageStream, Region,
};
pub use consent::{Consent, StartConsent};
pub use passid_core::client::{CallObserver, CallReport};
pub use session::{
    Callback, CallbackError, CreatedSession, CustomerInformation, DurableSessionRecords, FlowError,
    MemorySessionRecords, MockBehavior, NewSession, RecordsError, SessionFlow, SessionRecord,
    SessionRecords, SessionToken, SessionTokenError, Sighting,
};
pub use value::{
    CallbackState, CallbackStateError, ClientCredentials, ClientCredentialsError, IdError, ImageId,
    NoRandomness, SessionId, StartToken,
};
pub use verifier::{Assessment, DocumentVerifier, Finding, Mapping, PROVIDER};
pub use wire::DecodeError;
