use axum::extract::Request;
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Map;
use utoipa::ToSchema;

use super::caller::{Authorized, Named};
use super::failure::{Failure, Refused};
use super::result;
use super::schema::{DocumentErrorBody, DocumentResult, DocumentSessionRequest};
use crate::api::body::BODY_LIMIT;
use crate::api::{json_answer, ok};
use crate::state::docverify::{DocumentImageType, NewDocumentSession};

#[derive(Serialize, ToSchema)]
pub(super) struct CreatedDocumentSession {
    /// Left out where the backend drives the session.
    #[serde(skip_serializing_if = "Option::is_none")]
    start_token: Option<String>,
    session_id: String,
    #[schema(format = DateTime)]
    expiration: String,
    missing_images: Vec<DocumentImageType>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct DocumentConsent {
    consent_granted: bool,
    /// Empty where nobody has consented.
    consent_date: String,
}

/// RFC 3339 with milliseconds, as the guide prints it.
pub(super) fn printed(time: Timestamp) -> String {
    format!("{time:.3}")
}

/// Creates a session (decision P118: both statuses, and an empty body, as samples send one).
#[utoipa::path(
    post,
    path = "/docverify/verify/api/v1/verification",
    tag = "docverify",
    security(("docverify_token" = [])),
    request_body = Option<DocumentSessionRequest>,
    responses(
        (status = 200, description = "Created.", body = CreatedDocumentSession),
        (status = 201, description = "Created, if set so.", body = CreatedDocumentSession),
        (status = 400, description = "Malformed.", body = DocumentErrorBody),
        (status = 401, description = "No access token that counts.", body = DocumentErrorBody),
        (status = "default", description = "Any other error.", body = DocumentErrorBody),
    )
)]
pub(super) async fn create(
    Authorized(caller): Authorized,
    request: Request,
) -> Result<Response, Refused> {
    let body = caller.body(BODY_LIMIT, request).await?;
    let asked = if body.is_empty() { Ok(Map::new()) } else { serde_json::from_slice(&body) };
    let new = asked.ok().and_then(|asked| NewDocumentSession::read(&asked));
    let new = new.ok_or_else(|| caller.refusal(Failure::Malformed))?;
    let told = &caller.state.instruments.docverify;
    let (session, missing_images, status) = caller
        .change(|world, now| {
            let told = told.next_ending();
            let session =
                world.with_docverify(|documents, ids| documents.create(new, told, ids, now));
            let missing = session.missing(now);
            (session, missing, world.docverify.settings().created_status())
        })
        .await?;
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
    Ok(json_answer(
        status,
        &CreatedDocumentSession {
            start_token: session.start_token,
            session_id: session.id,
            expiration: printed(session.expires_at),
            missing_images,
        },
    ))
}

/// Deletes a session with everything personal in it.
#[utoipa::path(
    delete,
    path = "/docverify/verify/api/v1/verification/{sid}",
    tag = "docverify",
    security(("docverify_token" = [])),
    params(("sid" = String, Path)),
    responses(
        (status = 200, description = "Deleted. No body."),
        (status = 400, description = "Malformed.", body = DocumentErrorBody),
        (status = 401, description = "No access token that counts.", body = DocumentErrorBody),
        (status = 404, description = "No such session.", body = DocumentErrorBody),
        (status = "default", description = "Any other error.", body = DocumentErrorBody),
    )
)]
pub(super) async fn delete(
    Authorized(caller): Authorized,
    named: Named,
) -> Result<Response, Refused> {
    let deleted = caller.change(|world, now| world.docverify.delete(named.session(), now)).await?;
    if deleted {
        Ok(StatusCode::OK.into_response())
    } else {
        Err(caller.refusal(Failure::NoSession))
    }
}

/// What a session came to, or where it is (decision P119: the shape when `detailed` is left out).
#[utoipa::path(
    get,
    path = "/docverify/verify/api/v1/verification/{sid}/result",
    tag = "docverify",
    security(("docverify_token" = [])),
    params(("sid" = String, Path), ("detailed" = Option<bool>, Query)),
    responses(
        (status = 200, description = "As of now.", body = DocumentResult),
        (status = 400, description = "Malformed.", body = DocumentErrorBody),
        (status = 401, description = "No access token that counts.", body = DocumentErrorBody),
        (status = 404, description = "No such session.", body = DocumentErrorBody),
        (status = "default", description = "Any other error.", body = DocumentErrorBody),
    )
)]
pub(super) async fn result(
    Authorized(caller): Authorized,
    named: Named,
    uri: Uri,
) -> Result<Response, Refused> {
    let detailed = match caller.parameter(uri.query(), "detailed")?.as_deref() {
        Some("true") => Some(true),
        Some("false") => Some(false),
        None => None,
        Some(_) => return Err(caller.refusal(Failure::Malformed)),
    };
    let found = caller
        .look(|world, now| {
            let settings = world.docverify.settings();
            let session = world.docverify.session(named.session(), now)?;
            let status = session.status(now);
            if status == "expired" && settings.hides_expired() {
                return None;
            }
            let detailed = detailed.unwrap_or_else(|| settings.detailed_by_default());
            let images = world.docverify.counted_images(&session.id);
            Some(result::of(session, &status, &images, detailed, now))
        })
        .await?;
    found.map(|result| ok(&result)).ok_or_else(|| caller.refusal(Failure::NoSession))
}

/// Whether the person consented, and when.
#[utoipa::path(
    get,
    path = "/docverify/verify/api/v1/verification/{sid}/consent",
    tag = "docverify",
    security(("docverify_token" = [])),
    params(("sid" = String, Path)),
    responses(
        (status = 200, description = "The consent.", body = DocumentConsent),
        (status = 400, description = "Malformed.", body = DocumentErrorBody),
        (status = 401, description = "No access token that counts.", body = DocumentErrorBody),
        (status = 404, description = "No such session.", body = DocumentErrorBody),
        (status = "default", description = "Any other error.", body = DocumentErrorBody),
    )
)]
pub(super) async fn consent(
    Authorized(caller): Authorized,
    named: Named,
) -> Result<Response, Refused> {
    let consented_at = caller
        .look(|world, now| {
            world.docverify.session(named.session(), now).map(|session| session.consented_at)
        })
        .await?;
    let consented_at = consented_at.ok_or_else(|| caller.refusal(Failure::NoSession))?;
    Ok(ok(&DocumentConsent {
        consent_granted: consented_at.is_some(),
        consent_date: consented_at.map(printed).unwrap_or_default(),
    }))
}
