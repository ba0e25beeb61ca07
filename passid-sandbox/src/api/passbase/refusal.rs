use axum::extract::rejection::PathRejection;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::answer::json_answer;
use crate::state::NotKept;

/// An answer that is not the wished one. The words are the published ones.
#[derive(Clone, Copy, Debug)]
pub(super) enum Refusal {
    BadInput,
    KeyRefused,
    NotAllowed,
    NotFound,
    NotKept,
}

/// P82: the body of errors is not published.
#[derive(Serialize, ToSchema)]
pub(super) struct PassbaseError<'a> {
    /// The status again.
    #[schema(example = "404")]
    code: String,
    /// For a person.
    message: &'a str,
}

/// An error of this API with any status.
pub(in crate::api) fn refused(status: StatusCode, message: &str) -> Response {
    json_answer(status, &PassbaseError { code: status.as_u16().to_string(), message })
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (status, message) = match self {
            Self::BadInput => (StatusCode::BAD_REQUEST, "bad input parameter"),
            Self::KeyRefused => (StatusCode::UNAUTHORIZED, "your api_key is invalid"),
            Self::NotAllowed => (StatusCode::FORBIDDEN, "special permission is required"),
            Self::NotFound => (StatusCode::NOT_FOUND, "not found with the given ID"),
            Self::NotKept => (StatusCode::SERVICE_UNAVAILABLE, "the data file cannot be written"),
        };
        refused(status, message)
    }
}

impl From<NotKept> for Refusal {
    fn from(_: NotKept) -> Self {
        Self::NotKept
    }
}

impl From<PathRejection> for Refusal {
    fn from(_: PathRejection) -> Self {
        Self::BadInput
    }
}
