//! Where the middleware stands, what outer middleware and handlers see, and what it leaves alone.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;

use actix_web::dev::Service;
use actix_web::http::Method;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::test::{TestRequest, init_service};
use actix_web::{App, HttpMessage, HttpRequest, web};
use common::payloads::{End, Polls};
use common::{
    DOWN, GOOD, HANGING, HEADER, PARTIAL, UNKNOWN, get, immediate, is, middleware, preflight,
    refusal, send, strict, text,
};
use passid_actix::{MaybeVerified, PassidMiddleware, Verified};
use passid_core::testing::claims;
use passid_core::{Anonymous, Guard, Preflight, VerifiedCredential};
use serde_json::Value;

async fn open() -> &'static str {
    "open"
}

async fn shut(credential: Verified) -> String {
    credential.audit_id().unwrap().to_owned()
}

async fn maybe(MaybeVerified(credential): MaybeVerified) -> String {
    credential.map_or("nobody".to_owned(), |found| found.audit_id().unwrap().to_owned())
}

/// Status of one GET.
macro_rules! status {
    ($app:expr, $path:expr, $token:expr) => {
        send(&$app, get($path, $token).to_request()).await.status().as_u16()
    };
}

#[actix_web::test]
async fn it_stands_on_an_app_a_scope_a_resource_and_a_route() {
    let app = init_service(
        App::new()
            .service(web::scope("/scope").wrap(middleware()).route("/shut", web::get().to(shut)))
            .service(web::resource("/resource").wrap(middleware()).to(shut))
            .service(
                web::resource("/route")
                    .route(web::get().to(shut).wrap(middleware()))
                    .route(web::post().to(open)),
            )
            .route("/open", web::get().to(open)),
    )
    .await;
    for path in ["/scope/shut", "/resource", "/route"] {
        assert_eq!(status!(app, path, ""), 401, "{path}");
        assert_eq!(status!(app, path, UNKNOWN), 401, "{path}");
        assert_eq!(
            text(send(&app, get(path, GOOD).to_request()).await).await,
            "aud_test",
            "{path}"
        );
    }
    assert_eq!(status!(app, "/open", ""), 200);
    assert_eq!(send(&app, get("/route", "").method(Method::POST).to_request()).await.status(), 200);

    let app = init_service(App::new().wrap(immediate()).route("/", web::get().to(shut))).await;
    assert_eq!((status!(app, "/", ""), status!(app, "/", GOOD)), (401, 200));
}

#[actix_web::test]
async fn an_unknown_path_is_404_outside_of_what_is_covered() {
    let app = init_service(
        App::new()
            .service(web::scope("/api").wrap(middleware()).route("/shut", web::get().to(shut)))
            .service(web::resource("/single").wrap(middleware()).to(shut)),
    )
    .await;
    assert_eq!(status!(app, "/elsewhere", ""), 404);
    assert_eq!(status!(app, "/api/elsewhere", ""), 401, "a scope covers its unknown paths");
    assert_eq!(status!(app, "/api/elsewhere", GOOD), 404);
    assert_eq!(status!(app, "/single/more", ""), 404);
}

#[actix_web::test]
async fn refusals_are_responses_that_outer_middleware_sees() {
    let guard = Guard::new(common::verifier(), strict());
    let app = init_service(
        App::new()
            .service(
                web::scope("/api")
                    .wrap(PassidMiddleware::new(guard))
                    .route("/", web::get().to(open)),
            )
            .wrap_fn(|request, service| {
                let response = service.call(request);
                async move {
                    let mut response = response.await?;
                    let name = HeaderName::from_static("access-control-allow-origin");
                    response.headers_mut().insert(name, HeaderValue::from_static("*"));
                    Ok(response)
                }
            }),
    )
    .await;
    for (token, status) in [("", 401), (UNKNOWN, 401), (PARTIAL, 403), (DOWN, 503), (GOOD, 200)] {
        let response = send(&app, get("/api/", token).to_request()).await;
        assert_eq!(response.status(), status, "{token}");
        assert_eq!(response.headers().get("access-control-allow-origin").unwrap(), "*", "{token}");
    }
}

#[actix_web::test]
async fn a_planted_credential_never_counts() {
    for guard in [common::optional(), common::guard_of(common::verifier()).build()] {
        let app = init_service(
            App::new()
                .service(
                    web::scope("")
                        .wrap(PassidMiddleware::new(guard))
                        .route("/shut", web::get().to(shut))
                        .route("/maybe", web::route().to(maybe)),
                )
                .wrap_fn(|request, service| {
                    request.extensions_mut().insert(common::credential(claims::complete()));
                    request.extensions_mut().insert(Anonymous);
                    request.extensions_mut().insert(Preflight);
                    service.call(request)
                }),
        )
        .await;
        assert_eq!(status!(app, "/shut", ""), 401);
        assert_eq!(status!(app, "/shut", UNKNOWN), 401);
        assert_eq!(text(send(&app, get("/shut", GOOD).to_request()).await).await, "aud_test");
        let passed = send(&app, preflight("/maybe").to_request()).await;
        assert_eq!(text(passed).await, "nobody");
    }
}

