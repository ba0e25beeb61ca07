//! Images of a session (decision P116).

use axum::extract::Request;
use axum::http::{HeaderValue, Uri, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::caller::{Authorized, Named};
use super::failure::{Failure, Refused};
use super::schema::{DocumentErrorBody, DocumentImageRequest};
use crate::api::body::is_json;
use crate::api::ok;
use crate::state::docverify::{DocumentImageType, ImageRefused};

#[derive(Serialize, ToSchema)]
pub(super) struct DocumentImages {
    session_images: Vec<ListedDocumentImage>,
}

#[derive(Serialize, ToSchema)]
struct ListedDocumentImage {
    id: String,
    rejected: bool,
    /// False for one that was refined from another.
    original: bool,
    /// Always `jpg`.
    format: &'static str,
    r#type: DocumentImageType,
    #[serde(skip_serializing_if = "Option::is_none")]
    original_id: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct AddedDocumentImage {
    /// `ok`, or what is wrong with it.
    feedback: String,
    complete: bool,
    missing_images: Vec<DocumentImageType>,
    /// With `restricted_criteria`.
    #[serde(skip_serializing_if = "Option::is_none")]
    custom_feedback: Option<String>,
}

/// What images a session has.
#[utoipa::path(
    get,
    path = "/docverify/verify/api/v1/verification/{sid}/images",
    tag = "docverify",
    security(("docverify_token" = [])),
    params(("sid" = String, Path)),
    responses(
        (status = 200, description = "The list.", body = DocumentImages),
        (status = 400, description = "Malformed.", body = DocumentErrorBody),
        (status = 401, description = "No access token that counts.", body = DocumentErrorBody),
        (status = 404, description = "No such session; not published.", body = DocumentErrorBody),
        (status = "default", description = "Any other error.", body = DocumentErrorBody),
    )
)]
pub(super) async fn list(
    Authorized(caller): Authorized,
    named: Named,
) -> Result<Response, Refused> {
    let listed = caller
        .look(|world, now| {
            let documents = &world.docverify;
            if documents.session(named.session(), now).is_none() {
                return documents.settings().lists_unknown_images().then(Vec::new);
            }
            let images = documents.images(named.session()).into_iter();
            let listed = images.map(|image| ListedDocumentImage {
                id: image.id.clone(),
                rejected: image.rejected,
                original: image.original_id.is_none(),
                format: "jpg",
                r#type: image.kind,
                original_id: image.original_id.clone(),
            });
            Some(listed.collect())
        })
        .await?;
    let session_images = listed.ok_or_else(|| caller.refusal(Failure::NoSession))?;
    Ok(ok(&DocumentImages { session_images }))
}

/// One image, as bytes unless asked for as base64.
#[utoipa::path(
    get,
    path = "/docverify/verify/api/v1/verification/{sid}/images/{id}",
    tag = "docverify",
    security(("docverify_token" = [])),
    params(
        ("sid" = String, Path),
        ("id" = String, Path),
        ("format" = Option<String>, Query, description = "`raw` or `base64`.")
    ),
    responses(
        (status = 200, description = "The image.", content((Vec<u8> = "image/jpg"), (String = "text/plain"))),
        (status = 400, description = "Malformed.", body = DocumentErrorBody),
        (status = 401, description = "No access token that counts.", body = DocumentErrorBody),
        (status = 404, description = "No such session or image.", body = DocumentErrorBody),
        (status = "default", description = "Any other error.", body = DocumentErrorBody),
    )
)]
pub(super) async fn one(
    Authorized(caller): Authorized,
    named: Named,
    uri: Uri,
) -> Result<Response, Refused> {
    let coded = match caller.parameter(uri.query(), "format")?.as_deref() {
        None | Some("raw") => false,
        Some("base64") => true,
        Some(_) => return Err(caller.refusal(Failure::Malformed)),
    };
    let found = caller
        .look(|world, now| {
            let documents = &world.docverify;
            let session = documents.session(named.session(), now).ok_or(Failure::NoSession)?;
            let mut images = documents.images(&session.id).into_iter();
            let image = images.find(|image| image.id == named.last());
            image.map(|image| image.jpeg.clone()).ok_or(Failure::NoImage)
        })
        .await?;
    let jpeg = found.map_err(|failure| caller.refusal(failure))?;
    if coded {
        return Ok(STANDARD.encode(jpeg).into_response());
    }
    let kind = HeaderValue::from_static("image/jpg");
    Ok(([(header::CONTENT_TYPE, kind)], jpeg).into_response())
}

