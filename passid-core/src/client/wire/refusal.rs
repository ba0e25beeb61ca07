use serde_json::Value;

use super::Secrets;
use super::fields::Fields;
use super::reason::{REASONS, known_reason, named_reason, reasons_in_error};
use crate::DenyReason;

/// What an error answer (4xx, 5xx) says.
#[derive(Debug, Default)]
pub(in crate::client) struct Refusal {
    /// The reason to deny, if this is a rejection of the credential and not of the request.
    pub(in crate::client) reason: Option<DenyReason>,
    /// The API's code for the error, if it is fit to print.
    pub(in crate::client) code: Option<String>,
}

/// Reads an error answer. Nothing of it is published, so the reader takes what it finds (decision
/// D8): `error` as an object or a text, `code`, and the names of a reason. An answer that cannot be
/// read says nothing.
///
/// A code that is among the known reasons to deny counts as one, and so does an explicit
/// `credential_valid: false` (decision D6).
pub(in crate::client) fn refusal(body: &[u8], secrets: Secrets<'_>) -> Refusal {
    let Ok(fields) = Fields::parse(body) else { return Refusal::default() };
    let mut reasons: Vec<DenyReason> = Vec::new();
    let mut code = None;
    for name in REASONS {
        reasons.extend(fields.all(name).filter_map(|value| named_reason(value.as_str()?, secrets)));
    }
    for error in fields.all("error") {
        reasons.extend(reasons_in_error(error, secrets));
        code = code.or_else(|| code_in_error(error, secrets));
    }
    for value in fields.all("code") {
        reasons.extend(value.as_str().and_then(known_reason));
        code = code.or_else(|| value.as_str().and_then(|code| secrets.printable(code)));
    }
    let invalid = |name| matches!(fields.bools(name), Ok(said) if said.contains(&false));
    if reasons.is_empty() && (invalid("credential_valid") || invalid("valid")) {
        reasons.push(DenyReason::Unspecified);
    }
    let last_word = reasons.iter().find(|reason| reason.is_final()).cloned();
    Refusal { reason: last_word.or_else(|| reasons.into_iter().next()), code }
}

fn code_in_error(error: &Value, secrets: Secrets<'_>) -> Option<String> {
    let text = match error {
        Value::String(text) => text,
        Value::Object(error) => error.get("code")?.as_str()?,
        _ => return None,
    };
    secrets.printable(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> (Option<DenyReason>, Option<String>) {
        let refusal = refusal(body.as_bytes(), Secrets(&["pk_sandbox_secret", "PASSID-AAAA"]));
        (refusal.reason, refusal.code)
    }

    #[test]
    fn every_name_for_a_code_or_a_reason_is_read() {
        for (body, reason, code) in [
            (r#"{"success":false,"error":{"code":"NO","message":"m"}}"#, None, Some("NO")),
            (r#"{"error":"not_found"}"#, None, Some("not_found")),
            (r#"{"code":"RATE"}"#, None, Some("RATE")),
            (r#"{"deny_reason":"TOKEN_EXPIRED"}"#, Some(DenyReason::TokenExpired), None),
            (r#"{"denyReason":"token_expired"}"#, Some(DenyReason::TokenExpired), None),
            (r#"{"data":{"reason_code":"new"}}"#, Some(DenyReason::Other("new".into())), None),
            (
                r#"{"error":{"code":"HARD_DENY_SANCTIONS_MATCH"}}"#,
                Some(DenyReason::HardDenySanctionsMatch),
                Some("HARD_DENY_SANCTIONS_MATCH"),
            ),
            (r#"{"credential_valid":false}"#, Some(DenyReason::Unspecified), None),
        ] {
            assert_eq!(read(body), (reason, code.map(str::to_owned)), "{body}");
        }
    }

    #[test]
    fn a_sanctions_match_outweighs_other_reasons() {
        let body = r#"{"reason_code":"other","error":{"deny_reason":"hard_deny_sanctions_match"}}"#;
        assert_eq!(read(body).0, Some(DenyReason::HardDenySanctionsMatch));
    }

    #[test]
    fn what_cannot_be_read_or_printed_says_nothing() {
        for body in ["", "<html>", "[]", "{}", r#"{"error":7}"#, r#"{"code":{"a":1}}"#] {
            assert_eq!(read(body), (None, None), "{body}");
        }
        for echo in ["PASSID-AAAA", "x pk_SANDBOX_secret", "line\\nbreak", "<b>"] {
            assert_eq!(read(&format!(r#"{{"code":"{echo}"}}"#)), (None, None), "{echo}");
        }
        let long = "x".repeat(129);
        assert_eq!(read(&format!(r#"{{"code":"{long}"}}"#)).1, None);
    }
}
