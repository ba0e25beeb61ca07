//! The Passbase server API behind passid's guard.
//!
//! - [`PassbaseClient`] has every published read: settings, identities, resources, files.
//! - [`webhook`] opens encrypted webhooks; what comes out is a hint.
//! - [`FlowMetadata`] and [`Caller`] bind an identity to the one who presents it; `MetadataKey`
//!   (feature `metadata-signing`) signs the metadata.
//! - [`PassbaseVerifier`] turns an identity into a credential with claims that a policy can ask for.
//!
//! The vendor was taken over in 2023 and its host is gone. **Nothing here has been tested against the
//! real API**; it follows what was published of version 2. Where that is silent the behaviour is a
//! numbered decision ("P80"), listed in `docs/decisions.md` of the repository.
//!
//! # Features
//!
//! `rustls` (default) and `native-tls` bring the HTTP transport. `metadata-signing` brings
//! `MetadataKey`.

mod binding;
mod client;
mod id;
mod key;
pub mod model;
#[cfg(feature = "metadata-signing")]
mod signing;
mod verifier;
pub mod webhook;
mod word;

pub use binding::{BindingError, Caller, FlowMetadata, Nonce};
pub use client::{
    ApiError, DEFAULT_BASE_URL, ErrorKind, FileContent, FileStream, PageRequest, Pages,
    PassbaseClient, PassbaseClientBuilder,
};
pub use id::{IdError, IdentityAccessKey, ResourceFileId, ResourceId};
pub use key::{SecretKey, SecretKeyError};
pub use model::{DecodeError, Identity, IdentityStatus};
pub use passid_core::client::{BuildError, CallObserver, CallReport};
#[cfg(feature = "metadata-signing")]
pub use signing::{MetadataKey, MetadataKeyError, SigningError};
pub use verifier::{
    DurableProcessedTimes, PassbaseVerifier, PresentedIdentity, ProcessedTimes,
    RecentProcessedTimes, ScoreFloorError, ScoreFloors, reason,
};

/// The examples of the README compile.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
