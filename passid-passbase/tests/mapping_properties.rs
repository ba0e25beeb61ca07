//! Whatever an identity says: no claim is true unless everything that it stands on was said, plainly.
//!
//! The oracle below is written from the table and shares no code with the mapping.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;

use common::{KEY, RECEIVED, judged, metadata, token};
use passid_core::Verdict;
use passid_passbase::PassbaseVerifier;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value, json};

/// A field with one of these values, mostly the first, which is sound: so that one flaw alone is seen
/// too. Or no field at all.
fn field(values: Vec<Value>) -> impl Strategy<Value = Option<Value>> {
    let sound = values.first().cloned();
    prop_oneof![9 => Just(sound), 1 => Just(None), 3 => select(values).prop_map(Some)]
}

fn object(fields: &[(&str, &Option<Value>)]) -> Value {
    let given = fields.iter().filter_map(|(name, value)| Some((*name, Option::clone(value)?)));
    Value::Object(given.map(|(name, value)| (name.to_owned(), value)).collect::<Map<_, _>>())
}

fn scores() -> Vec<Value> {
    vec![
        json!(0.9),
        json!(0.9),
        json!(1),
        json!(0.75),
        json!(0.5),
        json!(0),
        json!(2),
        json!(-1),
        json!(null),
    ]
}

fn loose(scores: Vec<Value>) -> Vec<Value> {
    scores.into_iter().chain([json!("N/A"), json!("0.9"), json!(true), json!("")]).collect()
}

prop_compose! {
    fn resources()(
        kind in field(vec![
            json!("PASSPORT"), json!("NATIONAL_ID_CARD"), json!("EMAIL"), json!("VISA"), json!(null),
        ]),
        status in field(vec![
            json!("processed"), json!("processed"), json!("processing"), json!("odd"), json!(null),
        ]),
        created in field(vec![json!(RECEIVED), json!(RECEIVED + 900_000), json!(0), json!(null)]),
        expiry in field(vec![
            json!("2029-03-08"), json!("2029-03-08"), json!("2019-03-08"), json!("N/A"), json!(""),
            json!(null), json!(20_290_308),
        ]),
        authenticity in field(loose(scores())),
        face in field(loose(scores())),
        with_points in prop::bool::weighted(0.9),
    ) -> Value {
        let points = with_points.then(|| object(&[
            ("date_of_expiry", &expiry),
            ("id_authenticity_factor", &authenticity),
            ("face_match_factor", &face),
        ]));
        object(&[
            ("type", &kind), ("status", &status), ("created", &created), ("datapoints", &points),
        ])
    }
}

prop_compose! {
    fn watchlists()(
        clean in field(vec![json!(true), json!(true), json!(false), json!(null)]),
        types in field(vec![
            json!([]), json!([]), json!(null), json!(["pep"]), json!(["sanction"]), json!(["new"]),
        ]),
        listings in field(vec![
            json!({}), json!([]), json!(null), json!({"a": {}}),
            json!({"a": {"aml_types": ["sanction-x"]}}),
        ]),
    ) -> Value {
        object(&[("clean", &clean), ("types", &types), ("listings", &listings)])
    }
}

prop_compose! {
    fn identities()(
        status in field(vec![
            json!("approved"), json!("approved"), json!("approved"), json!("declined"),
            json!("pending"), json!("APPROVED"), json!("N/A"), json!(null),
        ]),
        score in field(scores()),
        resources in prop::collection::vec(resources(), 0..3),
        watchlist in prop_oneof![
            Just(None), Just(Some(json!(null))), watchlists().prop_map(Some),
            Just(Some(json!({"clean": true}))),
        ],
        bound in prop::bool::weighted(0.9),
    ) -> Value {
        let id = Some(json!(KEY));
        let resources = Some(Value::Array(resources));
        let metadata = bound.then(metadata);
        object(&[
            ("id", &id), ("status", &status), ("score", &score), ("resources", &resources),
            ("watchlist", &watchlist), ("metadata", &metadata),
        ])
    }
}

/// Whether a score was said, plainly, and is at the floor.
fn high(score: &Value) -> bool {
    score.as_f64().is_some_and(|score| (0.75..=1.0).contains(&score))
}

fn clear(identity: &Value) -> bool {
    let watchlist = &identity["watchlist"];
    let text = watchlist.to_string();
    watchlist["clean"] == true
        && !text.contains("sanction")
        && !text.contains("pep")
        && !text.contains("new")
        && !text.contains("\"a\"")
}

fn documents(identity: &Value) -> Vec<&Value> {
    let all = identity["resources"].as_array().unwrap();
    let counts = |r: &&Value| {
        (r["type"] == "PASSPORT" || r["type"] == "NATIONAL_ID_CARD")
            && (r["status"].is_null() || r["status"] == "processed")
    };
    all.iter().filter(counts).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_that_is_unknown_absent_or_unreadable_makes_a_claim_true(identity in identities()) {
        let verdict = judged(&identity, token(), PassbaseVerifier::leaving_sanctions_to_the_policy);
        let Verdict::Valid(credential) = verdict else {
            prop_assert!(identity["status"] != "approved" || identity["metadata"].is_null());
            return Ok(());
        };
        let claims = credential.claims();
        prop_assert_eq!(&identity["status"], "approved");
        prop_assert!(!identity["metadata"].is_null());

        let documents = documents(&identity);
        prop_assert_eq!(claims.identity_verified == Some(true), !documents.is_empty());
        prop_assert_ne!(claims.identity_verified, Some(false));
        prop_assert_eq!(claims.sanctions_screening_clear == Some(true), clear(&identity));

        let readable = |score: &Value| {
            high(score) || score.is_null() || *score == "0.9"
        };
        let sound = documents.iter().all(|document| {
            let points = &document["datapoints"];
            points["date_of_expiry"] == "2029-03-08"
                && readable(&points["id_authenticity_factor"])
                && readable(&points["face_match_factor"])
        });
        let screened = identity["watchlist"].is_null() || clear(&identity);
        let passed = !documents.is_empty() && high(&identity["score"]) && sound && screened;
        prop_assert_eq!(claims.identity_and_fraud_checks_passed == Some(true), passed);
        let dirty = claims.sanctions_screening_clear == Some(false);
        prop_assert!(!(dirty && claims.identity_and_fraud_checks_passed == Some(true)));

        for absent in [
            claims.income_verified, claims.payment_behavior_verified, claims.savings_behavior_verified,
        ] {
            prop_assert_eq!(absent, None);
        }
        prop_assert!(claims.extra.is_empty());
    }

    #[test]
    fn no_finding_on_a_sanctions_list_passes_by_default(identity in identities()) {
        let listed = identity["watchlist"].to_string().contains("sanction");
        if let Verdict::Valid(_) = judged(&identity, token(), |v| v) {
            prop_assert!(!listed);
        }
    }
}
