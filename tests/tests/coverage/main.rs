//! The documentation is complete, and what it names exists: the pages on the three APIs against clients,
//! sandbox and tests, the sandbox's pages against its routes, flags, codes and decisions.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod page;
mod sandbox;
mod served;
mod tables;
