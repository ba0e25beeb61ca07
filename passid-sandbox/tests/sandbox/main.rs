//! The sandbox over real sockets: every endpoint, rule, fault and limit.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test ends where its expectation does"
)]

mod bad_input;
mod binary;
mod clock;
mod contention;
mod control;
mod data_file;
mod determinism;
mod docverify;
mod fault_rules;
mod faults;
mod flags;
mod guard;
mod holes;
mod idempotency;
mod journal;
mod lifecycle;
mod malformed;
mod model;
mod openapi;
mod outage;
mod outcomes;
mod passbase;
mod paths;
mod receiver;
mod redeem;
mod schema;
mod seed;
mod sessions;
mod shares;
mod snapshot;
mod stored_verification;
mod support;
mod verify;
mod webhook_settings;
mod webhooks;
