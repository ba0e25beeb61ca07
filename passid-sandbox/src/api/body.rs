use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, header};
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use serde_json::{Map, Value};

use super::answer::ApiError;

/// The longest body that is looked at.
const BODY_LIMIT: usize = 64 * 1024;
/// How much of a longer one is read and thrown away.
const DRAIN_LIMIT: usize = 1024 * 1024;

/// Reads the body of a request into memory, whatever the answer will be: a connection that is
/// closed on unread bytes is reset, and a client which sends first and reads afterwards would see
/// that in place of its 401 or 413.
pub(crate) async fn buffered(request: Request) -> Request {
    let (head, body) = request.into_parts();
    let body = match read_up_to(body, BODY_LIMIT).await {
        BodyRead::Whole(bytes) => Body::from(bytes),
        // Stands for what was thrown away; the endpoint refuses its length.
        BodyRead::TooLarge => Body::from(vec![b' '; BODY_LIMIT + 1]),
        // The client has left, or there is nothing to be made of what it sent.
        BodyRead::BrokenOff => Body::empty(),
    };
    Request::from_parts(head, body)
}

/// Reads a body of JSON, and gives its bytes.
pub(crate) async fn read_json(request: Request) -> Result<Bytes, ApiError> {
    let (head, body) = request.into_parts();
    check_content_type(&head.headers)?;
    let read = read_up_to(body, BODY_LIMIT).await;
    match read {
        BodyRead::Whole(bytes) => Ok(bytes),
        BodyRead::TooLarge => Err(ApiError::body_too_large(BODY_LIMIT)),
        BodyRead::BrokenOff => Err(ApiError::invalid_json("The body broke off.")),
    }
}

enum BodyRead {
    Whole(Bytes),
    TooLarge,
    BrokenOff,
}

/// Reads a body and keeps it as long as it has at most `limit` bytes.
async fn read_up_to(mut body: Body, limit: usize) -> BodyRead {
    let mut kept = BytesMut::new();
    let mut seen: usize = 0;
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else { return BodyRead::BrokenOff };
        let Ok(data) = frame.into_data() else { continue };
        seen = seen.saturating_add(data.len());
        if seen <= limit {
            kept.extend_from_slice(&data);
        } else if seen > DRAIN_LIMIT {
            break;
        }
    }
    if seen > limit { BodyRead::TooLarge } else { BodyRead::Whole(kept.freeze()) }
}

fn check_content_type(headers: &HeaderMap) -> Result<(), ApiError> {
    let mut types = headers.get_all(header::CONTENT_TYPE).iter();
    let is_json = match (types.next(), types.next()) {
        (Some(only), None) => only.to_str().is_ok_and(names_json),
        _ => false,
    };
    if !is_json {
        return Err(ApiError::unsupported_media_type(
            "One Content-Type header with application/json is required.",
        ));
    }
    let is_plain = headers
        .get_all(header::CONTENT_ENCODING)
        .iter()
        .all(|encoding| encoding.as_bytes().eq_ignore_ascii_case(b"identity"));
    if is_plain {
        Ok(())
    } else {
        Err(ApiError::unsupported_media_type("The body must not be compressed."))
    }
}

fn names_json(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default();
    essence.trim().eq_ignore_ascii_case("application/json")
}

/// The members of a JSON object. Members that nobody asks for are not an error: whether the real
/// API refuses them is not published.
pub(super) fn members(body: &[u8]) -> Result<Map<String, Value>, ApiError> {
    match serde_json::from_slice(body) {
        Ok(Value::Object(members)) => Ok(members),
        Ok(_) => Err(ApiError::invalid_request("The body must be a JSON object.")),
        Err(_) => Err(ApiError::invalid_json("The body is not well-formed JSON.")),
    }
}

/// A required text that is not blank.
pub(super) fn required_text<'a>(
    members: &'a Map<String, Value>,
    name: &str,
) -> Result<&'a str, ApiError> {
    optional_text(members, name)?
        .filter(|text| !text.trim().is_empty())
        .ok_or_else(|| ApiError::invalid_request(format!("`{name}` is required.")))
}

/// An optional text; `null` is the same as absent.
pub(super) fn optional_text<'a>(
    members: &'a Map<String, Value>,
    name: &str,
) -> Result<Option<&'a str>, ApiError> {
    match members.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(ApiError::invalid_request(format!("`{name}` must be a string."))),
    }
}
