//! What only the store in a file can show: files, disks, several processes.
#![cfg(feature = "sqlite")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod files;
mod load;
#[cfg(feature = "postgres")]
#[path = "../../../tests/src/postgres.rs"]
pub mod postgres_server;
#[path = "../store_contract/stage.rs"]
#[allow(dead_code, reason = "the contract uses the rest")]
pub mod stage;
mod upgrading;
