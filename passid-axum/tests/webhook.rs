//! The webhook extractor: its state, its limits, and what may stand before it.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{DefaultBodyLimit, FromRef, FromRequest, Request};
use axum::http::Response;
use axum::middleware::map_request;
use axum::routing::post;
use common::bodies::{End, Polls, Scripted};
use common::{is, refusal, send};
use passid_axum::{PassidLayer, PassidWebhook, RefusedWebhook};
use passid_core::testing::ManualClock;
use passid_core::testing::webhook::{envelope, sign};
use passid_core::webhook::{SIGNATURE_HEADER, WebhookRejection, WebhookVerifier};
use passid_core::{JsonBody, WebhookSecret};
use serde_json::{Value, json};
use tower_http::cors::CorsLayer;
use tower_http::limit::RequestBodyLimitLayer;

const LIMIT: usize = 4096;

fn secret() -> WebhookSecret {
    WebhookSecret::parse("whsec_00000000000000000000000000000000").unwrap()
}

/// On a clock that stands still.
fn verifier() -> WebhookVerifier {
    verifier_on(common::clock())
}

fn verifier_on(clock: ManualClock) -> WebhookVerifier {
    let builder = WebhookVerifier::builder().secret(secret()).clock(Arc::new(clock));
    builder.max_body(LIMIT).body_timeout(Duration::from_secs(10)).build().unwrap()
}

/// A state with more in it than a verifier.
#[derive(Clone)]
struct State {
    verifier: WebhookVerifier,
    greeting: &'static str,
}

impl FromRef<State> for WebhookVerifier {
    fn from_ref(state: &State) -> Self {
        state.verifier.clone()
    }
}

async fn receive(
    axum::extract::State(state): axum::extract::State<State>,
    PassidWebhook(webhook): PassidWebhook,
) -> String {
    let (event, body) = (webhook.event, webhook.body);
    format!("{} {} {} {}", state.greeting, event.name(), body.bytes().len(), body.secret_index())
}

fn app() -> Router<State> {
    Router::new().route("/", post(receive))
}

fn ready(app: Router<State>) -> Router {
    app.with_state(State { verifier: verifier(), greeting: "hello" })
}

/// All waiting is over at once.
fn impatient() -> Router {
    let verifier = verifier_on(common::clock().auto_advance());
    app().with_state(State { verifier, greeting: "hello" })
}

fn body() -> Vec<u8> {
    envelope("webhook.test", json!({"message": "x".repeat(500)}))
}

fn signed(body: impl Into<Body>, header: &str) -> Request {
    let request = Request::post("/").header("content-type", "application/json");
    request.header(SIGNATURE_HEADER, header).body(body.into()).unwrap()
}

fn event() -> Request {
    signed(body(), &sign(&secret(), &body()))
}

async fn received(response: Response<Body>) {
    assert_eq!(response.status(), 200);
    assert_eq!(common::text(response).await, format!("hello webhook.test {} 0", body().len()));
}

#[tokio::test]
async fn an_event_is_received_with_the_verifier_of_the_applications_own_state() {
    received(send(ready(app()), event()).await).await;
}

#[tokio::test]
async fn a_body_in_any_frames_is_received() {
    for size in [1, 7, 100, 10_000] {
        let body = Body::new(Scripted::new(body()).in_frames_of(size));
        received(send(ready(app()), signed(body, &sign(&secret(), &self::body()))).await).await;
    }
}

#[tokio::test]
async fn layers_that_leave_the_body_as_it_is_do_no_harm() {
    let guarded = || {
        let layer = PassidLayer::new(common::optional());
        app().route_layer(layer.json_body(JsonBody::field("token")))
    };
    received(send(ready(guarded()), event()).await).await;
    received(send(ready(guarded()).layer(CorsLayer::permissive()), event()).await).await;
    received(send(ready(app()).layer(RequestBodyLimitLayer::new(LIMIT)), event()).await).await;
    // The verifier's limit is the one that counts.
    received(send(ready(app().layer(DefaultBodyLimit::max(10))), event()).await).await;
    let everything = guarded()
        .layer(DefaultBodyLimit::disable())
        .layer(RequestBodyLimitLayer::new(LIMIT))
        .layer(CorsLayer::permissive());
    received(send(ready(everything), event()).await).await;
}

