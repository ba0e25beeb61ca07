//! Where the layer stands: routes, nested and merged routers, preflights, CORS; and what a handler
//! sees of the headers.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;

use axum::body::Body;
use axum::extract::Path;
use axum::http::{HeaderMap, Method, Request};
use axum::routing::{any, get, options, post};
use axum::{Json, Router};
use common::{GOOD, HEADER, PARTIAL, UNKNOWN, guard, is, layer, preflight, refusal, send, text};
use passid_axum::{PassidLayer, Verified};
use passid_core::TokenSources;
use serde_json::Value;
use tower::{Layer, ServiceBuilder};
use tower_http::cors::{Any, CorsLayer};

async fn open() -> &'static str {
    "open"
}

async fn shut(_: Verified) -> &'static str {
    "shut"
}

async fn status(app: &Router, path: &str, token: &str) -> u16 {
    send(app.clone(), common::get(path, token)).await.status().as_u16()
}

#[tokio::test]
async fn an_unknown_path_stays_404_behind_a_route_layer() {
    let app = Router::new().route("/shut", get(shut)).route_layer(layer());
    assert_eq!(status(&app, "/shut", "").await, 401);
    assert_eq!(status(&app, "/shut", GOOD).await, 200);
    assert_eq!(status(&app, "/elsewhere", "").await, 404);
    assert_eq!(status(&app, "/elsewhere", UNKNOWN).await, 404);
}

#[tokio::test]
async fn a_layer_for_all_answers_401_for_an_unknown_path() {
    let app = Router::new().route("/shut", get(shut)).layer(layer());
    assert_eq!(status(&app, "/elsewhere", "").await, 401);
    assert_eq!(status(&app, "/elsewhere", GOOD).await, 404);
}

/// The documented trap: add routes first.
#[tokio::test]
async fn routes_added_after_the_layer_are_not_covered() {
    let later = Router::new().route("/merged", get(open));
    let app = Router::new()
        .route("/shut", get(shut))
        .route_layer(layer())
        .route("/added", get(open))
        .merge(later.clone())
        .nest("/nested", later);
    for path in ["/added", "/merged", "/nested/merged"] {
        assert_eq!(status(&app, path, "").await, 200, "{path}");
    }
    assert_eq!(status(&app, "/shut", "").await, 401);
}

/// The same mistake where the handler asks for the credential is a 500, not an open door.
#[tokio::test]
async fn a_route_added_after_the_layer_fails_when_it_asks_for_the_credential() {
    let app = Router::new().route("/", get(open)).route_layer(layer()).route("/shut", get(shut));
    assert_eq!(status(&app, "/shut", GOOD).await, 500);
}

#[tokio::test]
async fn nested_and_merged_routers_are_covered_with_their_path_parameters() {
    async fn loan(Path(id): Path<u32>, _: Verified) -> String {
        id.to_string()
    }
    let inner = Router::new().route("/{id}", get(loan)).route_layer(layer());
    let app = Router::new().nest("/loans", inner.clone()).merge(inner).route("/healthz", get(open));
    for path in ["/loans/17", "/17"] {
        assert_eq!(status(&app, path, "").await, 401, "{path}");
        assert_eq!(text(send(app.clone(), common::get(path, GOOD)).await).await, "17", "{path}");
    }
    assert_eq!(status(&app, "/healthz", "").await, 200);
    assert_eq!(status(&app, "/loans/17/more", "").await, 404);
    let around =
        Router::new().nest("/loans", Router::new().route("/{id}", get(loan))).layer(layer());
    assert_eq!(text(send(around, common::get("/loans/17", GOOD)).await).await, "17");
}

#[tokio::test]
async fn it_stands_on_a_single_method_and_in_a_service_builder() {
    let stack = ServiceBuilder::new().layer(axum::middleware::map_response(stamp)).layer(layer());
    let app = Router::new().route("/", get(open).merge(post(shut).route_layer(stack)));
    assert_eq!(status(&app, "/", "").await, 200);
    let post = |token: &str| {
        let mut request = common::get("/", token);
        *request.method_mut() = Method::POST;
        send(app.clone(), request)
    };
    let refused = post("").await;
    assert_eq!(refused.headers()["x-stamp"], "outside");
    assert_eq!(refused.status(), 401);
    assert_eq!(text(post(GOOD).await).await, "shut");
}

async fn stamp(mut response: axum::response::Response) -> axum::response::Response {
    response.headers_mut().insert("x-stamp", "outside".parse().unwrap());
    response
}

