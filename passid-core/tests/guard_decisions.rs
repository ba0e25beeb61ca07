//! What a guard decides about a request, for every outcome of every step.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use common::{TOKEN, block_on};
use passid_core::testing::{ManualClock, ScriptedVerifier, claims};
use passid_core::{
    Decision, DenyReason, Environment, Guard, GuardBuilder, Policy, PresentedError, Reason,
    Rejection, RejectionCode, RequestView, Step, TokenError, TokenSources, Unavailable,
    UnavailableKind, Verdict, VerifiedCredential,
};

const EPOCH: SystemTime = SystemTime::UNIX_EPOCH;

/// A request as an adapter would show it.
struct Request {
    method: &'static str,
    headers: Vec<(&'static str, String)>,
}

impl Request {
    fn bare() -> Self {
        Self { method: "POST", headers: Vec::new() }
    }

    fn with(name: &'static str, value: &str) -> Self {
        Self::bare().and(name, value)
    }

    fn and(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    fn token() -> Self {
        Self::with("x-passid-token", TOKEN)
    }

    fn preflight() -> Self {
        let request = Self::with("origin", "https://shop.example");
        Self { method: "OPTIONS", ..request.and("access-control-request-method", "POST") }
    }
}

impl RequestView for Request {
    fn method(&self) -> &str {
        self.method
    }

    fn query(&self) -> Option<&str> {
        None
    }

