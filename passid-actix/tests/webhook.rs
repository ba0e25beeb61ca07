//! The webhook extractor: its verifier, its limits, and what may stand before it.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;

use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::{Payload, Service, ServiceRequest};
use actix_web::middleware::{Logger, NormalizePath};
use actix_web::test::{TestRequest, init_service};
use actix_web::{App, HttpMessage, HttpResponse, web};
use common::logs::Logs;
use common::payloads::{End, Polls};
use common::{is, refusal, send, text};
use futures_util::StreamExt;
use passid_actix::{PassidMiddleware, PassidWebhook, RefusedWebhook};
use passid_core::testing::ManualClock;
use passid_core::testing::webhook::{envelope, sign};
use passid_core::webhook::{SIGNATURE_HEADER, WebhookVerifier};
use passid_core::{JsonBody, WebhookSecret};
use serde_json::{Value, json};

const LIMIT: usize = 4096;

fn secret() -> WebhookSecret {
    WebhookSecret::parse("whsec_00000000000000000000000000000000").unwrap()
}

/// On a clock that stands still.
fn verifier() -> web::Data<WebhookVerifier> {
    verifier_on(common::clock())
}

fn verifier_on(clock: ManualClock) -> web::Data<WebhookVerifier> {
    let builder = WebhookVerifier::builder().secret(secret()).clock(Arc::new(clock));
    let builder = builder.max_body(LIMIT).body_timeout(Duration::from_secs(10));
    web::Data::new(builder.build().unwrap())
}

async fn receive(PassidWebhook(webhook): PassidWebhook) -> String {
    let (event, body) = (webhook.event, webhook.body);
    format!("{} {} {}", event.name(), body.bytes().len(), body.secret_index())
}

/// An application with a verifier, its one route, and whatever is wrapped around it.
macro_rules! app {
    ($($wrap:expr),*) => {
        init_service(
            App::new()
                .app_data(verifier())
                $(.wrap($wrap))*
                .app_data(web::PayloadConfig::new(10))
                .route("/", web::post().to(receive)),
        )
        .await
    };
}

fn body() -> String {
    String::from_utf8(envelope("webhook.test", json!({"message": "x".repeat(500)}))).unwrap()
}

fn with_header(header: &str) -> TestRequest {
    let request = TestRequest::post().insert_header(("content-type", "application/json"));
    request.insert_header((SIGNATURE_HEADER, header))
}

fn signed(body: &str) -> TestRequest {
    with_header(&sign(&secret(), body.as_bytes())).set_payload(body.to_owned())
}

macro_rules! event {
    () => {
        signed(&body()).to_request()
    };
}

/// A request whose body does what it is told.
macro_rules! scripted {
    ($request:expr, $payload:expr) => {
        $request.to_request().replace_payload($payload).0
    };
}

macro_rules! received {
    ($app:expr) => {{
        let response = send(&$app, event!()).await;
        assert_eq!(response.status(), 200);
        assert_eq!(text(response).await, format!("webhook.test {} 0", body().len()));
    }};
}

#[actix_web::test]
async fn an_event_is_received_whatever_the_payload_config_says() {
    received!(app!());
}

#[actix_web::test]
async fn a_body_in_any_frames_is_received() {
    let app = app!();
    for size in [1, 7, 100, 10_000] {
        let payload = Polls::default().payload(&body(), size, End::Whole);
        let request = scripted!(with_header(&sign(&secret(), body().as_bytes())), payload);
        assert_eq!(send(&app, request).await.status(), 200, "{size}");
    }
}

#[actix_web::test]
async fn middleware_that_leaves_the_body_as_it_is_does_no_harm() {
    let guard = || PassidMiddleware::new(common::optional()).json_body(JsonBody::field("token"));
    received!(app!(guard()));
    received!(app!(guard(), Logger::default(), NormalizePath::trim()));
}