#[tokio::test]
async fn it_stands_outside_the_router() {
    let service = layer().layer(Router::new().route("/", get(shut)));
    assert_eq!(send(service.clone(), common::get("/", "")).await.status(), 401);
    assert_eq!(send(service.clone(), common::get("/none", "")).await.status(), 401);
    assert_eq!(text(send(service, common::get("/", GOOD)).await).await, "shut");
}

#[tokio::test]
async fn the_decision_comes_before_a_broken_body() {
    let handler = |Json(_): Json<Value>| async {};
    let app = Router::new().route("/", post(handler)).route_layer(layer());
    let broken = |token: &str| common::json(token, Body::from("{\"amount\": "));
    assert_eq!(refusal(send(app.clone(), broken("")).await).await, is(401, "TOKEN_MISSING"));
    assert_eq!(send(app, broken(GOOD)).await.status(), 400);
}

#[tokio::test]
async fn only_a_genuine_preflight_passes_without_a_token() {
    let app = Router::new().route("/", any(open)).route_layer(layer());
    assert_eq!(send(app.clone(), preflight("/")).await.status(), 200);
    for missing in ["origin", "access-control-request-method"] {
        let mut bare = preflight("/");
        bare.headers_mut().remove(missing);
        assert_eq!(send(app.clone(), bare).await.status(), 401, "without {missing}");
    }
    let mut post = preflight("/");
    *post.method_mut() = Method::POST;
    assert_eq!(send(app, post).await.status(), 401);
}

#[tokio::test]
async fn a_preflight_with_an_invalid_token_is_still_a_preflight() {
    let app = Router::new().route("/", options(open)).route_layer(layer());
    let mut request = preflight("/");
    request.headers_mut().insert(HEADER, UNKNOWN.parse().unwrap());
    assert_eq!(send(app, request).await.status(), 200);
}

#[tokio::test]
async fn preflights_can_be_guarded() {
    let guard = common::guard_of(common::verifier()).guard_preflight().build();
    let app = Router::new().route("/", any(open)).route_layer(PassidLayer::new(guard));
    assert_eq!(send(app.clone(), preflight("/")).await.status(), 401);
    let mut with_token = preflight("/");
    with_token.headers_mut().insert(HEADER, GOOD.parse().unwrap());
    assert_eq!(send(app, with_token).await.status(), 200);
}

fn cors() -> CorsLayer {
    CorsLayer::new().allow_origin(Any).allow_headers(Any).allow_methods(Any)
}

#[tokio::test]
async fn cors_outside_lets_a_browser_read_the_refusal() {
    let app = Router::new().route("/", post(shut)).route_layer(layer()).layer(cors());
    let mut request = common::get("/", "");
    *request.method_mut() = Method::POST;
    request.headers_mut().insert("origin", "https://shop.example".parse().unwrap());
    let refused = send(app.clone(), request).await;
    assert_eq!(refused.headers()["access-control-allow-origin"], "*");
    assert_eq!(refusal(refused).await, is(401, "TOKEN_MISSING"));
    assert_eq!(send(app, preflight("/")).await.status(), 200);
}

#[tokio::test]
async fn cors_inside_answers_the_preflight_that_the_guard_lets_pass() {
    let app = Router::new().route("/", post(shut)).layer(cors()).layer(layer());
    let answer = send(app, preflight("/")).await;
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["access-control-allow-origin"], "*");
}

/// Shows the headers as a log would.
async fn show(headers: HeaderMap) -> String {
    format!("{headers:?}")
}

#[tokio::test]
async fn no_debug_of_the_headers_shows_a_token() {
    let sources = TokenSources::default().and_cookie("passid").and_header("X-Loan-Token");
    let named = |guard: passid_core::GuardBuilder<_>| guard.token_sources(sources.clone()).build();
    let guards = [
        named(common::guard_of(common::verifier())),
        named(common::guard_of(common::verifier()).optional()),
        named(common::guard_of(common::verifier().immediate())),
    ];
    for guard in guards {
        let app = Router::new().route("/", get(show)).route_layer(PassidLayer::new(guard));
        let request = Request::builder()
            .header(HEADER, GOOD)
            .header(HEADER, format!(" {} ", GOOD.to_lowercase()))
            .header("x-loan-token", GOOD)
            .header("authorization", format!("Bearer {GOOD}"))
            .header("cookie", format!("passid={GOOD}"))
            .header("cookie", "theme=dark")
            .header("accept", "text/plain");
        let shown = text(send(app, request.body(Body::empty()).unwrap()).await).await;
        assert!(!shown.to_uppercase().contains("PASSID-GOOD"), "{shown}");
        assert!(!shown.contains("theme=dark"), "the whole cookie header is marked");
        assert_eq!(shown.matches("Sensitive").count(), 6, "{shown}");
        assert!(shown.contains("text/plain"), "nothing else is marked");
    }
}

