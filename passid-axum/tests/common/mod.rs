//! What these tests share: tokens and a verifier that knows them, requests, answers, and doubles.
#![allow(dead_code, reason = "each test program uses a part of it")]

pub(crate) mod bodies;
pub(crate) mod logs;
pub(crate) mod probe;
pub(crate) mod wake;

use std::sync::Arc;
use std::time::SystemTime;

use axum::body::Body;
use axum::http::{Request, Response};
use http_body_util::BodyExt;
use passid_axum::PassidLayer;
use passid_core::testing::{ManualClock, ScriptedVerifier, claims};
use passid_core::{
    Environment, Guard, GuardBuilder, Policy, UnavailableKind, VerificationClaims,
    VerifiedCredential,
};
use serde_json::Value;
use tower::{Service, ServiceExt};

/// Stands for the guide's full example.
pub(crate) const GOOD: &str = "PASSID-GOOD-0001";
/// Valid, with few claims.
pub(crate) const PARTIAL: &str = "PASSID-PART-0002";
/// Never gets a verdict.
pub(crate) const HANGING: &str = "PASSID-HANG-0003";
/// The verifier is down.
pub(crate) const DOWN: &str = "PASSID-DOWN-0004";
/// Rejected.
pub(crate) const UNKNOWN: &str = "PASSID-NONE-0005";

pub(crate) const HEADER: &str = "x-passid-token";

pub(crate) fn verifier() -> ScriptedVerifier {
    let verifier = ScriptedVerifier::new();
    verifier.accept(GOOD, claims::complete());
    verifier.accept(PARTIAL, claims::partial());
    verifier.hang(HANGING);
    verifier.fail(DOWN, UnavailableKind::Unreachable);
    verifier
}

/// A required guard on a clock that stands still.
pub(crate) fn guard_of(verifier: ScriptedVerifier) -> GuardBuilder<ScriptedVerifier> {
    Guard::builder(verifier, Policy::verified_only()).clock(Arc::new(clock()))
}

pub(crate) fn guard() -> Guard<ScriptedVerifier> {
    guard_of(verifier()).build()
}

pub(crate) fn optional() -> Guard<ScriptedVerifier> {
    guard_of(verifier()).optional().build()
}

/// Verdicts come after a wait, as from the network.
pub(crate) fn layer() -> PassidLayer<ScriptedVerifier> {
    PassidLayer::new(guard())
}

/// Verdicts are there at once, as from a cache.
pub(crate) fn immediate_layer() -> PassidLayer<ScriptedVerifier> {
    PassidLayer::new(guard_of(verifier().immediate()).build())
}

/// Stands still at the moment when the scripted credentials were received.
pub(crate) fn clock() -> ManualClock {
    ManualClock::at(SystemTime::UNIX_EPOCH)
}

/// A policy that [`GOOD`] meets and [`PARTIAL`] does not.
pub(crate) fn strict() -> Policy {
    Policy::builder().require_sanctions_clear().build().unwrap()
}

pub(crate) fn credential(claims: VerificationClaims) -> VerifiedCredential {
    VerifiedCredential::builder("passid", Environment::Sandbox, claims, SystemTime::UNIX_EPOCH)
        .audit_id("aud_planted")
        .build()
        .unwrap()
}

/// A request with a token, or with none where it is empty.
pub(crate) fn get(path: &str, token: &str) -> Request<Body> {
    request(path, token, Body::empty())
}

pub(crate) fn request<B>(path: &str, token: &str, body: B) -> Request<B> {
    let mut builder = Request::builder().uri(path);
    if !token.is_empty() {
        builder = builder.header(HEADER, token);
    }
    builder.body(body).unwrap()
}

/// A POST whose body says that it is JSON.
pub(crate) fn json<B>(token: &str, body: B) -> Request<B> {
    let mut request = request("/", token, body);
    *request.method_mut() = axum::http::Method::POST;
    request.headers_mut().insert("content-type", "application/json".parse().unwrap());
    request
}

pub(crate) fn preflight(path: &str) -> Request<Body> {
    Request::builder()
        .method("OPTIONS")
        .uri(path)
        .header("origin", "https://shop.example")
        .header("access-control-request-method", "POST")
        .body(Body::empty())
        .unwrap()
}

/// Makes the service ready and calls it once.
pub(crate) async fn send<S, B, R>(service: S, request: Request<B>) -> Response<R>
where
    S: Service<Request<B>, Response = Response<R>>,
    S::Error: std::fmt::Debug,
{
    service.oneshot(request).await.unwrap()
}

pub(crate) async fn bytes<B>(response: Response<B>) -> Vec<u8>
where
    B: http_body::Body,
    B::Error: std::fmt::Debug,
{
    response.into_body().collect().await.unwrap().to_bytes().to_vec()
}

pub(crate) async fn text<B>(response: Response<B>) -> String
where
    B: http_body::Body,
    B::Error: std::fmt::Debug,
{
    String::from_utf8(bytes(response).await).unwrap()
}

/// Status and code of a refusal.
pub(crate) async fn refusal<B>(response: Response<B>) -> (u16, String)
where
    B: http_body::Body,
    B::Error: std::fmt::Debug,
{
    let status = response.status().as_u16();
    let answer: Value = serde_json::from_slice(&bytes(response).await).unwrap();
    (status, answer["error"]["code"].as_str().unwrap().to_owned())
}

pub(crate) fn is(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}
