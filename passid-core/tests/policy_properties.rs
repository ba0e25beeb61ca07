//! Properties of policies, against an oracle that was written from the guide and from decisions D17
//! to D20 alone.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod common;
#[path = "policy_properties/oracle.rs"]
mod oracle;

use common::{cases, json as any_json};
use oracle::{Person, SENSITIVE, Written};
use passid_core::{Outcome, Policy, PolicyBuilder, RuleContext, VerificationClaims, Violation};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Map, Value, json};

const PLAIN: [&str; 11] = [
    "identity_verified",
    "income_verified",
    "income_band",
    "payment_behavior_verified",
    "savings_behavior_verified",
    "data_window_days",
    "freshness_hours",
    "linked_accounts",
    "corridor",
    "tier",
    "fsi_score",
];

fn person() -> impl Strategy<Value = Person> {
    let known = (
        prop::array::uniform6(prop_oneof![4 => Just(Some(true)), 1 => any::<Option<bool>>()]),
        prop::option::of(select(vec!["", " ", "$3,000-4,000/mo", "x"])),
        prop::option::of(0..200_u32),
        prop::option::of(select(vec!["", "KE->GB"])),
    );
    let later =
        prop_oneof![Just(0), -600..1_i64, 0..400_000_i64, (1..110_i64).prop_map(|h| h * 3600)];
    (known, any_json::value(), any_json::value(), later).prop_map(
        |((bools, band, number, corridor), tier, score, later)| {
            let claims = VerificationClaims {
                identity_verified: bools[0],
                income_verified: bools[1],
                sanctions_screening_clear: bools[2],
                identity_and_fraud_checks_passed: bools[3],
                payment_behavior_verified: bools[4],
                savings_behavior_verified: bools[5],
                income_band: band.map(str::to_owned),
                freshness_hours: number,
                linked_accounts: number,
                corridor: corridor.map(str::to_owned),
                extra: Map::from_iter([("tier".to_owned(), tier), ("fsi_score".to_owned(), score)]),
                ..VerificationClaims::default()
            };
            Person { claims, later }
        },
    )
}

/// Any policy; one that may stand under `not` when it is not to be `sensitive`.
fn policy(sensitive: bool) -> BoxedStrategy<Written> {
    let names = || {
        let named = if sensitive { SENSITIVE.to_vec() } else { Vec::new() };
        subsequence([PLAIN.to_vec(), named].concat(), 0..3)
    };
    let flag = move || any::<bool>().prop_map(move |flag| flag && sensitive);
    let options = (names(), prop::option::of(0..250_u32), flag(), flag()).prop_map(
        |(claims, max_age, fraud, sanctions)| {
            Written { claims, max_age, fraud, sanctions, ..Written::default() }.or_verified_only()
        },
    );
    options
        .prop_recursive(3, 16, 3, |inner| {
            let some = prop::collection::vec(inner.clone(), 0..3);
            (inner.clone(), some.clone(), some, prop::option::of(inner)).prop_map(
                |(top, all_of, any_of, not)| {
                    let not = not.filter(Written::is_plain).map(Box::new);
                    let top = Written { verified_only: false, all_of, any_of, not, ..top };
                    top.or_verified_only()
                },
            )
        })
        .boxed()
}

#[derive(Clone, Copy, Debug)]
enum Call {
    Claims,
    Age,
    Fraud,
    Sanctions,
    AnyOf,
    Rule,
}

fn made(builder: PolicyBuilder, call: Call) -> PolicyBuilder {
    let part = || Policy::builder().require_claims(["tier"]).build().unwrap();
    match call {
        Call::Claims => builder.require_claims(["income_verified", "corridor"]),
        Call::Age => builder.max_credential_age_hours(40),
        Call::Fraud => builder.require_fraud_checks_passed(),
        Call::Sanctions => builder.require_sanctions_clear(),
        Call::AnyOf => builder.any_of([part()]),
        Call::Rule => builder.rule("window", "A window.", |context: &RuleContext<'_>| {
            Outcome::from_known(context.claims().linked_accounts.map(|number| number > 50))
        }),
    }
}

