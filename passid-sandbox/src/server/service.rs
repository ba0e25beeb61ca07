use std::convert::Infallible;
use std::fmt;
use std::sync::Arc;

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, Request, Response, StatusCode};
use hyper::body::Incoming;
use tower::ServiceExt;

use super::Shared;
use super::ending::{Ending, EndingSlot};
use super::faulted::{Faulted, apply};
use super::message::whole_body;
use crate::api::{ApiError, body_limit, buffered, buffered_up_to, caller};
use crate::control;
use crate::fault::{FAULT_HEADER, FaultError};
use crate::journal::Recording;
use crate::method;
use crate::route::{Api, Route};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Published, for verify.
const API_VERSION: HeaderName = HeaderName::from_static("x-passid-api-version");

/// A fault took the connection: hyper must let go of it and write nothing.
#[derive(Clone, Copy, Debug)]
pub(super) struct ConnectionTaken;

impl fmt::Display for ConnectionTaken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a fault ended the connection")
    }
}

impl std::error::Error for ConnectionTaken {}

/// One request from its arrival to its answer.
pub(super) async fn serve_call(
    shared: Arc<Shared>,
    slot: EndingSlot,
    request: Request<Incoming>,
) -> Result<Response<Body>, ConnectionTaken> {
    let request = request.map(Body::new);
    let request_id = shared.state.next_request_id();
    if control::owns(request.uri()) {
        return Ok(serve_control(&shared, request, &request_id).await);
    }
    let instruments = &shared.state.instruments;
    let (called, template) = Route::resolve(request.uri().path());
    let method = method::known(request.method().as_str()).unwrap_or(method::OTHER);
    instruments.count_call(called);
    let mut recording =
        instruments.journal.begin(&request, called, template, &request_id, shared.state.now());
    let api = called.api();
    if api == Api::Passid
        && let Some(caller) = caller(&shared.state, request.headers())
    {
        recording.caller(caller);
    }
    let finish = |mut response: Response<Body>| {
        if matches!(called, Route::Verify | Route::StoredVerification) {
            response.headers_mut().insert(API_VERSION, HeaderValue::from_static("1"));
        }
        identify(&mut response, &request_id);
        // The route's name, not the path: a path that does not exist may hold anything.
        tracing::info!(route = %called, status = response.status().as_u16(), %request_id, "answered");
        response
    };
    let asked_for = instruments.fault_for(called, method, request.headers());
    let request = buffered_up_to(body_limit(&shared.state, called), request).await;
    let request = with_body_recorded(request, &mut recording).await;
    let hit = match asked_for {
        Ok(Some(hit)) => hit,
        usual => {
            let response = match usual {
                Ok(_) => route(&shared, request).await,
                Err(error) => invalid_fault(&error).answer_of(api, &shared.state),
            };
            let response = finish(response);
            recording.answered(&response);
            return Ok(response);
        }
    };
    tracing::info!(route = %called, fault = ?hit.kind, %request_id, "fault");
    recording.met(hit.kind);
    match apply(hit, api, &shared, request, finish, &mut recording).await {
        Faulted::Answer(response) => {
            recording.answered(&response);
            Ok(response)
        }
        Faulted::Ending(ending) => Err(take_connection(&slot, ending)),
    }
}

async fn serve_control(
    shared: &Shared,
    request: Request<Body>,
    request_id: &str,
) -> Response<Body> {
    let mut response = match shared.guard.refusal(&request) {
        None => {
            let request = buffered_up_to(control::body_limit(request.uri()), request).await;
            route(shared, request).await
        }
        Some(refusal) => {
            buffered(request).await;
            refusal
        }
    };
    identify(&mut response, request_id);
    response
}

/// The body is in memory already.
async fn with_body_recorded(
    request: Request<Body>,
    recording: &mut Recording<'_>,
) -> Request<Body> {
    let (head, body) = request.into_parts();
    let bytes = whole_body(body).await;
    recording.body(&bytes);
    Request::from_parts(head, Body::from(bytes))
}

fn invalid_fault(error: &FaultError) -> ApiError {
    let message = format!("The header {FAULT_HEADER} is not usable: {error}.");
    ApiError::new(StatusCode::BAD_REQUEST, "INVALID_FAULT", message)
}

/// The usual answer.
pub(super) async fn route(shared: &Shared, request: Request<Body>) -> Response<Body> {
    let answered: Result<_, Infallible> = shared.router.clone().oneshot(request).await;
    match answered {
        Ok(response) => response,
        Err(never) => match never {},
    }
}

fn take_connection(slot: &EndingSlot, ending: Ending) -> ConnectionTaken {
    slot.put(ending);
    ConnectionTaken
}

fn identify(response: &mut Response<Body>, request_id: &str) {
    if let Ok(value) = HeaderValue::from_str(request_id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
}
