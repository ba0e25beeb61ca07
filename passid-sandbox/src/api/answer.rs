use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

/// An answer with `body` written as JSON.
pub(crate) fn json_answer(status: StatusCode, body: &impl Serialize) -> Response {
    raw_json_answer(status, json_text(body))
}

/// An answer with a body that is JSON already.
pub(super) fn raw_json_answer(status: StatusCode, body: String) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// D5, D8: the envelope of good answers. Sessions have none (D24).
#[derive(Serialize, ToSchema)]
pub(crate) struct Envelope<T> {
    /// Always `true`.
    success: bool,
    data: T,
}

impl<T: Serialize> Envelope<T> {
    pub(crate) fn of(data: T) -> Self {
        Self { success: true, data }
    }
}

/// D25: the answer to something that was made.
pub(crate) fn created(body: &impl Serialize) -> Response {
    json_answer(StatusCode::CREATED, body)
}

/// An answer with a body that is JSON already.
pub(crate) fn json_text_answer(body: String) -> Response {
    raw_json_answer(StatusCode::OK, body)
}

pub(crate) fn ok(body: &impl Serialize) -> Response {
    json_answer(StatusCode::OK, body)
}

/// Our own types have text keys and finite numbers only, so that writing them cannot fail; should
/// that ever change, an empty body is an answer that no client takes for a pass.
pub(super) fn json_text(body: &impl Serialize) -> String {
    serde_json::to_string(body).unwrap_or_default()
}
