//! Promises of the types that a private change could break in silence: auto traits, bounds of
//! `Clone` and `Debug`, trait objects; and what `Debug` leaves out.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;

use std::fmt::Debug;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response};
use axum::routing::get;
use common::probe::Probe;
use common::{GOOD, send};
use passid_axum::{
    BufferBody, FromAnswer, NoBody, PassidLayer, PassidService, Refused, RenderWith, RequirePolicy,
    RequirePolicyService, ResponseFuture, Verified,
};
use passid_core::testing::{MockTransport, ScriptedVerifier, claims};
use passid_core::{
    ApiKey, BoxFuture, Guard, JsonBody, PassidClient, Policy, Reason, Rejection, Token, Verdict,
    Verify,
};
use tower::{Layer, Service};

fn thread_safe<T: Send + Sync + 'static>() {}
fn future<T: Future + Send + 'static>() {}
fn unpinned<T: Unpin>() {}
fn shown<T: Debug>() {}
fn cloned<T: Clone>() {}

type Of<S> = <S as Service<Request<Body>>>::Future;
type Render = RenderWith<fn(&Rejection) -> Response<Body>>;

#[test]
fn layers_and_services_are_thread_safe_and_futures_can_move() {
    fn with_verifier<V: Verify>() {
        thread_safe::<PassidLayer<V>>();
        thread_safe::<PassidLayer<V, Render, BufferBody>>();
        thread_safe::<PassidService<Probe, V>>();
        thread_safe::<PassidService<Probe, V, Render, BufferBody>>();
        future::<Of<PassidService<Probe, V>>>();
        future::<Of<PassidService<Probe, V, Render, BufferBody>>>();
        unpinned::<Of<PassidService<Probe, V>>>();
        unpinned::<Of<PassidService<Probe, V, Render, BufferBody>>>();
    }
    with_verifier::<ScriptedVerifier>();
    with_verifier::<PassidClient>();
    with_verifier::<Arc<dyn Verify>>();

    thread_safe::<RequirePolicy>();
    thread_safe::<RequirePolicy<Render>>();
    thread_safe::<RequirePolicyService<Probe>>();
    future::<Of<RequirePolicyService<Probe>>>();
    unpinned::<Of<RequirePolicyService<Probe>>>();
    thread_safe::<Verified>();
    thread_safe::<Refused>();
}

/// Neither `Clone` nor `Debug`.
struct Bare;

impl Verify for Bare {
    fn verify(&self, _: Token) -> BoxFuture<'static, Verdict> {
        Box::pin(std::future::pending())
    }
}

#[test]
fn nothing_is_demanded_of_the_verifier_but_to_verify() {
    cloned::<PassidLayer<Bare>>();
    cloned::<PassidService<Probe, Bare>>();
    shown::<PassidLayer<Bare>>();
    shown::<PassidService<Probe, Bare>>();
    shown::<ResponseFuture<Probe, Bare, FromAnswer, NoBody, Body, Body>>();
    let layer = PassidLayer::new(Guard::new(Bare, Policy::verified_only()));
    let _: Router = Router::new().route("/", get(|| async {})).route_layer(layer);
}

#[test]
fn a_closure_that_renders_need_not_be_shown() {
    let layer = PassidLayer::new(Guard::new(Bare, Policy::verified_only()));
    let render = |_: &Rejection| Response::new(Body::empty());
    let _ = format!("{:?}", layer.render_with(render).layer(Probe::new().0));
    let _ = format!("{:?}", RequirePolicy::new(common::strict()).render_with(render));
}

#[tokio::test]
async fn a_verifier_behind_a_pointer_is_a_verifier() {
    let verifier: Arc<dyn Verify> = Arc::new(common::verifier());
    let layer = PassidLayer::new(Guard::new(verifier, Policy::verified_only()));
    let app = Router::new().route("/", get(|_: Verified| async {})).route_layer(layer);
    assert_eq!(send(app.clone(), common::get("/", GOOD)).await.status(), 200);
    assert_eq!(send(app, common::get("/", "")).await.status(), 401);
}

#[test]
fn debug_shows_neither_key_nor_token_nor_claim() {
    const KEY: &str = "pk_sandbox_Zq7Xv9Kw3Jp5Rt1Yb8Nd";
    let client = PassidClient::builder(ApiKey::parse(KEY).unwrap())
        .transport(MockTransport::new())
        .build()
        .unwrap();
    let layer = PassidLayer::new(Guard::new(client, common::strict()));
    let mut service = layer.clone().json_body(JsonBody::field("token")).layer(Probe::new().0);
    let call = service.call(common::get("/", GOOD));
    let mut guarded =
        common::layer().layer(RequirePolicy::new(common::strict()).layer(Probe::new().0));
    let pending = guarded.call(common::get("/", common::HANGING));
    let texts = [
        format!("{layer:?}"),
        format!("{service:?}"),
        format!("{call:?}"),
        format!("{guarded:?}"),
        format!("{pending:?}"),
        format!("{:?}", Verified(common::credential(claims::complete()))),
        format!("{:?}", Refused(Rejection::bare(Reason::Missing))),
    ];
    for text in texts {
        for secret in [KEY, "Zq7Xv9", GOOD, common::HANGING, "3,000", "KE->GB"] {
            assert!(!text.contains(secret), "{text}");
        }
    }
}
