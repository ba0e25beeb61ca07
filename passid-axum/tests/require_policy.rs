//! `RequirePolicy`: a stricter policy on single routes behind a guard.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use axum::Router;
use axum::http::Response;
use axum::routing::{any, get, post};
use common::logs::Logs;
use common::{DOWN, GOOD, PARTIAL, UNKNOWN, is, refusal, send, strict, text};
use passid_axum::{PassidLayer, RequirePolicy};
use passid_core::testing::claims;
use passid_core::{Answers, Detail, Environment, Policy, Preflight, Verdict, VerifiedCredential};

async fn done() -> &'static str {
    "done"
}

/// `/strict` behind both, `/plain` behind the guard only.
fn app(layer: PassidLayer<passid_core::testing::ScriptedVerifier>) -> Router {
    Router::new()
        .route("/strict", any(done).layer(RequirePolicy::new(strict())))
        .route("/plain", any(done))
        .route_layer(layer)
}

#[tokio::test]
async fn the_stricter_policy_holds_on_its_route_only() {
    for layer in [common::layer(), common::immediate_layer()] {
        let app = app(layer);
        assert_eq!(text(send(app.clone(), common::get("/strict", GOOD)).await).await, "done");
        let refused = send(app.clone(), common::get("/strict", PARTIAL)).await;
        assert_eq!(refusal(refused).await, is(403, "POLICY_VIOLATION"));
        assert_eq!(text(send(app, common::get("/plain", PARTIAL)).await).await, "done");
    }
}

#[tokio::test]
async fn the_guard_decides_first() {
    let app = app(common::layer());
    for (token, answer) in [
        ("", is(401, "TOKEN_MISSING")),
        (UNKNOWN, is(401, "TOKEN_INVALID")),
        (DOWN, is(503, "VERIFIER_UNAVAILABLE")),
    ] {
        assert_eq!(refusal(send(app.clone(), common::get("/strict", token)).await).await, answer);
    }
}

#[tokio::test]
async fn the_verifier_is_not_asked_again() {
    let verifier = common::verifier();
    let app = app(PassidLayer::new(common::guard_of(verifier.clone()).build()));
    assert_eq!(send(app, common::get("/strict", GOOD)).await.status(), 200);
    assert_eq!(verifier.calls(), 1);
}

#[tokio::test]
async fn behind_an_optional_guard_without_a_token_it_asks_for_one() {
    let logs = Logs::capture();
    let app = app(PassidLayer::new(common::optional()));
    let refused = send(app.clone(), common::get("/strict", "")).await;
    assert_eq!(refused.headers()["www-authenticate"], "Bearer realm=\"passid\"");
    assert_eq!(refusal(refused).await, is(401, "TOKEN_MISSING"));
    assert_eq!(send(app, common::get("/plain", "")).await.status(), 200);
    assert_eq!(logs.errors(), [""; 0]);
}

#[tokio::test]
async fn without_a_guard_it_is_a_500_that_names_the_layer_in_the_log() {
    let logs = Logs::capture();
    let app = Router::new().route("/", get(done).layer(RequirePolicy::new(strict())));
    let refused = send(app, common::get("/", GOOD)).await;
    assert_eq!(refusal(refused).await, is(500, "VERIFIER_MISCONFIGURED"));
    let errors = logs.errors();
    assert!(errors.len() == 1 && errors[0].contains("PassidLayer"), "{errors:?}");
}

#[tokio::test]
async fn outside_the_guard_it_is_a_500_too() {
    let app = Router::new()
        .route("/", get(done))
        .route_layer(common::layer())
        .route_layer(RequirePolicy::new(strict()));
    assert_eq!(send(app, common::get("/", GOOD)).await.status(), 500);
}

/// A browser sends no token with a preflight. The guard lets it pass, so that whatever answers it
/// further inside (a CORS layer on the route, a handler for `OPTIONS`) can.
#[tokio::test]
async fn a_preflight_that_the_guard_let_pass_is_not_asked_for_a_token() {
    let passed = send(app(common::layer()), common::preflight("/strict")).await;
    assert_eq!(passed.status(), 200);
    let guarded = common::guard_of(common::verifier()).guard_preflight().build();
    let refused = send(app(PassidLayer::new(guarded)), common::preflight("/strict")).await;
    assert_eq!(refused.status(), 401);
}

#[tokio::test]
async fn a_planted_mark_of_a_preflight_opens_nothing_behind_a_guard() {
    let app = app(PassidLayer::new(common::optional()));
    for (token, status) in [("", 401), (PARTIAL, 403), (GOOD, 200)] {
        let mut request = common::get("/strict", token);
        request.extensions_mut().insert(Preflight);
        assert_eq!(send(app.clone(), request).await.status(), status, "{token}");
    }
}

#[tokio::test]
async fn how_much_is_told_is_its_own_setting() {
    let tell = |detail| {
        let require = RequirePolicy::new(strict()).answers(Answers::problem_json().detail(detail));
        let app = Router::new().route("/", get(done).layer(require)).layer(common::layer());
        send(app, common::get("/", PARTIAL))
    };
    let told = tell(Detail::Everything).await;
    assert_eq!(told.headers()["content-type"], "application/problem+json");
    assert_eq!(told.headers()["cache-control"], "no-store");
    let challenge = "Bearer realm=\"passid\", error=\"insufficient_scope\"";
    assert_eq!(told.headers()["www-authenticate"], challenge);
    assert!(text(told).await.contains("requireSanctionsClear"));
    assert!(!text(tell(Detail::Detailed).await).await.contains("anctions"));
}

#[tokio::test]
async fn a_closure_makes_the_whole_response() {
    let require = RequirePolicy::new(strict())
        .answers(Answers::problem_json())
        .render_with(|rejection| Response::new(rejection.code().to_string().into()));
    let app = Router::new().route("/", get(done).layer(require)).layer(common::layer());
    let response = send(app, common::get("/", PARTIAL)).await;
    assert_eq!((response.status().as_u16(), response.headers().len()), (200, 1), "length only");
    assert_eq!(text(response).await, "POLICY_VIOLATION");
}

#[tokio::test]
async fn age_and_end_are_read_from_its_own_clock() {
    let clock = common::clock();
    let age = Policy::builder().max_credential_age_hours(72).build().unwrap();
    let hours = |hours: u64| Duration::from_secs(3600 * hours);
    let verifier = common::verifier();
    let credential = VerifiedCredential::builder(
        "passid",
        Environment::Sandbox,
        claims::complete(), // two hours old
        SystemTime::UNIX_EPOCH,
    );
    let ends = credential.expires_at(SystemTime::UNIX_EPOCH + hours(50)).build().unwrap();
    verifier.script("PASSID-ENDS-0006", Verdict::Valid(ends));
    let require = RequirePolicy::new(age).clock(Arc::new(clock.clone()));
    let app = Router::new()
        .route("/", post(done).layer(require))
        .layer(PassidLayer::new(common::guard_of(verifier).build()));
    let post = async |token: &str| {
        let mut request = common::get("/", token);
        *request.method_mut() = axum::http::Method::POST;
        send(app.clone(), request).await.status().as_u16()
    };
    clock.advance(hours(49));
    assert_eq!((post("PASSID-ENDS-0006").await, post(GOOD).await), (200, 200));
    clock.advance(hours(1));
    assert_eq!((post("PASSID-ENDS-0006").await, post(GOOD).await), (403, 200));
    clock.advance(hours(20));
    assert_eq!(post(GOOD).await, 200, "72 hours old");
    clock.advance(hours(1));
    assert_eq!(post(GOOD).await, 403, "73 hours old");
}
