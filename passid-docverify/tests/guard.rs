//! A guard with this provider behind it: the answers are those of any other.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod common;

use std::sync::Arc;

use common::{Api, allowed, ready, start, status, verifier};
use passid_core::testing::ManualClock;
use passid_core::{CachedVerifier, Decision, Guard, Policy, RequestView, Verify};
use passid_docverify::{NewSession, Region};
use serde_json::{Value, json};

/// A request with this token, or with none.
struct Presented(Option<String>);

impl RequestView for Presented {
    fn method(&self) -> &str {
        "POST"
    }

    fn query(&self) -> Option<&str> {
        None
    }

    fn each_header<'a>(&'a self, name: &str, visit: &mut dyn FnMut(&'a [u8])) {
        if let Some(token) = self.0.as_ref().filter(|_| name == "x-passid-token") {
            visit(token.as_bytes());
        }
    }
}

async fn answer<V: Verify>(verifier: V, policy: Policy, presented: Presented) -> (u16, String) {
    let clock = ManualClock::at(start());
    let guard = Guard::builder(verifier, policy).clock(Arc::new(clock)).build();
    match guard.check(&presented).await {
        Decision::Verified(_) => (200, String::new()),
        Decision::Refused(rejection) => (rejection.status(), rejection.code().as_str().to_owned()),
        other => panic!("{other:?}"),
    }
}

fn identity() -> Policy {
    let policy = Policy::builder().require_claims(["identity_verified"]);
    policy.require_fraud_checks_passed().max_credential_age_hours(72).build().unwrap()
}

/// What a caller gets for a session of theirs about which the API says this.
async fn told(policy: Policy, code: u16, body: &Value) -> (u16, String) {
    let api: Api = ready(Region::Us);
    let (verifier, token) = verifier(&api, &NewSession::new()).await;
    for _ in 0..3 {
        api.answer(code, body);
    }
    answer(verifier, policy, Presented(Some(token.expose().to_owned()))).await
}

#[tokio::test]
async fn each_case_has_its_answer() {
    assert_eq!(told(identity(), 200, &allowed()).await.0, 200);

    let sanctions = Policy::builder().require_sanctions_clear().build().unwrap();
    let (code, word) = told(sanctions, 200, &allowed()).await;
    assert_eq!((code, &*word), (403, "POLICY_VIOLATION"));

    let changed = |field: &str, value: Value| {
        let mut body = allowed();
        body[field] = value;
        body
    };
    for (status_code, body) in [
        (200, changed("recommendation", json!("CHALLENGE"))),
        (200, changed("recommendation", json!("DENY"))),
        (200, status("processing")),
        (404, json!({})),
    ] {
        let (code, word) = told(Policy::verified_only(), status_code, &body).await;
        assert_eq!((code, &*word), (401, "TOKEN_INVALID"), "{body}");
    }
    for (status_code, body) in [
        (200, changed("recommendation", json!("MAYBE"))),
        (200, status("brand_new")),
        (200, json!({})),
        (429, json!({})),
        (500, json!({})),
        (400, json!({})),
    ] {
        let (code, word) = told(Policy::verified_only(), status_code, &body).await;
        assert_eq!((code, &*word), (503, "VERIFIER_UNAVAILABLE"), "{body}");
    }
    let (code, word) = told(identity(), 403, &json!({})).await;
    assert_eq!((code, &*word), (500, "VERIFIER_MISCONFIGURED"));

    let api = ready(Region::Us);
    let (verifier, _) = verifier(&api, &NewSession::new()).await;
    let (code, word) = answer(verifier.clone(), identity(), Presented(None)).await;
    assert_eq!((code, &*word), (401, "TOKEN_MISSING"));
    for foreign in ["psid_sandbox_demo_001", "PASSID-AB3X-7YQM", common::SESSION] {
        let presented = Presented(Some(foreign.to_owned()));
        let (code, word) = answer(verifier.clone(), identity(), presented).await;
        assert_eq!((code, &*word), (401, "TOKEN_INVALID"), "{foreign}");
    }
}

#[tokio::test]
async fn a_cache_stands_before_it_as_before_any_verifier() {
    let api = ready(Region::Us);
    let (verifier, token) = verifier(&api, &NewSession::new()).await;
    api.answer(200, allowed());
    let clock = Arc::new(ManualClock::at(start()));
    let cached = Arc::new(CachedVerifier::builder(verifier).clock(clock).build().unwrap());
    for _ in 0..2 {
        let presented = Presented(Some(token.expose().to_owned()));
        assert_eq!(answer(cached.clone(), identity(), presented).await.0, 200);
    }
    assert_eq!(api.sent().iter().filter(|line| line.contains("/result")).count(), 1);
}