const CALLS: [Call; 6] =
    [Call::Claims, Call::Age, Call::Fraud, Call::Sanctions, Call::AnyOf, Call::Rule];

fn ordered(calls: &[Call]) -> Policy {
    calls.iter().fold(Policy::builder(), |builder, call| made(builder, *call)).build().unwrap()
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn every_form_of_a_policy_decides_as_the_oracle_does(
        policy in policy(true), person in person(),
    ) {
        let expected = policy.holds(&person) == Some(true);
        let config = policy.config();
        let json: Policy = serde_json::from_value(config.clone()).unwrap();
        let toml: Policy = toml::from_str(&toml::to_string(&config).unwrap()).unwrap();
        let reports = [policy.built(), json, toml].map(|policy| person.asked(&policy));
        prop_assert_eq!(reports[0].is_ok(), expected, "{:?}", reports[0]);
        prop_assert_eq!(&reports[0], &reports[1]);
        prop_assert_eq!(&reports[0], &reports[2]);
        prop_assert_eq!(&reports[0], &person.asked(&policy.built()), "not deterministic");
        if policy.is_plain() {
            let negated = Written { not: Some(Box::new(policy.clone())), ..Written::default() };
            prop_assert_eq!(person.passes(&negated), policy.holds(&person) == Some(false));
        }
        if let Err(violation) = &reports[0] {
            prop_assert!(!violation.violations().is_empty());
        }
    }

    #[test]
    fn one_more_requirement_never_lets_more_through(
        policy in policy(true), more in policy(true), person in person(),
    ) {
        let mut stricter = vec![Written::all(&[&policy, &more])];
        if !policy.verified_only {
            let claims = [policy.claims.clone(), vec!["fsi_score"]].concat();
            let any_of = if policy.any_of.is_empty() { vec![more] } else { policy.any_of.clone() };
            stricter.extend([
                Written { claims, ..policy.clone() },
                Written { fraud: true, ..policy.clone() },
                Written { sanctions: true, ..policy.clone() },
                Written { max_age: policy.max_age.or(Some(100)), ..policy.clone() },
                Written { max_age: policy.max_age.map(|hours| hours / 2), ..policy.clone() },
                Written { any_of, ..policy.clone() },
            ].into_iter().filter(|stricter| stricter.max_age.is_some() || policy.max_age.is_none()));
        }
        for stricter in stricter {
            prop_assert!(!person.passes(&stricter) || person.passes(&policy), "{stricter:?}");
        }
    }

    #[test]
    fn one_more_alternative_never_lets_less_through(
        mut parts in prop::collection::vec(policy(true), 1..4),
        more in policy(true),
        person in person(),
    ) {
        let before = person.passes(&Written::any(&parts));
        parts.push(more);
        prop_assert!(!before || person.passes(&Written::any(&parts)));
    }

    #[test]
    fn all_and_any_do_not_depend_on_the_order_or_the_grouping_of_their_parts(
        [a, b, c] in [policy(true), policy(true), policy(true)], person in person(),
    ) {
        let any = |parts: &[Written]| Written::any(parts);
        let straight = person.passes(&Written::all(&[&a, &b, &c]));
        prop_assert_eq!(straight, person.passes(&Written::all(&[&c, &a, &b])));
        let left = Written::all(&[&Written::all(&[&a, &b]), &c]);
        prop_assert_eq!(straight, person.passes(&left));
        let straight = person.passes(&any(&[a.clone(), b.clone(), c.clone()]));
        prop_assert_eq!(straight, person.passes(&any(&[c.clone(), b.clone(), a.clone()])));
        prop_assert_eq!(straight, person.passes(&any(&[a, any(&[b, c])])));
    }

    #[test]
    fn the_order_of_the_builders_calls_changes_neither_verdict_nor_report(
        calls in Just(CALLS.to_vec()).prop_shuffle(), person in person(),
    ) {
        prop_assert_eq!(person.asked(&ordered(&calls)), person.asked(&ordered(&CALLS)));
    }

    #[test]
    fn a_claim_that_is_absent_satisfies_nothing(
        claim in select([&PLAIN[..], &SENSITIVE].concat()), person in person(), null: bool,
    ) {
        let mut claims = serde_json::to_value(&person.claims).unwrap();
        if null { claims[claim] = Value::Null } else { claims.as_object_mut().unwrap().remove(claim); }
        let person = Person { claims: serde_json::from_value(claims).unwrap(), ..person };
        let required = Policy::builder().require_claims([claim]).build().unwrap();
        let violation = person.asked(&required).unwrap_err();
        prop_assert!(violation.violations().iter().all(Violation::is_undecidable));
        prop_assert!(person.asked(&Policy::builder().any_of([required.clone()]).build().unwrap()).is_err());
        if let Ok(negated) = Policy::builder().not(required).build() {
            prop_assert!(person.asked(&negated).is_err());
        }
    }

    #[test]
    fn the_age_limit_is_inclusive_and_hours_that_pass_count(
        limit in 0..10_000_u32, age in 0..10_000_u32, seconds in 0..3600_i64,
    ) {
        let policy = Policy::builder().max_credential_age_hours(limit).build().unwrap();
        let aged = |hours: u32, later: i64| {
            let claims = VerificationClaims { freshness_hours: Some(hours), ..Default::default() };
            Person { claims, later }.asked(&policy).is_ok()
        };
        prop_assert!(aged(limit, seconds));
        prop_assert!(!aged(limit + 1, seconds));
        prop_assert!(!aged(limit, 3600 + seconds));
        let left = i64::from(limit) - i64::from(age);
        if left >= 0 {
            prop_assert!(aged(age, left * 3600 + seconds));
            prop_assert!(!aged(age, (left + 1) * 3600));
        }
    }

    #[test]
    fn what_cannot_be_decided_denies_under_every_composition(
        wrappings in prop::collection::vec(0..4_u8, 0..6), person in person(),
    ) {
        let unknown = |_: &RuleContext<'_>| Outcome::Undecidable;
        let never = |_: &RuleContext<'_>| Outcome::Violated;
        let mut policy = Policy::builder().rule("unknown", "Unknown.", unknown).build().unwrap();
        for wrapping in wrappings {
            let builder = match wrapping {
                0 => Policy::builder().not(policy),
                1 => Policy::builder().any_of([policy]),
                2 => {
                    let never = Policy::builder().rule("never", "Never.", never).build().unwrap();
                    Policy::builder().any_of([never, policy])
                }
                _ => Policy::builder().all_of([Policy::verified_only(), policy]),
            };
            policy = builder.build().unwrap();
        }
        let violation = person.asked(&policy).unwrap_err();
        prop_assert!(violation.violations()[0].is_undecidable());
    }

    #[test]
    fn no_report_repeats_the_value_of_a_claim(policy in policy(true), later in 0..9_000_000_i64) {
        let marked = json!({
            "income_band": "Zq7-band-Xv9", "corridor": "Zq7-way-Xv9", "linked_accounts": 91_827_364,
            "data_window_days": 82_736_455, "freshness_hours": 73_645_546, "tier": "Zq7-tier-Xv9",
            "fsi_score": 64_554_637, "identity_verified": false, "income_verified": false,
        });
        let person = Person { claims: serde_json::from_value(marked).unwrap(), later };
        if let Err(violation) = person.asked(&policy.built()) {
            let mut shown = format!("{violation} {violation:?}");
            for one in violation.violations() {
                shown.push_str(&format!("{one} {} {}", one.message(), one.rule()));
            }
            for value in ["Zq7", "Xv9", "91827364", "82736455", "7364", "64554637"] {
                prop_assert!(!shown.contains(value), "{shown}");
            }
        }
    }
}
