//! Placeholder until the parts stand.
#![allow(missing_docs)]
mod value;
pub use value::*;
