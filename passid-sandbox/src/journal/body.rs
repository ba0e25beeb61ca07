//! What the journal keeps of a body: its structure, and the values that are known to be harmless.
//! Names are texts of the client's making like values, and kept only if the API has them.

use serde_json::{Map, Value};

/// The members that the requests of the APIs have.
const NAMES: [&str; 63] = [
    "address",
    "age",
    "amountUsd",
    "auto_start",
    "bottom",
    "callback_url",
    "capture_margins",
    "code",
    "consent",
    "content",
    "country",
    "customer_information",
    "date_of_birth",
    "device_info",
    "document_details",
    "document_id",
    "document_serial_number",
    "expiresInSeconds",
    "external_user_id",
    "force_retry",
    "format",
    "full_name",
    "gender",
    "given_name",
    "granted",
    "id_value",
    "image",
    "image_id",
    "image_type",
    "info",
    "institutionName",
    "institution_reference",
    "issue_date",
    "left",
    "mock_behavior",
    "mock_recommendation",
    "notes",
    "observationDays",
    "organization_id",
    "organization_name",
    "outcome",
    "permissions",
    "person_details",
    "processing_time",
    "productType",
    "reason",
    "recommendation",
    "region",
    "requestId",
    "right",
    "shareId",
    "start",
    "state",
    "surname",
    "time_to_live",
    "token",
    "top",
    "ttlSeconds",
    "type",
    "userId",
    "valid_until",
    "webhookSecret",
    "webhookUrl",
];

/// Members whose numbers say nothing about a person.
const NUMBERS: [&str; 3] = ["expiresInSeconds", "observationDays", "ttlSeconds"];

/// Members that take words from a list, with the list.
const WORDS: [(&str, &[&str]); 6] = [
    ("format", &["jpg"]),
    ("image_type", &["document_front", "document_back", "selfie"]),
    ("mock_recommendation", &RECOMMENDATIONS),
    (
        "outcome",
        &[
            "repaid",
            "no_default",
            "delinquent",
            "defaulted",
            "fraud_confirmed",
            "account_closed",
            "other",
        ],
    ),
    (
        "permissions",
        &[
            "verified_credential_summary",
            "income_verified",
            "identity_verified",
            "sanctions_clear",
            "payment_reliability",
            "savings_consistency",
            "fraud_risk",
        ],
    ),
    ("recommendation", &RECOMMENDATIONS),
];

const RECOMMENDATIONS: [&str; 3] = ["ALLOW", "CHALLENGE", "DENY"];

/// A body of more values is told by its length, so that the journal stays small.
const MOST_VALUES: usize = 256;
/// A longer one is told by that: an image, or what the server put in the place of what it did not keep.
const LONGEST_BODY: usize = 64 * 1024;

pub(super) fn redacted(body: &[u8]) -> Value {
    if body.is_empty() {
        return Value::Null;
    }
    if body.len() > LONGEST_BODY {
        return format!("<more than {LONGEST_BODY} bytes>").into();
    }
    serde_json::from_slice(body)
        .ok()
        .and_then(|document| Redaction { left: MOST_VALUES }.value(None, document))
        .unwrap_or_else(|| format!("<{} bytes>", body.len()).into())
}

/// Counts the values down, and gives nothing when there are too many.
struct Redaction {
    left: usize,
}

impl Redaction {
    /// `name` is that of the member which has the value, also through an array.
    fn value(&mut self, name: Option<&str>, value: Value) -> Option<Value> {
        self.left = self.left.checked_sub(1)?;
        Some(match value {
            Value::Null => Value::Null,
            Value::Bool(_) => "<bool>".into(),
            Value::Number(number) if name.is_some_and(|name| NUMBERS.contains(&name)) => {
                number.into()
            }
            Value::Number(_) => "<number>".into(),
            Value::String(text) if is_listed(name, &text) => text.into(),
            Value::String(text) => format!("<string:{}>", text.chars().count()).into(),
            Value::Array(items) => items
                .into_iter()
                .map(|item| self.value(name, item))
                .collect::<Option<Vec<_>>>()?
                .into(),
            Value::Object(members) => self.members(members)?.into(),
        })
    }

