//! What only the store in Postgres can show: a server that ends connections, several instances.
#![cfg(feature = "postgres")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod opening;
#[path = "../../../tests/src/postgres.rs"]
pub mod postgres_server;
#[path = "../store_contract/stage.rs"]
#[allow(dead_code, reason = "the contract uses the rest")]
pub mod stage;
mod trouble;
mod upgrading;