#[actix_web::test]
async fn a_middleware_that_writes_the_json_again_makes_every_signature_wrong() {
    async fn written_again(request: &mut ServiceRequest) {
        let mut payload = request.take_payload();
        let mut bytes = Vec::new();
        while let Some(piece) = payload.next().await {
            bytes.extend_from_slice(&piece.unwrap());
        }
        let value: Value = serde_json::from_slice(&bytes).unwrap();
        let again = serde_json::to_vec_pretty(&value).unwrap();
        request.set_payload(Payload::from(bytes::Bytes::from(again)));
    }
    let app = init_service(
        App::new()
            .app_data(verifier())
            .wrap(actix_web::middleware::from_fn(
                |mut request: ServiceRequest,
                 next: actix_web::middleware::Next<actix_web::body::BoxBody>| async move {
                    written_again(&mut request).await;
                    next.call(request).await
                },
            ))
            .route("/", web::post().to(receive)),
    )
    .await;
    let response = send(&app, event!()).await;
    assert_eq!(refusal(response).await, is(401, "SIGNATURE_INVALID"));
}

#[actix_web::test]
async fn a_body_over_the_limit_is_cut_off_and_one_that_says_so_is_not_begun() {
    let app = app!();
    let long = "x".repeat(LIMIT + 1);
    let header = sign(&secret(), long.as_bytes());
    let (polls, frame) = (Polls::default(), 1024);
    let request = scripted!(with_header(&header), polls.payload(&long, frame, End::Whole));
    assert_eq!(refusal(send(&app, request).await).await, is(413, "BODY_TOO_LARGE"));
    assert!(polls.count() <= 2 * (LIMIT / frame + 1));

    let polls = Polls::default();
    let announced = with_header(&header).insert_header(("content-length", LIMIT + 1));
    let request = scripted!(announced, polls.payload("", 1, End::Whole));
    assert_eq!(refusal(send(&app, request).await).await, is(413, "BODY_TOO_LARGE"));
    assert_eq!(polls.count(), 0);

    let response = send(&app, signed(&"x".repeat(LIMIT)).to_request()).await;
    assert_eq!(refusal(response).await, is(400, "EVENT_INVALID"), "the signature was right");
}

#[actix_web::test]
async fn a_body_with_a_malformed_header_is_not_received() {
    let polls = Polls::default();
    let request = scripted!(with_header("sha256=abc"), polls.payload(&body(), 10, End::Whole));
    let response = send(&app!(), request).await;
    assert_eq!(refusal(response).await, is(401, "SIGNATURE_INVALID"));
    assert_eq!(polls.count(), 0);
}

#[actix_web::test]
async fn a_body_that_breaks_off_or_never_ends_is_refused() {
    // On the other clock all waiting is over at once.
    for (end, clock, answer) in [
        (End::BreaksOff, common::clock(), is(401, "SIGNATURE_INVALID")),
        (End::Never, common::clock().auto_advance(), is(408, "BODY_TIMEOUT")),
    ] {
        let app = App::new().app_data(verifier_on(clock)).route("/", web::post().to(receive));
        let header = sign(&secret(), body().as_bytes());
        let payload = Polls::default().payload(&body(), 1000, end);
        let response =
            send(&init_service(app).await, scripted!(with_header(&header), payload)).await;
        assert_eq!(refusal(response).await, answer, "{end:?}");
    }
}

#[actix_web::test]
async fn an_application_without_a_verifier_is_a_500_and_an_error_in_the_log() {
    let logs = Logs::capture();
    let app = init_service(App::new().route("/", web::post().to(receive))).await;
    let response = send(&app, event!()).await;
    assert_eq!(refusal(response).await, is(500, "WEBHOOK_MISCONFIGURED"));
    let errors = logs.errors();
    assert!(errors.len() == 1 && errors[0].contains("WebhookVerifier"), "{errors:?}");
}

#[actix_web::test]
async fn a_handler_can_look_at_the_refusal() {
    async fn own(webhook: Result<PassidWebhook, RefusedWebhook>) -> HttpResponse {
        HttpResponse::Ok().body(match webhook {
            Ok(webhook) => webhook.event.name().to_owned(),
            Err(RefusedWebhook(rejection)) => rejection.to_string(),
        })
    }
    let app = init_service(App::new().app_data(verifier()).route("/", web::post().to(own))).await;
    assert_eq!(text(app.call(event!()).await.unwrap()).await, "webhook.test");
    let refused = app.call(with_header("sha256=abc").to_request()).await.unwrap();
    assert_eq!(text(refused).await, "the signature of the webhook was not accepted");
}
