//! What a test tells Document Verification to be.

use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, Request, State as Shared};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};

use super::{read_exactly, read_exactly_or};
use crate::api::{ApiError, ErrorBody, InPath, created, ok};
use crate::instruments::{DocumentFeedback, DocumentFeedbackError};
use crate::state::State;
use crate::state::docverify::{
    DocumentCaptureError, DocumentEnding, DocumentEndingError, DocumentImageType, DocumentSettings,
    DocumentStatusError, RecordedDocumentSession,
};

const USUAL_LIMIT: usize = 100;
const LARGEST_LIMIT: usize = 1_000;

/// An unknown parameter is a typing error in a test script, and silence would hide it.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct WantedDocumentSessions {
    /// Such as `processing`.
    status: Option<String>,
    /// 1 to 1,000; 100 unless told.
    limit: Option<usize>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct DocumentSessionList {
    sessions: Vec<RecordedDocumentSession>,
}

#[derive(Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct DocumentCapture {
    /// What is shown, in this order; all that is missing unless told.
    images: Option<Vec<DocumentImageType>>,
    /// Whether the person consents; they do unless told.
    consent: Option<bool>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct WantedDocumentStatus {
    /// `recapture`, `expired`, `error`, or a word of your own such as `cancelled`.
    status: String,
}

#[derive(Serialize, ToSchema)]
pub(super) struct WaitingWishes {
    /// How many wait now.
    waiting: usize,
}

#[derive(Serialize, ToSchema)]
pub(super) struct RevokedDocumentTokens {
    /// How many there were.
    revoked: usize,
}

/// The last sessions of Document Verification.
#[utoipa::path(
    get,
    path = "/_passid/docverify/sessions",
    tag = "control",
    params(WantedDocumentSessions),
    responses(
        (status = 200, description = "The oldest first.", body = DocumentSessionList),
        (status = "default", description = "An error.", body = ErrorBody),
    )
)]
pub(super) async fn sessions(
    Shared(state): Shared<Arc<State>>,
    wanted: Result<Query<WantedDocumentSessions>, QueryRejection>,
) -> Result<Response, ApiError> {
    let Query(wanted) =
        wanted.map_err(|error| ApiError::invalid_request(format!("{}.", error.body_text())))?;
    let limit = wanted.limit.unwrap_or(USUAL_LIMIT);
    if !(1..=LARGEST_LIMIT).contains(&limit) {
        let message = format!("`limit` is between 1 and {LARGEST_LIMIT}.");
        return Err(ApiError::invalid_request(message));
    }
    let status = wanted.status.as_deref();
    let sessions = state.read(|world, now| world.docverify.last_recorded(limit, status, now));
    Ok(ok(&DocumentSessionList { sessions }))
}

/// One session of Document Verification.
#[utoipa::path(
    get,
    path = "/_passid/docverify/sessions/{sessionId}",
    tag = "control",
    params(("sessionId" = String, Path)),
    responses(
        (status = 200, description = "The session.", body = RecordedDocumentSession),
        (status = 404, description = "No such session.", body = ErrorBody),
        (status = "default", description = "An error.", body = ErrorBody),
    )
)]
pub(super) async fn session(
    Shared(state): Shared<Arc<State>>,
    InPath(id): InPath,
) -> Result<Response, ApiError> {
    let session = state.read(|world, now| world.docverify.recorded(&id, now));
    session.map(|session| ok(&session)).ok_or_else(ApiError::session_not_found)
}

/// A person consents and shows everything, or so much, as on the hosted page.
#[utoipa::path(
    post,
    path = "/_passid/docverify/sessions/{sessionId}/capture",
    tag = "control",
    params(("sessionId" = String, Path)),
    request_body(content = Option<DocumentCapture>, description = "None is everything."),
    responses(
        (status = 200, description = "The session.", body = RecordedDocumentSession),
        (status = 404, description = "No such session.", body = ErrorBody),
        (status = 410, description = "The session takes no images now.", body = ErrorBody),
        (status = "default", description = "An error.", body = ErrorBody),
    )
)]
pub(super) async fn capture(
    Shared(state): Shared<Arc<State>>,
    InPath(id): InPath,
    request: Request,
) -> Result<Response, ApiError> {
    let wanted = read_exactly_or(request, DocumentCapture::default).await?;
    let consent = Some(wanted.consent.unwrap_or(true));
    let captured = state
        .change(|world, now| {
            let captured = world.with_docverify(|documents, ids| {
                documents.capture(&id, wanted.images, consent, ids, now)
            });
            captured.map(|_| world.docverify.recorded(&id, now))
        })
        .await?;
    match captured {
        Ok(Some(session)) => Ok(ok(&session)),
        Ok(None) | Err(DocumentCaptureError::NotFound) => Err(ApiError::session_not_found()),
        Err(DocumentCaptureError::NotNow) => Err(ApiError::session_over()),
    }
}

