//! Properties of the reading of answers: no bytes panic, and no damage to a denial or to a valid
//! answer becomes a pass (decisions D5 and D6).
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod common;

use common::{
    api_with, block_on, cases, denial, enveloped, json as any_json, redeemed_answer, redeems,
    token, valid_answer, verify,
};
use passid_core::VerificationClaims;
use passid_core::client::RetrySettings;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Map, Value, json};

const VALIDITY: [&str; 3] = ["credential_valid", "valid", "ok"];

/// The objects that statements of an answer stand in: the answer, and its `data`.
fn levels(answer: &Value) -> Vec<&Map<String, Value>> {
    [Some(answer), answer.get("data")].into_iter().flatten().filter_map(Value::as_object).collect()
}

/// Written without a look at the code: does anything in this answer speak against the credential?
fn denies(answer: &Value) -> bool {
    levels(answer).into_iter().any(|fields| {
        let is = |name: &str, word: &Value| fields.get(name) == Some(word);
        let text = |name: &str| fields.get(name).and_then(Value::as_str).map(str::to_lowercase);
        VALIDITY.iter().any(|name| is(name, &json!(false)))
            || is("success", &json!(false))
            || ["deny_reason", "denyReason", "reason_code"]
                .iter()
                .any(|name| text(name).is_some_and(|reason| !reason.trim().is_empty()))
            || ["credential_status", "token_status", "status"].iter().any(|name| {
                text(name).is_some_and(|state| state != "verified" && state != "active")
            })
            || text("revocation_status").is_some_and(|state| state != "not_revoked")
            || fields.get("error").is_some_and(|error| !error.is_null())
    })
}

fn claims_validity(answer: &Value) -> bool {
    levels(answer)
        .into_iter()
        .any(|fields| VALIDITY.iter().any(|name| fields.get(*name) == Some(&json!(true))))
}

/// Denials in all the published shapes, flat and enveloped.
fn denials() -> Vec<Value> {
    let b = json!({"valid": false, "claims": null, "denyReason": "TOKEN_EXPIRED"});
    let mut revoked = valid_answer();
    revoked["credential_valid"] = json!(false);
    revoked["revocation_status"] = json!("revoked");
    let coded = json!({"success": false, "error": {"code": "TOKEN_REVOKED", "message": "m"}});
    let mut all = vec![coded];
    for flat in [denial(), b, revoked] {
        all.extend([enveloped(&flat), json!({"success": false, "data": flat}), flat]);
    }
    all
}

#[derive(Clone, Debug)]
enum Mutation {
    Remove(Index),
    Replace(Index, Value),
    Rename(Index, String),
    Wrap(String),
    List,
}

fn mutation() -> impl Strategy<Value = Mutation> {
    let index = || any::<Index>();
    prop_oneof![
        index().prop_map(Mutation::Remove),
        (index(), any_json::value()).prop_map(|(at, value)| Mutation::Replace(at, value)),
        (index(), any_json::name()).prop_map(|(at, name)| Mutation::Rename(at, name)),
        any_json::name().prop_map(Mutation::Wrap),
        Just(Mutation::List),
    ]
}

/// Every place of an object that has a name, as the names that lead there.
fn places(value: &Value, above: &[String], found: &mut Vec<Vec<String>>) {
    for (name, value) in value.as_object().into_iter().flatten() {
        let here = [above, std::slice::from_ref(name)].concat();
        places(value, &here, found);
        found.push(here);
    }
}

/// One of the places of an answer: the object, and the name in it.
fn place(answer: &mut Value, at: Index) -> (&mut Map<String, Value>, String) {
    let mut all = Vec::new();
    places(answer, &[], &mut all);
    let (name, above) = at.get(&all).split_last().unwrap();
    let object = above.iter().fold(answer, |value, name| &mut value[name.as_str()]);
    (object.as_object_mut().unwrap(), name.clone())
}

fn mutate(mut answer: Value, mutation: Mutation) -> Value {
    match mutation {
        Mutation::Remove(at) => {
            let (object, name) = place(&mut answer, at);
            object.remove(&name);
        }
        Mutation::Replace(at, value) => {
            let (object, name) = place(&mut answer, at);
            object.insert(name, value);
        }
        Mutation::Rename(at, other) => {
            let (object, name) = place(&mut answer, at);
            let value = object.remove(&name).unwrap();
            object.insert(other, value);
        }
        Mutation::Wrap(name) => return json!({name: answer}),
        Mutation::List => return json!([answer]),
    }
    answer
}

