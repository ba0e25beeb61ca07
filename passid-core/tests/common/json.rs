//! Arbitrary JSON that is likely to hit: names and words that the API uses, among others.

use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Number, Value};

/// Every name that the published answers use, and some that they do not.
pub(crate) const NAMES: [&str; 44] = [
    "credential_valid",
    "valid",
    "ok",
    "success",
    "data",
    "error",
    "code",
    "message",
    "credential_status",
    "token_status",
    "status",
    "deny_reason",
    "denyReason",
    "reason_code",
    "claims",
    "verified_claims",
    "token",
    "signature",
    "signature_valid",
    "proof_verified",
    "revocation_status",
    "revoked",
    "environment",
    "expires_at",
    "expiresAt",
    "verified_at",
    "verifiedAt",
    "audit_id",
    "verification_id",
    "freshness_hours",
    "freshness_status",
    "freshness",
    "proof_type",
    "proof",
    "issuer",
    "decisioning_note",
    "algorithm",
    "raw_transactions_included",
    "identity_verified",
    "income_band",
    "sanctions_screening_clear",
    "corridor",
    "",
    "x",
];

/// Words with a meaning, good and bad.
const WORDS: [&str; 18] = [
    "true",
    "verified",
    "active",
    "not_revoked",
    "revoked",
    "invalid",
    "failed",
    "sandbox",
    "live",
    "HARD_DENY_SANCTIONS_MATCH",
    "TOKEN_EXPIRED",
    "invalid_signature",
    "fresh",
    "stale",
    "",
    "2026-06-08T12:00:00Z",
    "2020-01-01T00:00:00Z",
    super::TOKEN,
];

pub(crate) fn text() -> impl Strategy<Value = String> {
    prop_oneof![3 => select(&WORDS[..]).prop_map(str::to_owned), 1 => ".{0,12}"]
}

pub(crate) fn name() -> impl Strategy<Value = String> {
    prop_oneof![6 => select(&NAMES[..]).prop_map(str::to_owned), 1 => "[a-z_]{1,12}"]
}

/// Numbers that a text form keeps exactly.
pub(crate) fn number() -> impl Strategy<Value = Number> {
    prop_oneof![
        any::<u32>().prop_map(Number::from),
        any::<i64>().prop_map(Number::from),
        any::<i32>().prop_filter_map("finite", |n| Number::from_f64(f64::from(n) / 8.0)),
    ]
}

pub(crate) fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        1 => Just(Value::Null),
        3 => any::<bool>().prop_map(Value::Bool),
        1 => number().prop_map(Value::Number),
        3 => text().prop_map(Value::String),
    ];
    leaf.prop_recursive(3, 24, 6, |inner| {
        prop_oneof![
            1 => prop::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
            4 => fields(inner, 8).prop_map(Value::Object),
        ]
    })
}

pub(crate) fn object() -> impl Strategy<Value = Map<String, Value>> {
    fields(value(), 10)
}

fn fields(
    value: impl Strategy<Value = Value>,
    most: usize,
) -> impl Strategy<Value = Map<String, Value>> {
    prop::collection::vec((name(), value), 0..most).prop_map(|fields| fields.into_iter().collect())
}
