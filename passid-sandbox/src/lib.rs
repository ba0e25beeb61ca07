#![doc = include_str!("../README.md")]

mod api;
mod builder;
mod clock;
mod control;
mod credential;
pub mod demo;
mod fault;
mod sandbox;
mod server;
mod state;
mod timestamp;

pub use builder::{SandboxBuilder, StartError};
pub use credential::{CredentialState, MintError, NewCredential};
pub use fault::{Fault, FaultError, FaultKind, Route};
pub use passid_core::Environment;
pub use sandbox::Sandbox;
