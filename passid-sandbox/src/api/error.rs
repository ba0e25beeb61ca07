use std::borrow::Cow;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use super::answer::json_answer;
use super::{docverify, passbase};
use crate::route::Api;
use crate::state::{NotKept, SessionRefused, State};

/// An answer that is not the wished one, in the shape of decision D8.
#[derive(Debug)]
pub(crate) struct ApiError {
    status: StatusCode,
    code: &'static str,
    message: Cow<'static, str>,
}

/// D8: the body of every error.
#[derive(Serialize, ToSchema)]
pub(crate) struct ErrorBody<'a> {
    /// Always `false`.
    success: bool,
    error: ErrorDetail<'a>,
}

#[derive(Serialize, ToSchema)]
struct ErrorDetail<'a> {
    /// In upper snake case, such as `CODE_NOT_FOUND`. An open list.
    code: &'a str,
    /// For a person.
    message: &'a str,
}

/// D9: the statuses. Only 410 has a model in the guide; the names of the codes are ours.
impl ApiError {
    pub(crate) fn new(
        status: StatusCode,
        code: &'static str,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self { status, code, message: message.into() }
    }

    pub(super) fn status(&self) -> StatusCode {
        self.status
    }

    pub(crate) fn invalid_institution_key() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "INVALID_INSTITUTION_KEY",
            "One X-Institution-Key header with a known institution key is required.",
        )
    }

    pub(crate) fn invalid_institution_jwt() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "INVALID_INSTITUTION_JWT",
            "One Authorization header with `Bearer` and a known institution JWT is required.",
        )
    }

    pub(crate) fn invalid_user_jwt() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "INVALID_USER_JWT",
            "One Authorization header with `Bearer` and a known user JWT is required.",
        )
    }

    pub(crate) fn wrong_kind_of_credential(message: &'static str) -> Self {
        Self::new(StatusCode::FORBIDDEN, "WRONG_KIND_OF_CREDENTIAL", message)
    }

    pub(crate) fn session_not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "SESSION_NOT_FOUND", "This session is not known.")
    }

    pub(crate) fn session_over() -> Self {
        Self::new(
            StatusCode::GONE,
            "SESSION_OVER",
            "This session has expired, was fulfilled or was declined.",
        )
    }

    pub(crate) fn share_token_used() -> Self {
        Self::new(
            StatusCode::GONE,
            "SHARE_TOKEN_USED",
            "This share token approved a session before; a share token can be used once.",
        )
    }

    pub(crate) fn share_token_refused() -> Self {
        Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "SHARE_TOKEN_REFUSED",
            "This is no valid share token of this customer.",
        )
    }

    pub(crate) fn share_not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "SHARE_NOT_FOUND", "This customer has no such share.")
    }

    pub(crate) fn token_not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "TOKEN_NOT_FOUND", "This token is not known.")
    }

    pub(crate) fn verification_not_found() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "VERIFICATION_NOT_FOUND",
            "This institution has not verified this token.",
        )
    }

    pub(crate) fn delivery_not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "DELIVERY_NOT_FOUND", "This delivery is not known.")
    }

    pub(crate) fn institution_not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "INSTITUTION_NOT_FOUND", "This institution is not known.")
    }

    pub(crate) fn no_webhook_url() -> Self {
        Self::new(
            StatusCode::CONFLICT,
            "NO_WEBHOOK_URL",
            "No webhook URL is set; PATCH /api/institution/webhook sets one.",
        )
    }

    pub(crate) fn outcome_already_reported() -> Self {
        Self::new(
            StatusCode::CONFLICT,
            "OUTCOME_ALREADY_REPORTED",
            "An outcome of this token was reported before; there is one per token.",
        )
    }

    pub(crate) fn invalid_outcome(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "INVALID_OUTCOME", message)
    }

    pub(crate) fn credential_not_valid() -> Self {
        Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "CREDENTIAL_NOT_VALID",
            "A wallet cannot share a credential that is not valid.",
        )
    }

    pub(crate) fn not_kept() -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "STATE_NOT_KEPT",
            "The data file cannot be written. Start the sandbox again.",
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

    pub(crate) fn limit_reached(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::CONFLICT, "LIMIT_REACHED", message)
    }

    pub(crate) fn injected(status: StatusCode) -> Self {
        Self::new(status, "INJECTED_FAULT", "The sandbox was told to answer so.")
    }

    /// In the form that the errors of an API have, for what is answered before its endpoints are
    /// reached: no client should see the errors of another vendor.
    pub(crate) fn answer_of(self, api: Api, state: &State) -> Response {
        match api {
            Api::Passid => self.into_response(),
            Api::Passbase => passbase::refused(self.status, &self.message),
            Api::Docverify => {
                let bodies = state.read(|world, _| world.docverify.settings().bodies());
                docverify::refused(self.status, &self.message, bodies)
            }
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let detail = ErrorDetail { code: self.code, message: &self.message };
        json_answer(self.status, &ErrorBody { success: false, error: detail })
    }
}

impl From<NotKept> for ApiError {
    fn from(_: NotKept) -> Self {
        Self::not_kept()
    }
}

impl From<SessionRefused> for ApiError {
    fn from(refused: SessionRefused) -> Self {
        match refused {
            SessionRefused::NotFound => Self::session_not_found(),
            SessionRefused::Over => Self::session_over(),
        }
    }
}
