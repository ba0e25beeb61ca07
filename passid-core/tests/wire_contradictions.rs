//! Answers that contradict themselves, and the final word on sanctions: none of them passes, and no
//! policy makes one pass (decisions D5, D6 and D7).
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod common;

use std::sync::Arc;

use common::{block_on, cases, enveloped, redeemed_answer, redeems, valid_answer, verify};
use passid_core::testing::{ManualClock, MockTransport};
use passid_core::{
    ApiKey, Decision, DenyReason, ErrorKind, Guard, PassidClient, Policy, Reason, RequestView,
};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

const HARD_DENY: &str = "HARD_DENY_SANCTIONS_MATCH";

/// What contradicts a valid answer, wherever it stands.
fn contradictions() -> Vec<(&'static str, Value)> {
    vec![
        ("credential_valid", json!(false)),
        ("valid", json!(false)),
        ("ok", json!(false)),
        ("success", json!(false)),
        ("deny_reason", json!("TOKEN_EXPIRED")),
        ("denyReason", json!("new_one")),
        ("reason_code", json!("invalid_signature")),
        ("credential_status", json!("invalid")),
        ("token_status", json!("suspended")),
        ("status", json!("manual_review_required")),
        ("revocation_status", json!("revoked")),
        ("revoked", json!(true)),
        ("signature", json!({"status": "failed"})),
        ("signature_valid", json!(false)),
        ("proof_verified", json!(false)),
        ("environment", json!("live")),
        ("error", json!({"code": "ANY"})),
        ("error", json!("any")),
        ("error", json!([])),
    ]
}

#[test]
fn one_contradicting_field_in_any_place_spoils_a_valid_answer() {
    for (field, value) in contradictions() {
        for mut answer in [valid_answer(), enveloped(&valid_answer())] {
            if answer.get("data").is_some() {
                let mut inside = answer.clone();
                inside["data"][field] = value.clone();
                assert!(verify(200, inside.to_string()).is_err(), "{inside}");
            }
            answer[field] = value.clone();
            assert!(verify(200, answer.to_string()).is_err(), "{answer}");
        }
    }
}

#[test]
fn one_contradicting_field_in_any_place_spoils_a_redemption() {
    let mut passed = Vec::new();
    for (field, value) in contradictions() {
        let (mut outside, mut inside) = (redeemed_answer(), redeemed_answer());
        outside[field] = value.clone();
        inside["data"][field] = value.clone();
        for answer in [outside, inside] {
            if redeems(200, answer.to_string()) {
                passed.push(answer.to_string());
            }
        }
    }
    assert!(passed.is_empty(), "{}", passed.join("\n"));
}

#[test]
fn a_redemption_whose_envelope_asks_for_a_review_is_not_verified() {
    let claims = json!({"income_verified": true});
    let outside = json!({"status": "manual_review_required", "data": {"verified_claims": claims}});
    assert!(!redeems(200, outside.to_string()), "{outside}");
}

#[test]
fn a_redemption_with_two_states_that_differ_is_not_verified() {
    for (status, other) in [("manual_review_required", "active"), ("pending", "verified")] {
        for name in ["credential_status", "token_status"] {
            let answer = json!({"data": {"status": status, name: other, "verified_claims": {}}});
            assert!(!redeems(200, answer.to_string()), "{answer}");
        }
    }
}

#[test]
fn an_end_in_the_past_under_either_name_or_in_the_envelope_refuses() {
    let past = json!("2026-03-17T14:02:11Z");
    let mut passed = Vec::new();
    for name in ["expires_at", "expiresAt"] {
        let mut flat = valid_answer();
        flat[name] = past.clone();
        let mut outside = enveloped(&valid_answer());
        outside[name] = past.clone();
        for answer in [enveloped(&flat), flat, outside] {
            if verify(200, answer.to_string()).is_ok() {
                passed.push(answer.to_string());
            }
        }
    }
    assert!(passed.is_empty(), "{}", passed.join("\n"));
}

#[test]
fn another_token_or_a_bad_signature_in_the_envelope_spoils_a_valid_answer() {
    for (field, value) in [
        ("token", json!("PASSID-AAAA-AAAA-AAAA-AAAA")),
        ("signature", json!("failed")),
        ("signature", json!(false)),
    ] {
        let mut answer = enveloped(&valid_answer());
        answer[field] = value;
        assert!(verify(200, answer.to_string()).is_err(), "{field} in {answer}");
    }
}

