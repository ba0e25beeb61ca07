use super::credential::{credential, take_tokens};
use super::fields::Fields;
use super::verdict::{
    contradiction, deny_reasons, final_reason, first, no_contradiction, same_environment, states,
    validity,
};
use super::{DecodeError, Expected};
use crate::client::Redemption;
use crate::{CredentialStatus, DenyReason, Token, VerifiedCredential};

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

#[cfg(test)]
mod tests;
