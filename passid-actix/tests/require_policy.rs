//! `RequirePolicy`: a stricter policy on single routes behind a guard.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;

use std::sync::Arc;
use std::time::Duration;

use actix_web::test::init_service;
use actix_web::{App, HttpMessage, HttpRequest, HttpResponse, web};
use common::logs::Logs;
use common::{DOWN, GOOD, PARTIAL, UNKNOWN, get, is, preflight, refusal, send, strict, text};
use passid_actix::{PassidMiddleware, RequirePolicy};
use passid_core::{Answers, Detail, Policy, Preflight, Rejection};

async fn done() -> &'static str {
    "done"
}

/// `/strict` behind both, `/plain` behind the guard only.
macro_rules! app {
    ($middleware:expr, $require:expr) => {
        init_service(
            App::new().service(
                web::scope("")
                    .wrap($middleware)
                    .service(web::resource("/strict").wrap($require).to(done))
                    .route("/route", web::get().to(done).wrap($require))
                    .route("/plain", web::to(done)),
            ),
        )
        .await
    };
}

#[actix_web::test]
async fn the_stricter_policy_holds_on_its_route_only() {
    let app = app!(common::middleware(), RequirePolicy::new(strict()));
    for path in ["/strict", "/route"] {
        assert_eq!(text(send(&app, get(path, GOOD).to_request()).await).await, "done");
        let refused = send(&app, get(path, PARTIAL).to_request()).await;
        assert_eq!(refusal(refused).await, is(403, "POLICY_VIOLATION"));
    }
    assert_eq!(text(send(&app, get("/plain", PARTIAL).to_request()).await).await, "done");
}

#[actix_web::test]
async fn the_guard_decides_first_and_the_verifier_is_asked_once() {
    let verifier = common::verifier();
    let guard = common::guard_of(verifier.clone()).build();
    let app = app!(PassidMiddleware::new(guard), RequirePolicy::new(strict()));
    for (token, answer) in [
        ("", is(401, "TOKEN_MISSING")),
        (UNKNOWN, is(401, "TOKEN_INVALID")),
        (DOWN, is(503, "VERIFIER_UNAVAILABLE")),
    ] {
        let refused = send(&app, get("/strict", token).to_request()).await;
        assert_eq!(refusal(refused).await, answer);
    }
    assert_eq!(send(&app, get("/strict", GOOD).to_request()).await.status(), 200);
    assert_eq!(verifier.calls(), 3);
}

#[actix_web::test]
async fn behind_an_optional_guard_without_a_token_it_asks_for_one() {
    let logs = Logs::capture();
    let optional = PassidMiddleware::new(common::optional());
    let app = app!(optional, RequirePolicy::new(strict()));
    let refused = send(&app, get("/strict", "").to_request()).await;
    let challenge = refused.headers().get("www-authenticate").unwrap();
    assert_eq!(challenge, "Bearer realm=\"passid\"");
    assert_eq!(refusal(refused).await, is(401, "TOKEN_MISSING"));
    assert_eq!(send(&app, get("/plain", "").to_request()).await.status(), 200);
    assert_eq!(logs.errors(), [""; 0]);
}

#[actix_web::test]
async fn without_a_guard_before_it_it_is_a_500_that_names_the_middleware_in_the_log() {
    let outside = web::scope("/outside")
        .wrap(common::middleware())
        .wrap(RequirePolicy::new(strict()))
        .route("", web::get().to(done));
    let without = web::resource("/without").wrap(RequirePolicy::new(strict())).to(done);
    let app = init_service(App::new().service(outside).service(without)).await;
    for path in ["/without", "/outside"] {
        let logs = Logs::capture();
        let refused = send(&app, get(path, GOOD).to_request()).await;
        assert_eq!(refusal(refused).await, is(500, "VERIFIER_MISCONFIGURED"), "{path}");
        let errors = logs.errors();
        assert!(errors.len() == 1 && errors[0].contains("PassidMiddleware"), "{errors:?}");
    }
}

/// A browser sends no token with a preflight. The guard lets it pass, so that whatever answers it
/// further inside (a CORS middleware on the resource, a handler for `OPTIONS`) can.
#[actix_web::test]
async fn a_preflight_that_the_guard_let_pass_is_not_asked_for_a_token() {
    let app = app!(common::middleware(), RequirePolicy::new(strict()));
    assert_eq!(send(&app, preflight("/plain").to_request()).await.status(), 200);
    assert_eq!(send(&app, preflight("/strict").to_request()).await.status(), 200);
    let guarded = common::guard_of(common::verifier()).guard_preflight().build();
    let app = app!(PassidMiddleware::new(guarded), RequirePolicy::new(strict()));
    assert_eq!(send(&app, preflight("/strict").to_request()).await.status(), 401);
}

#[actix_web::test]
async fn a_planted_mark_of_a_preflight_opens_nothing_behind_a_guard() {
    let optional = PassidMiddleware::new(common::optional());
    let app = app!(optional, RequirePolicy::new(strict()));
    for (token, status) in [("", 401), (PARTIAL, 403), (GOOD, 200)] {
        let request = get("/strict", token).to_request();
        request.extensions_mut().insert(Preflight);
        assert_eq!(send(&app, request).await.status(), status, "{token}");
    }
}

#[actix_web::test]
async fn how_much_is_told_is_its_own_setting() {
    for (detail, tells) in [(Detail::Everything, true), (Detail::Detailed, false)] {
        let answers = Answers::problem_json().detail(detail);
        let app = app!(common::middleware(), RequirePolicy::new(strict()).answers(answers.clone()));
        let told = send(&app, get("/strict", PARTIAL).to_request()).await;
        assert_eq!(told.headers().get("content-type").unwrap(), "application/problem+json");
        assert_eq!(told.headers().get("cache-control").unwrap(), "no-store");
        let challenge = told.headers().get("www-authenticate").unwrap();
        assert_eq!(challenge, "Bearer realm=\"passid\", error=\"insufficient_scope\"");
        assert_eq!(text(told).await.contains("requireSanctionsClear"), tells);
    }
}

#[actix_web::test]
async fn a_closure_makes_the_whole_response() {
    let render = |rejection: &Rejection, request: &HttpRequest| {
        HttpResponse::Found().body(format!("{} {}", request.path(), rejection.code()))
    };
    let app = app!(common::middleware(), RequirePolicy::new(strict()).render_with(render));
    let response = send(&app, get("/strict", PARTIAL).to_request()).await;
    assert_eq!((response.status().as_u16(), response.headers().len()), (302, 0));
    assert_eq!(text(response).await, "/strict POLICY_VIOLATION");
}

#[actix_web::test]
async fn age_is_read_from_its_own_clock() {
    let clock = common::clock();
    let hours = |hours: u64| Duration::from_secs(3600 * hours);
    let age = Policy::builder().max_credential_age_hours(72).build().unwrap();
    let require = || RequirePolicy::new(age.clone()).clock(Arc::new(clock.clone()));
    let app = app!(common::middleware(), require());
    // Two hours old when it was received.
    clock.advance(hours(70));
    assert_eq!(send(&app, get("/strict", GOOD).to_request()).await.status(), 200);
    clock.advance(hours(1));
    assert_eq!(send(&app, get("/strict", GOOD).to_request()).await.status(), 403);
    assert_eq!(send(&app, get("/plain", GOOD).to_request()).await.status(), 200);
}
