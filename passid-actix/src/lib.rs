//! actix-web middleware and extractors that let only verified PASSID credentials reach a handler.
//!
//! ```
//! use actix_web::{App, HttpServer, post, web};
//! use passid_actix::{PassidMiddleware, Verified};
//! use passid_core::{Guard, PassidClient, Policy};
//!
//! #[post("/api/apply")]
//! async fn apply(credential: Verified) -> web::Json<Option<String>> {
//!     web::Json(credential.claims().income_band.clone())
//! }
//!
//! async fn serve(client: PassidClient) -> Result<(), Box<dyn std::error::Error>> {
//!     let policy = Policy::builder()
//!         .require_claims(["income_verified", "sanctions_screening_clear"])
//!         .max_credential_age_hours(72)
//!         .build()?;
//!     let guard = Guard::new(client, policy); // before HttpServer::new: all workers share it
//!     HttpServer::new(move || {
//!         App::new().service(
//!             web::scope("").wrap(PassidMiddleware::new(guard.clone())).service(apply),
//!         )
//!     })
//!     .bind(("127.0.0.1", 3000))?
//!     .run()
//!     .await?;
//!     Ok(())
//! }
//! # let _ = serve;
//! ```
//!
//! # One guard for all workers
//!
//! The closure of `HttpServer::new` runs once per worker. Build the guard before it and clone it
//! inside. Each worker has a runtime of its own: tell the client which one drives its connections
//! with [`PassidClientBuilder::runtime`](passid_core::client::PassidClientBuilder::runtime), so that
//! no request waits on another worker's connection.
//!
//! # Order of middleware
//!
//! The last `wrap` is the outermost. CORS belongs outside (wrapped after): a 401 without CORS headers
//! is an opaque network error to a browser. Refusals are responses, not errors, so outer middleware
//! sees them.
//!
//! No outer middleware may keep a clone of the `HttpRequest` while it calls on: actix-web's routing
//! panics then, and so does the marking of token headers; see
//! [`PassidMiddleware::leave_token_headers`].
//!
//! # Webhooks
//!
//! [`PassidWebhook`] receives what PASSID sends, with its signature checked. It needs no middleware of
//! ours, and none that changes bodies may stand before it.
//!
//! # Optional routes
//!
//! Use [`MaybeVerified`] behind an optional guard, not `Option<Verified>`: actix-web turns every
//! failure of an extractor into `None`, also the one that reports a missing middleware.

mod body;
mod extract;
mod future;
mod incoming;
mod middleware;
mod render;
mod require;
mod settings;
mod view;
mod webhook;

pub use extract::{MaybeVerified, Refused, Verified};
pub use future::ResponseFuture;
pub use incoming::{AnswerResponse, IncomingWebhook, WebhookPieces};
pub use middleware::{PassidMiddleware, PassidService};
pub use require::{RequireFuture, RequirePolicy, RequirePolicyService};
pub use webhook::{PassidWebhook, RefusedWebhook};
