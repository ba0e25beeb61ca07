use std::borrow::Cow;

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

/// An answer that is not the wished one, in the shape of decision D8.
#[derive(Debug)]
pub(crate) struct ApiError {
    status: StatusCode,
    code: &'static str,
    message: Cow<'static, str>,
}

#[derive(Serialize)]
struct ErrorBody<'a> {
    success: bool,
    error: ErrorDetail<'a>,
}

#[derive(Serialize)]
struct ErrorDetail<'a> {
    code: &'a str,
    message: &'a str,
}

/// D9: the statuses. Only 410 has a model in the guide; the names of the codes are ours.
impl ApiError {
    fn new(status: StatusCode, code: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self { status, code, message: message.into() }
    }

    pub(crate) fn invalid_institution_key() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "INVALID_INSTITUTION_KEY",
            "One X-Institution-Key header with a known institution key is required.",
        )
    }

    pub(crate) fn invalid_json(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "INVALID_JSON", message)
    }

    pub(crate) fn invalid_request(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "INVALID_REQUEST", message)
    }

    pub(crate) fn invalid_code(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "INVALID_CODE", message)
    }

    pub(crate) fn code_not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "CODE_NOT_FOUND", "This code is not known.")
    }

    pub(crate) fn code_already_redeemed() -> Self {
        Self::new(
            StatusCode::GONE,
            "CODE_ALREADY_REDEEMED",
            "This code was redeemed before; a code can be used once.",
        )
    }

    pub(crate) fn idempotency_key_reused() -> Self {
        Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "IDEMPOTENCY_KEY_REUSED",
            "This Idempotency-Key was used before with another body.",
        )
    }

    pub(crate) fn unsupported_media_type(message: &'static str) -> Self {
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "UNSUPPORTED_MEDIA_TYPE", message)
    }

    pub(crate) fn body_too_large(limit: usize) -> Self {
        Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "BODY_TOO_LARGE",
            format!("The body of a request has at most {limit} bytes."),
        )
    }

    pub(crate) fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "NOT_FOUND", "There is nothing at this path.")
    }

    pub(crate) fn method_not_allowed() -> Self {
        Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "METHOD_NOT_ALLOWED",
            "This path does not take this method; see the Allow header.",
        )
    }

    pub(crate) fn control_api_locked() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "CONTROL_API_LOCKED",
            "The control API answers only while the sandbox listens on a loopback address.",
        )
    }

    pub(crate) fn limit_reached(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::CONFLICT, "LIMIT_REACHED", message)
    }

    pub(crate) fn injected(status: StatusCode) -> Self {
        Self::new(status, "INJECTED_FAULT", "The sandbox was told to answer so.")
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let detail = ErrorDetail { code: self.code, message: &self.message };
        json_answer(self.status, &ErrorBody { success: false, error: detail })
    }
}

/// An answer with `body` written as JSON.
pub(crate) fn json_answer(status: StatusCode, body: &impl Serialize) -> Response {
    raw_json_answer(status, json_bytes(body))
}

/// An answer with a body that is JSON already.
pub(super) fn raw_json_answer(status: StatusCode, body: Vec<u8>) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// D5, D8, D25: the envelope of every good answer, which is a 200.
#[derive(Serialize)]
pub(super) struct Envelope<T> {
    success: bool,
    data: T,
}

impl<T: Serialize> Envelope<T> {
    pub(super) fn of(data: T) -> Self {
        Self { success: true, data }
    }
}

/// Our own types have text keys and finite numbers only, so that writing them cannot fail; should
/// that ever change, an empty body is an answer that no client takes for a pass.
pub(super) fn json_bytes(body: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(body).unwrap_or_default()
}
