//! The token in a field of a JSON body: found, limited in size and time, and handed on whole.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;

use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, Response};
use bytes::Bytes;
use common::bodies::{End, Polls, Scripted};
use common::wake::Bell;
use common::{GOOD, HEADER, PARTIAL, UNKNOWN, is, json, refusal, send, verifier};
use http_body_util::Full;
use passid_axum::{BufferBody, FromAnswer, PassidLayer};
use passid_core::testing::ScriptedVerifier;
use passid_core::{JsonBody, VerifiedCredential};
use tower::{Layer, Service};

type BodyLayer = PassidLayer<ScriptedVerifier, FromAnswer, BufferBody>;

fn source() -> JsonBody {
    JsonBody::field("token")
}

fn layer(source: JsonBody) -> BodyLayer {
    common::layer().json_body(source)
}

/// Answers with the body that it was given, and proves that a credential came along.
async fn echo<B>(request: Request<B>) -> Result<Response<B>, Infallible> {
    let verified = request.extensions().get::<VerifiedCredential>().is_some();
    let answer = Response::builder().header("x-verified", verified.to_string());
    Ok(answer.body(request.into_body()).unwrap())
}

async fn answer(layer: BodyLayer, request: Request<Body>) -> Response<Body> {
    send(layer.layer(tower::service_fn(echo::<Body>)), request).await
}

/// Spaces and the order of fields are as no library would write them.
fn document() -> String {
    format!("{{ \"amount\" : 1.50,\r\n\t\"token\":\"{GOOD}\" , \"note\":\"\u{e9}\\u00e9\"}} \n")
}

#[tokio::test]
async fn the_token_passes_and_the_handler_gets_the_body_byte_for_byte() {
    let bodies = [
        Body::from(document()),
        Body::new(Scripted::new(document())),
        Body::new(Scripted::new(document()).in_frames_of(1)),
        Body::new(Scripted::new(document()).in_frames_of(7)),
        Body::new(Scripted::new(document()).announcing(1)),
        Body::new(Scripted::new(document()).announcing(0)),
    ];
    for body in bodies {
        let response = answer(layer(source()), json("", body)).await;
        assert_eq!(
            (response.status().as_u16(), &response.headers()["x-verified"]),
            (200, &"true".parse().unwrap())
        );
        assert_eq!(common::text(response).await, document());
    }
}

#[tokio::test]
async fn any_body_that_bytes_make_will_do() {
    let service = layer(source()).layer(tower::service_fn(echo::<Full<Bytes>>));
    let response = send(service, json("", Full::from(document()))).await;
    assert_eq!(common::text(response).await, document());
}

#[tokio::test]
async fn a_closure_can_render_what_the_body_source_refuses() {
    let render = |rejection: &passid_core::Rejection| Response::new(rejection.code().to_string());
    let handler = |_: Request<Body>| async { Ok::<_, Infallible>(Response::new(String::new())) };
    for layer in [
        common::layer().json_body(source().limit(4)).render_with(render),
        common::layer().render_with(render).json_body(source().limit(4)),
    ] {
        let response =
            send(layer.layer(tower::service_fn(handler)), json("", document().into())).await;
        assert_eq!(response.into_body(), "BODY_TOO_LARGE");
    }
}

#[tokio::test]
async fn a_body_passes_up_to_its_limit_and_not_a_byte_more() {
    let length = document().len();
    let whole = || Body::new(Scripted::new(document()).in_frames_of(5));
    let response = answer(layer(source().limit(length)), json("", whole())).await;
    assert_eq!(response.status(), 200);
    let response = answer(layer(source().limit(length - 1)), json("", whole())).await;
    assert_eq!(refusal(response).await, is(413, "BODY_TOO_LARGE"));
}

#[tokio::test]
async fn a_length_announced_over_the_limit_is_refused_unread() {
    let polls = Polls::default();
    let body = Scripted::new(document()).announcing(1 << 40).counted_by(&polls);
    let response = answer(layer(source()), json("", Body::new(body))).await;
    assert_eq!(refusal(response).await, is(413, "BODY_TOO_LARGE"));
    assert_eq!(polls.count(), 0);
}

#[tokio::test]
async fn a_length_announced_too_low_does_not_defeat_the_limit() {
    let body = Scripted::new(document()).in_frames_of(5).announcing(1);
    let response = answer(layer(source().limit(20)), json("", Body::new(body))).await;
    assert_eq!(refusal(response).await, is(413, "BODY_TOO_LARGE"));
}

#[tokio::test]
async fn an_endless_body_is_read_no_further_than_the_limit() {
    let polls = Polls::default();
    let body = Scripted::new(vec![b' '; 10_000]).in_frames_of(10).counted_by(&polls);
    let response = answer(layer(source().limit(100)), json("", Body::new(body))).await;
    assert_eq!(refusal(response).await, is(413, "BODY_TOO_LARGE"));
    assert_eq!(polls.count(), 2 * 11, "a pause and a frame, eleven times");
}