/// An otherwise valid answer with the final word at one of its possible places.
fn final_word() -> impl Strategy<Value = Value> {
    let spelling =
        select(vec![HARD_DENY, "hard_deny_sanctions_match", " Hard_Deny_Sanctions_Match "]);
    let place = select(vec![
        "deny_reason",
        "denyReason",
        "reason_code",
        "error",
        "error.code",
        "error.deny_reason",
        "error.denyReason",
        "error.reason_code",
    ]);
    (spelling, place, any::<[bool; 3]>()).prop_map(|(word, place, [wrap, inside, yes])| {
        let mut answer = if wrap { enveloped(&valid_answer()) } else { valid_answer() };
        let fields = if wrap && inside { &mut answer["data"] } else { &mut answer };
        fields["credential_valid"] = json!(yes);
        match place.split_once('.') {
            Some((outer, inner)) => fields[outer] = json!({inner: word}),
            None => fields[place] = json!(word),
        }
        answer
    })
}

/// Any policy that can be built without looking at the credential too closely.
fn any_policy() -> impl Strategy<Value = Policy> {
    let leaf = prop_oneof![
        Just(Policy::verified_only()),
        select(vec!["income_verified", "identity_verified", "corridor", "x"])
            .prop_map(|claim| Policy::builder().require_claims([claim]).build().unwrap()),
        any::<u32>().prop_map(|h| Policy::builder().max_credential_age_hours(h).build().unwrap()),
        Just(Policy::builder().require_sanctions_clear().build().unwrap()),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        (prop::collection::vec(inner, 1..4), 0..3_u8).prop_map(|(parts, how)| {
            let builder = match how {
                0 => Policy::builder().all_of(parts),
                1 => Policy::builder().any_of(parts),
                _ => Policy::builder().not(parts[0].clone()),
            };
            // A requirement on sanctions cannot be negated; such a policy is left out.
            builder.build().unwrap_or_else(|_| Policy::verified_only())
        })
    })
}

struct Bearer;

impl RequestView for Bearer {
    fn method(&self) -> &'static str {
        "GET"
    }

    fn query(&self) -> Option<&str> {
        None
    }

    fn each_header<'a>(&'a self, name: &str, visit: &mut dyn FnMut(&'a [u8])) {
        if name == passid_core::TOKEN_HEADER {
            visit(common::TOKEN.as_bytes());
        }
    }
}

fn decide(answer: &Value, policy: Policy) -> Decision {
    let transport = MockTransport::new();
    transport.answer(passid_core::client::ApiResponse::new(200, answer.to_string()));
    let clock = Arc::new(ManualClock::at(common::start()).auto_advance());
    let client = PassidClient::builder(ApiKey::parse(common::KEY).unwrap());
    let client = client.transport(transport).clock(clock.clone()).build().unwrap();
    block_on(Guard::builder(client, policy).clock(clock).build().check(&Bearer))
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn no_policy_turns_a_sanctions_match_into_a_pass(
        answer in final_word(), policy in any_policy(),
    ) {
        let refused = ErrorKind::Refused(DenyReason::HardDenySanctionsMatch);
        let error = verify(200, answer.to_string()).unwrap_err();
        prop_assert_eq!(error.kind(), &refused);
        for status in [400, 401, 403, 404, 422, 500, 302] {
            let error = verify(status, answer.to_string()).unwrap_err();
            prop_assert!(!(400..500).contains(&status) || *error.kind() == refused);
        }
        prop_assert!(!redeems(200, answer.to_string()));
        let Decision::Refused(rejection) = decide(&answer, policy) else {
            return Err(TestCaseError::fail("passed"));
        };
        prop_assert_eq!(rejection.status(), 401);
        let Reason::Denied(reason) = rejection.reason() else {
            return Err(TestCaseError::fail("another reason"));
        };
        prop_assert!(reason.is_final());
    }
}

#[test]
fn a_sanctions_match_under_the_name_code_is_final_in_a_200_too() {
    let mut answer = valid_answer();
    answer["code"] = json!(HARD_DENY);
    for answer in [answer.clone(), enveloped(&answer)] {
        let result = verify(200, answer.to_string());
        assert!(result.is_err(), "passed: {answer}");
    }
}
