use std::time::{Duration, SystemTime};

use super::*;
use crate::{ClaimName, Environment, VerificationClaims};

const NOW: SystemTime = SystemTime::UNIX_EPOCH;

fn credential(claims: VerificationClaims) -> VerifiedCredential {
    VerifiedCredential::builder("passid", Environment::Sandbox, claims, NOW).build().unwrap()
}

fn good() -> VerificationClaims {
    VerificationClaims {
        identity_verified: Some(true),
        income_verified: Some(true),
        income_band: Some("$3,000-4,000/mo".into()),
        sanctions_screening_clear: Some(true),
        identity_and_fraud_checks_passed: Some(true),
        freshness_hours: Some(2),
        ..Default::default()
    }
}

fn guide() -> Policy {
    Policy::builder()
        .require_claims(["income_verified", "sanctions_screening_clear"])
        .max_credential_age_hours(72)
        .build()
        .unwrap()
}

fn rules(result: Result<(), PolicyViolation>) -> Vec<(String, Option<String>)> {
    let Err(violation) = result else { return Vec::new() };
    let named = |v: &Violation| (v.rule().to_owned(), v.claim().map(ToString::to_string));
    violation.violations().iter().map(named).collect()
}

#[test]
fn the_guides_policy_passes_the_guides_claims() {
    guide().evaluate(&credential(good()), NOW).unwrap();
}

#[test]
fn a_claim_that_is_missing_false_or_empty_violates() {
    let policy = Policy::builder().require_claims(["income_band"]).build().unwrap();
    for band in [None, Some(""), Some("  ")] {
        let claims = VerificationClaims { income_band: band.map(Into::into), ..good() };
        assert!(policy.evaluate(&credential(claims), NOW).is_err(), "{band:?}");
    }
    for verified in [None, Some(false)] {
        let claims = VerificationClaims { income_verified: verified, ..good() };
        let violation = guide().evaluate(&credential(claims), NOW).unwrap_err();
        let [only] = violation.violations() else { panic!("{violation:?}") };
        assert_eq!(only.rule(), "requireClaims");
        assert_eq!(only.claim(), Some(&ClaimName::IncomeVerified));
        assert_eq!(only.is_undecidable(), verified.is_none());
    }
}

#[test]
fn an_age_equal_to_the_limit_passes_and_one_hour_more_does_not() {
    let at = |hours| credential(VerificationClaims { freshness_hours: hours, ..good() });
    assert!(guide().evaluate(&at(Some(72)), NOW).is_ok());
    assert!(guide().evaluate(&at(Some(73)), NOW).is_err());
    assert!(guide().evaluate(&at(None), NOW).is_err());
    let later = NOW + Duration::from_secs(3600);
    assert!(guide().evaluate(&at(Some(71)), later).is_ok());
    assert!(guide().evaluate(&at(Some(72)), later).is_err());
}

#[test]
fn the_two_flags_refuse_false_and_missing() {
    let policy =
        Policy::builder().require_sanctions_clear().require_fraud_checks_passed().build().unwrap();
    policy.evaluate(&credential(good()), NOW).unwrap();
    let claims = VerificationClaims {
        sanctions_screening_clear: Some(false),
        identity_and_fraud_checks_passed: None,
        ..good()
    };
    let violation = policy.evaluate(&credential(claims), NOW).unwrap_err();
    assert!(violation.violations().iter().all(Violation::is_sensitive));
    assert_eq!(violation.violations().len(), 2);
}

#[test]
fn all_violations_are_reported_in_the_guides_order_whatever_the_builders() {
    let policy = Policy::builder()
        .rule("never", "Never holds.", |_: &RuleContext<'_>| Outcome::Violated)
        .any_of([guide()])
        .require_sanctions_clear()
        .require_fraud_checks_passed()
        .max_credential_age_hours(1)
        .require_claims(["corridor", "identity_verified"])
        .build()
        .unwrap();
    let found = rules(policy.evaluate(&credential(VerificationClaims::default()), NOW));
    let found: Vec<_> =
        found.iter().map(|(rule, claim)| (rule.as_str(), claim.as_deref())).collect();
    assert_eq!(
        found,
        [
            ("requireClaims", Some("corridor")),
            ("requireClaims", Some("identity_verified")),
            ("maxCredentialAgeHours", Some("freshness_hours")),
            ("requireFraudChecksPassed", Some("identity_and_fraud_checks_passed")),
            ("requireSanctionsClear", Some("sanctions_screening_clear")),
            ("anyOf", None),
            ("never", None),
        ]
    );
}

#[test]
fn what_cannot_be_decided_refuses_under_every_composition() {
    let unknown = |_: &RuleContext<'_>| Outcome::Undecidable;
    let rule = Policy::builder().rule("unknown", "Unknown.", unknown).build().unwrap();
    let policies = [
        rule.clone(),
        Policy::builder().not(rule.clone()).build().unwrap(),
        Policy::builder().any_of([rule.clone()]).build().unwrap(),
        Policy::builder().all_of([rule.clone(), guide()]).build().unwrap(),
    ];
    for policy in policies {
        assert!(policy.evaluate(&credential(good()), NOW).is_err(), "{policy:?}");
    }
    let either = Policy::builder().any_of([rule, guide()]).build().unwrap();
    assert!(either.evaluate(&credential(good()), NOW).is_ok());
}

#[test]
fn a_negation_turns_yes_and_no_around() {
    let from_kenya = |context: &RuleContext<'_>| {
        let corridor = context.claims().corridor.as_deref();
        Outcome::from_known(corridor.map(|corridor| corridor.starts_with("KE")))
    };
    let kenya = Policy::builder().rule("kenya", "From Kenya.", from_kenya).build().unwrap();
    let elsewhere = Policy::builder().not(kenya).build().unwrap();
    let with = |corridor: Option<&str>| {
        credential(VerificationClaims { corridor: corridor.map(Into::into), ..good() })
    };
    assert!(elsewhere.evaluate(&with(Some("NG->US")), NOW).is_ok());
    assert!(elsewhere.evaluate(&with(Some("KE->GB")), NOW).is_err());
    assert!(elsewhere.evaluate(&with(None), NOW).is_err());
}

