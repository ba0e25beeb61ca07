//! Behind the guard, as an adapter shows it requests: the same policies and refusals as for PASSID.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod common;

use std::sync::Arc;

use common::{Api, KEY, NONCE, api, block_on, identity};
use passid_core::testing::ManualClock;
use passid_core::{CachedVerifier, Decision, Guard, Policy, Rejection, RejectionCode, RequestView};
use passid_passbase::PassbaseVerifier;
use serde_json::{Value, json};

/// A request that presents this, or nothing.
struct Request(Option<String>);

impl RequestView for Request {
    fn method(&self) -> &'static str {
        "POST"
    }

    fn query(&self) -> Option<&str> {
        None
    }

    fn each_header<'a>(&'a self, name: &str, visit: &mut dyn FnMut(&'a [u8])) {
        if let (Some(token), "x-passid-token") = (&self.0, name) {
            visit(token.as_bytes());
        }
    }
}

fn bound() -> Request {
    Request(Some(format!("{KEY}.{NONCE}")))
}

fn decide(api: &Api, verifier: PassbaseVerifier, policy: Policy, request: &Request) -> Decision {
    let guard = Guard::builder(verifier, policy).clock(Arc::new(api.clock.clone())).build();
    block_on(guard.check(request))
}

fn answered(status: u16, body: &Value, policy: Policy) -> Decision {
    let api = api();
    (0..3).for_each(|_| api.answer_raw(status, body.to_string()));
    decide(&api, api.verifier(), policy, &bound())
}

#[track_caller]
fn refused(decision: Decision) -> Rejection {
    match decision {
        Decision::Refused(rejection) => rejection,
        other => panic!("passed: {other:?}"),
    }
}

fn with(change: impl FnOnce(&mut Value)) -> Value {
    let mut identity = identity();
    change(&mut identity);
    identity
}

#[test]
fn each_row_of_the_contract() {
    let anyone = Policy::verified_only;
    let passed = answered(200, &identity(), anyone());
    assert!(matches!(passed, Decision::Verified(_)), "{passed:?}");

    let api = api();
    let missing = refused(decide(&api, api.verifier(), anyone(), &Request(None)));
    assert_eq!((missing.status(), missing.code()), (401, RejectionCode::TokenMissing));
    for foreign in ["PASSID-AB3X-7YQM-K9PQ-3MNX", KEY] {
        let request = Request(Some(foreign.to_owned()));
        let invalid = refused(decide(&api, api.verifier(), anyone(), &request));
        assert_eq!((invalid.status(), invalid.code()), (401, RejectionCode::TokenInvalid));
    }
    assert!(api.paths().is_empty(), "nothing was asked");

    let declined = with(|identity| identity["status"] = json!("declined"));
    let pending = with(|identity| identity["status"] = json!("pending"));
    let unknown = with(|identity| identity["status"] = json!("new"));
    let listed = with(|identity| identity["watchlist"] = json!({"types": ["sanction"]}));
    for (status, body, expected, code) in [
        (404, json!({}), 401, RejectionCode::TokenInvalid),
        (200, declined, 401, RejectionCode::TokenInvalid),
        (200, pending, 401, RejectionCode::TokenInvalid),
        (200, listed, 401, RejectionCode::TokenInvalid),
        (200, unknown, 503, RejectionCode::VerifierUnavailable),
        (200, json!({}), 503, RejectionCode::VerifierUnavailable),
        (400, identity(), 503, RejectionCode::VerifierUnavailable),
        (429, identity(), 503, RejectionCode::VerifierUnavailable),
        (500, identity(), 503, RejectionCode::VerifierUnavailable),
        (401, identity(), 500, RejectionCode::VerifierMisconfigured),
    ] {
        let rejection = refused(answered(status, &body, anyone()));
        assert_eq!((rejection.status(), rejection.code()), (expected, code), "{body}");
        common::shows_nothing(&format!("{rejection:?} {rejection}"));
    }
}

#[test]
fn a_policy_refuses_what_the_credential_does_not_say_and_says_why() {
    let sanctions = || Policy::builder().require_sanctions_clear().build().unwrap();
    let fraud = || Policy::builder().require_fraud_checks_passed().build().unwrap();
    let fresh = |hours| Policy::builder().max_credential_age_hours(hours).build().unwrap();
    let income = || Policy::builder().require_claims(["income_verified"]).build().unwrap();
    for met in [sanctions(), fraud(), fresh(24)] {
        let decision = answered(200, &identity(), met);
        assert!(matches!(decision, Decision::Verified(_)), "{decision:?}");
    }
    let unscreened = || with(|identity| identity["watchlist"] = json!(null));
    let unscored = || with(|identity| identity["score"] = json!(null));
    for (body, policy) in [
        (unscreened(), sanctions()),
        (unscored(), fraud()),
        (identity(), fresh(23)),
        (with(|identity| identity["resources"] = json!([])), fresh(9999)),
        (identity(), income()),
    ] {
        let rejection = refused(answered(200, &body, policy));
        assert_eq!((rejection.status(), rejection.code()), (403, RejectionCode::PolicyViolation));
        assert_eq!(rejection.violations().len(), 1);
        assert!(!rejection.violations().first().unwrap().message().is_empty());
    }
}

#[tokio::test]
async fn a_cache_serves_an_identity_to_its_caller_alone() {
    let api = api();
    (0..4).for_each(|_| api.answer(&identity()));
    // Stands still: a call of the cache runs in a task of its own, and is waited for.
    let clock = Arc::new(ManualClock::at(common::now()));
    let cache = CachedVerifier::builder(api.verifier()).clock(clock.clone()).build().unwrap();
    let guard = Guard::builder(cache, Policy::verified_only()).clock(clock).build();
    for _ in 0..2 {
        let decision = guard.check(&bound()).await;
        assert!(matches!(decision, Decision::Verified(_)), "{decision:?}");
    }
    assert_eq!(api.paths().len(), 1, "the second came from the cache");
    for stolen in [format!("{KEY}.{}", "e".repeat(32)), KEY.to_owned()] {
        let rejection = refused(guard.check(&Request(Some(stolen))).await);
        assert_eq!(rejection.code(), RejectionCode::TokenInvalid);
    }
}