proptest! {
    #![proptest_config(cases(400))]

    #[test]
    fn arbitrary_bytes_never_pass(body in prop::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(verify(200, body.clone()).is_err());
        prop_assert!(!redeems(200, body));
    }

    #[test]
    fn arbitrary_json_passes_only_if_it_says_valid_and_nothing_speaks_against_it(
        object in any_json::object(),
    ) {
        let answer = Value::Object(object);
        if verify(200, answer.to_string()).is_ok() {
            prop_assert!(claims_validity(&answer) && !denies(&answer));
        }
    }

        #[test]
    fn arbitrary_json_redeems_only_if_its_state_is_verified_and_nothing_speaks_against_it(
        object in any_json::object(), state in any_json::text(), outside: bool,
    ) {
        let mut answer = Value::Object(object);
        answer["status"] = json!(state);
        if outside {
            answer = json!({"data": answer, "status": "verified"});
        }
        if redeems(200, answer.to_string()) {
            prop_assert!(!denies(&answer), "{answer}");
        }
    }

    #[test]
    fn json_that_is_no_object_never_passes(value in any_json::value()) {
        for value in [json!([value]), json!([{"credential_valid": true}, value])] {
            prop_assert!(verify(200, value.to_string()).is_err());
        }
    }

    #[test]
    fn no_mutation_of_a_denial_passes_while_one_of_its_statements_is_left(
        denial in select(denials()),
        mutation in mutation(),
    ) {
        let mutated = mutate(denial, mutation);
        if denies(&mutated) {
            prop_assert!(verify(200, mutated.to_string()).is_err(), "{mutated}");
        }
    }

    #[test]
    fn no_single_mutation_of_the_published_denial_passes(mutation in mutation()) {
        let mutated = mutate(denial(), mutation);
        prop_assert!(verify(200, mutated.to_string()).is_err(), "{mutated}");
    }

    #[test]
    fn a_denial_that_repeats_one_of_its_names_never_passes(
        denial in select(denials()), at in any::<Index>(), value in any_json::value(), last: bool,
    ) {
        let fields = denial.as_object().unwrap();
        let name = json!(at.get(&fields.keys().collect::<Vec<_>>())).to_string();
        let text = denial.to_string();
        let inner = &text[1..text.len() - 1];
        let doubled = if last {
            format!("{{{inner},{name}:{value}}}")
        } else {
            format!("{{{name}:{value},{inner}}}")
        };
        prop_assert!(verify(200, doubled.clone()).is_err(), "{doubled}");
        prop_assert!(!redeems(200, doubled));
    }

    #[test]
    fn only_2xx_passes(status in 0..1000_u16, noise in any_json::object()) {
        let twoxx = (200..300).contains(&status);
        prop_assert_eq!(verify(status, valid_answer().to_string()).is_ok(), twoxx);
        prop_assert_eq!(redeems(status, redeemed_answer().to_string()), twoxx);
        if !twoxx {
            prop_assert!(verify(status, Value::Object(noise).to_string()).is_err());
        }
    }

    #[test]
    fn claims_are_written_back_as_they_were_read(object in any_json::object()) {
        let text = Value::Object(object).to_string();
        if let Ok(claims) = serde_json::from_str::<VerificationClaims>(&text) {
            let written = serde_json::to_string(&claims).unwrap();
            let again: VerificationClaims = serde_json::from_str(&written).unwrap();
            prop_assert!(again == claims);
            let (before, after): (Value, Value) =
                (serde_json::from_str(&text).unwrap(), serde_json::from_str(&written).unwrap());
            for (name, value) in &claims.extra {
                prop_assert_eq!(&before[name], value);
                prop_assert_eq!(&after[name], value);
            }
        }
    }
}

#[test]
fn no_truncation_of_a_valid_answer_passes() {
    for answer in [valid_answer(), enveloped(&valid_answer()), redeemed_answer()] {
        let text = answer.to_string();
        for end in 0..text.len() {
            assert!(verify(200, &text.as_bytes()[..end]).is_err(), "{end}");
            assert!(!redeems(200, &text.as_bytes()[..end]), "{end}");
        }
    }
}

#[test]
fn no_change_of_a_single_byte_lets_a_denial_pass() {
    let api = api_with(|builder| builder.retry(RetrySettings::never()));
    let token = token();
    block_on(async {
        for denial in [json!({"credential_valid": false}), denial(), denials()[0].clone()] {
            let text = denial.to_string().into_bytes();
            for at in 0..text.len() {
                for byte in 0..=u8::MAX {
                    let mut changed = text.clone();
                    changed[at] = byte;
                    api.answer(200, changed);
                    let result = api.client.verify_token(&token).await;
                    assert!(result.is_err(), "{byte:#x} at {at} of {denial}");
                }
            }
        }
    });
}
