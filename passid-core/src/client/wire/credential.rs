//! A credential out of the fields of an answer.

use std::time::SystemTime;

use serde_json::Value;

use super::fields::Fields;
use super::reason::REASONS;
use super::verdict::{STATES, VALIDITY};
use super::{AsOf, DecodeError, Expected};
use crate::claims::whole_number;
use crate::{
    CredentialBuilder, CredentialStatus, FreshnessStatus, RevocationStatus, SignatureStatus, Token,
    VerificationClaims, VerifiedCredential,
};

/// The metadata and claims under all their names; what is not known is kept.
pub(super) fn credential(
    mut fields: Fields,
    status: CredentialStatus,
    expected: Expected<'_>,
) -> Result<CredentialBuilder, DecodeError> {
    let secrets = expected.secrets;
    let claims = take_claims(&mut fields)?;
    let freshness = fields.take_text(&["freshness_status", "freshness"])?;
    let audit_id = fields.take_text(&["audit_id", "verification_id", "auditId"])?;
    let verified_at = fields.take_earliest(&["verified_at", "verifiedAt"])?;
    let expires_at = fields.take_earliest(&["expires_at", "expiresAt"])?;
    let signature = take_signature(&mut fields)?;
    let revocation = fields.take_text(&["revocation_status"])?;
    let proof_type = fields.take_text(&["proof_type", "proof"])?;
    let issuer = fields.take_text(&["issuer"])?;
    let note = fields.take_text(&["decisioning_note"])?;
    let (claims, received_at) = match expected.as_of {
        AsOf::Answer => (claims, expected.received_at),
        AsOf::Record => aged(claims, verified_at, expected.received_at),
    };
    let provider = super::super::PROVIDER;
    let environment = expected.environment;
    let mut builder =
        VerifiedCredential::builder(provider, environment, claims, received_at).status(status);
    if let Some(version) = expected.api_version {
        builder = builder.api_version(version);
    }
    if let Some(word) = freshness {
        builder = builder.freshness_status(FreshnessStatus::from(secrets.word(&word).as_str()));
    }
    if let Some(id) = audit_id.and_then(|id| secrets.printable(&id)) {
        builder = builder.audit_id(id);
    }
    if let Some(time) = verified_at {
        builder = builder.verified_at(time);
    }
    if let Some(time) = expires_at {
        builder = builder.expires_at(time);
    }
    if let Some(status) = signature {
        builder = builder.signature_status(status);
    }
    if let Some(word) = revocation {
        builder = builder.revocation_status(RevocationStatus::from(secrets.word(&word).as_str()));
    }
    if let Some(kind) = proof_type {
        builder = builder.proof_type(kind);
    }
    if let Some(issuer) = issuer {
        builder = builder.issuer(issuer);
    }
    if let Some(note) = note {
        builder = builder.decisioning_note(note);
    }
    let read = [&VALIDITY[..], &REASONS, &STATES, &["success", "environment", "signature_valid"]];
    Ok(builder.extra(fields.into_rest(&read)))
}

/// Claims of a record with the moment that their age counts from.
fn aged(
    mut claims: VerificationClaims,
    verified_at: Option<SystemTime>,
    now: SystemTime,
) -> (VerificationClaims, SystemTime) {
    if verified_at.is_none() {
        claims.freshness_hours = None;
    }
    (claims, verified_at.unwrap_or(now).min(now))
}

/// The claims under either name; both must agree when both are there. An answer may also give the
/// age beside the claims instead of among them.
fn take_claims(fields: &mut Fields) -> Result<VerificationClaims, DecodeError> {
    let mut found: Option<VerificationClaims> = None;
    for field in ["verified_claims", "claims"] {
        for value in fields.take_all(field) {
            let Value::Object(object) = value else {
                return Err(DecodeError::WrongType { field });
            };
            let claims = VerificationClaims::from_object(object)?;
            if found.as_ref().is_some_and(|other| *other != claims) {
                return Err(DecodeError::Contradiction { field: "claims" });
            }
            found = Some(claims);
        }
    }
    let mut claims = found.unwrap_or_default();
    let field = "freshness_hours";
    for value in fields.take_all(field) {
        let hours = whole_number(&value).ok_or(DecodeError::WrongType { field })?;
        if claims.freshness_hours.is_some_and(|other| other != hours) {
            return Err(DecodeError::Contradiction { field });
        }
        claims.freshness_hours = Some(hours);
    }
    Ok(claims)
}

/// `signature: {"status": …}`; one that is not verified outweighs all that are.
fn take_signature(fields: &mut Fields) -> Result<Option<SignatureStatus>, DecodeError> {
    let wrong = || DecodeError::WrongType { field: "signature" };
    let mut found = None;
    for value in fields.take_all("signature") {
        let signature = value.as_object().ok_or_else(wrong)?;
        let Some(status) = signature.get("status").filter(|status| !status.is_null()) else {
            continue;
        };
        let status = SignatureStatus::from(status.as_str().ok_or_else(wrong)?);
        if found.is_none() || status != SignatureStatus::Verified {
            found = Some(status);
        }
    }
    Ok(found)
}

pub(super) fn take_tokens(fields: &mut Fields) -> Result<Vec<Token>, DecodeError> {
    let read =
        |text: String| Token::parse(&text).map_err(|_| DecodeError::WrongType { field: "token" });
    fields.take_texts(&["token"])?.into_iter().map(read).collect()
}