/// Puts an unfinished session into a status that it does not come to by itself, or not now.
#[utoipa::path(
    post,
    path = "/_passid/docverify/sessions/{sessionId}/status",
    tag = "control",
    params(("sessionId" = String, Path)),
    request_body = WantedDocumentStatus,
    responses(
        (status = 200, description = "The session.", body = RecordedDocumentSession),
        (status = 404, description = "No such session.", body = ErrorBody),
        (status = 410, description = "The session is over.", body = ErrorBody),
        (status = "default", description = "An error.", body = ErrorBody),
    )
)]
pub(super) async fn put_status(
    Shared(state): Shared<Arc<State>>,
    InPath(id): InPath,
    request: Request,
) -> Result<Response, ApiError> {
    let wanted: WantedDocumentStatus = read_exactly(request).await?;
    let put = state
        .change(|world, now| {
            world.docverify.force(&id, &wanted.status, now)?;
            world.docverify.recorded(&id, now).ok_or(DocumentStatusError::NotFound)
        })
        .await?;
    put.map(|session| ok(&session)).map_err(|error| match error {
        DocumentStatusError::NotFound => ApiError::session_not_found(),
        DocumentStatusError::Over => ApiError::session_over(),
        DocumentStatusError::Status => ApiError::invalid_request(format!("{error}.")),
    })
}

/// What the next session comes to.
#[utoipa::path(
    post,
    path = "/_passid/docverify/endings",
    tag = "control",
    request_body = DocumentEnding,
    responses(
        (status = 201, description = "It waits for a session.", body = WaitingWishes),
        (status = "default", description = "An error.", body = ErrorBody),
    )
)]
pub(super) async fn end_next(
    Shared(state): Shared<Arc<State>>,
    request: Request,
) -> Result<Response, ApiError> {
    let ending: DocumentEnding = read_exactly(request).await?;
    let waiting = state.instruments.docverify.end_next(ending).map_err(|error| match error {
        DocumentEndingError::Full { .. } => ApiError::limit_reached(format!("{error}.")),
        _ => ApiError::invalid_request(format!("{error}.")),
    })?;
    Ok(created(&WaitingWishes { waiting }))
}

/// What is said of the next image that is added.
#[utoipa::path(
    post,
    path = "/_passid/docverify/feedback",
    tag = "control",
    request_body = DocumentFeedback,
    responses(
        (status = 201, description = "It waits for an image.", body = WaitingWishes),
        (status = "default", description = "An error.", body = ErrorBody),
    )
)]
pub(super) async fn say_next(
    Shared(state): Shared<Arc<State>>,
    request: Request,
) -> Result<Response, ApiError> {
    let feedback: DocumentFeedback = read_exactly(request).await?;
    let waiting = state.instruments.docverify.say_next(feedback).map_err(|error| match error {
        DocumentFeedbackError::Full { .. } => ApiError::limit_reached(format!("{error}.")),
        DocumentFeedbackError::Feedback => ApiError::invalid_request(format!("{error}.")),
    })?;
    Ok(created(&WaitingWishes { waiting }))
}

/// Refuses every access token that was given so far.
#[utoipa::path(
    post,
    path = "/_passid/docverify/tokens/revoke",
    tag = "control",
    responses(
        (status = 200, description = "Revoked.", body = RevokedDocumentTokens),
        (status = "default", description = "An error.", body = ErrorBody),
    )
)]
pub(super) async fn revoke_tokens(Shared(state): Shared<Arc<State>>) -> Result<Response, ApiError> {
    let revoked = state.change(|world, _| world.docverify.revoke_tokens()).await?;
    Ok(ok(&RevokedDocumentTokens { revoked }))
}

/// How Document Verification is set up.
#[utoipa::path(
    get,
    path = "/_passid/docverify/settings",
    tag = "control",
    responses(
        (status = 200, description = "The settings.", body = DocumentSettings),
        (status = "default", description = "An error.", body = ErrorBody),
    )
)]
pub(super) async fn settings(Shared(state): Shared<Arc<State>>) -> Response {
    ok(&state.read(|world, _| world.docverify.settings()))
}

/// Sets Document Verification up; what is not said stays.
#[utoipa::path(
    patch,
    path = "/_passid/docverify/settings",
    tag = "control",
    request_body = DocumentSettings,
    responses(
        (status = 200, description = "The settings.", body = DocumentSettings),
        (status = 400, description = "The old ones stay.", body = ErrorBody),
        (status = "default", description = "An error.", body = ErrorBody),
    )
)]
pub(super) async fn set(
    Shared(state): Shared<Arc<State>>,
    request: Request,
) -> Result<Response, ApiError> {
    let told: Map<String, Value> = read_exactly(request).await?;
    let set = state
        .change(|world, _| {
            let mut members = match serde_json::to_value(world.docverify.settings()) {
                Ok(Value::Object(members)) => members,
                _ => Map::new(),
            };
            members.extend(told);
            let settings: DocumentSettings = serde_json::from_value(Value::Object(members))
                .map_err(|error| format!("{error}."))?;
            let settings = settings.checked().map_err(|error| format!("{error}."))?;
            world.docverify.set(settings.clone());
            Ok(settings)
        })
        .await?;
    set.map(|settings| ok(&settings)).map_err(|error: String| ApiError::invalid_request(error))
}