/// Adds an image to a session that a backend drives; the last one starts the processing.
#[utoipa::path(
    post,
    path = "/docverify/verify/api/v1/verification/{sid}/images",
    tag = "docverify",
    security(("docverify_token" = [])),
    params(("sid" = String, Path)),
    request_body = DocumentImageRequest,
    responses(
        (status = 200, description = "What is said of it.", body = AddedDocumentImage),
        (status = 400, description = "Malformed, or the session takes none now.", body = DocumentErrorBody),
        (status = 401, description = "No access token that counts.", body = DocumentErrorBody),
        (status = 404, description = "No such session.", body = DocumentErrorBody),
        (status = 409, description = "All required images are there.", body = DocumentErrorBody),
        (status = "default", description = "Any other error.", body = DocumentErrorBody),
    )
)]
pub(super) async fn add(
    Authorized(caller): Authorized,
    named: Named,
    request: Request,
) -> Result<Response, Refused> {
    let limit = caller.state.read(|world, _| world.docverify.settings().image_limit());
    let json = is_json(request.headers());
    let body = caller.body(limit, request).await?;
    let asked: Option<Value> = serde_json::from_slice(&body).ok().filter(|_| json);
    let image = asked.as_ref().and_then(offered);
    let waiting = &caller.state.instruments.docverify;
    let added = caller
        .change(|world, now| {
            let session = world.docverify.session(named.session(), now);
            session.ok_or(Failure::NoSession)?;
            let image = image.ok_or(Failure::Malformed)?;
            let mut said = None;
            let added = world.with_docverify(|documents, ids| {
                let ask = || {
                    said = waiting.next_feedback();
                    said.as_ref().is_some_and(|feedback| !feedback.is_ok())
                };
                documents.add_image(named.session(), image, ask, ids, now)
            });
            let captured = added.map_err(|refused| match refused {
                ImageRefused::Complete => Failure::ImagesComplete,
                ImageRefused::NotNow => Failure::Malformed,
            })?;
            Ok((captured.missing, said.unwrap_or_default()))
        })
        .await?;
    let (missing_images, said) = added.map_err(|failure: Failure| caller.refusal(failure))?;
    let (feedback, custom_feedback) = said.into_parts();
    let complete = missing_images.is_empty();
    Ok(ok(&AddedDocumentImage { feedback, complete, missing_images, custom_feedback }))
}

/// The image in a request, if the request has the published form. What the image shows is not looked
/// at.
fn offered(asked: &Value) -> Option<(DocumentImageType, Vec<u8>)> {
    let image = asked.get("image")?.as_object()?;
    let present = |value: Option<&Value>| value.is_some_and(|value| !value.is_null());
    if present(asked.get("device_info")) {
        asked.get("device_info")?.as_object()?;
    }
    if present(image.get("image_id")) {
        image.get("image_id")?.as_str()?;
    }
    if let Some(margins) = image.get("capture_margins").filter(|margins| !margins.is_null()) {
        let is_number = |side: &&str| margins.get(side).is_some_and(Value::is_number);
        ["top", "bottom", "left", "right"].iter().all(is_number).then_some(())?;
    }
    let kind = DocumentImageType::deserialize(image.get("image_type")?).ok()?;
    image.get("format")?.as_str().filter(|format| *format == "jpg")?;
    let content = image.get("content")?.as_str()?;
    let jpeg = STANDARD.decode(content).ok().filter(|jpeg| !jpeg.is_empty())?;
    Some((kind, jpeg))
}
