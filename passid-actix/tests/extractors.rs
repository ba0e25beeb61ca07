//! What a handler can ask for: `Verified`, `MaybeVerified`; and what it gets where the wiring is
//! wrong.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;

use actix_web::test::init_service;
use actix_web::{App, HttpRequest, HttpResponse, ResponseError, web};
use common::logs::Logs;
use common::{DOWN, GOOD, PARTIAL, UNKNOWN, get, is, refusal, send, strict, text};
use passid_actix::{MaybeVerified, PassidMiddleware, Refused, Verified};
use passid_core::{
    Answers, Detail, Guard, Reason, Rejection, RejectionCode, Unavailable, UnavailableKind,
};

async fn required(verified: Verified) -> String {
    verified.audit_id().unwrap().to_owned()
}

async fn maybe(MaybeVerified(credential): MaybeVerified) -> String {
    credential.map_or("nobody".to_owned(), |found| found.audit_id().unwrap().to_owned())
}

async fn option(verified: Option<Verified>) -> String {
    verified.map_or("nobody".to_owned(), |found| found.audit_id().unwrap().to_owned())
}

fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/required", web::get().to(required))
        .route("/maybe", web::get().to(maybe))
        .route("/option", web::get().to(option));
}

macro_rules! behind {
    ($guard:expr) => {
        init_service(App::new().wrap(PassidMiddleware::new($guard)).configure(routes)).await
    };
}

#[actix_web::test]
async fn every_way_of_asking_gets_the_credential() {
    for guard in [common::optional(), common::guard_of(common::verifier()).build()] {
        let app = behind!(guard);
        for path in ["/required", "/maybe", "/option"] {
            let response = send(&app, get(path, GOOD).to_request()).await;
            assert_eq!(text(response).await, "aud_test", "{path}");
        }
    }
}

#[actix_web::test]
async fn a_credential_can_be_asked_for_several_times() {
    let handler = async |first: Verified, second: MaybeVerified, third: Verified| {
        assert_eq!(first.audit_id(), second.0.unwrap().audit_id());
        assert_eq!(first.audit_id(), third.0.audit_id());
        first.claims().income_band.clone().unwrap()
    };
    let app =
        init_service(App::new().wrap(common::middleware()).default_service(web::to(handler))).await;
    let response = send(&app, get("/", GOOD).to_request()).await;
    assert_eq!(text(response).await, "$3,000-4,000/mo");
}

#[actix_web::test]
async fn an_optional_guard_lets_only_a_missing_token_pass() {
    let app = behind!(common::optional());
    for path in ["/maybe", "/option"] {
        let ask = async |token| refusal(send(&app, get(path, token).to_request()).await).await;
        assert_eq!(text(send(&app, get(path, "").to_request()).await).await, "nobody");
        assert_eq!(ask(UNKNOWN).await, is(401, "TOKEN_INVALID"));
        assert_eq!(ask("no token").await, is(401, "TOKEN_INVALID"));
        assert_eq!(ask(DOWN).await, is(503, "VERIFIER_UNAVAILABLE"));
    }
}

#[actix_web::test]
async fn behind_an_optional_guard_a_handler_can_still_insist() {
    let logs = Logs::capture();
    let app = behind!(common::optional());
    let response = send(&app, get("/required", "").to_request()).await;
    let challenge = response.headers().get("www-authenticate").unwrap();
    assert_eq!(challenge, "Bearer realm=\"passid\"");
    assert_eq!(response.headers().get("cache-control").unwrap(), "no-store");
    assert_eq!(refusal(response).await, is(401, "TOKEN_MISSING"));
    assert_eq!(logs.errors(), [""; 0], "this is no fault in the wiring");
}

#[actix_web::test]
async fn a_missing_middleware_is_a_500_that_names_it_in_the_log() {
    let app = init_service(App::new().configure(routes)).await;
    for path in ["/required", "/maybe"] {
        let logs = Logs::capture();
        let response = send(&app, get(path, GOOD).to_request()).await;
        assert_eq!(response.headers().get("www-authenticate"), None, "{path}");
        assert_eq!(refusal(response).await, is(500, "VERIFIER_MISCONFIGURED"), "{path}");
        let errors = logs.errors();
        assert_eq!(errors.len(), 1, "{path}");
        assert!(errors[0].contains("PassidMiddleware"), "{path}: {}", errors[0]);
    }
}

