//! What must hold of every input, whoever made it up.
//!
//! The fuzz targets beside this folder are these functions, and so is a test of `passid-core`
//! (`tests/webhook_corpus.rs`), which takes them through the corpus and through inputs of proptest.
#![allow(dead_code, reason = "each program uses a part of it")]
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a check panics")]

pub(crate) mod body_pieces;
mod delivery;
pub(crate) mod envelope;
pub(crate) mod signature_header;
