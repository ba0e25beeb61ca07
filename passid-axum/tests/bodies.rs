//! Any body of the request and of the response: axum's, plain bytes, gRPC's, one's own; and none is
//! looked at before the decision.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;

use std::convert::Infallible;
use std::future::{Ready, ready};

use axum::body::Body;
use axum::http::{Request, Response};
use bytes::Bytes;
use common::bodies::{Polls, Scripted};
use common::{DOWN, GOOD, HANGING, PARTIAL, UNKNOWN, layer, request, send};
use http_body_util::Full;
use passid_axum::{PassidLayer, RequirePolicy};
use passid_core::{Guard, Rejection, RejectionCode};
use tower::{Layer, ServiceBuilder, service_fn};

/// Answers with the body that it was given.
fn echo<B>(request: Request<B>) -> Ready<Result<Response<B>, Infallible>> {
    ready(Ok(Response::new(request.into_body())))
}

#[tokio::test]
async fn axum_bodies_pass_both_ways() {
    let service = || layer().layer(service_fn(echo::<Body>));
    let passed = send(service(), request("/", GOOD, Body::from("as it came"))).await;
    assert_eq!(common::text(passed).await, "as it came");
    let refused = send(service(), request("/", "", Body::from("as it came"))).await;
    assert_eq!(common::refusal(refused).await, common::is(401, "TOKEN_MISSING"));
}

#[tokio::test]
async fn plain_bytes_pass_both_ways() {
    let service = || layer().layer(service_fn(echo::<Full<Bytes>>));
    let passed = send(service(), request("/", GOOD, Full::from("as it came"))).await;
    assert_eq!(common::text(passed).await, "as it came");
    let refused = send(service(), request("/", UNKNOWN, Full::from("as it came"))).await;
    assert_eq!(common::refusal(refused).await, common::is(401, "TOKEN_INVALID"));
}

/// A body that cannot be made from bytes.
#[derive(Debug, PartialEq)]
enum Page {
    Handler,
    Login { status: u16 },
}

fn page(rejection: &Rejection) -> Response<Page> {
    let mut response = Response::new(Page::Login { status: rejection.status() });
    *response.status_mut() = axum::http::StatusCode::SEE_OTHER;
    response
}

#[tokio::test]
async fn a_body_that_no_bytes_make_is_rendered_by_a_closure() {
    let handler = |_: Request<()>| async { Ok::<_, Infallible>(Response::new(Page::Handler)) };
    let stack = ServiceBuilder::new()
        .layer(layer().render_with(page))
        .layer(RequirePolicy::new(common::strict()).render_with(page));
    let service = stack.service_fn(handler);
    let answers = [
        (GOOD, 200, Page::Handler),
        ("", 303, Page::Login { status: 401 }),
        (PARTIAL, 303, Page::Login { status: 403 }),
        (DOWN, 303, Page::Login { status: 503 }),
    ];
    for (token, status, body) in answers {
        let response = send(service.clone(), request("/", token, ())).await;
        assert_eq!((response.status().as_u16(), response.into_body()), (status, body), "{token}");
    }
}

#[tokio::test]
async fn a_rendered_refusal_carries_only_what_the_closure_gave_it() {
    let layer = layer().render_with(|_| Response::new(Body::from("my own words")));
    let response = send(layer.layer(service_fn(echo::<Body>)), common::get("/", "")).await;
    assert_eq!((response.status().as_u16(), response.headers().len()), (200, 0));
    assert_eq!(common::text(response).await, "my own words");
}

#[tokio::test]
async fn a_closure_can_take_over_the_headers_of_the_refusal() {
    let layer = layer().render_with(|rejection| {
        let mut builder = Response::builder().status(rejection.status());
        for (name, value) in rejection.headers() {
            builder = builder.header(name, value);
        }
        builder.body(Body::from("my own words")).unwrap()
    });
    let response = send(layer.layer(service_fn(echo::<Body>)), common::get("/", UNKNOWN)).await;
    assert_eq!(response.status(), 401);
    assert_eq!(response.headers()["cache-control"], "no-store");
    let challenge = "Bearer realm=\"passid\", error=\"invalid_token\"";
    assert_eq!(response.headers()["www-authenticate"], challenge);
}

