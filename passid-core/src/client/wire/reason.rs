use serde_json::Value;

use super::Secrets;
use crate::DenyReason;

/// The fields that carry a reason to deny.
pub(super) const REASONS: [&str; 3] = ["deny_reason", "denyReason", "reason_code"];

/// A reason that an answer names; an empty text is none.
pub(super) fn reason(value: &Value, secrets: Secrets<'_>) -> Option<DenyReason> {
    let word = value.as_str()?.trim();
    (!word.is_empty()).then(|| DenyReason::from(secrets.word(word).as_str()))
}

/// A code that is among the known reasons to deny.
pub(super) fn known_reason(code: &str) -> Option<DenyReason> {
    match DenyReason::from(code.trim()) {
        DenyReason::Other(_) | DenyReason::Unspecified => None,
        known => Some(known),
    }
}

/// The reasons in an `error` field: a text that is a known reason, or an object with one.
pub(super) fn reasons_in_error(error: &Value, secrets: Secrets<'_>) -> Vec<DenyReason> {
    match error {
        Value::String(text) => known_reason(text).into_iter().collect(),
        Value::Object(error) => {
            let named = REASONS.iter().filter_map(|name| reason(error.get(*name)?, secrets));
            let coded = error.get("code").and_then(Value::as_str).and_then(known_reason);
            named.chain(coded).collect()
        }
        _ => Vec::new(),
    }
}
