//! A tower [`Layer`](tower_layer::Layer) and axum extractors that let only verified PASSID
//! credentials reach a handler.
//!
//! ```
//! use axum::{Json, Router, routing::post};
//! use passid_axum::{PassidLayer, Verified};
//! use passid_core::{Guard, PassidClient, Policy};
//!
//! async fn apply(Verified(credential): Verified) -> Json<Option<String>> {
//!     Json(credential.claims().income_band.clone())
//! }
//!
//! fn app(client: PassidClient) -> Result<Router, passid_core::PolicyError> {
//!     let policy = Policy::builder()
//!         .require_claims(["income_verified", "sanctions_screening_clear"])
//!         .max_credential_age_hours(72)
//!         .build()?;
//!     Ok(Router::new()
//!         .route("/api/apply", post(apply))
//!         .route_layer(PassidLayer::new(Guard::new(client, policy))))
//! }
//! ```
//!
//! # Order of layers
//!
//! Use [`route_layer`](https://docs.rs/axum/latest/axum/struct.Router.html#method.route_layer), so that an unknown path stays 404. It covers the
//! routes that were added **before** it: add routes first. CORS, tracing and request-id layers
//! belong outside (added after): a 401 without CORS headers is an opaque network error to a browser.
//! A layer around a whole `Router` guards unknown paths too; give such a router its state first
//! (`with_state`), or axum builds its routes anew for each request.
//!
//! The decision is made before the handler and its extractors run, so a caller without a token gets
//! 401 even where the body would be refused.
//!
//! # Webhooks
//!
//! [`PassidWebhook`] receives what PASSID sends, with its signature checked. It needs no layer, and no
//! layer that changes bodies may stand before it.
//!
//! # Streams
//!
//! A WebSocket, a server-sent stream or a gRPC stream is verified once, when it begins. Close it when
//! [`expires_at`](passid_core::VerifiedCredential::expires_at) passes.

mod body;
mod extract;
mod future;
mod incoming;
mod layer;
mod render;
mod require;
mod settings;
mod view;
mod webhook;

pub use body::{BufferBody, NoBody, ReceiveBody};
pub use extract::{Refused, Verified};
pub use future::ResponseFuture;
pub use incoming::{AnswerResponse, IncomingWebhook, WebhookPieces};
pub use layer::{PassidLayer, PassidService};
pub use render::{FromAnswer, RenderRejection, RenderWith};
pub use require::{RequireFuture, RequirePolicy, RequirePolicyService};
pub use webhook::{PassidWebhook, RefusedWebhook};
