//! Failed attempts through both adapters: who the client is, and what it is told.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use std::net::SocketAddr;
use std::time::Duration;

use actix_web::web as actix;
use axum::extract::ConnectInfo;
use axum::routing::post;
use passid_actix::PassidMiddleware;
use passid_axum::PassidLayer;
use passid_core::attempts::{AttemptLimiterBuilder, Quota};
use passid_core::testing::ScriptedVerifier;
use passid_core::{ApiKey, AttemptLimiter, Guard, Policy, TokenSources};
use passid_tests::apps;
use passid_tests::http::{Request, Response, send};
use passid_tests::soon;
use tokio::net::TcpListener;

const ROUTE: &str = "/api/apply";

fn guard(
    change: impl FnOnce(AttemptLimiterBuilder) -> AttemptLimiterBuilder,
) -> Guard<ScriptedVerifier> {
    let key = ApiKey::parse("pk_sandbox_attempts").unwrap();
    let three = Quota::new(3, Duration::from_secs(600)).unwrap();
    let limiter = change(AttemptLimiter::builder(&key).per_client(three)).build().unwrap();
    Guard::builder(ScriptedVerifier::new(), Policy::verified_only())
        .token_sources(TokenSources::share_codes())
        .attempt_limiter(limiter)
        .build()
}

async fn on_axum(guard: Guard<ScriptedVerifier>) -> SocketAddr {
    let layer = PassidLayer::new(guard).peer_address(|extensions| {
        extensions.get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0.ip())
    });
    let app = axum::Router::new().route(ROUTE, post(|| async { "in" }).route_layer(layer));
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let service = app.into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, service).await });
    address
}

async fn on_actix(guard: Guard<ScriptedVerifier>) -> apps::actix::Running {
    let middleware = PassidMiddleware::new(guard);
    apps::actix::serve(move |config| {
        let route = actix::resource(ROUTE).wrap(middleware.clone());
        config.service(route.route(actix::post().to(async || "in")));
    })
    .await
}

async fn guess(app: SocketAddr, number: usize, forwarded: &str) -> Response {
    let code = format!("WWWW-WWWW-WWW{}", char::from(b'A' + u8::try_from(number).unwrap()));
    let request = Request::new("POST", ROUTE)
        .header("X-PASSID-Code", code)
        .header("X-Forwarded-For", forwarded);
    soon("an answer", send(app, &request)).await.unwrap()
}

#[tokio::test]
async fn the_address_of_the_connection_counts_and_a_forwarded_one_does_not() {
    let actix = on_actix(guard(|limiter| limiter)).await;
    for app in [on_axum(guard(|limiter| limiter)).await, actix.address] {
        for number in 0..3 {
            assert_eq!(guess(app, number, &format!("192.0.2.{number}")).await.status, 401);
        }
        let refused = guess(app, 3, "192.0.2.3").await;
        assert_eq!(refused.status, 429);
        let wait: u64 = refused.header("retry-after").unwrap().parse().unwrap();
        assert!((190..=200).contains(&wait), "{wait}");
        assert_eq!(refused.header("cache-control"), Some("no-store"));
        assert_eq!(refused.header("www-authenticate"), None);
        assert!(refused.body.contains("\"TOO_MANY_ATTEMPTS\""), "{}", refused.body);
        assert!(!refused.body.contains("WWWW"));
    }
}

#[tokio::test]
async fn behind_a_proxy_the_header_that_is_named_counts() {
    let trusting = || guard(|limiter| limiter.client_header("X-Forwarded-For"));
    let actix = on_actix(trusting()).await;
    for app in [on_axum(trusting()).await, actix.address] {
        for number in 0..3 {
            assert_eq!(guess(app, number, "198.51.100.9, 192.0.2.1").await.status, 401);
        }
        assert_eq!(guess(app, 3, "192.0.2.1").await.status, 429);
        assert_eq!(guess(app, 4, "192.0.2.2").await.status, 401);
    }
}
