//! Among tower's own layers that depend on readiness: concurrency limit, buffer, load shedding.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;

use std::pin::pin;
use std::task::Poll;

use axum::body::Body;
use axum::http::{Request, Response};
use common::bodies::{End, Scripted};
use common::probe::{Fault, Probe};
use common::wake::{Bell, poll_once};
use common::{DOWN, GOOD, HANGING, UNKNOWN, get, immediate_layer, json, layer};
use passid_axum::RequirePolicy;
use passid_core::JsonBody;
use tower::buffer::BufferLayer;
use tower::limit::ConcurrencyLimitLayer;
use tower::load_shed::{LoadShedLayer, error::Overloaded};
use tower::util::MapErr;
use tower::{BoxError, Service, ServiceBuilder, ServiceExt};

/// Status after status of one instance that is readied and called again and again.
async fn statuses<S, E>(service: &mut S, tokens: &[&str]) -> Vec<u16>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = E>,
    E: std::fmt::Debug,
{
    let mut statuses = Vec::new();
    for token in tokens {
        let response = service.ready().await.unwrap().call(get("/", token)).await.unwrap();
        statuses.push(response.status().as_u16());
    }
    statuses
}

const MIXED: [&str; 7] = [GOOD, GOOD, "", GOOD, UNKNOWN, DOWN, GOOD];
const ANSWERS: [u16; 7] = [200, 200, 401, 200, 401, 503, 200];

#[tokio::test]
async fn a_concurrency_limit_of_one_works_on_either_side() {
    for layer in [layer(), immediate_layer()] {
        let (probe, seen) = Probe::new();
        let limit = ConcurrencyLimitLayer::new(1);
        let stack = ServiceBuilder::new().layer(layer.clone()).layer(limit.clone());
        assert_eq!(statuses(&mut stack.service(probe.clone()), &MIXED).await, ANSWERS);
        let stack = ServiceBuilder::new().layer(limit).layer(layer);
        assert_eq!(statuses(&mut stack.service(probe), &MIXED).await, ANSWERS);
        assert_eq!((seen.calls(), seen.violations()), (8, 0));
    }
}

/// Buffers and load shedding want an error of the standard kind from what they wrap.
fn inner(
    probe: Probe,
) -> impl Service<
    Request<Body>,
    Response = Response<Body>,
    Error = BoxError,
    Future = impl Future<Output = Result<Response<Body>, BoxError>> + Send,
> + Clone
+ Send {
    MapErr::new(probe, |fault: Fault| BoxError::from(fault.0))
}

#[tokio::test]
async fn a_buffer_of_one_works_on_either_side() {
    for layer in [layer(), immediate_layer()] {
        let (probe, seen) = Probe::new();
        let stack = ServiceBuilder::new().layer(layer.clone()).layer(BufferLayer::new(1));
        let mut service = stack.service(inner(probe.clone()));
        assert_eq!(statuses(&mut service, &MIXED).await, ANSWERS);
        let stack = ServiceBuilder::new().layer(BufferLayer::new(1)).layer(layer);
        let mut service = stack.service(inner(probe));
        assert_eq!(statuses(&mut service, &MIXED).await, ANSWERS);
        assert_eq!((seen.calls(), seen.violations()), (8, 0));
    }
}

#[tokio::test]
async fn load_shedding_sheds_only_what_was_not_ready() {
    for layer in [layer(), immediate_layer()] {
        let (probe, seen) = Probe::new();
        let stack = ServiceBuilder::new().layer(layer).layer(LoadShedLayer::new());
        let mut service = stack.service(inner(probe));
        assert_eq!(statuses(&mut service, &MIXED).await, ANSWERS);
        seen.close();
        let error = service.ready().await.unwrap().call(get("/", GOOD)).await.err().unwrap();
        assert!(error.is::<Overloaded>(), "the inner error comes through: {error}");
        let response = service.ready().await.unwrap().call(get("/", "")).await.unwrap();
        assert_eq!(response.status(), 401, "a refusal needs no ready service");
        assert_eq!((seen.calls(), seen.violations()), (4, 0));
    }
}

#[tokio::test]
async fn a_stricter_policy_works_behind_a_guard_and_before_a_limit() {
    let (probe, seen) = Probe::new();
    let mut service = ServiceBuilder::new()
        .layer(layer())
        .layer(RequirePolicy::new(common::strict()))
        .layer(ConcurrencyLimitLayer::new(1))
        .service(probe);
    let tokens = [GOOD, common::PARTIAL, GOOD];
    assert_eq!(statuses(&mut service, &tokens).await, [200, 403, 200]);
    assert_eq!((seen.calls(), seen.violations()), (2, 0));
}

#[test]
fn a_dropped_future_gives_its_place_back_while_the_verdict_is_pending() {
    let (probe, _) = Probe::new();
    let stack = ServiceBuilder::new().layer(layer()).layer(ConcurrencyLimitLayer::new(1));
    let mut service = stack.service(probe);
    gives_its_place_back(&mut service, get("/", HANGING));
}

#[test]
fn a_dropped_future_gives_its_place_back_while_the_body_is_pending() {
    let (probe, _) = Probe::new();
    let layer = layer().json_body(JsonBody::field("token"));
    let stack = ServiceBuilder::new().layer(layer).layer(ConcurrencyLimitLayer::new(1));
    let mut service = stack.service(probe);
    let endless = Body::new(Scripted::new("{").ending(End::Never));
    gives_its_place_back(&mut service, json(GOOD, endless));
}

/// The request must wait; the only place is taken until its future is dropped.
fn gives_its_place_back<S>(service: &mut S, request: Request<Body>)
where
    S: Service<Request<Body>, Error = Fault>,
{
    let bell = Bell::new();
    assert!(bell.with(|cx| service.poll_ready(cx)).is_ready());
    let mut waiting = Box::pin(service.call(request));
    assert!(poll_once(waiting.as_mut()).is_pending());
    assert!(bell.with(|cx| service.poll_ready(cx)).is_pending(), "the place is taken");
    assert!(!bell.rang());
    drop(waiting);
    assert!(bell.rang(), "whoever waits for the place is woken");
    assert!(bell.with(|cx| service.poll_ready(cx)).is_ready());
}

#[test]
fn a_place_outside_the_layer_is_given_back_by_a_drop_too() {
    let (probe, _) = Probe::new();
    let stack = ServiceBuilder::new().layer(ConcurrencyLimitLayer::new(1)).layer(layer());
    let mut service = stack.service(probe);
    gives_its_place_back(&mut service, get("/", HANGING));
}

#[test]
fn a_refusal_after_a_wait_gives_its_place_back_at_once() {
    let (probe, _) = Probe::new();
    let stack = ServiceBuilder::new().layer(layer()).layer(ConcurrencyLimitLayer::new(1));
    let mut service = stack.service(probe);
    let bell = Bell::new();
    assert!(bell.with(|cx| Service::<Request<Body>>::poll_ready(&mut service, cx)).is_ready());
    let mut refused = pin!(service.call(get("/", UNKNOWN)));
    let Poll::Ready(Ok(response)) = poll_once(refused.as_mut()) else { panic!("it was decided") };
    // The future is still there: it must not hold on to what it no longer needs.
    assert!(bell.with(|cx| Service::<Request<Body>>::poll_ready(&mut service, cx)).is_ready());
    assert_eq!(response.status(), 401);
}
