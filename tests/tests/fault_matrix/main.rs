//! The fault matrix: every fault of the sandbox x every call of the client. What kind of error it is,
//! how often the call arrived, whether it took effect, and what the next call then says.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod calls;
mod every_call;
mod late;
mod refused;
mod second_try;
mod verify_and_redeem;
