use std::convert::Infallible;
use std::fmt;
use std::sync::Arc;

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, Request, Response};
use axum::response::IntoResponse;
use hyper::body::Incoming;
use tower::ServiceExt;

use super::Shared;
use super::ending::{Ending, EndingSlot};
use super::faulted::{Faulted, apply};
use crate::api::{ApiError, buffered, route_of};
use crate::control;
use crate::fault::Route;

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
        let request = buffered(request).await;
        let mut response = if shared.control_allowed {
            route(&shared, request).await
        } else {
            ApiError::control_api_locked().into_response()
        };
        identify(&mut response, &request_id);
        return Ok(response);
    }
    let called = route_of(request.uri());
    shared.state.count_call(called);
    let finish = |mut response: Response<Body>| {
        if called == Route::Verify {
            response.headers_mut().insert(API_VERSION, HeaderValue::from_static("1"));
        }
        identify(&mut response, &request_id);
        // The route's name, not the path: a path that does not exist may hold anything.
        tracing::info!(route = %called, status = response.status().as_u16(), %request_id, "answered");
        response
    };
    let fault = shared.state.take_fault(called);
    let request = buffered(request).await;
    let Some(fault) = fault else {
        return Ok(finish(route(&shared, request).await));
    };
    tracing::info!(route = %called, ?fault, %request_id, "fault");
    match apply(fault, &shared, request, finish).await {
        Faulted::Answer(response) => Ok(response),
        Faulted::Ending(ending) => Err(take_connection(&slot, ending)),
    }
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