type GrpcBody = tonic::body::Body;

/// gRPC says what went wrong in headers; the HTTP status is always 200.
fn grpc(rejection: &Rejection) -> Response<GrpcBody> {
    let status = match rejection.code() {
        RejectionCode::TokenMissing | RejectionCode::TokenInvalid => tonic::Code::Unauthenticated,
        RejectionCode::PolicyViolation => tonic::Code::PermissionDenied,
        _ => tonic::Code::Unavailable,
    };
    let status = tonic::Status::new(status, rejection.code().message());
    let mut response = Response::new(GrpcBody::empty());
    response.headers_mut().insert("content-type", "application/grpc".parse().unwrap());
    status.add_header(response.headers_mut()).unwrap();
    response
}

#[tokio::test]
async fn grpc_bodies_pass_and_refusals_are_grpc_statuses() {
    let guard = Guard::new(common::verifier(), common::strict());
    let service = PassidLayer::new(guard).render_with(grpc).layer(service_fn(echo::<GrpcBody>));
    let body = || GrpcBody::new(Full::from("\0\0\0\0\x02hi"));
    let passed = send(service.clone(), request("/loan.Loans/Apply", GOOD, body())).await;
    assert_eq!(passed.headers().get("grpc-status"), None);
    assert_eq!(common::bytes(passed).await, b"\0\0\0\0\x02hi");
    for (token, code) in [("", "16"), (UNKNOWN, "16"), (PARTIAL, "7"), (DOWN, "14")] {
        let refused = send(service.clone(), request("/loan.Loans/Apply", token, body())).await;
        assert_eq!(refused.status(), 200, "{token}");
        assert_eq!(refused.headers()["grpc-status"], code, "{token}");
        assert_eq!(common::bytes(refused).await, b"", "{token}");
    }
}

#[tokio::test]
async fn no_body_is_looked_at_before_a_refusal() {
    for token in ["", "not a token", UNKNOWN, PARTIAL, DOWN] {
        let polls = Polls::default();
        let body = Body::new(Scripted::new("{}").counted_by(&polls));
        let guard = Guard::new(common::verifier(), common::strict());
        let service = PassidLayer::new(guard).layer(service_fn(echo::<Body>));
        let response = send(service, common::json(token, body)).await;
        assert!(response.status().is_client_error() || response.status() == 503, "{token}");
        assert_eq!(polls.count(), 0, "{token}");
    }
}

#[test]
fn no_body_is_looked_at_while_the_verdict_is_pending() {
    let polls = Polls::default();
    let body = Body::new(Scripted::new("{}").counted_by(&polls));
    let mut service = layer().layer(service_fn(echo::<Body>));
    let future = tower::Service::call(&mut service, common::json(HANGING, body));
    assert!(common::wake::poll_once(std::pin::pin!(future)).is_pending());
    assert_eq!(polls.count(), 0);
}

#[tokio::test]
async fn the_handler_gets_the_body_unread() {
    let polls = Polls::default();
    let body = Body::new(Scripted::new("as it came").counted_by(&polls));
    let service = layer().layer(service_fn(echo::<Body>));
    let response = send(service, common::json(GOOD, body)).await;
    assert_eq!(polls.count(), 0);
    assert_eq!(common::text(response).await, "as it came");
}

#[tokio::test]
async fn a_custom_answer_that_http_does_not_allow_never_becomes_a_success() {
    let answers = passid_core::Answers::with(|_, _| passid_core::Answer {
        status: 99,
        headers: vec![("x-fine", "fine".into()), ("x bad", "1".into()), ("x-bad", "a\nb".into())],
        body: "my own words".into(),
    });
    let guard = common::guard_of(common::verifier()).answers(answers).build();
    let service = PassidLayer::new(guard).layer(service_fn(echo::<Body>));
    let response = send(service, common::get("/", "")).await;
    assert_eq!(response.status(), 500);
    assert_eq!(response.headers()["x-fine"], "fine");
    assert!(!response.headers().contains_key("x-bad"));
    assert_eq!(response.headers()["cache-control"], "no-store");
}
