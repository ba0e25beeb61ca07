//! The app on actix-web.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};

use actix_web::dev::ServerHandle;
use actix_web::web::{self, Bytes, ServiceConfig};
use actix_web::{HttpResponse, HttpServer, Resource};
use passid_actix::{MaybeVerified, PassidMiddleware, RequirePolicy, Verified};
use passid_core::Verify;
use tokio::sync::oneshot;

use super::{App, Setup, application, greeting};

/// The app, serving until it is dropped.
#[derive(Debug)]
pub struct Running {
    /// Where.
    pub address: SocketAddr,
    server: ServerHandle,
}

impl Drop for Running {
    fn drop(&mut self) {
        // The command is sent when the call is made; its future only waits for the end.
        drop(self.server.stop(false));
    }
}

/// Starts the app on a free port.
///
/// # Panics
///
/// When no port is free.
pub async fn start<V: Verify + Clone>(app: impl Into<App>, verifier: V) -> Running {
    let app = app.into();
    serve(move |config| {
        add_apply(config, app, verifier.clone());
        config.service(greeting_resource(app, verifier.clone()));
        config.service(web::resource("/healthz").route(web::get().to(|| async { "ok" })));
    })
    .await
}

/// Starts an app of these routes on a free port, in a thread of its own: actix-web brings its own
/// runtime.
///
/// # Panics
///
/// When no port is free.
#[expect(clippy::expect_used, reason = "a test cannot go on without it")]
pub async fn serve(routes: impl Fn(&mut ServiceConfig) + Clone + Send + 'static) -> Running {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    let address = listener.local_addr().expect("an address");
    let (started, handle) = oneshot::channel();
    std::thread::spawn(move || {
        actix_web::rt::System::new().block_on(async move {
            let server = HttpServer::new(move || actix_web::App::new().configure(&routes))
                .workers(1)
                .disable_signals()
                .listen(listener)
                .expect("a listener")
                .run();
            let _ = started.send(server.handle());
            let _ = server.await;
        });
    });
    Running { address, server: handle.await.expect("the server starts") }
}

fn add_apply<V: Verify + Clone>(config: &mut ServiceConfig, app: App, verifier: V) {
    let mut route = web::post().to(apply);
    let resource = web::resource("/api/apply");
    let Some(guard) = app.guard(verifier) else {
        config.service(resource.route(route));
        return;
    };
    if let Some(policy) = app.stricter() {
        route = route.wrap(RequirePolicy::behind(&guard, policy));
    }
    let middleware = PassidMiddleware::new(guard);
    match (app.json_body(), app.setup) {
        (Some(source), _) => {
            config.service(resource.route(route.wrap(middleware.json_body(source))))
        }
        // Around the whole resource: other methods are guarded too.
        (None, Setup::GuardPreflight | Setup::VerifiedOnly) => {
            config.service(resource.route(route).wrap(middleware))
        }
        (None, _) => config.service(resource.route(route.wrap(middleware))),
    };
}

fn greeting_resource<V: Verify + Clone>(app: App, verifier: V) -> Resource {
    let mut route = web::get().to(greet);
    if let Some(guard) = app.optional_guard(verifier) {
        route = route.wrap(PassidMiddleware::new(guard));
    }
    web::resource("/api/greeting").route(route)
}

async fn apply(credential: Verified, body: Bytes) -> HttpResponse {
    json(application(credential.claims(), body.len()))
}

async fn greet(MaybeVerified(credential): MaybeVerified) -> HttpResponse {
    json(greeting(credential.is_some()))
}

fn json(body: Vec<u8>) -> HttpResponse {
    HttpResponse::Ok().content_type("application/json").body(body)
}