#[tokio::test]
async fn headers_are_marked_where_nobody_is_verified_too() {
    let app = |guard| Router::new().route("/", any(show)).route_layer(PassidLayer::new(guard));
    let jwt = "Bearer eyJhbGciOiJIUzI1NiJ9.e30.c2ln";
    let mut request = common::get("/", "");
    request.headers_mut().insert("authorization", jwt.parse().unwrap());
    let shown = text(send(app(common::optional()), request).await).await;
    assert!(!shown.contains("eyJ"), "{shown}");
    let mut request = preflight("/");
    request.headers_mut().insert(HEADER, GOOD.parse().unwrap());
    let shown = text(send(app(guard()), request).await).await;
    assert!(!shown.contains(GOOD), "{shown}");
}

#[tokio::test]
async fn values_that_were_marked_are_still_there_and_in_order() {
    async fn values(headers: HeaderMap) -> String {
        let values: Vec<_> = headers.get_all(HEADER).iter().map(|v| v.to_str().unwrap()).collect();
        values.join("|")
    }
    let app = Router::new().route("/", get(values)).route_layer(layer());
    let lower = GOOD.to_lowercase();
    let request = Request::builder().header(HEADER, GOOD).header(HEADER, &lower);
    let seen = text(send(app, request.body(Body::empty()).unwrap()).await).await;
    assert_eq!(seen, format!("{GOOD}|{lower}"));
}

/// Few headers are looked through, many are looked up, repeated ones are looked through again: the token
/// is found and hidden in all of them, wherever it stands.
#[tokio::test]
async fn a_token_is_found_and_marked_sensitive_among_few_and_many_headers() {
    async fn show(headers: HeaderMap, _: Verified) -> String {
        format!("{headers:?}")
    }
    let bearer = format!("Bearer {GOOD}");
    let app = Router::new().route("/", get(show)).route_layer(layer());
    for others in 0..20 {
        for (repeats, (name, value)) in
            [(1, (HEADER, GOOD)), (2, (HEADER, GOOD)), (1, ("authorization", bearer.as_str()))]
        {
            let mut request = common::get("/", "");
            let headers = request.headers_mut();
            for other in 0..others {
                let other: axum::http::HeaderName = format!("x-other-{other}").parse().unwrap();
                headers.insert(other, "shown".parse().unwrap());
            }
            for _ in 0..repeats {
                headers.append(name, value.parse().unwrap());
            }
            let response = send(app.clone(), request).await;
            assert_eq!(response.status(), 200, "{name} beside {others}");
            let shown = text(response).await;
            assert!(shown.contains(name) && !shown.contains(GOOD), "{others}: {shown}");
            assert_eq!(shown.matches("shown").count(), others, "{shown}");
        }
    }
    let none = send(app, common::get("/", "")).await;
    assert_eq!(none.status(), 401);
}

/// Two sources may stand in headers of one name: both are looked at.
#[tokio::test]
async fn sources_that_share_a_header_are_each_looked_at() {
    let sources = TokenSources::none().and_query("t").and_cookie("one").and_cookie("two");
    let guard = common::guard_of(common::verifier()).token_sources(sources).build();
    let app = Router::new().route("/", get(shut)).route_layer(PassidLayer::new(guard));
    for others in [0, 20] {
        let answer = async |cookie: String| {
            let mut request = common::get("/", "");
            for other in 0..others {
                let other: axum::http::HeaderName = format!("x-other-{other}").parse().unwrap();
                request.headers_mut().insert(other, "shown".parse().unwrap());
            }
            request.headers_mut().insert("cookie", cookie.parse().unwrap());
            send(app.clone(), request).await
        };
        assert_eq!(answer(format!("one={GOOD}")).await.status(), 200);
        assert_eq!(answer(format!("two={GOOD}")).await.status(), 200);
        let both = answer(format!("one={GOOD}; two={PARTIAL}")).await;
        assert_eq!(refusal(both).await, is(401, "TOKEN_INVALID"));
    }
}
