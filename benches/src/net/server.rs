#![allow(clippy::expect_used, reason = "a mistake in the setup must end the measurement")]

use std::io;
use std::net::TcpListener;
use std::sync::Arc;

use actix_web::{HttpServer, web};
use axum::Router;
use axum::routing::get;
use passid_actix::PassidMiddleware;
use passid_axum::PassidLayer;
use passid_core::{Guard, Verify};
use tokio::sync::oneshot;

use super::Listening;
use crate::verifier::policy;

/// The routes of a server. Both have the same handler.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route {
    /// Nothing stands before the handler.
    Bare,
    /// The guard does.
    Guarded,
}

impl Route {
    /// Its path; both are as long.
    pub const fn path(self) -> &'static str {
        match self {
            Self::Bare => "/open/apply",
            Self::Guarded => "/api/apply/",
        }
    }
}

async fn handler() -> &'static str {
    "ok"
}

/// axum with both routes, in one thread.
///
/// # Errors
///
/// When no port can be had.
pub fn axum_server<V: Verify>(verifier: V) -> io::Result<Listening> {
    let guard = Guard::new(verifier, policy());
    Listening::start(move |listener, stop| {
        let guarded = Router::new().route(Route::Guarded.path(), get(handler));
        let app = Router::new()
            .route(Route::Bare.path(), get(handler))
            .merge(guarded.route_layer(PassidLayer::new(guard)));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.expect("a runtime starts").block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
            tokio::select! {
                ended = axum::serve(listener, app) => ended.expect("the server goes on"),
                _ = stop => {}
            }
        });
    })
}

/// actix-web with both routes, in one worker.
///
/// # Errors
///
/// When no port can be had.
pub fn actix_server<V: Verify>(verifier: V) -> io::Result<Listening> {
    let guard = Guard::new(Arc::new(verifier), policy());
    Listening::start(move |listener, stop| {
        actix_web::rt::System::new().block_on(actix(guard, listener, stop));
    })
}

async fn actix<V: Verify>(guard: Guard<V>, listener: TcpListener, stop: oneshot::Receiver<()>) {
    let app = move || {
        let guarded =
            web::resource(Route::Guarded.path()).wrap(PassidMiddleware::new(guard.clone()));
        actix_web::App::new()
            .service(web::resource(Route::Bare.path()).to(handler))
            .service(guarded.to(handler))
    };
    let server = HttpServer::new(app).workers(1).disable_signals().listen(listener);
    let server = server.expect("the listener is taken").run();
    let handle = server.handle();
    let stopping = async {
        // Told or left: both mean the end.
        let _ = stop.await;
        handle.stop(false).await;
    };
    let (ended, ()) = tokio::join!(server, stopping);
    ended.expect("the server ends in order");
}