    fn each_header<'a>(&'a self, name: &str, visit: &mut dyn FnMut(&'a [u8])) {
        for (_, value) in self.headers.iter().filter(|(header, _)| *header == name) {
            visit(value.as_bytes());
        }
    }
}

/// A verifier that accepts [`TOKEN`], and a builder of a guard around it, at the epoch.
fn fixture(policy: Policy) -> (ScriptedVerifier, ManualClock, GuardBuilder<ScriptedVerifier>) {
    let verifier = ScriptedVerifier::new();
    verifier.accept(TOKEN, claims::complete());
    let clock = ManualClock::at(EPOCH);
    let builder = Guard::builder(verifier.clone(), policy).clock(Arc::new(clock.clone()));
    (verifier, clock, builder)
}

fn plain() -> (ScriptedVerifier, ManualClock, GuardBuilder<ScriptedVerifier>) {
    fixture(Policy::verified_only())
}

fn check(guard: &Guard<ScriptedVerifier>, request: &Request) -> Decision {
    block_on(guard.check(request))
}

#[track_caller]
fn refused(decision: Decision) -> Rejection {
    match decision {
        Decision::Refused(rejection) => rejection,
        other => panic!("passed: {other:?}"),
    }
}

#[track_caller]
fn code(guard: &Guard<ScriptedVerifier>, request: &Request) -> RejectionCode {
    refused(check(guard, request)).code()
}

#[test]
fn a_valid_token_that_meets_the_policy_is_verified() {
    let (verifier, _, builder) =
        fixture(Policy::builder().require_sanctions_clear().build().unwrap());
    let guard = builder.build();
    for request in [Request::token(), Request::with("authorization", &format!("Bearer {TOKEN}"))] {
        let Decision::Verified(credential) = check(&guard, &request) else { panic!() };
        assert_eq!(credential.claims().income_verified, Some(true));
    }
    assert_eq!(verifier.asked(), vec![common::token(); 2]);
}

#[test]
fn nothing_presented_is_missing_and_nobody_is_asked() {
    let (verifier, _, builder) = plain();
    let guard = builder.build();
    for request in [
        Request::bare(),
        Request::with("x-passid-token", "  "),
        Request::with("authorization", "Basic UEFTU0lELTox"),
        Request::with("cookie", &format!("passid={TOKEN}")),
    ] {
        assert_eq!(code(&guard, &request), RejectionCode::TokenMissing);
    }
    assert_eq!(verifier.calls(), 0);
}

#[test]
fn an_applications_own_bearer_token_never_reaches_the_verifier() {
    let (verifier, _, builder) = plain();
    let jwt = "Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJwYXNzaWQifQ.c2ln";
    let request = Request::with("authorization", jwt);
    assert_eq!(code(&builder.build(), &request), RejectionCode::TokenMissing);

    let (optional, _, builder) = plain();
    let guard = builder.optional().build();
    assert!(matches!(check(&guard, &request), Decision::Anonymous));
    // Beside a token of ours it is not in the way.
    let both = Request::token().and("authorization", jwt);
    assert!(matches!(check(&guard, &both), Decision::Verified(_)));
    assert!(verifier.asked().is_empty());
    assert_eq!(optional.asked(), [common::token()]);
}

#[test]
fn what_is_no_token_is_invalid_and_nobody_is_asked() {
    let (verifier, _, builder) = plain();
    let guard = builder.build();
    let too_long = "a".repeat(4097);
    for (request, expected) in [
        (Request::with("x-passid-token", "two, words"), TokenError::NotPrintable.into()),
        (Request::with("x-passid-token", &too_long), TokenError::TooLong.into()),
        (Request::token().and("x-passid-token", "PASSID-OTHER"), PresentedError::Ambiguous),
        (
            Request::with("authorization", &format!("Bearer {TOKEN}")).and("authorization", "x"),
            PresentedError::Ambiguous,
        ),
    ] {
        let rejection = refused(check(&guard, &request));
        assert_eq!(rejection.code(), RejectionCode::TokenInvalid);
        let Reason::Presented(error) = rejection.reason() else { panic!("{rejection:?}") };
        assert_eq!(*error, expected);
    }
    assert_eq!(verifier.calls(), 0);
}

#[test]
fn every_reason_to_deny_looks_the_same_from_outside_and_is_told_inside() {
    for reason in [
        DenyReason::HardDenySanctionsMatch,
        DenyReason::TokenExpired,
        DenyReason::InvalidSignature,
        DenyReason::TokenRevoked,
        DenyReason::TokenNotFound,
        DenyReason::Unspecified,
        DenyReason::Other("new_one".into()),
    ] {
        let (verifier, _, builder) = plain();
        verifier.reject(TOKEN, reason.clone());
        let guard = builder.build();
        let rejection = refused(check(&guard, &Request::token()));
        assert_eq!(rejection.code(), RejectionCode::TokenInvalid);
        let Reason::Denied(told) = rejection.reason() else { panic!("{rejection:?}") };
        assert_eq!(*told, reason);
        let unknown = refused(check(&guard, &Request::with("x-passid-token", "PASSID-UNKNOWN")));
        assert_eq!(guard.answer(&rejection), guard.answer(&unknown));
    }
}

#[test]
fn a_credential_that_ends_while_the_guard_looks_on_is_refused() {
    let (verifier, clock, builder) = plain();
    let ending = VerifiedCredential::builder("passid", Environment::Sandbox, claims::none(), EPOCH)
        .expires_at(EPOCH + Duration::from_secs(60))
        .build();
    verifier.script(TOKEN, Verdict::Valid(ending.unwrap()));
    let guard = builder.build();
    clock.advance(Duration::from_millis(59_999));
    assert!(matches!(check(&guard, &Request::token()), Decision::Verified(_)));
    clock.advance(Duration::from_millis(1));
    let rejection = refused(check(&guard, &Request::token()));
    assert_eq!(rejection.code(), RejectionCode::TokenInvalid);
    assert!(matches!(rejection.reason(), Reason::Expired));
}

#[test]
fn the_policy_is_applied_to_every_request_because_time_moves() {
    let policy = Policy::builder().max_credential_age_hours(3).build().unwrap();
    let (_, clock, builder) = fixture(policy);
    let guard = builder.build();
    for (hours, passes) in [(0, true), (1, true), (1, false)] {
        clock.advance(Duration::from_secs(3600 * hours));
        let decision = check(&guard, &Request::token());
        assert_eq!(matches!(decision, Decision::Verified(_)), passes);
        if !passes {
            let rejection = refused(decision);
            assert_eq!(rejection.code(), RejectionCode::PolicyViolation);
            assert_eq!(rejection.violations()[0].rule(), "maxCredentialAgeHours");
        }
    }
}

#[test]
fn no_verdict_is_never_a_pass_and_never_the_callers_fault() {
    for kind in [
        UnavailableKind::Timeout,
        UnavailableKind::Unreachable,
        UnavailableKind::RateLimited,
        UnavailableKind::Failed,
        UnavailableKind::Undecodable,
        UnavailableKind::Overloaded,
        UnavailableKind::Misconfigured,
    ] {
        for optional in [false, true] {
            let (verifier, _, mut builder) = plain();
            verifier.fail(TOKEN, kind);
            if optional {
                builder = builder.optional();
            }
            let rejection = refused(check(&builder.build(), &Request::token()));
            let expected = if kind == UnavailableKind::Misconfigured {
                (RejectionCode::VerifierMisconfigured, 500)
            } else {
                (RejectionCode::VerifierUnavailable, 503)
            };
            assert_eq!((rejection.code(), rejection.status()), expected, "{kind:?}");
            assert_eq!(rejection.challenge(), None);
        }
    }
}

#[test]
fn the_optional_mode_passes_without_a_token_and_still_refuses_a_bad_one() {
    let policy = Policy::builder().require_claims(["tier"]).build().unwrap();
    let (_, _, builder) = fixture(policy);
    let guard = builder.optional().build();
    assert!(matches!(check(&guard, &Request::bare()), Decision::Anonymous));
    assert!(matches!(check(&guard, &Request::with("x-passid-token", "")), Decision::Anonymous));
    let unknown = Request::with("x-passid-token", "PASSID-UNKNOWN");
    assert_eq!(code(&guard, &unknown), RejectionCode::TokenInvalid);
    let malformed = Request::with("x-passid-token", "a b");
    assert_eq!(code(&guard, &malformed), RejectionCode::TokenInvalid);
    assert_eq!(code(&guard, &Request::token()), RejectionCode::PolicyViolation);
}

#[test]
fn a_genuine_preflight_passes_without_a_token_unless_it_is_guarded() {
    let (verifier, _, builder) = plain();
    let guard = builder.build();
    assert!(matches!(check(&guard, &Request::preflight()), Decision::Preflight));
    let bare = Request { method: "OPTIONS", headers: Vec::new() };
    let no_method = Request { method: "OPTIONS", ..Request::with("origin", "https://a.example") };
    let post = Request { method: "POST", ..Request::preflight() };
    for request in [bare, no_method, post] {
        assert_eq!(code(&guard, &request), RejectionCode::TokenMissing);
    }
    let (_, _, builder) = plain();
    let guarded = builder.guard_preflight().build();
    assert_eq!(code(&guarded, &Request::preflight()), RejectionCode::TokenMissing);
    // A preflight vouches for nobody, whatever it carries.
    let with_token = Request::preflight().and("x-passid-token", TOKEN);
    assert!(matches!(check(&guard, &with_token), Decision::Preflight));
    assert_eq!(verifier.calls(), 0);
}

#[test]
fn a_verdict_that_is_known_is_taken_without_waiting() {
    let verifier = ScriptedVerifier::new().immediate();
    verifier.accept(TOKEN, claims::complete());
    verifier.reject("PASSID-BAD", DenyReason::TokenExpired);
    let guard = Guard::new(verifier.clone(), Policy::verified_only());
    let good = guard.begin(&Request::token(), None);
    assert!(matches!(good, Step::Decided(Decision::Verified(_))), "{good:?}");
    let bad = guard.begin(&Request::with("x-passid-token", "passid-bad"), None);
    assert!(matches!(bad, Step::Decided(Decision::Refused(_))), "{bad:?}");
    // Once each: a peek that knows is not followed by a verification.
    assert_eq!(verifier.calls(), 2);
}

#[test]
fn a_known_verdict_is_held_against_the_policy_and_the_clock_too() {
    let verifier = ScriptedVerifier::new().immediate();
    verifier.accept(TOKEN, claims::partial());
    let policy = Policy::builder().require_claims(["identity_verified"]).build().unwrap();
    let guard = Guard::new(verifier, policy);
    let Step::Decided(decision) = guard.begin(&Request::token(), None) else { panic!() };
    assert_eq!(refused(decision).code(), RejectionCode::PolicyViolation);
}

#[tokio::test]
async fn a_verifier_that_hangs_is_given_up_at_the_deadline_and_not_before() {
    for (limit, builder) in [
        (GuardBuilder::<ScriptedVerifier>::DEFAULT_DEADLINE, None),
        (Duration::from_secs(2), Some(Duration::from_secs(2))),
    ] {
        let (verifier, clock, mut guard) = plain();
        verifier.hang(TOKEN);
        if let Some(deadline) = builder {
            guard = guard.deadline(deadline);
        }
        let guard = guard.build();
        let waiting = tokio::spawn(async move { guard.check(&Request::token()).await });
        while clock.slept().is_empty() {
            tokio::task::yield_now().await;
        }
        assert_eq!(clock.slept(), [limit]);
        clock.advance(limit - Duration::from_millis(1));
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
        assert!(!waiting.is_finished());
        clock.advance(Duration::from_millis(1));
        let rejection = refused(waiting.await.unwrap());
        let Reason::Unavailable(outage) = rejection.reason() else { panic!("{rejection:?}") };
        assert_eq!(outage.kind(), UnavailableKind::Timeout);
        assert_eq!(rejection.status(), 503);
    }
}

#[test]
fn sources_are_read_only_as_far_as_they_were_asked_for() {
    let (_, _, builder) = plain();
    let guard = builder.token_sources(TokenSources::none().and_header("X-Loan-Token")).build();
    assert_eq!(code(&guard, &Request::token()), RejectionCode::TokenMissing);
    let own = Request::with("x-loan-token", TOKEN);
    assert!(matches!(check(&guard, &own), Decision::Verified(_)));

    let (_, _, builder) = plain();
    let guard = builder.token_sources(TokenSources::default().and_cookie("passid")).build();
    let cookie = Request::with("cookie", &format!("a=b; passid={TOKEN}"));
    assert!(matches!(check(&guard, &cookie), Decision::Verified(_)));
}

#[test]
fn an_outage_keeps_what_the_verifier_said_about_waiting() {
    let (verifier, _, builder) = plain();
    let outage = Unavailable::new(UnavailableKind::RateLimited);
    let outage = outage.retry_after(Duration::from_secs(9)).because(TokenError::Empty);
    verifier.script(TOKEN, Verdict::Unavailable(outage));
    let rejection = refused(check(&builder.build(), &Request::token()));
    assert_eq!(rejection.retry_after(), Some(Duration::from_secs(9)));
    let texts = common::chain(&rejection);
    assert_eq!(texts.len(), 3, "{texts:?}");
}
