use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::api::answer::json_answer;
use crate::state::docverify::ErrorBodies;

/// Why a call fails. Statuses and words are those of the reference, as far as it has any (decision
/// P113).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    Malformed,
    Unauthorized,
    NoSession,
    NoImage,
    ImagesComplete,
    TooLarge,
    NotKept,
}

impl Failure {
    fn status(self) -> StatusCode {
        match self {
            Self::Malformed => StatusCode::BAD_REQUEST,
            Self::Unauthorized => StatusCode::UNAUTHORIZED,
            Self::NoSession | Self::NoImage => StatusCode::NOT_FOUND,
            Self::ImagesComplete => StatusCode::CONFLICT,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::NotKept => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    fn message(self) -> &'static str {
        match self {
            Self::Malformed => "Request is malformed or missing required fields",
            Self::Unauthorized => "Access token is malformed, missing data, or expired",
            Self::NoSession => "Session not found",
            Self::NoImage => "Image not found",
            Self::ImagesComplete => "All required images were successfully submitted",
            Self::TooLarge => "The body is too large",
            Self::NotKept => "The data file cannot be written; start the sandbox again",
        }
    }
}

/// An answer that is not the wished one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Refused {
    pub(super) failure: Failure,
    pub(super) bodies: ErrorBodies,
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        refused(self.failure.status(), self.failure.message(), self.bodies)
    }
}

/// An error in the form that is set (decision P113).
pub(crate) fn refused(status: StatusCode, message: &str, bodies: ErrorBodies) -> Response {
    let code = status.as_u16();
    let body = match bodies {
        // Sibling services give a list with 400 and a text otherwise.
        ErrorBodies::Sibling if code == 400 => json!({"message": [message], "error_code": code}),
        ErrorBodies::Sibling => json!({"message": message, "error_code": code}),
        ErrorBodies::Framework => {
            let error = status.canonical_reason();
            json!({"statusCode": code, "message": message, "error": error})
        }
        ErrorBodies::Empty => return status.into_response(),
    };
    json_answer(status, &body)
}
