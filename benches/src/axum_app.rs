#![allow(clippy::expect_used, reason = "a mistake in the setup must end the measurement")]

use std::convert::Infallible;
use std::future::poll_fn;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use axum::routing::get;
use http::header::{ACCEPT, HOST};
use passid_axum::{PassidLayer, RequirePolicy};
use tower::layer::util::Identity;
use tower::{Layer, Service};

use crate::app::ready;
use crate::case::PATH;
use crate::verifier::{guard, hit_guard, policy};
use crate::{App, Setup, peers};

/// The application of this setup.
///
/// `with_state` is what `axum::serve` calls on a `Router`: without it axum would make each route
/// anew for each request, layers included, and that would be measured.
pub fn app(setup: Setup) -> App<Request> {
    let bare = || Router::new().route(PATH, get(handler));
    let layer = || PassidLayer::new(guard(setup.verdict_at_once()));
    let inside = |router: Router| serving(setup, router.with_state(()));
    match setup {
        Setup::Bare => inside(bare()),
        Setup::IdleLayer => inside(bare().route_layer(Identity::new())),
        Setup::Immediate | Setup::Pending | Setup::Refused => inside(bare().route_layer(layer())),
        Setup::RequirePolicy => {
            let strict = get(handler).route_layer(RequirePolicy::new(policy()));
            inside(Router::new().route(PATH, strict).route_layer(layer()))
        }
        Setup::IdleLayerOutside => serving(setup, Identity::new().layer(bare().with_state(()))),
        Setup::ImmediateOutside => serving(setup, layer().layer(bare().with_state(()))),
        Setup::Cached => inside(bare().route_layer(PassidLayer::new(hit_guard()))),
        Setup::CachedOutside => {
            serving(setup, PassidLayer::new(hit_guard()).layer(bare().with_state(())))
        }
        Setup::AsyncAuthorization => inside(bare().route_layer(peers::axum::same_work())),
        Setup::AsyncAuthorizationOutside => {
            serving(setup, peers::axum::same_work().layer(bare().with_state(())))
        }
        Setup::JsonWebToken => inside(bare().route_layer(peers::axum::json_web_token())),
        Setup::Httpauth | Setup::HttpauthSameWork => unreachable!("no case of axum"),
    }
}

async fn handler() -> &'static str {
    "ok"
}

fn serving<S>(setup: Setup, mut service: S) -> App<Request>
where
    S: Service<Request, Response = Response, Error = Infallible> + 'static,
{
    let serve = move |request| {
        let response = ready(async {
            poll_fn(|cx| service.poll_ready(cx)).await?;
            service.call(request).await
        });
        match response {
            Ok(response) => response.status().as_u16(),
            Err(never) => match never {},
        }
    };
    App::new(setup.expected_status(), move || request(setup), serve)
}

/// Three headers, one of them what is presented or a stand-in.
fn request(setup: Setup) -> Request {
    let (name, value) = setup.header();
    http::Request::get(PATH)
        .header(HOST, "localhost")
        .header(ACCEPT, "*/*")
        .header(name, value)
        .body(Body::empty())
        .expect("the request is well formed")
}
