//! Passbase's webhooks through the inbox, over real sockets: encrypted and plain, out of order and twice,
//! to a handler that reads again what they are about and makes the cache forget.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod answers;
mod handling;
mod service;
mod upstream;

use service::Framework;
use upstream::Mode;

const EVERYWHERE: [(Framework, Mode); 4] = [
    (Framework::Axum, Mode::Encrypted),
    (Framework::Axum, Mode::Plain),
    (Framework::Actix, Mode::Encrypted),
    (Framework::Actix, Mode::Plain),
];
