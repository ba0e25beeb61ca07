//! What a refused caller is told: status, headers and body, byte for byte (decisions D2, D3, D7).
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;

use std::time::Duration;

use passid_core::testing::{ScriptedVerifier, claims};
use passid_core::{
    Answer, Answers, Decision, DenyReason, Detail, Environment, Guard, Outcome, Policy,
    PresentedError, Reason, Rejection, RuleContext, TokenSources, Unavailable, UnavailableKind,
    Verdict, VerificationClaims, VerifiedCredential,
};

fn guard() -> Guard<ScriptedVerifier> {
    Guard::new(ScriptedVerifier::new(), Policy::verified_only())
}

fn guard_with_sources(sources: TokenSources) -> Guard<ScriptedVerifier> {
    Guard::builder(ScriptedVerifier::new(), Policy::verified_only()).token_sources(sources).build()
}

/// A refusal in the scope of this guard.
fn refusal(guard: &Guard<ScriptedVerifier>, reason: Reason) -> Rejection {
    guard.refuse(reason)
}

fn unavailable(kind: UnavailableKind, delay: Option<Duration>) -> Reason {
    let outage = Unavailable::new(kind);
    Reason::Unavailable(match delay {
        Some(delay) => outage.retry_after(delay),
        None => outage,
    })
}

/// A refusal by this policy of a person with these claims.
fn violation(policy: Policy, claims: VerificationClaims) -> Rejection {
    let epoch = std::time::SystemTime::UNIX_EPOCH;
    let credential =
        VerifiedCredential::builder("passid", Environment::Sandbox, claims, epoch).build().unwrap();
    let guard = Guard::builder(ScriptedVerifier::new(), policy)
        .clock(std::sync::Arc::new(passid_core::testing::ManualClock::at(epoch)))
        .build();
    match guard.conclude(Verdict::Valid(credential)) {
        Decision::Refused(rejection) => rejection,
        other => panic!("passed: {other:?}"),
    }
}

fn income() -> Rejection {
    violation(
        Policy::builder().require_claims(["income_verified"]).build().unwrap(),
        claims::none(),
    )
}

fn body(answers: &Answers, rejection: &Rejection) -> String {
    String::from_utf8(answers.render(rejection).body.to_vec()).unwrap()
}

fn header<'a>(answer: &'a Answer, name: &str) -> Vec<&'a str> {
    let named = answer.headers.iter().filter(|(header, _)| *header == name);
    named.map(|(_, value)| value.as_str()).collect()
}

/// Every reason, with the status, code and message of its answer.
fn every_reason() -> Vec<(Reason, u16, &'static str, &'static str)> {
    let invalid = (401, "TOKEN_INVALID", "The PASSID token is not valid.");
    let busy = (
        503,
        "VERIFIER_UNAVAILABLE",
        "The credential cannot be verified at the moment. Try again later.",
    );
    let setup = (
        500,
        "VERIFIER_MISCONFIGURED",
        "The service cannot verify credentials because of a fault in its own setup.",
    );
    let reason = |reason, (status, code, message)| (reason, status, code, message);
    vec![
        reason(Reason::Missing, (401, "TOKEN_MISSING", "A PASSID token is required.")),
        reason(Reason::Presented(PresentedError::Ambiguous), invalid),
        reason(Reason::Denied(DenyReason::TokenExpired), invalid),
        reason(Reason::Denied(DenyReason::HardDenySanctionsMatch), invalid),
        reason(Reason::Expired, invalid),
        reason(unavailable(UnavailableKind::Timeout, None), busy),
        reason(unavailable(UnavailableKind::Undecodable, None), busy),
        reason(unavailable(UnavailableKind::Misconfigured, None), setup),
        reason(Reason::NoGuard, setup),
        reason(Reason::BodyTooLarge, (413, "BODY_TOO_LARGE", "The request body is too large.")),
        reason(
            Reason::BodyUnreadable,
            (400, "BODY_UNREADABLE", "The request body could not be received."),
        ),
        reason(
            Reason::BodyTimeout,
            (408, "BODY_TIMEOUT", "The request body did not arrive in time."),
        ),
    ]
}