/// The documented trap: actix-web makes `None` of every failed extractor. The log still tells.
#[actix_web::test]
async fn an_option_hides_a_missing_middleware_from_everybody_but_the_log() {
    let logs = Logs::capture();
    let app = init_service(App::new().configure(routes)).await;
    let response = send(&app, get("/option", GOOD).to_request()).await;
    assert_eq!(text(response).await, "nobody");
    assert_eq!(logs.errors().len(), 1);
}

#[actix_web::test]
async fn two_guards_on_one_route_both_run() {
    let (outer, inner) = (common::verifier(), common::verifier());
    let app = init_service(
        App::new().service(
            web::scope("")
                .wrap(PassidMiddleware::new(Guard::new(inner.clone(), strict())))
                .wrap(PassidMiddleware::new(common::guard_of(outer.clone()).build()))
                .configure(routes),
        ),
    )
    .await;
    assert_eq!(text(send(&app, get("/required", GOOD).to_request()).await).await, "aud_test");
    assert_eq!((outer.calls(), inner.calls()), (1, 1));
    let refused = send(&app, get("/required", PARTIAL).to_request()).await;
    assert_eq!(refusal(refused).await, is(403, "POLICY_VIOLATION"));
    assert_eq!((outer.calls(), inner.calls()), (2, 2));
    assert_eq!(send(&app, get("/required", UNKNOWN).to_request()).await.status(), 401);
    assert_eq!((outer.calls(), inner.calls()), (3, 2), "the outer one refuses first");
}

#[actix_web::test]
async fn a_handler_can_refuse_with_a_rejection_of_its_own() {
    async fn handler() -> Result<HttpResponse, Refused> {
        Err(Rejection::bare(Reason::Missing))?
    }
    let app = init_service(App::new().default_service(web::to(handler))).await;
    let response = send(&app, get("/", "").to_request()).await;
    assert_eq!(response.headers().get("content-type").unwrap(), "application/json");
    assert_eq!(refusal(response).await, is(401, "TOKEN_MISSING"));
}

#[test]
fn a_refusal_is_an_error_of_actix_with_its_own_status_and_cause() {
    use std::error::Error;
    let outage = Unavailable::new(UnavailableKind::Timeout);
    let refused = Refused(Rejection::bare(Reason::Unavailable(outage)));
    assert_eq!(refused.status_code(), 503);
    assert_eq!(refused.error_response().status(), 503);
    let line = refused.to_string();
    assert!(line.starts_with("VERIFIER_UNAVAILABLE: "), "{line}");
    assert!(!line.contains(&refused.source().unwrap().to_string()), "nothing is said twice");
    let error = actix_web::Error::from(refused);
    let found = error.as_error::<Refused>().unwrap();
    assert_eq!(found.0.code(), RejectionCode::VerifierUnavailable);
}

#[actix_web::test]
async fn a_refusal_is_rendered_as_the_guard_or_a_closure_says() {
    let answers = Answers::problem_json().detail(Detail::Everything);
    let guard = Guard::builder(common::verifier(), strict()).answers(answers).build();
    let app = behind!(guard.clone());
    let told = send(&app, get("/required", PARTIAL).to_request()).await;
    assert_eq!(told.headers().get("content-type").unwrap(), "application/problem+json");
    assert!(text(told).await.contains("requireSanctionsClear"));

    let render = |rejection: &Rejection, request: &HttpRequest| {
        HttpResponse::Found().body(format!("{} {}", request.path(), rejection.code()))
    };
    let middleware = PassidMiddleware::new(guard).render_with(render);
    let app = init_service(App::new().wrap(middleware).configure(routes)).await;
    let response = send(&app, get("/required", PARTIAL).to_request()).await;
    assert_eq!((response.status().as_u16(), response.headers().len()), (302, 0));
    assert_eq!(text(response).await, "/required POLICY_VIOLATION");
}

#[actix_web::test]
async fn a_custom_answer_that_http_does_not_allow_never_becomes_a_success() {
    let answers = Answers::with(|_, _| passid_core::Answer {
        status: 99,
        headers: vec![("x-fine", "fine".into()), ("x bad", "1".into()), ("x-bad", "a\nb".into())],
        body: "my own words".into(),
    });
    let app = behind!(common::guard_of(common::verifier()).answers(answers).build());
    let response = send(&app, get("/required", "").to_request()).await;
    assert_eq!(response.status(), 500);
    assert_eq!(response.headers().get("x-fine").unwrap(), "fine");
    assert_eq!(response.headers().get("x-bad"), None);
    assert_eq!(response.headers().get("cache-control").unwrap(), "no-store");
}
