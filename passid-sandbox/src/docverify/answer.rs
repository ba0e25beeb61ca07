//! Answers that are no success.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::ErrorBodies;

/// Why a call fails; the words are those of the reference.
#[derive(Clone, Copy, Debug)]
pub(super) enum Failure {
    Malformed,
    Unauthorized,
    NoSession,
    NoImage,
    ImagesComplete,
    /// Asked for by a test.
    Injected(u16),
}

impl Failure {
    fn status(self) -> StatusCode {
        match self {
            Self::Malformed => StatusCode::BAD_REQUEST,
            Self::Unauthorized => StatusCode::UNAUTHORIZED,
            Self::NoSession | Self::NoImage => StatusCode::NOT_FOUND,
            Self::ImagesComplete => StatusCode::CONFLICT,
            Self::Injected(code) => {
                StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
            }
        }
    }

    fn message(self) -> &'static str {
        match self {
            Self::Malformed => "Request is malformed or missing required fields",
            Self::Unauthorized => "Access token is malformed, missing data, or expired",
            Self::NoSession => "Session not found",
            Self::NoImage => "Image not found",
            Self::ImagesComplete => "All required images were successfully submitted",
            Self::Injected(_) => "Injected by a test",
        }
    }

    pub(super) fn answer(self, bodies: ErrorBodies) -> Response {
        let (status, message) = (self.status(), self.message());
        let code = status.as_u16();
        let body = match bodies {
            // Sibling services give a list with 400 and a text otherwise.
            ErrorBodies::Sibling if code == 400 => {
                json!({"message": [message], "error_code": code})
            }
            ErrorBodies::Sibling => json!({"message": message, "error_code": code}),
            ErrorBodies::Framework => {
                let error = status.canonical_reason();
                json!({"statusCode": code, "message": message, "error": error})
            }
            ErrorBodies::Empty => return status.into_response(),
        };
        (status, Json(body)).into_response()
    }
}