#[test]
fn every_refusal_has_its_status_and_its_fixed_body_in_both_forms() {
    let guard = guard();
    for (reason, status, code, message) in every_reason() {
        let rejection = refusal(&guard, reason);
        for detail in [Detail::Terse, Detail::Detailed, Detail::Everything] {
            let answer = Answers::json().detail(detail).render(&rejection);
            assert_eq!(answer.status, status);
            let expected = format!(r#"{{"error":{{"code":"{code}","message":"{message}"}}}}"#);
            assert_eq!(answer.body, expected.as_bytes());
            assert_eq!(header(&answer, "content-type"), ["application/json"]);
            assert_eq!(header(&answer, "cache-control"), ["no-store"]);

            let answer = Answers::problem_json().detail(detail).render(&rejection);
            assert_eq!(header(&answer, "content-type"), ["application/problem+json"]);
            assert_eq!(header(&answer, "cache-control"), ["no-store"]);
            let text = String::from_utf8(answer.body.to_vec()).unwrap();
            let rest = format!(r#","status":{status},"detail":"{message}","code":"{code}"}}"#);
            assert!(text.starts_with(r#"{"type":"about:blank","title":""#), "{text}");
            assert!(text.ends_with(&rest), "{text}");
        }
    }
}

#[test]
fn a_problem_document_is_written_like_this() {
    let problem = Answers::problem_json();
    assert_eq!(
        body(&problem, &refusal(&guard(), Reason::Missing)),
        r#"{"type":"about:blank","title":"Unauthorized","status":401,"detail":"A PASSID token is required.","code":"TOKEN_MISSING"}"#
    );
    assert_eq!(
        body(&problem.detail(Detail::Detailed), &income()),
        r#"{"type":"about:blank","title":"Forbidden","status":403,"detail":"The verified credential does not meet the requirements of this service.","code":"POLICY_VIOLATION","violations":[{"rule":"requireClaims","claim":"income_verified","message":"The claim income_verified must be present and true; this credential does not have it."}]}"#
    );
}

const TERSE: &str = r#"{"error":{"code":"POLICY_VIOLATION","message":"The verified credential does not meet the requirements of this service."}}"#;

/// The body with these violations, as JSON.
fn told(violations: &str) -> String {
    TERSE.replace("\"}}", &format!("\",\"violations\":[{violations}]}}}}"))
}

#[test]
fn violations_are_told_as_far_as_the_level_says() {
    let rejection = income();
    let one = r#"{"rule":"requireClaims","claim":"income_verified","message":"The claim income_verified must be present and true; this credential does not have it."}"#;
    assert_eq!(body(&Answers::default(), &rejection), TERSE);
    assert_eq!(body(&Answers::json().detail(Detail::Detailed), &rejection), told(one));
    assert_eq!(body(&Answers::json().detail(Detail::Everything), &rejection), told(one));
}

#[test]
fn sanctions_and_fraud_are_told_only_at_the_highest_level_wherever_they_come_from() {
    let builder = Policy::builder;
    let part = |claim: &str| builder().require_claims([claim]).build().unwrap();
    let sanctions = builder().require_sanctions_clear().build().unwrap();
    let claim = |name: &str| {
        format!(
            r#"{{"rule":"requireClaims","claim":"{name}","message":"The claim {name} must be present and true; this credential does not have it."}}"#
        )
    };
    let any_of =
        r#"{"rule":"anyOf","claim":null,"message":"At least one of 2 alternatives must be met."}"#;
    for (policy, hidden) in [
        (
            sanctions.clone(),
            r#"{"rule":"requireSanctionsClear","claim":"sanctions_screening_clear","message":"Sanctions screening must be clear; this credential says nothing of it."}"#.to_owned(),
        ),
        (
            builder().require_fraud_checks_passed().build().unwrap(),
            r#"{"rule":"requireFraudChecksPassed","claim":"identity_and_fraud_checks_passed","message":"Identity and fraud checks must be passed; this credential says nothing of them."}"#.to_owned(),
        ),
        (part("sanctions_screening_clear"), claim("sanctions_screening_clear")),
        (part("identity_and_fraud_checks_passed"), claim("identity_and_fraud_checks_passed")),
        (part("internal_Fraud_score"), claim("internal_Fraud_score")),
        (part("eu_sanctions_2026"), claim("eu_sanctions_2026")),
        (builder().any_of([part("tier"), sanctions.clone()]).build().unwrap(), any_of.to_owned()),
        (
            builder().any_of([part("tier"), builder().all_of([sanctions]).build().unwrap()]).build().unwrap(),
            any_of.to_owned(),
        ),
    ] {
        let rejection = violation(policy.clone(), claims::none());
        assert_eq!(body(&Answers::json(), &rejection), TERSE);
        assert_eq!(body(&Answers::json().detail(Detail::Detailed), &rejection), told(""));
        let everything = Answers::json().detail(Detail::Everything);
        assert_eq!(body(&everything, &rejection), told(&hidden));
        assert_eq!(rejection.violations().len(), 1, "server code gets all of it");

        // Beside another violation it is left out, and only it.
        let both = builder().require_claims(["corridor"]).all_of([policy]).build().unwrap();
        let rejection = violation(both, claims::none());
        let detailed = Answers::json().detail(Detail::Detailed);
        assert_eq!(body(&detailed, &rejection), told(&claim("corridor")));
        assert_eq!(body(&everything, &rejection), told(&[claim("corridor"), hidden].join(",")));
    }
}

#[test]
fn a_rule_of_ones_own_is_told_with_its_name_and_message() {
    let never = |_: &RuleContext<'_>| Outcome::Violated;
    let policy = Policy::builder().rule("minWindow", "90 days \"at least\".", never).build();
    assert_eq!(
        body(
            &Answers::json().detail(Detail::Detailed),
            &violation(policy.unwrap(), claims::none())
        ),
        told(r#"{"rule":"minWindow","claim":null,"message":"90 days \"at least\"."}"#)
    );
}

#[test]
fn the_challenge_says_what_is_missing_and_nothing_more() {
    let bearer = guard();
    let own = guard_with_sources(TokenSources::none().and_header("x-loan-token"));
    for (reason, ending) in [
        (Reason::Missing, Some("")),
        (Reason::Presented(PresentedError::Ambiguous), Some(r#", error="invalid_token""#)),
        (Reason::Denied(DenyReason::HardDenySanctionsMatch), Some(r#", error="invalid_token""#)),
        (Reason::Expired, Some(r#", error="invalid_token""#)),
        (unavailable(UnavailableKind::Failed, None), None),
        (unavailable(UnavailableKind::Misconfigured, None), None),
        (Reason::BodyTooLarge, None),
        (Reason::BodyTimeout, None),
    ] {
        for (guard, scheme) in [(&bearer, "Bearer"), (&own, "PASSID")] {
            let rejection = refusal(guard, reason.clone());
            let expected = ending.map(|ending| format!("{scheme} realm=\"passid\"{ending}"));
            assert_eq!(rejection.challenge(), expected);
            let answer = guard.answer(&rejection);
            let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
            assert_eq!(header(&answer, "www-authenticate"), expected);
        }
    }
    let policy = r#"Bearer realm="passid", error="insufficient_scope""#;
    assert_eq!(income().challenge().as_deref(), Some(policy));
    let bare = Rejection::bare(Reason::Missing);
    assert_eq!(bare.challenge().as_deref(), Some(r#"Bearer realm="passid""#));
}

#[test]
fn a_realm_cannot_break_out_of_its_quotes_or_its_line() {
    for (realm, shown) in [
        ("loans and more", "loans and more"),
        ("a\"b, error=\"x", "ab, error=x"),
        ("a\r\nset-cookie: x=y\\", "aset-cookie: x=y"),
        ("caf\u{e9}\u{0}\t", "caf"),
        ("", ""),
    ] {
        let guard = Guard::builder(ScriptedVerifier::new(), Policy::verified_only());
        let guard = guard.realm(realm).build();
        let challenge = refusal(&guard, Reason::Missing).challenge().unwrap();
        assert_eq!(challenge, format!("Bearer realm=\"{shown}\""));
    }
}

#[test]
fn vary_names_the_headers_that_were_looked_at() {
    for (sources, vary) in [
        (TokenSources::default(), vec!["x-passid-token, authorization"]),
        (
            TokenSources::default().and_cookie("a").and_cookie("b"),
            vec!["x-passid-token, authorization, cookie"],
        ),
        (TokenSources::none().and_header("X-Loan-Token"), vec!["x-loan-token"]),
        (TokenSources::none().and_query("t"), vec![]),
    ] {
        let guard = guard_with_sources(sources);
        let answer = guard.answer(&refusal(&guard, Reason::Missing));
        assert_eq!(header(&answer, "vary"), vary);
    }
}

#[test]
fn retry_after_is_rounded_up_and_stands_on_a_503_only() {
    let kind = UnavailableKind::RateLimited;
    for (delay, shown) in [(0, "0"), (1, "1"), (999, "1"), (1000, "1"), (1001, "2"), (59_000, "59")]
    {
        let reason = unavailable(kind, Some(Duration::from_millis(delay)));
        let answer = guard().answer(&refusal(&guard(), reason));
        assert_eq!(header(&answer, "retry-after"), [shown], "{delay} ms");
    }
    for reason in [
        unavailable(kind, None),
        unavailable(UnavailableKind::Misconfigured, Some(Duration::from_secs(5))),
        Reason::Missing,
    ] {
        let answer = guard().answer(&refusal(&guard(), reason));
        assert!(header(&answer, "retry-after").is_empty());
    }
}

#[test]
fn a_retry_after_of_any_length_is_rendered() {
    let reason = unavailable(UnavailableKind::Failed, Some(Duration::MAX));
    let answer = guard().answer(&refusal(&guard(), reason));
    assert_eq!(header(&answer, "retry-after"), [u64::MAX.to_string()]);
}

#[test]
fn a_form_of_ones_own_gets_the_headers_that_it_does_not_set() {
    let answers = Answers::with(|rejection, detail| Answer {
        status: 418,
        headers: vec![
            ("content-type", "text/plain".into()),
            ("Cache-Control", "private".into()),
            ("x-own", "1".into()),
        ],
        body: format!("{} {detail:?}", rejection.code()).into_bytes().into(),
    });
    let answer = answers.detail(Detail::Detailed).render(&refusal(&guard(), Reason::Missing));
    assert_eq!((answer.status, &answer.body[..]), (418, &b"TOKEN_MISSING Detailed"[..]));
    assert_eq!(header(&answer, "Cache-Control"), ["private"]);
    assert!(header(&answer, "cache-control").is_empty());
    assert_eq!(header(&answer, "x-own"), ["1"]);
    assert_eq!(header(&answer, "content-type"), ["text/plain"]);
    assert_eq!(header(&answer, "vary"), ["x-passid-token, authorization"]);
    assert_eq!(header(&answer, "www-authenticate"), [r#"Bearer realm="passid""#]);
}
