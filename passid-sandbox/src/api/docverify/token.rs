use std::borrow::Cow;

use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use serde_json::json;
use subtle::ConstantTimeEq;
use url::form_urlencoded;
use utoipa::ToSchema;

use super::caller::Caller;
use super::failure::Refused;
use super::schema::{DocumentTokenError, DocumentTokenRequest};
use crate::api::body::{BODY_LIMIT, is_form};
use crate::api::{json_answer, ok};
use crate::state::docverify::RESOURCE;

#[derive(Serialize, ToSchema)]
pub(super) struct DocumentToken {
    access_token: String,
    /// Always `Bearer`.
    token_type: &'static str,
    /// In seconds.
    expires_in: i64,
    scope: &'static str,
}

/// An access token for the calls of Document Verification.
///
/// Its errors are OAuth 2's, as none is published (decision P111).
#[utoipa::path(
    post,
    path = "/docverify/oidc/token",
    tag = "docverify",
    request_body(
        content = DocumentTokenRequest,
        content_type = "application/x-www-form-urlencoded"
    ),
    responses(
        (status = 200, description = "The token.", body = DocumentToken),
        (status = 400, description = "Not a form, or another grant.", body = DocumentTokenError),
        (status = 401, description = "Unknown client or secret.", body = DocumentTokenError),
        (status = "default", description = "Any other error."),
    )
)]
pub(super) async fn grant(caller: Caller, request: Request) -> Result<Response, Refused> {
    let form = is_form(request.headers());
    let body = caller.body(BODY_LIMIT, request).await?;
    let refused = |status: StatusCode, error: &str, description: &str| {
        Ok(json_answer(status, &json!({"error": error, "error_description": description})))
    };
    let bad = |error, description| refused(StatusCode::BAD_REQUEST, error, description);
    if !form {
        return bad("invalid_request", "A form is required");
    }
    let field = |name: &str| {
        let mut values = form_urlencoded::parse(&body).filter(|(known, _)| known == name);
        match (values.next(), values.next()) {
            (None, _) => Ok(None),
            (Some((_, value)), None) => Ok(Some(value)),
            _ => Err(()),
        }
    };
    let fields =
        (field("grant_type"), field("client_id"), field("client_secret"), field("resource"));
    let (Ok(grant_type), Ok(client_id), Ok(secret), Ok(resource)) = fields else {
        return bad("invalid_request", "A field is there twice");
    };
    match grant_type.as_deref() {
        Some("client_credentials") => {}
        Some(_) => return bad("unsupported_grant_type", "The grant is client_credentials"),
        None => return bad("invalid_request", "grant_type is required"),
    }
    let (known_id, known_secret) = caller.state.docverify_client();
    let same = |given: Option<_>, known: &str| {
        let given: Option<Cow<'_, str>> = given;
        given.as_deref().unwrap_or_default().as_bytes().ct_eq(known.as_bytes())
    };
    if !bool::from(same(client_id, known_id) & same(secret, known_secret)) {
        let description = "The client is not known, or its secret is another";
        return refused(StatusCode::UNAUTHORIZED, "invalid_client", description);
    }
    let for_resource = resource.as_deref() == Some(RESOURCE);
    let (access_token, expires_in) = caller
        .change(|world, now| {
            let token = world
                .with_docverify(|documents, ids| documents.grant(known_id, for_resource, ids, now));
            (token, world.docverify.settings().life().as_secs())
        })
        .await?;
    Ok(ok(&DocumentToken { access_token, token_type: "Bearer", expires_in, scope: "" }))
}
