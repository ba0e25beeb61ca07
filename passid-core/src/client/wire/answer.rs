use serde_json::Value;

use super::fields::Fields;
use super::reason::{REASONS, known_reason, named_reason, reasons_in_error};
use super::{DecodeError, Expected};
use crate::claims::whole_number;
use crate::client::Redemption;
use crate::{
    CredentialBuilder, CredentialError, CredentialStatus, DenyReason, Environment, FreshnessStatus,
    RevocationStatus, SignatureStatus, Token, VerificationClaims, VerifiedCredential,
};

/// The fields that say whether a credential is valid, the most telling first (decision D5).
const VALIDITY: [&str; 3] = ["credential_valid", "valid", "ok"];
/// The fields that carry a state of the credential.
const STATES: [&str; 3] = ["credential_status", "token_status", "status"];

/// What a 2xx answer to a verification says.
pub(in crate::client) enum VerifyAnswer {
    Valid(VerifiedCredential),
    Refused(DenyReason),
}

/// What a 2xx answer to a redemption says.
pub(in crate::client) enum RedeemAnswer {
    Redeemed(Redemption),
    Refused(DenyReason),
}

/// Reads a 2xx answer to `POST /v1/verify`.
pub(in crate::client) fn verify(
    body: &[u8],
    asked: &Token,
    expected: Expected<'_>,
) -> Result<VerifyAnswer, DecodeError> {
    let mut fields = Fields::parse(body)?;
    if take_tokens(&mut fields)?.iter().any(|token| token != asked) {
        return Err(DecodeError::AnotherToken);
    }
    let reasons = deny_reasons(&fields, expected)?;
    if let Some(last_word) = final_reason(&reasons) {
        return Ok(VerifyAnswer::Refused(last_word));
    }
    match validity(&fields)? {
        Some(true) => {}
        // An envelope that reports failure and names a reason is a rejection too.
        None if fields.bools("success")?.contains(&false) && !reasons.is_empty() => {
            return Ok(VerifyAnswer::Refused(first(reasons)));
        }
        None => return Err(DecodeError::NoValidityField),
        Some(false) => return Ok(VerifyAnswer::Refused(first(reasons))),
    }
    no_contradiction(&fields, &reasons, expected.environment)?;
    let states = states(&fields, expected)?;
    let status = states.into_iter().next().unwrap_or(CredentialStatus::Active);
    let credential = credential(fields, status, expected)?.token(asked.clone());
    let credential = credential.build().map_err(|error| contradiction(&error))?;
    if credential.is_expired(expected.received_at) {
        return Ok(VerifyAnswer::Refused(DenyReason::TokenExpired));
    }
    Ok(VerifyAnswer::Valid(credential))
}

/// Reads a 2xx answer to `POST /api/bridge/code/redeem`.
pub(in crate::client) fn redeem(
    body: &[u8],
    expected: Expected<'_>,
) -> Result<RedeemAnswer, DecodeError> {
    let mut fields = Fields::parse(body)?;
    let reasons = deny_reasons(&fields, expected)?;
    if let Some(last_word) = final_reason(&reasons) {
        return Ok(RedeemAnswer::Refused(last_word));
    }
    let says_invalid = validity(&fields)? == Some(false);
    let states = states(&fields, expected)?;
    // One state that is not verified outweighs all that are.
    let worst = states.iter().find(|state| !state.is_verified()).or(states.first()).cloned();
    let status = match worst {
        Some(status) => status,
        None if says_invalid => CredentialStatus::Invalid,
        None => return Err(DecodeError::NoValidityField),
    };
    let verified = status.is_verified() && !says_invalid;
    if !verified && (says_invalid || !reasons.is_empty()) {
        return Ok(RedeemAnswer::Refused(first(reasons)));
    }
    if verified {
        no_contradiction(&fields, &reasons, expected.environment)?;
    } else {
        same_environment(&fields, expected.environment)?;
    }
    let mut tokens = take_tokens(&mut fields)?;
    let token = tokens.pop();
    if tokens.iter().any(|other| Some(other) != token.as_ref()) {
        return Err(DecodeError::Contradiction { field: "token" });
    }
    let mut builder = credential(fields, status, expected)?;
    if let Some(token) = token {
        builder = builder.token(token);
    }
    let (details, credential) = builder.build_or_report();
    match credential {
        Err(error) if verified => Err(contradiction(&error)),
        Ok(credential) if credential.is_expired(expected.received_at) => {
            Ok(RedeemAnswer::Refused(DenyReason::TokenExpired))
        }
        result => Ok(RedeemAnswer::Redeemed(Redemption::new(details, result.ok()))),
    }
}

/// Whether the answer calls the credential valid; `None` when it does not say.
///
/// The most telling field decides. One that says no is believed at once; one that says yes is
/// believed only if no other says no.
fn validity(fields: &Fields) -> Result<Option<bool>, DecodeError> {
    let mut said = Vec::new();
    for field in VALIDITY {
        said.extend(fields.bools(field)?.into_iter().map(|valid| (field, valid)));
    }
    let Some(&(leading, valid)) = said.first() else { return Ok(None) };
    if !valid {
        return Ok(Some(false));
    }
    match said.iter().find(|(_, valid)| !valid) {
        Some((field, _)) if *field == leading => Err(DecodeError::Contradiction { field: leading }),
        Some((field, _)) => Err(DecodeError::Contradiction { field }),
        None => Ok(Some(true)),
    }
}

