//! Doubles for testing your own protected routes, without a network (feature `test-util`).
//!
//! ```
//! use passid_core::testing::{ScriptedVerifier, claims};
//! use passid_core::{Guard, Policy};
//!
//! let verifier = ScriptedVerifier::new();
//! verifier.accept("PASSID-GOOD-0001", claims::complete());
//! let guard = Guard::new(verifier.clone(), Policy::verified_only());
//! # let _ = guard;
//! ```

pub mod claims;
mod clock;
mod entropy;
mod records;
mod transport;
mod verifier;
pub mod webhook;

pub use clock::ManualClock;
pub use entropy::SeededEntropy;
pub use records::MemoryRecords;
pub use transport::MockTransport;
pub use verifier::ScriptedVerifier;