/// As a layer does that reads JSON for the handlers behind it.
async fn written_again(request: Request) -> Request {
    let (head, body) = request.into_parts();
    let bytes = to_bytes(body, LIMIT).await.unwrap();
    let value: Value = serde_json::from_slice(&bytes).unwrap();
    Request::from_parts(head, Body::from(serde_json::to_vec_pretty(&value).unwrap()))
}

#[tokio::test]
async fn a_layer_that_writes_the_json_again_makes_every_signature_wrong() {
    let app = ready(app()).layer(map_request(written_again));
    assert_eq!(refusal(send(app, event()).await).await, is(401, "SIGNATURE_INVALID"));
}

#[tokio::test]
async fn the_limit_of_a_layer_before_is_a_413_too() {
    let app = || ready(app()).layer(RequestBodyLimitLayer::new(100));
    // Without a length the layer notices only while the body is read.
    let frames = Body::new(Scripted::new(body()).in_frames_of(64));
    let request = signed(frames, &sign(&secret(), &body()));
    assert_eq!(refusal(send(app(), request).await).await, is(413, "BODY_TOO_LARGE"));
}

#[tokio::test]
async fn a_body_over_the_limit_is_cut_off_and_one_that_says_so_is_not_begun() {
    let long = vec![b'x'; LIMIT + 1];
    let header = sign(&secret(), &long);
    let (polls, frame) = (Polls::default(), 1024);
    let frames = Scripted::new(long.clone()).in_frames_of(frame).counted_by(&polls);
    let response = send(ready(app()), signed(Body::new(frames), &header)).await;
    assert_eq!(refusal(response).await, is(413, "BODY_TOO_LARGE"));
    assert!(polls.count() <= 2 * (LIMIT / frame + 1));

    let polls = Polls::default();
    let announced = Scripted::new("").announcing(LIMIT as u64 + 1).counted_by(&polls);
    let response = send(ready(app()), signed(Body::new(announced), &header)).await;
    assert_eq!(refusal(response).await, is(413, "BODY_TOO_LARGE"));
    assert_eq!(polls.count(), 0);

    let exact = vec![b'x'; LIMIT];
    let response = send(ready(app()), signed(exact.clone(), &sign(&secret(), &exact))).await;
    assert_eq!(refusal(response).await, is(400, "EVENT_INVALID"), "the signature was right");
}

#[tokio::test]
async fn a_body_with_a_malformed_header_is_not_received() {
    let polls = Polls::default();
    let body = Body::new(Scripted::new(body()).counted_by(&polls));
    let response = send(ready(app()), signed(body, "sha256=abc")).await;
    assert_eq!(refusal(response).await, is(401, "SIGNATURE_INVALID"));
    assert_eq!(polls.count(), 0);
}

#[tokio::test]
async fn a_body_that_breaks_off_or_never_ends_is_refused() {
    for (end, answer) in
        [(End::BreaksOff, is(401, "SIGNATURE_INVALID")), (End::Never, is(408, "BODY_TIMEOUT"))]
    {
        let frames = Body::new(Scripted::new(body()).ending(end));
        let response = send(impatient(), signed(frames, &sign(&secret(), &body()))).await;
        assert_eq!(refusal(response).await, answer, "{end:?}");
    }
}

#[tokio::test]
async fn a_handler_can_look_at_the_refusal() {
    async fn own(webhook: Result<PassidWebhook, RefusedWebhook>) -> String {
        match webhook {
            Ok(webhook) => webhook.event.name().to_owned(),
            Err(RefusedWebhook(rejection)) => rejection.to_string(),
        }
    }
    let app = Router::new().route("/", post(own)).with_state(verifier());
    assert_eq!(common::text(send(app.clone(), event()).await).await, "webhook.test");
    let refused = common::text(send(app, signed("", "sha256=abc")).await).await;
    assert_eq!(refused, "the signature of the webhook was not accepted");
    let refused = RefusedWebhook(WebhookRejection::BodyTooLarge);
    assert!(std::error::Error::source(&refused).is_none());
}

#[tokio::test]
async fn the_extractor_works_without_a_router_and_its_future_can_move() {
    fn moving<T: Future + Send>(future: T) -> T {
        future
    }
    let extracted = moving(PassidWebhook::from_request(event(), &verifier())).await.unwrap();
    let shown = format!("{extracted:?}");
    assert!(shown.contains("webhook.test") && !shown.contains("xxx"), "{shown}");
}
