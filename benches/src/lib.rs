//! What every measurement of this crate shares: the cases, the applications under measurement and
//! the requests they get.
//!
//! A case is one framework in one setup. Requests are served in the calling thread, without a
//! socket and without a runtime around the single call: nothing in them has to wait, so one poll
//! answers them.

mod actix_app;
mod app;
mod axum_app;
mod case;
mod effort;
pub mod net;
mod peers;
mod spread;
mod verification;
mod verifier;

pub use actix_app::app as actix_app;
pub use app::{App, Measurable};
pub use axum_app::app as axum_app;
pub use case::{Case, Framework, Setup, TOKEN, UnknownCase};
pub use effort::{Effort, take_turns};
pub use spread::Spread;
pub use verification::verify_many;
pub use verifier::{FixedVerdict, Hit, cache_with, hit, token};
