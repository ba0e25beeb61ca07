use serde_json::Value;

use super::Secrets;
use crate::DenyReason;

/// The fields that carry a reason to deny.
pub(crate) const REASONS: [&str; 3] = ["deny_reason", "denyReason", "reason_code"];

/// A reason that an answer names; an empty text is none. A known one is recognised before anything is
/// taken for an echo of a secret: no token of a caller's making may hide a sanctions match.
pub(crate) fn named_reason(word: &str, secrets: Secrets<'_>) -> Option<DenyReason> {
    let word = word.trim();
    if word.is_empty() {
        return None;
    }
    Some(known_reason(word).unwrap_or_else(|| DenyReason::from(&*secrets.word(word))))
}

/// A code that is among the known reasons to deny. What is said of a share code is said by the status
/// (decision D9) and is no reason to deny a credential.
pub(super) fn known_reason(code: &str) -> Option<DenyReason> {
    match DenyReason::from(code.trim()) {
        DenyReason::CodeNotFound
        | DenyReason::CodeAlreadyRedeemed
        | DenyReason::Other(_)
        | DenyReason::Unspecified => None,
        known => Some(known),
    }
}

/// The reasons in an `error` field: a text that is a known reason, or an object with one.
pub(super) fn reasons_in_error(error: &Value, secrets: Secrets<'_>) -> Vec<DenyReason> {
    match error {
        Value::String(text) => known_reason(text).into_iter().collect(),
        Value::Object(error) => {
            let named = REASONS
                .iter()
                .filter_map(|name| named_reason(error.get(*name)?.as_str()?, secrets));
            let coded = error.get("code").and_then(Value::as_str).and_then(known_reason);
            named.chain(coded).collect()
        }
        _ => Vec::new(),
    }
}
