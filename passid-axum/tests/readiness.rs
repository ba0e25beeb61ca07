//! The tower contract: the instance that was made ready is the one that is called, readiness and
//! errors pass through, and the inner service is cloned only where a request has to wait.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;

use std::pin::pin;
use std::task::{Context, Poll};

use axum::body::Body;
use axum::http::{Request, Response};
use common::probe::{Fault, Probe, Seen};
use common::wake::{Bell, poll_once};
use common::{DOWN, GOOD, HANGING, PARTIAL, UNKNOWN, get, immediate_layer, json, layer, refusal};
use passid_axum::{PassidLayer, RequirePolicy};
use passid_core::testing::claims;
use passid_core::{Guard, JsonBody};
use tower::{Layer, Service, ServiceBuilder, ServiceExt};

/// Readies and calls one instance, again and again, as a connection does.
async fn call_in_turn<S>(service: &mut S, requests: impl IntoIterator<Item = Request<Body>>)
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Fault>,
{
    for request in requests {
        let response = service.ready().await.unwrap().call(request).await.unwrap();
        assert_eq!(response.status(), 200);
    }
}

fn three() -> Vec<Request<Body>> {
    (0..3).map(|_| get("/", GOOD)).collect()
}

fn assert_kept(seen: &Seen, calls: usize, clones: usize) {
    assert_eq!(seen.violations(), 0, "an instance was called that was not ready");
    assert_eq!((seen.calls(), seen.clones()), (calls, clones), "calls and clones");
}

/// What tower's documentation warns of: calls a clone, which was never made ready.
#[derive(Clone)]
struct CallsAClone<S>(S);

impl<S: Service<Request<Body>> + Clone> Service<Request<Body>> for CallsAClone<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Body>) -> S::Future {
        self.0.clone().call(request)
    }
}

#[tokio::test]
async fn the_probe_catches_a_layer_that_calls_a_clone() {
    let (probe, seen) = Probe::new();
    call_in_turn(&mut CallsAClone(probe), three()).await;
    assert_eq!((seen.violations(), seen.clones()), (3, 3));
}

#[tokio::test]
async fn an_immediate_verdict_clones_nothing() {
    let (probe, seen) = Probe::new();
    call_in_turn(&mut immediate_layer().layer(probe), three()).await;
    assert_kept(&seen, 3, 0);
}

#[tokio::test]
async fn a_verdict_to_wait_for_takes_the_readied_instance_along_and_clones_once() {
    let (probe, seen) = Probe::new();
    call_in_turn(&mut layer().layer(probe), three()).await;
    assert_kept(&seen, 3, 3);
    assert_eq!(seen.readiness_polls(), 3, "each left-behind clone is made ready by its own call");
}

