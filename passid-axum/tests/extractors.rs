//! What a handler can ask for: `Verified`, `Option<Verified>`, the bare extension; and what it gets
//! where the wiring is wrong or somebody planted a credential.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;

use axum::body::Body;
use axum::http::{Request, Response};
use axum::middleware::from_fn;
use axum::routing::{any, get};
use axum::{Extension, Router};
use common::logs::Logs;
use common::{DOWN, GOOD, PARTIAL, UNKNOWN, is, refusal, send, text};
use passid_axum::{PassidLayer, Refused, Verified};
use passid_core::testing::{ScriptedVerifier, claims};
use passid_core::{Anonymous, Guard, Preflight, Reason, Rejection, VerifiedCredential};

/// Names the credential by its reference.
async fn required(verified: Verified) -> String {
    verified.audit_id().unwrap().to_owned()
}

async fn optional(verified: Option<Verified>) -> String {
    match verified {
        Some(Verified(credential)) => credential.audit_id().unwrap().to_owned(),
        None => "nobody".to_owned(),
    }
}

async fn extension(Extension(credential): Extension<VerifiedCredential>) -> String {
    credential.audit_id().unwrap().to_owned()
}

fn routes() -> Router {
    Router::new()
        .route("/required", any(required))
        .route("/optional", any(optional))
        .route("/extension", any(extension))
}

fn behind(guard: Guard<ScriptedVerifier>) -> Router {
    routes().route_layer(PassidLayer::new(guard))
}

async fn ask(app: Router, path: &str, token: &str) -> Response<Body> {
    send(app, common::get(path, token)).await
}

#[tokio::test]
async fn every_way_of_asking_gets_the_credential() {
    for guard in [common::guard(), common::optional()] {
        for path in ["/required", "/optional", "/extension"] {
            let response = ask(behind(guard.clone()), path, GOOD).await;
            assert_eq!(response.status(), 200, "{path}");
            assert_eq!(text(response).await, "aud_test", "{path}");
        }
    }
}

#[tokio::test]
async fn a_credential_can_be_asked_for_several_times() {
    let handler = |first: Verified,
                   second: Option<Verified>,
                   third: Extension<VerifiedCredential>| async move {
        assert_eq!(first.audit_id(), second.unwrap().audit_id());
        assert_eq!(first.audit_id(), third.0.audit_id());
        first.claims().income_band.clone().unwrap()
    };
    let app = Router::new().route("/", get(handler)).route_layer(common::layer());
    assert_eq!(text(ask(app, "/", GOOD).await).await, "$3,000-4,000/mo");
}

#[tokio::test]
async fn an_optional_guard_lets_only_a_missing_token_pass() {
    let app = || behind(common::optional());
    assert_eq!(text(ask(app(), "/optional", "").await).await, "nobody");
    assert_eq!(refusal(ask(app(), "/optional", UNKNOWN).await).await, is(401, "TOKEN_INVALID"));
    assert_eq!(refusal(ask(app(), "/optional", "no token").await).await, is(401, "TOKEN_INVALID"));
    let outage = ask(app(), "/optional", DOWN).await;
    assert_eq!(refusal(outage).await, is(503, "VERIFIER_UNAVAILABLE"));
}

#[tokio::test]
async fn behind_an_optional_guard_a_handler_can_still_insist() {
    let logs = Logs::capture();
    let response = ask(behind(common::optional()), "/required", "").await;
    assert_eq!(response.headers()["www-authenticate"], "Bearer realm=\"passid\"");
    assert_eq!(response.headers()["cache-control"], "no-store");
    assert_eq!(refusal(response).await, is(401, "TOKEN_MISSING"));
    assert_eq!(logs.errors(), [""; 0], "this is no fault in the wiring");
}

#[tokio::test]
async fn a_missing_layer_is_a_500_that_names_it_in_the_log() {
    for path in ["/required", "/optional"] {
        let logs = Logs::capture();
        let response = ask(routes(), path, GOOD).await;
        assert!(!response.headers().contains_key("www-authenticate"), "{path}");
        assert_eq!(refusal(response).await, is(500, "VERIFIER_MISCONFIGURED"), "{path}");
        let errors = logs.errors();
        assert_eq!(errors.len(), 1, "{path}");
        assert!(errors[0].contains("PassidLayer"), "{path}: {}", errors[0]);
    }
}