#[actix_web::test]
async fn a_planted_credential_is_removed_where_nothing_is_required() {
    let app = init_service(
        App::new()
            .service(web::resource("/").wrap(PassidMiddleware::new(common::optional())).to(
                async |request: HttpRequest| {
                    request.extensions().contains::<VerifiedCredential>().to_string()
                },
            ))
            .wrap_fn(|request, service| {
                request.extensions_mut().insert(common::credential(claims::complete()));
                service.call(request)
            }),
    )
    .await;
    assert_eq!(text(send(&app, get("/", "").to_request()).await).await, "false");
    assert_eq!(text(send(&app, get("/", GOOD).to_request()).await).await, "true");
}

#[actix_web::test]
async fn the_decision_comes_before_the_extractors_of_the_handler() {
    let handler = async |_: web::Json<Value>| "read";
    let app = init_service(
        App::new().service(web::resource("/").wrap(middleware()).route(web::post().to(handler))),
    )
    .await;
    let broken = |token| common::json(token).set_payload("{\"amount\": ").to_request();
    assert_eq!(refusal(send(&app, broken("")).await).await, is(401, "TOKEN_MISSING"));
    assert_eq!(send(&app, broken(GOOD)).await.status(), 400);
}

#[actix_web::test]
async fn only_a_genuine_preflight_passes_without_a_token() {
    let app = init_service(App::new().wrap(middleware()).default_service(web::to(maybe))).await;
    let passed = send(&app, preflight("/").to_request()).await;
    assert_eq!(text(passed).await, "nobody");
    let passed = preflight("/").insert_header((HEADER, UNKNOWN)).to_request();
    assert_eq!(send(&app, passed).await.status(), 200);
    let post = preflight("/").method(Method::POST).to_request();
    assert_eq!(send(&app, post).await.status(), 401);
    let options = || TestRequest::default().method(Method::OPTIONS);
    let bare = options().insert_header(("origin", "https://shop.example")).to_request();
    assert_eq!(send(&app, bare).await.status(), 401);
    let bare = options().insert_header(("access-control-request-method", "POST")).to_request();
    assert_eq!(send(&app, bare).await.status(), 401);
}

#[actix_web::test]
async fn preflights_can_be_guarded() {
    let guard = common::guard_of(common::verifier()).guard_preflight().build();
    let middleware = PassidMiddleware::new(guard);
    let app = init_service(App::new().wrap(middleware).default_service(web::to(maybe))).await;
    assert_eq!(send(&app, preflight("/").to_request()).await.status(), 401);
    let with_token = preflight("/").insert_header((HEADER, GOOD)).to_request();
    assert_eq!(send(&app, with_token).await.status(), 200);
}

#[actix_web::test]
async fn no_body_is_looked_at_before_the_decision() {
    let guard = Guard::new(common::verifier(), strict());
    let app =
        init_service(App::new().wrap(PassidMiddleware::new(guard)).default_service(web::to(maybe)))
            .await;
    for token in ["", "not a token", UNKNOWN, PARTIAL, DOWN] {
        let polls = Polls::default();
        let payload = polls.payload("{}", 1, End::Whole);
        let (request, _) = common::json(token).to_request().replace_payload(payload);
        let response = send(&app, request).await;
        assert!(response.status().is_client_error() || response.status() == 503, "{token}");
        assert_eq!(polls.count(), 0, "{token}");
    }
}

#[actix_web::test]
async fn no_body_is_looked_at_while_the_verdict_is_pending() {
    let app = init_service(App::new().wrap(middleware()).default_service(web::to(maybe))).await;
    let polls = Polls::default();
    let payload = polls.payload("{}", 1, End::Whole);
    let (request, _) = common::json(HANGING).to_request().replace_payload(payload);
    let mut waiting = Box::pin(app.call(request));
    for _ in 0..3 {
        assert!(common::poll_once(waiting.as_mut()).is_pending());
    }
    assert_eq!(polls.count(), 0);
    drop(waiting);
    assert_eq!(status!(app, "/", GOOD), 200, "a call that was given up leaves nothing behind");
}

#[actix_web::test]
async fn extensions_can_be_changed_before_and_after() {
    let handler = async |request: HttpRequest, credential: Verified, _: MaybeVerified| {
        request.extensions_mut().insert(17_u32);
        let kept = request.extensions().get::<VerifiedCredential>().cloned();
        assert_eq!(kept.unwrap().audit_id(), credential.audit_id());
        request.extensions_mut().remove::<VerifiedCredential>();
        "changed"
    };
    let app = init_service(
        App::new().service(web::resource("/").wrap(middleware()).to(handler)).wrap_fn(
            |request, service| {
                request.extensions_mut().insert("outside");
                let response = service.call(request);
                async move {
                    let response = response.await?;
                    let seen = response.request().extensions().get::<u32>().copied();
                    assert_eq!(seen, Some(17));
                    response.request().extensions_mut().insert(18_u32);
                    Ok(response)
                }
            },
        ),
    )
    .await;
    assert_eq!(text(send(&app, get("/", GOOD).to_request()).await).await, "changed");
}

#[actix_web::test]
async fn path_and_data_are_there_after_a_wait() {
    let handler = async |path: web::Path<(String, u32)>, data: web::Data<&str>, _: Verified| {
        format!("{} {} {}", path.0, path.1, **data)
    };
    let app = init_service(
        App::new().app_data(web::Data::new("shared")).service(
            web::scope("/{kind}")
                .wrap(middleware())
                .service(web::resource("/{id}").wrap(middleware()).route(web::get().to(handler))),
        ),
    )
    .await;
    let response = send(&app, get("/loans/17", GOOD).to_request()).await;
    assert_eq!(text(response).await, "loans 17 shared");
}
