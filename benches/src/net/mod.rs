//! What is measured over sockets: servers in threads of their own, the load on them, and the clients
//! that ours is measured beside. Everything stays on the loopback interface and ends by itself.

mod client;
mod listening;
mod load;
mod server;
mod upstream;

pub use client::{BareClient, HyperTransport};
pub use listening::Listening;
pub use load::{Achieved, Load};
pub use server::{Route, actix_server, axum_server};
pub(crate) use upstream::ANSWER;
pub use upstream::{Upstream, client, client_over};
