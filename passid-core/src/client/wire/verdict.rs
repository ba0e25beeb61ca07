//! What an answer says for and against a credential, wherever it says so.

use super::fields::Fields;
use super::reason::{REASONS, known_reason, named_reason, reasons_in_error};
use super::{DecodeError, Expected};
use crate::{CredentialError, CredentialStatus, DenyReason, Environment, RevocationStatus};

/// The fields that say whether a credential is valid, the most telling first (decision D5).
pub(super) const VALIDITY: [&str; 3] = ["credential_valid", "valid", "ok"];
/// The fields that carry a state of the credential.
pub(super) const STATES: [&str; 3] = ["credential_status", "token_status", "status"];

/// Whether the answer calls the credential valid; `None` when it does not say.
///
/// The most telling field decides. One that says no is believed at once; one that says yes is
/// believed only if no other says no.
pub(super) fn validity(fields: &Fields) -> Result<Option<bool>, DecodeError> {
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
pub(super) fn deny_reasons(
    fields: &Fields,
    expected: Expected<'_>,
) -> Result<Vec<DenyReason>, DecodeError> {
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
pub(super) fn final_reason(reasons: &[DenyReason]) -> Option<DenyReason> {
    reasons.iter().find(|reason| reason.is_final()).cloned()
}

pub(super) fn first(reasons: Vec<DenyReason>) -> DenyReason {
    reasons.into_iter().next().unwrap_or(DenyReason::Unspecified)
}

/// Nothing in an answer that calls the credential valid may speak against it.
pub(super) fn no_contradiction(
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

pub(super) fn same_environment(fields: &Fields, ours: Environment) -> Result<(), DecodeError> {
    let named = fields.texts("environment")?;
    let same = named.into_iter().all(|name| Environment::from_name(name) == Some(ours));
    if same { Ok(()) } else { Err(DecodeError::AnotherEnvironment) }
}

/// Every state that the answer gives the credential, the most specific name first.
pub(super) fn states(
    fields: &Fields,
    expected: Expected<'_>,
) -> Result<Vec<CredentialStatus>, DecodeError> {
    let mut states = Vec::new();
    for field in STATES {
        let words = fields.texts(field)?.into_iter();
        states.extend(words.map(|word| expected.secrets.word(word).as_str().into()));
    }
    Ok(states)
}

pub(super) fn contradiction(error: &CredentialError) -> DecodeError {
    let field = match error {
        CredentialError::Denied { .. } => "deny_reason",
        CredentialError::NotVerified { .. } => "credential_status",
        CredentialError::Revoked => "revocation_status",
        CredentialError::SignatureNotVerified => "signature",
    };
    DecodeError::Contradiction { field }
}