#[test]
fn an_expired_credential_violates_even_verified_only() {
    let ended = VerifiedCredential::builder("passid", Environment::Sandbox, good(), NOW)
        .expires_at(NOW + Duration::from_secs(10))
        .build()
        .unwrap();
    let policy = Policy::verified_only();
    policy.evaluate(&ended, NOW).unwrap();
    let found = rules(policy.evaluate(&ended, NOW + Duration::from_secs(10)));
    assert_eq!(found, [("expiresAt".to_owned(), None)]);
}

#[test]
fn mistakes_are_refused_when_the_policy_is_built() {
    assert_eq!(Policy::builder().build().unwrap_err(), PolicyError::Empty);
    let none: [&str; 0] = [];
    assert_eq!(Policy::builder().require_claims(none).build().unwrap_err(), PolicyError::Empty);
    let error = Policy::builder().require_claims(["sanctions_clear"]).build().unwrap_err();
    assert_eq!(
        error.to_string(),
        "sanctions_clear is a permission, not a claim; require the claim sanctions_screening_clear instead"
    );
    for (builder, expected) in [
        (Policy::builder().require_claims([" "]), PolicyError::ClaimName),
        (Policy::builder().require_claims(["x".repeat(129)]), PolicyError::ClaimName),
        (Policy::builder().any_of([]), PolicyError::EmptyComposition),
        (Policy::builder().all_of([]), PolicyError::EmptyComposition),
        (Policy::builder().not(guide()), PolicyError::NegatedSensitive),
        (
            Policy::builder().rule("", "Blank.", |_: &RuleContext<'_>| Outcome::Satisfied),
            PolicyError::RuleName,
        ),
    ] {
        assert_eq!(builder.build().unwrap_err(), expected);
    }
    assert!(matches!(
        Policy::builder().require_claims(["verified_credential_summary"]).build().unwrap_err(),
        PolicyError::PermissionForClaims { .. }
    ));
}

#[test]
fn a_claim_the_guide_does_not_list_is_looked_up_and_refuses_when_missing() {
    let policy = Policy::builder().require_claims(["dscr_above_1_2"]).build().unwrap();
    assert!(policy.evaluate(&credential(good()), NOW).is_err());
    let mut claims = good();
    claims.extra.insert("dscr_above_1_2".into(), true.into());
    assert!(policy.evaluate(&credential(claims), NOW).is_ok());
}

mod from_configuration {
    use super::*;

    fn json(text: &str) -> Result<Policy, String> {
        serde_json::from_str(text).map_err(|error| error.to_string())
    }

    #[test]
    fn the_guides_json_the_same_in_toml_and_the_builder_agree() {
        let from_json = json(
            r#"{"requireClaims": ["income_verified", "sanctions_screening_clear"], "maxCredentialAgeHours": 72}"#,
        )
        .unwrap();
        let from_toml: Policy = toml::from_str(
            "requireClaims = ['income_verified', 'sanctions_screening_clear']\nmaxCredentialAgeHours = 72",
        )
        .unwrap();
        let snake: Policy = toml::from_str(
            "require_claims = ['income_verified', 'sanctions_screening_clear']\nmax_credential_age_hours = 72",
        )
        .unwrap();
        for policy in [from_json, from_toml, snake] {
            assert_eq!(format!("{policy:?}"), format!("{:?}", guide()));
        }
    }

    #[test]
    fn compositions_can_be_written_down() {
        let policy = json(
            r#"{"requireSanctionsClear": true, "anyOf": [{"requireClaims": ["income_verified"]},
                {"allOf": [{"verifiedOnly": true}], "not": {"requireClaims": ["corridor"]}}]}"#,
        )
        .unwrap();
        assert!(policy.evaluate(&credential(good()), NOW).is_ok());
    }

    #[test]
    fn a_typo_an_unknown_option_or_a_wrong_type_is_an_error() {
        for text in [
            r#"{"requireSanctionClear": true}"#,
            r#"{"requireClaims": "income_verified"}"#,
            r#"{"maxCredentialAgeHours": -1}"#,
            r#"{"maxCredentialAgeHours": 1.5}"#,
            r#"{"requireSanctionsClear": "yes"}"#,
            r#"{"requireClaims": ["fraud_risk"]}"#,
            r#"{"requireClaims": []}"#,
            r#"{"requireSanctionsClear": false}"#,
            r#"{"verifiedOnly": true, "requireSanctionsClear": true}"#,
            r#"{"anyOf": []}"#,
            r#"{"not": {"requireSanctionsClear": true}}"#,
            "{}",
            "[]",
        ] {
            assert!(json(text).is_err(), "{text}");
        }
        assert!(json("{}").unwrap_err().contains("verifiedOnly"));
    }

    #[test]
    fn verified_only_can_be_said() {
        assert_eq!(
            format!("{:?}", json(r#"{"verifiedOnly": true}"#).unwrap()),
            format!("{:?}", Policy::verified_only())
        );
    }
}
