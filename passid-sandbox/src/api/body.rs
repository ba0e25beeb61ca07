use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, header};
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use passid_core::Permission;
use serde_json::{Map, Number, Value};

use super::error::ApiError;
use crate::clock::within;

/// The longest body that is looked at.
pub(crate) const BODY_LIMIT: usize = 64 * 1024;
const JSON: &str = "application/json";
const TOML: &str = "application/toml";
const FORM: &str = "application/x-www-form-urlencoded";
/// How much of a longer one is read and thrown away.
const DRAIN_LIMIT: usize = 1024 * 1024;
/// How long a client may take to send one, in real time: a body that never ends must not keep a
/// connection for ever, because their number is bounded.
const BODY_TIMEOUT: Duration = Duration::from_secs(60);

/// Reads the body of a request into memory, whatever the answer will be: a connection that is
/// closed on unread bytes is reset, and a client which sends first and reads afterwards would see
/// that in place of its 401 or 413.
pub(crate) async fn buffered(request: Request) -> Request {
    buffered_up_to(BODY_LIMIT, request).await
}

/// The same for a path that takes longer bodies.
pub(crate) async fn buffered_up_to(limit: usize, request: Request) -> Request {
    let (head, body) = request.into_parts();
    let read = within(BODY_TIMEOUT, read_up_to(body, limit)).await;
    let body = match read.unwrap_or(BodyRead::BrokenOff) {
        BodyRead::Whole(bytes) => Body::from(bytes),
        // Stands for what was thrown away; the endpoint refuses its length.
        BodyRead::TooLarge => Body::from(vec![b' '; limit + 1]),
        // The client has left, or there is nothing to be made of what it sent.
        BodyRead::BrokenOff => Body::empty(),
    };
    Request::from_parts(head, body)
}

/// Reads a body of JSON, and gives its bytes.
pub(crate) async fn read_json(request: Request) -> Result<Bytes, ApiError> {
    read_json_up_to(BODY_LIMIT, request).await
}

/// The same for a path that takes longer bodies.
pub(crate) async fn read_json_up_to(limit: usize, request: Request) -> Result<Bytes, ApiError> {
    if !is_of_type(JSON, request.headers()) {
        return Err(ApiError::unsupported_media_type(
            "One Content-Type header with application/json is required.",
        ));
    }
    read_plain_up_to(limit, request).await
}

/// Whether a body is said to be TOML.
pub(crate) fn is_toml(headers: &HeaderMap) -> bool {
    is_of_type(TOML, headers)
}

/// Whether a body is said to be JSON.
pub(super) fn is_json(headers: &HeaderMap) -> bool {
    is_of_type(JSON, headers)
}

/// Whether a body is said to be a form.
pub(super) fn is_form(headers: &HeaderMap) -> bool {
    is_of_type(FORM, headers)
}

/// Reads a body of whatever type that is not compressed.
pub(crate) async fn read_plain_up_to(limit: usize, request: Request) -> Result<Bytes, ApiError> {
    let (head, body) = request.into_parts();
    check_is_plain(&head.headers)?;
    let read = read_up_to(body, limit).await;
    match read {
        BodyRead::Whole(bytes) => Ok(bytes),
        BodyRead::TooLarge => Err(ApiError::body_too_large(limit)),
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
        } else if seen > limit.saturating_add(DRAIN_LIMIT) {
            break;
        }
    }
    if seen > limit { BodyRead::TooLarge } else { BodyRead::Whole(kept.freeze()) }
}

fn check_is_plain(headers: &HeaderMap) -> Result<(), ApiError> {
    let mut encodings = headers.get_all(header::CONTENT_ENCODING).iter();
    if encodings.all(|encoding| encoding.as_bytes().eq_ignore_ascii_case(b"identity")) {
        Ok(())
    } else {
        Err(ApiError::unsupported_media_type("The body must not be compressed."))
    }
}

/// Whether there is one `Content-Type`, and it names this type.
fn is_of_type(wanted: &str, headers: &HeaderMap) -> bool {
    let mut types = headers.get_all(header::CONTENT_TYPE).iter();
    let (Some(only), None) = (types.next(), types.next()) else { return false };
    only.to_str().is_ok_and(|named| {
        let essence = named.split(';').next().unwrap_or_default();
        essence.trim().eq_ignore_ascii_case(wanted)
    })
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

/// An optional number that is finite; `null` is the same as absent.
pub(super) fn optional_number(
    members: &Map<String, Value>,
    name: &str,
) -> Result<Option<Number>, ApiError> {
    let wrong =
        || ApiError::invalid_request(format!("`{name}` must be a number that is not negative."));
    match members.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Number(number)) if is_usual(number) => Ok(Some(number.clone())),
        Some(_) => Err(wrong()),
    }
}

fn is_usual(number: &Number) -> bool {
    number.as_f64().is_some_and(|number| number.is_finite() && number >= 0.0)
}

/// An optional whole number that is not negative; `null` is the same as absent.
pub(super) fn optional_whole_number(
    members: &Map<String, Value>,
    name: &str,
) -> Result<Option<u64>, ApiError> {
    match members.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => value.as_u64().map(Some).ok_or_else(|| {
            ApiError::invalid_request(format!(
                "`{name}` must be a whole number that is not negative."
            ))
        }),
    }
}

/// The permissions that are asked for (guide, step 5). None is the standard set. One that the guide
/// does not list is most likely a typing error or the name of a claim: it is refused (P29).
pub(super) fn permissions(members: &Map<String, Value>) -> Result<Vec<String>, ApiError> {
    let wrong = || ApiError::invalid_request("`permissions` must be an array of permission names.");
    let names = match members.get("permissions") {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Array(names)) => names,
        Some(_) => return Err(wrong()),
    };
    let mut permissions: Vec<String> = Vec::new();
    for name in names {
        let permission = Permission::from(name.as_str().ok_or_else(wrong)?);
        if matches!(permission, Permission::Other(_)) {
            let known: Vec<_> = Permission::KNOWN.iter().map(Permission::as_str).collect();
            let known = known.join(", ");
            return Err(ApiError::invalid_request(format!("`permissions` can hold: {known}.")));
        }
        if !permissions.iter().any(|known| known == permission.as_str()) {
            permissions.push(permission.as_str().to_owned());
        }
    }
    Ok(permissions)
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::pin::Pin;
    use std::task::{Context, Poll};

    use hyper::body::Frame;

    use super::*;

    struct Endless;

    impl hyper::body::Body for Endless {
        type Data = Bytes;
        type Error = Infallible;

        fn poll_frame(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
            Poll::Pending
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_does_not_come_is_given_up() {
        let request = buffered(Request::new(Body::new(Endless))).await;
        let body = request.into_body().collect().await.unwrap().to_bytes();
        assert!(body.is_empty());
    }
}
