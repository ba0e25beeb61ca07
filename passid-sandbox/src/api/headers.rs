use axum::http::{HeaderMap, header};

use super::error::ApiError;
use crate::state::{State, Tenant};

const INSTITUTION_KEY: &str = "x-institution-key";
const IDEMPOTENCY_KEY: &str = "idempotency-key";
const MAX_IDEMPOTENCY_KEY_BYTES: usize = 255;

/// Whose known institution key or JWT a request has, whatever it asks for.
pub(crate) fn caller(state: &State, headers: &HeaderMap) -> Option<Tenant> {
    let (key, jwt) = (only(headers, INSTITUTION_KEY), bearer(headers));
    state.read(|world, _| {
        let by_key = key.and_then(|key| world.tenant_of_key(key));
        by_key.or_else(|| jwt.and_then(|jwt| world.tenant_of_jwt(jwt)))
    })
}

/// The institution and environment that the institution key of a request opens (guide, step 1).
///
/// Two keys in one request are refused, even two equal ones: which of them counts would be a guess.
pub(super) fn tenant(state: &State, headers: &HeaderMap) -> Result<Tenant, ApiError> {
    let presented = only(headers, INSTITUTION_KEY);
    if let Some(tenant) = presented.and_then(|key| state.read(|world, _| world.tenant_of_key(key)))
    {
        return Ok(tenant);
    }
    // D9
    if bearer(headers).or(presented).is_some_and(|secret| is_a_jwt(state, secret)) {
        return Err(ApiError::wrong_kind_of_credential(
            "This path takes an institution key in X-Institution-Key, not a JWT.",
        ));
    }
    Err(ApiError::invalid_institution_key())
}

/// The institution and environment of an institution JWT.
pub(super) fn tenant_by_jwt(state: &State, headers: &HeaderMap) -> Result<Tenant, ApiError> {
    let presented = bearer(headers);
    if let Some(tenant) = presented.and_then(|jwt| state.read(|world, _| world.tenant_of_jwt(jwt)))
    {
        return Ok(tenant);
    }
    // D9
    if is_of_another_kind(state, headers) {
        return Err(ApiError::wrong_kind_of_credential(
            "This path takes an institution JWT as a bearer token, neither a key nor a user JWT.",
        ));
    }
    Err(ApiError::invalid_institution_jwt())
}

/// The customer of a user JWT.
pub(super) fn customer(state: &State, headers: &HeaderMap) -> Result<String, ApiError> {
    let presented = bearer(headers);
    if let Some(id) = presented.and_then(|jwt| state.read(|world, _| world.customer_of_jwt(jwt))) {
        return Ok(id);
    }
    // D9
    if is_of_another_kind(state, headers) {
        return Err(ApiError::wrong_kind_of_credential(
            "This path takes a user JWT as a bearer token, nothing of an institution.",
        ));
    }
    Err(ApiError::invalid_user_jwt())
}

/// Whether a call that wants one kind of JWT has the other kind, or a key.
fn is_of_another_kind(state: &State, headers: &HeaderMap) -> bool {
    let is_key = |secret| state.read(|world, _| world.tenant_of_key(secret).is_some());
    match bearer(headers) {
        Some(secret) => is_key(secret) || is_a_jwt(state, secret),
        None => only(headers, INSTITUTION_KEY).is_some_and(is_key),
    }
}

fn is_a_jwt(state: &State, secret: &[u8]) -> bool {
    state.read(|world, _| {
        world.tenant_of_jwt(secret).is_some() || world.customer_of_jwt(secret).is_some()
    })
}

/// The one bearer token of a request.
pub(super) fn bearer(headers: &HeaderMap) -> Option<&[u8]> {
    let value = only(headers, header::AUTHORIZATION.as_str())?;
    let (scheme, token) = value.split_at_checked(7)?;
    scheme.eq_ignore_ascii_case(b"bearer ").then(|| token.trim_ascii())
}

fn only<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a [u8]> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => Some(value.as_bytes()),
        _ => None,
    }
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