#[tokio::test]
async fn a_body_to_wait_for_clones_once_whatever_the_verdict() {
    for verifier in [common::verifier(), common::verifier().immediate()] {
        let guard = common::guard_of(verifier);
        let layer = PassidLayer::new(guard.build()).json_body(JsonBody::field("token"));
        let (probe, seen) = Probe::new();
        let body = || Body::from(format!(r#"{{"token": "{GOOD}"}}"#));
        let requests = (0..3).map(|_| json("", body()));
        call_in_turn(&mut layer.layer(probe), requests).await;
        assert_kept(&seen, 3, 3);
    }
}

#[tokio::test]
async fn a_request_without_a_body_to_receive_is_not_slowed_by_the_body_source() {
    let (probe, seen) = Probe::new();
    let layer = immediate_layer().json_body(JsonBody::field("token"));
    call_in_turn(&mut layer.layer(probe), three()).await;
    assert_kept(&seen, 3, 0);
}

#[tokio::test]
async fn a_refusal_never_calls_the_inner_service() {
    let strict = || Guard::new(common::verifier(), common::strict());
    let refused = [("", 401), ("not a token", 401), (UNKNOWN, 401), (PARTIAL, 403), (DOWN, 503)];
    for (token, status) in refused {
        let (probe, seen) = Probe::new();
        let response = common::send(PassidLayer::new(strict()).layer(probe), get("/", token)).await;
        assert_eq!(response.status(), status, "{token}");
        assert_eq!((seen.calls(), seen.violations()), (0, 0), "{token}");

        let (probe, seen) = Probe::new();
        let immediate = Guard::new(common::verifier().immediate(), common::strict());
        let service = PassidLayer::new(immediate).layer(probe);
        assert_eq!(common::send(service, get("/", token)).await.status(), status, "{token}");
        assert_kept(&seen, 0, 0);
    }
}

#[tokio::test]
async fn a_refused_body_never_calls_the_inner_service() {
    let (probe, seen) = Probe::new();
    let layer = layer().json_body(JsonBody::field("token").limit(8));
    let response = common::send(layer.layer(probe), json(GOOD, Body::from("{\"a\": 123}"))).await;
    assert_eq!(refusal(response).await, common::is(413, "BODY_TOO_LARGE"));
    assert_kept(&seen, 0, 1);
}

#[test]
fn pending_readiness_is_passed_on_and_wakes() {
    let (probe, seen) = Probe::new();
    let stack = ServiceBuilder::new().layer(layer()).layer(RequirePolicy::new(common::strict()));
    let mut service = stack.service(probe);
    let bell = Bell::new();
    seen.close();
    let poll = |service: &mut _| bell.with(|cx| Service::<Request<Body>>::poll_ready(service, cx));
    assert!(poll(&mut service).is_pending());
    assert!(!bell.rang());
    seen.open();
    assert!(bell.rang(), "whoever waits for readiness is woken");
    assert_eq!(poll(&mut service), Poll::Ready(Ok(())));
    assert_eq!(seen.readiness_polls(), 2, "nobody but the inner service is asked");
}

#[tokio::test]
async fn the_error_of_readiness_is_passed_on_as_it_is() {
    let (probe, seen) = Probe::new();
    seen.break_readiness();
    let error = layer().layer(probe.clone()).oneshot(get("/", GOOD)).await.err();
    assert_eq!(error, Some(Fault("not ready")));
    let error = RequirePolicy::new(common::strict()).layer(probe).oneshot(get("/", GOOD)).await;
    assert_eq!(error.err(), Some(Fault("not ready")));
    assert_eq!(seen.calls(), 0);
}

#[tokio::test]
async fn the_error_of_a_call_is_passed_on_as_it_is() {
    let (probe, seen) = Probe::new();
    seen.break_calls();
    for layer in [layer(), immediate_layer()] {
        let error = layer.layer(probe.clone()).oneshot(get("/", GOOD)).await.err();
        assert_eq!(error, Some(Fault("call failed")));
    }
    let service = RequirePolicy::new(common::strict()).layer(probe);
    let error = service.oneshot(with_credential(get("/", ""))).await.err();
    assert_eq!(error, Some(Fault("call failed")));
}

fn with_credential(mut request: Request<Body>) -> Request<Body> {
    request.extensions_mut().insert(common::credential(claims::complete()));
    request
}

#[tokio::test]
async fn a_stricter_policy_calls_the_readied_instance_and_clones_nothing() {
    let (probe, seen) = Probe::new();
    let mut service = RequirePolicy::new(common::strict()).layer(probe);
    call_in_turn(&mut service, three().into_iter().map(with_credential)).await;
    assert_kept(&seen, 3, 0);
}

#[tokio::test]
async fn a_stricter_policy_behind_a_guard_keeps_the_contract() {
    for (layer, clones) in [(immediate_layer(), 0), (layer(), 3)] {
        let (probe, seen) = Probe::new();
        let stack = ServiceBuilder::new().layer(layer).layer(RequirePolicy::new(common::strict()));
        let mut service = stack.service(probe);
        call_in_turn(&mut service, three()).await;
        assert_kept(&seen, 3, clones);
        assert_eq!(common::send(service, get("/", PARTIAL)).await.status(), 403);
        assert_eq!((seen.calls(), seen.violations()), (3, 0));
    }
}

#[test]
fn a_refusal_that_was_taken_leaves_a_future_that_stays_pending() {
    let (probe, _) = Probe::new();
    let mut refused = pin!(layer().layer(probe.clone()).call(get("/", "")));
    assert!(poll_once(refused.as_mut()).is_ready());
    assert!(poll_once(refused.as_mut()).is_pending());
    let mut refused = pin!(RequirePolicy::new(common::strict()).layer(probe).call(get("/", "")));
    assert!(poll_once(refused.as_mut()).is_ready());
    assert!(poll_once(refused.as_mut()).is_pending());
}

#[test]
fn a_service_goes_on_serving_while_a_verdict_is_pending() {
    let verifier = common::verifier();
    let (probe, seen) = Probe::new();
    let mut service = PassidLayer::new(common::guard_of(verifier.clone()).build()).layer(probe);
    let mut hanging = pin!(service_call(&mut service, HANGING));
    assert!(poll_once(hanging.as_mut()).is_pending());
    let mut served = pin!(service_call(&mut service, GOOD));
    let Poll::Ready(response) = poll_once(served.as_mut()) else { panic!("the verdict is known") };
    assert_eq!(response.unwrap().status(), 200);
    assert!(poll_once(hanging.as_mut()).is_pending());
    assert_eq!(verifier.calls(), 2);
    assert_kept(&seen, 1, 2);
}

fn service_call<S>(service: &mut S, token: &str) -> S::Future
where
    S: Service<Request<Body>, Error = Fault>,
{
    let ready = Bell::new().with(|cx| service.poll_ready(cx));
    assert_eq!(ready, Poll::Ready(Ok(())));
    service.call(get("/", token))
}
