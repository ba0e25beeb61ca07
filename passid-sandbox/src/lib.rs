#![doc = include_str!("../README.md")]

mod api;
mod assumptions;
mod builder;
mod chance;
mod clock;
mod control;
mod credential;
pub mod demo;
pub mod docverify;
mod fault;
mod instruments;
mod journal;
mod limits;
mod method;
mod openapi;
pub mod passbase;
mod route;
mod sandbox;
mod seed;
mod server;
mod state;
mod store;
mod timestamp;
mod webhook;

pub use assumptions::{ASSUMPTIONS, Assumption};
pub use builder::{SandboxBuilder, StartError};
pub use credential::{CredentialState, MintError, NewCredential};
pub use fault::{FAULT_HEADER, Fault, FaultError, FaultKind, Real};
pub use journal::{RecordedRequest, RequestFilter};
pub use passid_core::Environment;
pub use route::{Route, UnknownRoute};
pub use sandbox::{Sandbox, SessionError};
pub use seed::{Seed, SeedError};
pub use state::{ClockError, SnapshotError};
pub use webhook::{
    RecordedAttempt, RecordedDelivery, WebhookEvent, WebhookFault, WebhookFaultError,
    WebhookFaultKind,
};
