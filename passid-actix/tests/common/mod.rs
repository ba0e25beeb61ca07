//! What these tests share: tokens and a verifier that knows them, requests, answers, and doubles.
#![allow(dead_code, reason = "each test program uses a part of it")]

pub(crate) mod logs;
pub(crate) mod payloads;
pub(crate) mod server;

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::SystemTime;

use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{Service, ServiceResponse};
use actix_web::test::{TestRequest, read_body};
use passid_actix::PassidMiddleware;
use passid_core::testing::{ManualClock, ScriptedVerifier, claims};
use passid_core::{
    BoxFuture, Environment, Guard, GuardBuilder, Policy, Token, UnavailableKind, Verdict,
    VerificationClaims, VerifiedCredential, Verify,
};
use serde_json::Value;

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

/// A verifier whose verdicts come only when it is asked for the second time, as from the network.
pub(crate) struct Waits(pub(crate) ScriptedVerifier);

impl Verify for Waits {
    fn verify(&self, token: Token) -> BoxFuture<'static, Verdict> {
        let mut verdict = self.0.verify(token);
        let mut waited = false;
        Box::pin(std::future::poll_fn(move |cx| {
            if !std::mem::replace(&mut waited, true) {
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            verdict.as_mut().poll(cx)
        }))
    }
}

/// A required guard on a clock that stands still.
pub(crate) fn guard_of<V: Verify>(verifier: V) -> GuardBuilder<V> {
    Guard::builder(verifier, Policy::verified_only()).clock(Arc::new(clock()))
}

pub(crate) fn optional() -> Guard<ScriptedVerifier> {
    guard_of(verifier()).optional().build()
}

/// Verdicts come after a wait, as from the network.
pub(crate) fn middleware() -> PassidMiddleware<Waits> {
    PassidMiddleware::new(guard_of(Waits(verifier())).build())
}

/// Verdicts are there at once, as from a cache.
pub(crate) fn immediate() -> PassidMiddleware<ScriptedVerifier> {
    PassidMiddleware::new(guard_of(verifier().immediate()).build())
}

/// A policy that [`GOOD`] meets and [`PARTIAL`] does not.
pub(crate) fn strict() -> Policy {
    Policy::builder().require_sanctions_clear().build().unwrap()
}

/// Stands still at the moment when the scripted credentials were received.
pub(crate) fn clock() -> ManualClock {
    ManualClock::at(SystemTime::UNIX_EPOCH)
}

pub(crate) fn credential(claims: VerificationClaims) -> VerifiedCredential {
    VerifiedCredential::builder("passid", Environment::Sandbox, claims, SystemTime::UNIX_EPOCH)
        .audit_id("aud_planted")
        .build()
        .unwrap()
}

/// A request with a token, or with none where it is empty.
pub(crate) fn get(path: &str, token: &str) -> TestRequest {
    let request = TestRequest::get().uri(path);
    if token.is_empty() { request } else { request.insert_header((HEADER, token)) }
}

/// A POST whose body says that it is JSON.
pub(crate) fn json(token: &str) -> TestRequest {
    let request = get("/", token).method(actix_web::http::Method::POST);
    request.insert_header(("content-type", "application/json"))
}

pub(crate) fn preflight(path: &str) -> TestRequest {
    TestRequest::default()
        .method(actix_web::http::Method::OPTIONS)
        .uri(path)
        .insert_header(("origin", "https://shop.example"))
        .insert_header(("access-control-request-method", "POST"))
}

/// Calls once. An error instead of a response fails the test: middleware further out would miss it.
pub(crate) async fn send<S, R, B>(app: &S, request: R) -> ServiceResponse<B>
where
    S: Service<R, Response = ServiceResponse<B>, Error = Error>,
{
    app.call(request).await.unwrap()
}

pub(crate) async fn text<B: MessageBody>(response: ServiceResponse<B>) -> String {
    String::from_utf8(read_body(response).await.to_vec()).unwrap()
}

/// Status and code of a refusal.
pub(crate) async fn refusal<B: MessageBody>(response: ServiceResponse<B>) -> (u16, String) {
    let status = response.status().as_u16();
    let answer: Value = serde_json::from_slice(&read_body(response).await).unwrap();
    (status, answer["error"]["code"].as_str().unwrap().to_owned())
}

pub(crate) fn is(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

/// Polls once, with nobody to wake.
pub(crate) fn poll_once<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}
