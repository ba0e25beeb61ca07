//! The token in a field of a JSON body: found, limited in size and time, and handed on whole.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;

use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use actix_web::dev::{Service, ServiceResponse};
use actix_web::test::init_service;
use actix_web::{App, web};
use common::payloads::{End, Polls};
use common::{GOOD, PARTIAL, UNKNOWN, Waits, get, is, json, preflight, refusal, send, text};
use passid_actix::{MaybeVerified, PassidMiddleware};
use passid_core::JsonBody;
use serde_json::Value;

/// Spaces and the order of fields are as no library would write them.
fn document() -> String {
    format!("{{ \"amount\" : 1.50,\r\n\t\"token\":\"{GOOD}\" , \"note\":\"\u{e9}\\u00e9\"}} \n")
}

fn source() -> JsonBody {
    JsonBody::field("token")
}

fn middleware(source: JsonBody) -> PassidMiddleware<Waits> {
    common::middleware().json_body(source)
}

/// An application that answers with the body that it was given, and whether somebody is verified.
macro_rules! app {
    ($middleware:expr) => {
        init_service(
            App::new()
                .wrap($middleware)
                .route(
                    "/amount",
                    web::post().to(async |body: web::Json<Value>| body["amount"].to_string()),
                )
                .default_service(web::to(async |body: web::Bytes, caller: MaybeVerified| {
                    let verified = caller.0.is_some().to_string();
                    actix_web::HttpResponse::Ok().insert_header(("x-verified", verified)).body(body)
                })),
        )
        .await
    };
}

/// The answer to a POST of JSON that arrives in frames of `size` bytes.
macro_rules! post {
    ($app:expr, $request:expr, $data:expr, $size:expr, $end:expr) => {{
        let payload = Polls::default().payload($data, $size, $end);
        let (request, _) = $request.to_request().replace_payload(payload);
        send(&$app, request).await
    }};
}

fn verified<B>(response: &ServiceResponse<B>) -> bool {
    response.headers().get("x-verified").unwrap() == "true"
}

#[actix_web::test]
async fn the_token_passes_and_the_handler_gets_the_body_byte_for_byte() {
    let app = app!(middleware(source()));
    for size in [1, 7, 1_000] {
        let response = post!(app, json(""), &document(), size, End::Whole);
        assert!(verified(&response), "{size}");
        assert_eq!(text(response).await, document(), "{size}");
    }
    let response = send(&app, json("").set_payload(document()).to_request()).await;
    assert_eq!(text(response).await, document());
}

#[actix_web::test]
async fn the_extractors_of_the_handler_read_the_body_again() {
    let app = app!(middleware(source()));
    let response = post!(app, json("").uri("/amount"), &document(), 3, End::Whole);
    assert_eq!(text(response).await, "1.5");
    let response = post!(app, json(GOOD).uri("/amount"), "{\"amount\": ", 3, End::Whole);
    assert_eq!(response.status(), 400, "what is no JSON is the handler's business");
}

#[actix_web::test]
async fn a_body_passes_up_to_its_limit_and_not_a_byte_more() {
    let length = document().len();
    let app = app!(middleware(source().limit(length)));
    assert!(verified(&post!(app, json(""), &document(), 5, End::Whole)));
    let app = app!(middleware(source().limit(length - 1)));
    let response = post!(app, json(""), &document(), 5, End::Whole);
    assert_eq!(refusal(response).await, is(413, "BODY_TOO_LARGE"));
}

#[actix_web::test]
async fn a_length_announced_over_the_limit_is_refused_unread() {
    let app = app!(middleware(source()));
    let polls = Polls::default();
    let payload = polls.payload(&document(), 5, End::Whole);
    let request = json("").insert_header(("content-length", "1099511627776"));
    let (request, _) = request.to_request().replace_payload(payload);
    assert_eq!(refusal(send(&app, request).await).await, is(413, "BODY_TOO_LARGE"));
    assert_eq!(polls.count(), 0);
}

#[actix_web::test]
async fn a_length_announced_wrongly_does_not_defeat_the_limit() {
    for length in ["1", "0", "-1", "many", "18446744073709551616"] {
        let app = app!(middleware(source().limit(20)));
        let request = json("").insert_header(("content-length", length));
        let response = post!(app, request, &document(), 5, End::Whole);
        assert_eq!(refusal(response).await, is(413, "BODY_TOO_LARGE"), "{length}");
    }
}

#[actix_web::test]
async fn an_endless_body_is_read_no_further_than_the_limit() {
    let app = app!(middleware(source().limit(100)));
    let polls = Polls::default();
    let payload = polls.payload(&" ".repeat(10_000), 10, End::Whole);
    let (request, _) = json("").to_request().replace_payload(payload);
    assert_eq!(refusal(send(&app, request).await).await, is(413, "BODY_TOO_LARGE"));
    assert_eq!(polls.count(), 2 * 11, "a pause and a frame, eleven times");
}

#[actix_web::test]
async fn a_body_that_breaks_off_is_refused_even_if_its_token_came() {
    let app = app!(middleware(source()));
    for token in ["", GOOD] {
        let response = post!(app, json(token), &document(), 1_000, End::BreaksOff);
        assert_eq!(refusal(response).await, is(400, "BODY_UNREADABLE"), "{token}");
    }
}

