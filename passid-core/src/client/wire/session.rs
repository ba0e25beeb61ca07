//! What the answers about sessions say. Flat camelCase as the guide lists them, or in `data`
//! (decision D24).

use std::time::SystemTime;

use serde_json::Value;

use super::credential::{credential, take_tokens};
use super::fields::Fields;
use super::verdict::{contradiction, deny_reasons, final_reason, no_contradiction, validity};
use super::{DecodeError, Expected};
use crate::client::{DeepLink, PublicSession, RequestId, Session, SessionState, SessionStatus};
use crate::{CredentialStatus, DenyReason, Permission, SessionCode, VerifiedCredential};

const ID: [&str; 2] = ["requestId", "request_id"];
const EXPIRY: [&str; 2] = ["expiresAt", "expires_at"];

/// What a 2xx answer to a poll says.
pub(in crate::client) enum SessionAnswer {
    State(SessionState),
    Refused(DenyReason),
}

/// Reads a 2xx answer to `POST /v1/sessions`.
pub(in crate::client) fn new_session(body: &[u8]) -> Result<Session, DecodeError> {
    let mut fields = Fields::parse(body)?;
    fields.check_success()?;
    let text = |fields: &mut Fields, names: &[&'static str], field| {
        fields.take_one_text(names)?.ok_or(DecodeError::Missing { field })
    };
    let wrong = |field| DecodeError::WrongType { field };
    let id = text(&mut fields, &ID, "requestId")?;
    let code = text(&mut fields, &["code"], "code")?;
    let link = text(&mut fields, &["deepLink", "deep_link"], "deepLink")?;
    // That its id is the one to poll with is not published, so the two are not compared.
    let deep_link = DeepLink::parse(&link).map_err(|_| wrong("deepLink"))?;
    Ok(Session {
        request_id: RequestId::parse(id).map_err(|_| wrong("requestId"))?,
        code: SessionCode::parse(&code).map_err(|_| wrong("code"))?,
        deep_link,
        expires_at: take_expiry(&mut fields)?.ok_or(DecodeError::Missing { field: "expiresAt" })?,
    })
}

/// Reads a 2xx answer to `GET /v1/sessions/{requestId}`.
pub(in crate::client) fn session(
    body: &[u8],
    asked: &RequestId,
    expected: Expected<'_>,
) -> Result<SessionAnswer, DecodeError> {
    let mut fields = Fields::parse(body)?;
    if fields.take_texts(&ID)?.iter().any(|id| id != asked.as_str()) {
        return Err(DecodeError::AnotherSession);
    }
    let reasons = deny_reasons(&fields, expected)?;
    if let Some(last_word) = final_reason(&reasons) {
        return Ok(SessionAnswer::Refused(last_word));
    }
    // Of the session. Whatever else gives a state or an end speaks of the credential.
    let status = fields.take_one_text(&["status"])?;
    let status = status.ok_or(DecodeError::Missing { field: "status" })?;
    let expires_at = take_expiry(&mut fields)?;
    let is = |word: &str| status.trim().eq_ignore_ascii_case(word);
    let status = if is("completed") {
        SessionStatus::Completed(completed(fields, &reasons, expected)?)
    } else {
        fields.check_success()?;
        let known_words = [SessionStatus::Pending, SessionStatus::Declined, SessionStatus::Expired];
        let other = || SessionStatus::Other(expected.secrets.word(status.trim()));
        known_words.into_iter().find(|known| is(known.as_str())).unwrap_or_else(other)
    };
    Ok(SessionAnswer::State(SessionState { request_id: asked.clone(), status, expires_at }))
}

/// The credential of a completed session: claims must be there, and nothing may speak against them.
fn completed(
    mut fields: Fields,
    reasons: &[DenyReason],
    expected: Expected<'_>,
) -> Result<VerifiedCredential, DecodeError> {
    if fields.all("claims").chain(fields.all("verified_claims")).next().is_none() {
        return Err(DecodeError::Missing { field: "claims" });
    }
    if validity(&fields)? == Some(false) {
        return Err(DecodeError::Contradiction { field: "credential_valid" });
    }
    no_contradiction(&fields, reasons, expected.environment)?;
    let mut tokens = take_tokens(&mut fields)?;
    let token = tokens.pop();
    if tokens.iter().any(|other| Some(other) != token.as_ref()) {
        return Err(DecodeError::Ambiguous { field: "token" });
    }
    let mut builder = credential(fields, CredentialStatus::Verified, expected)?;
    if let Some(token) = token {
        builder = builder.token(token);
    }
    builder.build().map_err(|error| contradiction(&error))
}

/// Reads a 2xx answer to the public views; `None` for a session that it calls over. Its names are
/// ours, so that each field may be missing. `asked` is not known where the code was asked about.
pub(in crate::client) fn public_session(
    body: &[u8],
    asked: Option<&RequestId>,
) -> Result<Option<PublicSession>, DecodeError> {
    let mut fields = Fields::parse(body)?;
    fields.check_success()?;
    let request_id = match fields.take_one_text(&ID)? {
        Some(id) => {
            Some(RequestId::parse(id).map_err(|_| DecodeError::WrongType { field: "requestId" })?)
        }
        None => None,
    };
    if let (Some(asked), Some(told)) = (asked, &request_id)
        && asked != told
    {
        return Err(DecodeError::AnotherSession);
    }
    let status = fields.take_one_text(&["status"])?.unwrap_or_default();
    let ends = ["completed", "declined", "expired"];
    if ends.iter().any(|end| status.trim().eq_ignore_ascii_case(end)) {
        return Ok(None);
    }
    let field = "permissions";
    let mut permissions = Vec::new();
    for value in fields.take_all(field).into_iter().take(1) {
        let Value::Array(names) = value else { return Err(DecodeError::WrongType { field }) };
        for name in names {
            let name = name.as_str().ok_or(DecodeError::WrongType { field })?;
            permissions.push(Permission::from(name));
        }
    }
    Ok(Some(PublicSession {
        request_id,
        institution_name: fields.take_one_text(&["institutionName", "institution_name"])?,
        permissions,
        expires_at: take_expiry(&mut fields)?,
    }))
}

fn take_expiry(fields: &mut Fields) -> Result<Option<SystemTime>, DecodeError> {
    fields.take_earliest(&EXPIRY)
}
