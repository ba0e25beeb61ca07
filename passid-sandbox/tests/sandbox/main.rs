//! The sandbox over real sockets: every endpoint, rule, fault and limit of the first floor.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test ends where its expectation does"
)]

mod bad_input;
mod binary;
mod control;
mod faults;
mod idempotency;
mod lifecycle;
mod redeem;
mod support;
mod verify;