/// The reasons to deny, wherever they stand. An empty text is none.
fn deny_reasons(fields: &Fields, expected: Expected<'_>) -> Result<Vec<DenyReason>, DecodeError> {
    let mut reasons = Vec::new();
    for field in REASONS {
        let words = fields.texts(field)?.into_iter();
        reasons.extend(words.filter_map(|word| named_reason(word, expected.secrets)));
    }
    for error in fields.all("error") {
        reasons.extend(reasons_in_error(error, expected.secrets));
    }
    for code in fields.all("code") {
        reasons.extend(code.as_str().and_then(known_reason));
    }
    Ok(reasons)
}

/// A sanctions match outweighs whatever else the answer says (decision P3).
fn final_reason(reasons: &[DenyReason]) -> Option<DenyReason> {
    reasons.iter().find(|reason| reason.is_final()).cloned()
}

fn first(reasons: Vec<DenyReason>) -> DenyReason {
    reasons.into_iter().next().unwrap_or(DenyReason::Unspecified)
}

/// Nothing in an answer that calls the credential valid may speak against it.
fn no_contradiction(
    fields: &Fields,
    reasons: &[DenyReason],
    environment: Environment,
) -> Result<(), DecodeError> {
    if !reasons.is_empty() {
        return Err(DecodeError::Contradiction { field: "deny_reason" });
    }
    for field in ["success", "signature_valid", "proof_verified"] {
        if fields.bools(field)?.contains(&false) {
            return Err(DecodeError::Contradiction { field });
        }
    }
    if fields.bools("revoked")?.contains(&true) {
        return Err(DecodeError::Contradiction { field: "revoked" });
    }
    if fields.all("error").next().is_some() {
        return Err(DecodeError::Contradiction { field: "error" });
    }
    for field in STATES {
        let mut states = fields.texts(field)?.into_iter().map(CredentialStatus::from);
        if !states.all(|state| state.is_verified()) {
            return Err(DecodeError::Contradiction { field });
        }
    }
    let revocations = fields.texts("revocation_status")?;
    if !revocations.into_iter().all(|s| RevocationStatus::from(s) == RevocationStatus::NotRevoked) {
        return Err(DecodeError::Contradiction { field: "revocation_status" });
    }
    same_environment(fields, environment)
}

fn same_environment(fields: &Fields, ours: Environment) -> Result<(), DecodeError> {
    let named = fields.texts("environment")?;
    let same = named.into_iter().all(|name| Environment::from_name(name) == Some(ours));
    if same { Ok(()) } else { Err(DecodeError::AnotherEnvironment) }
}

fn take_tokens(fields: &mut Fields) -> Result<Vec<Token>, DecodeError> {
    let read =
        |text: String| Token::parse(&text).map_err(|_| DecodeError::WrongType { field: "token" });
    fields.take_texts(&["token"])?.into_iter().map(read).collect()
}

/// Every state that the answer gives the credential, the most specific name first.
fn states(fields: &Fields, expected: Expected<'_>) -> Result<Vec<CredentialStatus>, DecodeError> {
    let mut states = Vec::new();
    for field in STATES {
        let words = fields.texts(field)?.into_iter();
        states.extend(words.map(|word| expected.secrets.word(word).as_str().into()));
    }
    Ok(states)
}

/// The metadata and claims under all their names; what is not known is kept.
fn credential(
    mut fields: Fields,
    status: CredentialStatus,
    expected: Expected<'_>,
) -> Result<CredentialBuilder, DecodeError> {
    let secrets = expected.secrets;
    let claims = take_claims(&mut fields)?;
    let freshness = fields.take_text(&["freshness_status", "freshness"])?;
    let audit_id = fields.take_text(&["audit_id", "verification_id"])?;
    let verified_at = fields.take_earliest(&["verified_at", "verifiedAt"])?;
    let expires_at = fields.take_earliest(&["expires_at", "expiresAt"])?;
    let signature = take_signature(&mut fields)?;
    let revocation = fields.take_text(&["revocation_status"])?;
    let proof_type = fields.take_text(&["proof_type", "proof"])?;
    let issuer = fields.take_text(&["issuer"])?;
    let note = fields.take_text(&["decisioning_note"])?;
    let read = [&VALIDITY[..], &REASONS, &STATES, &["success", "environment", "signature_valid"]];
    for name in read.into_iter().flatten() {
        fields.take_all(name);
    }

    let mut builder = VerifiedCredential::builder(
        super::super::PROVIDER,
        expected.environment,
        claims,
        expected.received_at,
    )
    .status(status);
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
    Ok(builder.extra(fields.into_rest()))
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

fn contradiction(error: &CredentialError) -> DecodeError {
    let field = match error {
        CredentialError::Denied { .. } => "deny_reason",
        CredentialError::NotVerified { .. } => "credential_status",
        CredentialError::Revoked => "revocation_status",
        CredentialError::SignatureNotVerified => "signature",
    };
    DecodeError::Contradiction { field }
}

#[cfg(test)]
mod tests;
