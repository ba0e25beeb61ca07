//! Nothing secret or personal reaches a log: every event, span and record of every crate involved, at
//! TRACE, while the contract runs and while every call of the client meets every end that it can.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod calls;
mod contract;
mod hints;
mod inbox;
mod listener;
mod redeeming;
mod webhooks;
