//! The app on axum.

use std::net::{Ipv4Addr, SocketAddr};

use axum::Router;
use axum::body::Bytes;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get, post};
use passid_axum::{PassidLayer, RequirePolicy, Verified};
use passid_core::Verify;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::{App, Setup, application, greeting};

/// The app, serving until it is dropped.
#[derive(Debug)]
pub struct Running {
    /// Where.
    pub address: SocketAddr,
    task: JoinHandle<()>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Starts the app on a free port.
///
/// # Panics
///
/// When no port is free.
pub async fn start<V: Verify + Clone>(app: impl Into<App>, verifier: V) -> Running {
    serve(router(app.into(), verifier)).await
}

/// Starts a router on a free port.
///
/// # Panics
///
/// When no port is free.
#[expect(clippy::expect_used, reason = "a test cannot go on without it")]
pub async fn serve(app: Router) -> Running {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    let task = tokio::spawn(async move {
        let _ = axum::serve(listener, app).await;
    });
    Running { address, task }
}

fn router<V: Verify + Clone>(app: App, verifier: V) -> Router {
    let mut apply: MethodRouter = post(apply);
    let guard = app.guard(verifier.clone());
    if let (Some(policy), Some(guard)) = (app.stricter(), &guard) {
        apply = apply.route_layer(RequirePolicy::behind(guard, policy));
    }
    let mut greeting: MethodRouter = get(greet);
    if let Some(guard) = app.optional_guard(verifier) {
        greeting = greeting.route_layer(PassidLayer::new(guard));
    }
    if let Some(guard) = guard {
        let layer = PassidLayer::new(guard);
        apply = match (app.json_body(), app.setup) {
            (Some(source), _) => apply.route_layer(layer.json_body(source)),
            // Around the whole route: other methods are guarded too.
            (None, Setup::GuardPreflight | Setup::VerifiedOnly) => apply.layer(layer),
            (None, _) => apply.route_layer(layer),
        };
    }
    Router::new()
        .route("/api/apply", apply)
        .route("/api/greeting", greeting)
        .route("/healthz", get(|| async { "ok" }))
}

async fn apply(Verified(credential): Verified, body: Bytes) -> Response {
    json(application(credential.claims(), body.len()))
}

async fn greet(verified: Option<Verified>) -> Response {
    json(greeting(verified.is_some()))
}

fn json(body: Vec<u8>) -> Response {
    ([(CONTENT_TYPE, "application/json")], body).into_response()
}
