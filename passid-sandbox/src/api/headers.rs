use axum::http::HeaderMap;
use passid_core::Environment;

use super::answer::ApiError;
use crate::state::Institution;

const INSTITUTION_KEY: &str = "x-institution-key";
const IDEMPOTENCY_KEY: &str = "idempotency-key";
const MAX_IDEMPOTENCY_KEY_BYTES: usize = 255;

/// The environment that the institution key of a request opens (guide, step 1).
///
/// Two keys in one request are refused, even two equal ones: which of them counts would be a guess.
pub(super) fn environment(
    institution: &Institution,
    headers: &HeaderMap,
) -> Result<Environment, ApiError> {
    let mut keys = headers.get_all(INSTITUTION_KEY).iter();
    match (keys.next(), keys.next()) {
        (Some(key), None) => institution.environment_of(key.as_bytes()),
        _ => None,
    }
    .ok_or_else(ApiError::invalid_institution_key)
}

/// The idempotency key of a request, if it has one. That a key is single, not blank and at most 255
/// characters of printable ASCII is ours.
pub(super) fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, ApiError> {
    let mut keys = headers.get_all(IDEMPOTENCY_KEY).iter();
    let Some(key) = keys.next() else { return Ok(None) };
    key.to_str()
        .ok()
        .filter(|key| !key.trim().is_empty() && key.len() <= MAX_IDEMPOTENCY_KEY_BYTES)
        .filter(|_| keys.next().is_none())
        .map(|key| Some(key.to_owned()))
        .ok_or_else(|| {
            ApiError::invalid_request(
                "Idempotency-Key is one header of 1 to 255 printable ASCII characters.",
            )
        })
}
