//! Shapes of Document Verification that the OpenAPI document describes and that are written as JSON
//! elsewhere.
#![allow(dead_code, reason = "these types stand for JSON that is built from maps")]

use serde_json::Value;
use utoipa::ToSchema;

use crate::state::docverify::{DocumentCheck, DocumentImageType, DocumentRecommendation};

/// The body of an error, as far as it has one: `message` and `error_code`, or `statusCode`, `message`
/// and `error`.
#[derive(ToSchema)]
pub(crate) struct DocumentErrorBody {
    /// A text; with 400 a list of texts.
    message: Value,
    error_code: Option<u16>,
    #[schema(rename = "statusCode")]
    status_code: Option<u16>,
    error: Option<String>,
}

/// The form that asks for an access token.
#[derive(ToSchema)]
pub(crate) struct DocumentTokenRequest {
    client_id: String,
    client_secret: String,
    /// `client_credentials`.
    grant_type: String,
    /// `https://verify.identity.security`.
    resource: Option<String>,
}

/// OAuth 2's error.
#[derive(ToSchema)]
pub(crate) struct DocumentTokenError {
    error: String,
    error_description: String,
}

/// The request body of a creation; no member is required.
#[derive(ToSchema)]
pub(crate) struct DocumentSessionRequest {
    callback_url: Option<String>,
    state: Option<String>,
    mock_behavior: Option<DocumentMock>,
    start: Option<DocumentStart>,
    customer_information: Option<DocumentCustomer>,
    /// Deprecated: such as `90d`.
    time_to_live: Option<String>,
    /// Deprecated: in place of `start`.
    auto_start: Option<bool>,
}

#[derive(ToSchema)]
struct DocumentMock {
    recommendation: Option<DocumentRecommendation>,
    /// Deprecated: in place of `recommendation`.
    mock_recommendation: Option<DocumentRecommendation>,
    /// Such as `15s` and `1m30s`.
    processing_time: Option<String>,
    force_retry: Option<bool>,
    /// `person_details` and `document_details` in the older shape.
    #[schema(value_type = Option<Object>)]
    info: Option<Value>,
}

#[derive(ToSchema)]
struct DocumentStart {
    consent: Option<DocumentStartConsent>,
}

#[derive(ToSchema)]
struct DocumentStartConsent {
    granted: bool,
    document_id: String,
}

#[derive(ToSchema)]
struct DocumentCustomer {
    organization_name: Option<String>,
    organization_id: Option<String>,
    external_user_id: Option<String>,
}

/// The request body of an image.
#[derive(ToSchema)]
pub(crate) struct DocumentImageRequest {
    image: DocumentImageContent,
    #[schema(value_type = Option<Object>)]
    device_info: Option<Value>,
}

#[derive(ToSchema)]
struct DocumentImageContent {
    /// `jpg`.
    format: String,
    image_type: DocumentImageType,
    /// Base64.
    content: String,
    #[schema(value_type = Option<Object>)]
    capture_margins: Option<Value>,
    image_id: Option<String>,
}

/// A result: only `session_id` and `status` until it is complete, then the newer shape or the older
/// one.
#[derive(ToSchema)]
pub(crate) struct DocumentResult {
    session_id: String,
    /// `pending`, `capturing`, `processing`, `recapture`, `complete`, `error`, `expired`; an open list.
    status: String,
    recommendation: Option<DocumentRecommendation>,
    person: Option<DocumentPerson>,
    document: Option<DocumentRead>,
    #[schema(value_type = Option<Object>)]
    additional_info: Option<Value>,
    checks: Option<DocumentChecks>,
    verification_images: Option<Vec<DocumentImageName>>,
    #[schema(value_type = Option<Object>)]
    risk_details: Option<Value>,
    /// Of the older shape, with `ALLOW`.
    verified_info: Option<OlderDocumentInfo>,
    /// Of the older shape, otherwise.
    extracted_info: Option<OlderDocumentInfo>,
    /// Of the older shape, otherwise.
    rejection_description: Option<Vec<String>>,
}

#[derive(ToSchema)]
struct DocumentPerson {
    full_name: Option<String>,
    given_name: Option<String>,
    surname: Option<String>,
    gender: Option<String>,
    national_id: Option<String>,
    date_of_birth: Option<String>,
    /// As of the creation of the session.
    age: Option<f64>,
}

#[derive(ToSchema)]
struct DocumentRead {
    /// Required in the reference; absent here where a test says that nothing was read.
    r#type: Option<String>,
    /// Two letters.
    country: Option<String>,
    region: Option<String>,
    number: Option<String>,
    serial_number: Option<String>,
    issue_date: Option<String>,
    expiration_date: Option<String>,
}

#[derive(ToSchema)]
struct DocumentChecks {
    document_validation: Option<DocumentCheck>,
    document_authentication: Option<DocumentCheck>,
    document_liveness: Option<DocumentCheck>,
    biometric_matching: Option<DocumentCheck>,
    biometric_liveness: Option<DocumentCheck>,
    flagged_identity: Option<DocumentCheck>,
    risk_recommendation: Option<DocumentCheck>,
}

#[derive(ToSchema)]
struct DocumentImageName {
    id: String,
    r#type: DocumentImageType,
}

/// Countries have three letters here.
#[derive(ToSchema)]
struct OlderDocumentInfo {
    #[schema(value_type = Object)]
    person: Value,
    #[schema(value_type = Object)]
    document: Value,
}