#[tokio::test]
async fn the_answer_to_a_missing_layer_does_not_explain_itself_to_the_caller() {
    let answer = text(ask(routes(), "/required", "").await).await;
    assert!(!answer.contains("Layer") && !answer.contains("guard"), "{answer}");
}

/// What an outer layer, or an attacker with a foot in the door, may leave behind.
fn planting(app: Router) -> Router {
    app.layer(from_fn(|mut request: Request<Body>, next: axum::middleware::Next| async {
        request.extensions_mut().insert(common::credential(claims::complete()));
        request.extensions_mut().insert(Anonymous);
        request.extensions_mut().insert(Preflight);
        next.run(request).await
    }))
}

#[tokio::test]
async fn a_planted_credential_does_not_replace_a_token() {
    for guard in [common::guard(), common::optional()] {
        let app = || planting(behind(guard.clone()));
        assert_eq!(ask(app(), "/required", "").await.status(), 401);
        assert_eq!(ask(app(), "/required", UNKNOWN).await.status(), 401);
        assert_eq!(text(ask(app(), "/required", GOOD).await).await, "aud_test");
        assert_eq!(text(ask(app(), "/extension", PARTIAL).await).await, "aud_test");
    }
}

#[tokio::test]
async fn a_planted_credential_is_removed_where_nothing_is_required() {
    let app = || planting(behind(common::optional()));
    assert_eq!(text(ask(app(), "/optional", "").await).await, "nobody");
    assert_eq!(ask(app(), "/required", "").await.status(), 401);
    assert_eq!(ask(app(), "/extension", "").await.status(), 500, "axum's own: no such extension");
}

#[tokio::test]
async fn a_planted_credential_is_removed_from_a_preflight() {
    for guard in [common::guard(), common::optional()] {
        let app = || planting(behind(guard.clone()));
        let response = send(app(), common::preflight("/optional")).await;
        assert_eq!(text(response).await, "nobody");
        assert_eq!(send(app(), common::preflight("/required")).await.status(), 401);
        assert_eq!(send(app(), common::preflight("/extension")).await.status(), 500);
    }
}

#[tokio::test]
async fn two_guards_on_one_route_both_run() {
    let (outer, inner) = (common::verifier(), common::verifier());
    let app = || {
        routes()
            .route_layer(PassidLayer::new(Guard::new(inner.clone(), common::strict())))
            .route_layer(PassidLayer::new(common::guard_of(outer.clone()).build()))
    };
    assert_eq!(text(ask(app(), "/required", GOOD).await).await, "aud_test");
    assert_eq!((outer.calls(), inner.calls()), (1, 1));
    assert_eq!(refusal(ask(app(), "/required", PARTIAL).await).await, is(403, "POLICY_VIOLATION"));
    assert_eq!((outer.calls(), inner.calls()), (2, 2));
    assert_eq!(ask(app(), "/required", UNKNOWN).await.status(), 401);
    assert_eq!((outer.calls(), inner.calls()), (3, 2), "the outer one refuses first");
}

#[tokio::test]
async fn a_required_guard_inside_an_optional_one_decides() {
    let app = || {
        routes()
            .route_layer(PassidLayer::new(common::guard()))
            .route_layer(PassidLayer::new(common::optional()))
    };
    assert_eq!(ask(app(), "/optional", "").await.status(), 401);
    assert_eq!(text(ask(app(), "/optional", GOOD).await).await, "aud_test");
}

#[tokio::test]
async fn a_handler_can_refuse_with_a_rejection_of_its_own() {
    async fn handler() -> Result<(), Refused> {
        Err(Rejection::bare(Reason::Missing))?
    }
    let response = ask(Router::new().route("/", get(handler)), "/", "").await;
    assert_eq!(response.headers()["content-type"], "application/json");
    assert_eq!(refusal(response).await, is(401, "TOKEN_MISSING"));
}

#[test]
fn a_refusal_reads_as_an_error_with_its_cause() {
    use std::error::Error;
    let outage = passid_core::Unavailable::new(passid_core::UnavailableKind::Timeout);
    let refused = Refused(Rejection::bare(Reason::Unavailable(outage)));
    let line = refused.to_string();
    assert!(line.starts_with("VERIFIER_UNAVAILABLE: "), "{line}");
    let source = refused.source().unwrap().to_string();
    assert!(!line.contains(&source), "nothing is said twice");
    assert!(Refused(Rejection::bare(Reason::Missing)).source().is_none());
}
