//! Every example that the public guide prints, as a test against the sandbox: with raw HTTP as the
//! guide shows it, and with the client where it has the call.
//!
//! Modules are named after the parts of the guide. Times are the guide's own, 2026-03-29T10:22:14Z.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod access;
mod claims;
mod codes;
mod middleware;
mod outcomes;
mod sessions;
mod stage;
mod verify;
mod webhooks;