#[actix_web::test]
async fn a_body_that_does_not_end_is_refused_when_its_time_is_up() {
    let clock = common::clock();
    let guard = common::guard_of(common::verifier()).clock(Arc::new(clock.clone())).build();
    let source = source().timeout(Duration::from_secs(10));
    let app = app!(PassidMiddleware::new(guard).json_body(source));
    let payload = Polls::default().payload(&document(), 1_000, End::Never);
    let (request, _) = json("").to_request().replace_payload(payload);
    let mut future = pin!(app.call(request));
    for _ in 0..4 {
        assert!(common::poll_once(future.as_mut()).is_pending());
    }
    clock.advance(Duration::from_millis(9_999));
    assert!(common::poll_once(future.as_mut()).is_pending());
    clock.advance(Duration::from_millis(1));
    let Poll::Ready(Ok(response)) = common::poll_once(future.as_mut()) else {
        panic!("time is up")
    };
    assert_eq!(refusal(response).await, is(408, "BODY_TIMEOUT"));
}

#[actix_web::test]
async fn a_body_that_is_no_json_is_left_unread() {
    let app = app!(middleware(source()));
    for content_type in ["text/plain", "application/x-www-form-urlencoded", "application/jsonp"] {
        let polls = Polls::default();
        let payload = polls.payload(&document(), 5, End::Whole);
        let request = json("").insert_header(("content-type", content_type)).to_request();
        let (request, _) = request.replace_payload(payload);
        assert_eq!(refusal(send(&app, request).await).await, is(401, "TOKEN_MISSING"));
        assert_eq!(polls.count(), 0, "{content_type}");
    }
}

#[actix_web::test]
async fn without_the_body_source_a_field_is_no_token_and_the_body_is_left_unread() {
    let app = app!(common::middleware());
    let polls = Polls::default();
    let (request, _) =
        json("").to_request().replace_payload(polls.payload(&document(), 5, End::Whole));
    assert_eq!(refusal(send(&app, request).await).await, is(401, "TOKEN_MISSING"));
    assert_eq!(polls.count(), 0);
}

#[actix_web::test]
async fn tokens_in_header_and_body_must_agree() {
    let app = app!(middleware(source()));
    assert!(verified(&post!(app, json(GOOD), &document(), 5, End::Whole)));
    let response = post!(app, json(PARTIAL), &document(), 5, End::Whole);
    assert_eq!(refusal(response).await, is(401, "TOKEN_INVALID"));
}

#[actix_web::test]
async fn a_header_passes_without_the_field_and_the_body_is_still_whole() {
    let app = app!(middleware(source()));
    for document in ["{\"token\": null}", "{}", "[1, 2", ""] {
        let response = post!(app, json(GOOD), document, 2, End::Whole);
        assert_eq!((response.status().as_u16(), verified(&response)), (200, true));
        assert_eq!(text(response).await, document);
    }
}

#[actix_web::test]
async fn what_the_field_holds_is_judged_like_any_token() {
    let app = app!(middleware(source()));
    let documents = [
        ("{}".to_owned(), "TOKEN_MISSING"),
        ("no json".to_owned(), "TOKEN_MISSING"),
        ("{\"token\":17}".to_owned(), "TOKEN_INVALID"),
        (format!("{{\"token\":\"{UNKNOWN}\"}}"), "TOKEN_INVALID"),
        (format!("{{\"token\":\"{GOOD}\",\"token\":\"{PARTIAL}\"}}"), "TOKEN_INVALID"),
    ];
    for (document, code) in documents {
        let response = post!(app, json(""), &document, 5, End::Whole);
        assert_eq!(refusal(response).await, is(401, code), "{document}");
    }
}

#[actix_web::test]
async fn requests_without_a_body_and_preflights_need_none() {
    let app = app!(middleware(source()));
    assert_eq!(text(send(&app, get("/", GOOD).to_request()).await).await, "");
    let polls = Polls::default();
    let payload = polls.payload(&document(), 5, End::Whole);
    let request = preflight("/").insert_header(("content-type", "application/json")).to_request();
    let response = send(&app, request.replace_payload(payload).0).await;
    assert!(!verified(&response));
    // The handler has read it, the middleware has not.
    assert_eq!(text(response).await, document());
}

#[actix_web::test]
async fn a_closure_can_render_what_the_body_source_refuses() {
    let render = |rejection: &passid_core::Rejection, request: &actix_web::HttpRequest| {
        actix_web::HttpResponse::Ok().body(format!("{} {}", request.path(), rejection.code()))
    };
    for middleware in [
        common::middleware().json_body(source().limit(4)).render_with(render),
        common::middleware().render_with(render).json_body(source().limit(4)),
    ] {
        let app = app!(middleware);
        let response = post!(app, json("").uri("/a"), &document(), 5, End::Whole);
        assert_eq!(response.status(), 200, "nothing is added to what the closure makes");
        assert_eq!(text(response).await, "/a BODY_TOO_LARGE");
    }
}