    fn members(&mut self, members: Map<String, Value>) -> Option<Map<String, Value>> {
        let mut redacted = Map::new();
        for (position, (name, value)) in members.into_iter().enumerate() {
            let known = NAMES.into_iter().find(|known| *known == name);
            // The position, because two unknown names may have one length.
            let shown = known.map_or_else(
                || format!("<name {}:{}>", position.saturating_add(1), name.chars().count()),
                str::to_owned,
            );
            redacted.insert(shown, self.value(known, value)?);
        }
        Some(redacted)
    }
}

fn is_listed(name: Option<&str>, text: &str) -> bool {
    WORDS.iter().any(|(member, words)| name == Some(member) && words.contains(&text))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn of(body: &Value) -> Value {
        redacted(body.to_string().as_bytes())
    }

    #[test]
    fn structure_and_harmless_values_are_kept() {
        let body = json!({
            "token": "PASSID-KE8V-3TXY",
            "outcome": "repaid",
            "amountUsd": 5000,
            "observationDays": 90,
            "permissions": ["income_verified", "KE8V"],
            "notes": null,
        });
        assert_eq!(
            of(&body),
            json!({
                "token": "<string:16>",
                "outcome": "repaid",
                "amountUsd": "<number>",
                "observationDays": 90,
                "permissions": ["income_verified", "<string:4>"],
                "notes": null,
            })
        );
    }

    #[test]
    fn a_word_is_harmless_only_where_it_belongs() {
        for (body, kept) in [
            (json!({"token": "repaid"}), json!({"token": "<string:6>"})),
            (json!({"outcome": "income_verified"}), json!({"outcome": "<string:15>"})),
            (json!({"outcome": 7}), json!({"outcome": "<number>"})),
            (json!({"ttlSeconds": "KE8V"}), json!({"ttlSeconds": "<string:4>"})),
            (json!({"ttlSeconds": {"a": 1}}), json!({"ttlSeconds": {"<name 1:1>": "<number>"}})),
            (
                json!({"KE8V": true, "ZZZZ": "\u{f6}"}),
                json!({
                    "<name 1:4>": "<bool>",
                    "<name 2:4>": "<string:1>",
                }),
            ),
            (json!("KE8V"), json!("<string:4>")),
            (json!([600]), json!(["<number>"])),
        ] {
            assert_eq!(of(&body), kept);
        }
    }

    #[test]
    fn what_is_no_json_or_too_much_is_told_by_its_length() {
        assert_eq!(redacted(b""), Value::Null);
        assert_eq!(redacted(b"code=KE8V"), "<9 bytes>");
        assert_eq!(redacted(b"\"KE8V"), "<5 bytes>");
        assert_eq!(redacted("[".repeat(1_000).as_bytes()), "<1000 bytes>");
        assert_eq!(redacted(&[b' '; LONGEST_BODY + 1]), "<more than 65536 bytes>");
        let wide = json!(vec![1; MOST_VALUES]);
        assert_eq!(of(&wide), format!("<{} bytes>", wide.to_string().len()));
        assert!(of(&json!(vec![1; MOST_VALUES - 1])).is_array());
    }

    /// JSON whose every text and number has a marker in it.
    fn marked() -> impl Strategy<Value = Value> {
        let text = "[a-zA-Z<>:]{0,5}".prop_map(|rest| format!("{rest}MARK"));
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            Just(Value::from(987_654_321)),
            text.prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 32, 4, |inner| {
            let name = prop_oneof![
                "[a-z]{0,3}MARK",
                proptest::sample::select(NAMES.as_slice())
                    .prop_filter("its numbers are kept", |name| !NUMBERS.contains(name))
                    .prop_map(str::to_owned),
            ];
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                proptest::collection::btree_map(name, inner, 0..4)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn nothing_of_the_clients_making_is_kept(body in marked()) {
            let kept = of(&body).to_string();
            prop_assert!(!kept.contains("MARK") && !kept.contains("987654321"), "{kept}");
        }
    }
}