#[tokio::test]
async fn a_body_that_breaks_off_is_refused_even_if_its_token_came() {
    let body = Scripted::new(document()).ending(End::BreaksOff);
    let response = answer(layer(source()), json("", Body::new(body))).await;
    assert_eq!(refusal(response).await, is(400, "BODY_UNREADABLE"));
    let body = Scripted::new(document()).ending(End::BreaksOff);
    let response = answer(layer(source()), json(GOOD, Body::new(body))).await;
    assert_eq!(refusal(response).await, is(400, "BODY_UNREADABLE"));
}

#[tokio::test]
async fn a_body_that_does_not_end_is_refused_when_its_time_is_up() {
    let clock = common::clock();
    let guard = common::guard_of(verifier()).clock(Arc::new(clock.clone())).build();
    let layer = PassidLayer::new(guard).json_body(source().timeout(Duration::from_secs(10)));
    let mut service = layer.layer(tower::service_fn(echo::<Body>));
    let body = Body::new(Scripted::new(document()).ending(End::Never));
    let mut future = pin!(service.call(json("", body)));
    let bell = Bell::new();
    assert!(bell.poll(future.as_mut()).is_pending());
    clock.advance(Duration::from_millis(9_999));
    assert!(bell.poll(future.as_mut()).is_pending());
    let bell = Bell::new();
    assert!(bell.poll(future.as_mut()).is_pending());
    clock.advance(Duration::from_millis(1));
    assert!(bell.rang(), "the end of the time wakes the request");
    let Poll::Ready(Ok(response)) = bell.poll(future.as_mut()) else { panic!("time is up") };
    assert_eq!(refusal(response).await, is(408, "BODY_TIMEOUT"));
}

#[tokio::test]
async fn a_body_that_is_no_json_is_left_unread() {
    for content_type in ["text/plain", "application/x-www-form-urlencoded", "application/jsonp"] {
        let polls = Polls::default();
        let body = Body::new(Scripted::new(document()).counted_by(&polls));
        let mut request = json("", body);
        request.headers_mut().insert("content-type", content_type.parse().unwrap());
        let response = answer(layer(source()), request).await;
        assert_eq!(refusal(response).await, is(401, "TOKEN_MISSING"), "{content_type}");
        assert_eq!(polls.count(), 0, "{content_type}");
    }
}

#[tokio::test]
async fn the_usual_names_for_json_are_known() {
    for content_type in ["Application/JSON; charset=utf-8", "application/vnd.loan+json"] {
        let mut request = json("", Body::from(document()));
        request.headers_mut().insert("content-type", content_type.parse().unwrap());
        let response = answer(layer(source()), request).await;
        assert_eq!(response.status(), 200, "{content_type}");
    }
}

#[tokio::test]
async fn tokens_in_header_and_body_must_agree() {
    let response = answer(layer(source()), json(GOOD, document().into())).await;
    assert_eq!(response.status(), 200);
    let response = answer(layer(source()), json(PARTIAL, document().into())).await;
    assert_eq!(refusal(response).await, is(401, "TOKEN_INVALID"));
}

#[tokio::test]
async fn a_header_passes_without_the_field_and_the_body_is_still_whole() {
    for document in ["{\"token\": null}", "{}", "[1, 2", ""] {
        let body = Body::new(Scripted::new(document));
        let response = answer(layer(source()), json(GOOD, body)).await;
        assert_eq!(response.status(), 200, "{document}");
        assert_eq!(common::text(response).await, document);
    }
}

#[tokio::test]
async fn what_the_field_holds_is_judged_like_any_token() {
    let long = "A".repeat(5_000);
    let documents = [
        ("{}".to_owned(), "TOKEN_MISSING"),
        ("{\"token\":\"\"}".to_owned(), "TOKEN_MISSING"),
        ("no json".to_owned(), "TOKEN_MISSING"),
        ("{\"token\":17}".to_owned(), "TOKEN_INVALID"),
        (format!("{{\"token\":\"{UNKNOWN}\"}}"), "TOKEN_INVALID"),
        (format!("{{\"token\":\"{long}\"}}"), "TOKEN_INVALID"),
        (format!("{{\"token\":\"{GOOD}\",\"token\":\"{PARTIAL}\"}}"), "TOKEN_INVALID"),
        ("{\"token\":\"\\ud800\"}".to_owned(), "TOKEN_MISSING"),
    ];
    for (document, code) in documents {
        let response = answer(layer(source()), json("", document.clone().into())).await;
        assert_eq!(refusal(response).await, is(401, code), "{document:.60}");
    }
}

#[tokio::test]
async fn a_preflight_is_not_asked_for_its_body() {
    let polls = Polls::default();
    let mut request = common::preflight("/");
    request.headers_mut().insert("content-type", "application/json".parse().unwrap());
    *request.body_mut() = Body::new(Scripted::new(document()).counted_by(&polls));
    let response = answer(layer(source()), request).await;
    assert_eq!(response.headers()["x-verified"], "false");
    assert_eq!(polls.count(), 0);
}

#[tokio::test]
async fn headers_beside_a_body_token_are_sensitive_too() {
    let show = |request: Request<Body>| async move {
        Ok::<_, Infallible>(Response::new(Body::from(format!("{:?}", request.headers()))))
    };
    let service = layer(source()).layer(tower::service_fn(show));
    let shown = common::text(send(service, json(GOOD, document().into())).await).await;
    assert!(shown.contains(HEADER) && !shown.contains(GOOD), "{shown}");
}
