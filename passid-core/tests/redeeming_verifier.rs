//! A share code in the place of a token: one request is one redemption (guide, step 4).
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;

use std::sync::Arc;

use common::script::{CONNECT, INTERRUPTED, Step, TOO_LARGE, play, redeemed};
use common::{Api, CODE, api, block_on};
use passid_core::client::RedeemingVerifier;
use passid_core::{
    ApiKey, Decision, DenyReason, Guard, JsonBody, PassidClient, Policy, Reason, RejectionCode,
    RequestView, Token, TokenSources, UnavailableKind, Verdict, Verify,
};
use serde_json::json;

struct Request(Vec<(&'static str, &'static str)>);

impl RequestView for Request {
    fn method(&self) -> &'static str {
        "POST"
    }

    fn query(&self) -> Option<&str> {
        None
    }

    fn each_header<'a>(&'a self, name: &str, visit: &mut dyn FnMut(&'a [u8])) {
        for (_, value) in self.0.iter().filter(|(header, _)| *header == name) {
            visit(value.as_bytes());
        }
    }
}

fn with_code(code: &'static str) -> Request {
    Request(vec![("x-passid-code", code)])
}

fn guard(api: &Api, policy: Policy) -> Guard<RedeemingVerifier> {
    Guard::builder(RedeemingVerifier::new(api.client.clone()), policy)
        .token_sources(TokenSources::share_codes())
        .clock(Arc::new(api.clock.clone()))
        .build()
}

fn verdict(api: &Api, presented: &str) -> Verdict {
    let verifier = RedeemingVerifier::new(api.client.clone());
    block_on(verifier.verify(Token::parse(presented).unwrap()))
}

fn refusal(decision: Decision) -> (u16, RejectionCode, Reason) {
    let Decision::Refused(rejection) = decision else { panic!("passed: {decision:?}") };
    (rejection.status(), rejection.code(), rejection.reason().clone())
}

#[test]
fn a_code_in_any_spelling_is_redeemed_once_and_passes() {
    let policy = Policy::builder().require_claims(["income_verified"]).build().unwrap();
    for spelling in ["KQ7Z-9XVJ-3WPD", "kq7z9xvj3wpd", " kq7z 9xvj 3wpd "] {
        let api = api();
        play(&api, &[redeemed()]);
        let decision = block_on(guard(&api, policy.clone()).check(&with_code(spelling)));
        let Decision::Verified(credential) = decision else { panic!("{decision:?}") };
        assert_eq!(credential.claims().income_verified, Some(true));
        let requests = api.transport.requests();
        assert_eq!(requests.len(), 1);
        assert_eq!(requests[0].route(), "/api/bridge/code/redeem");
        assert_eq!(requests[0].body(), &json!({"code": CODE}).to_string());
    }
}

#[test]
fn a_code_in_the_body_is_redeemed_too() {
    let api = api();
    play(&api, &[redeemed()]);
    let guard = guard(&api, Policy::verified_only());
    let body = (&JsonBody::field("code"), &br#"{"code": "kq7z 9xvj 3wpd"}"#[..]);
    let request = Request(vec![("content-type", "application/json")]);
    let passid_core::Step::Verifying(verdict) = guard.begin(&request, Some(body)) else {
        panic!("decided at once")
    };
    assert!(matches!(guard.conclude(block_on(verdict)), Decision::Verified(_)));
}

#[test]
fn the_same_code_twice_is_refused_by_the_api_and_nothing_is_kept() {
    let api = api();
    play(&api, &[redeemed(), Step::Status(410)]);
    let guard = guard(&api, Policy::verified_only());
    assert!(matches!(block_on(guard.check(&with_code(CODE))), Decision::Verified(_)));
    let (status, code, reason) = refusal(block_on(guard.check(&with_code(CODE))));
    assert_eq!((status, code), (401, RejectionCode::TokenInvalid));
    assert!(matches!(reason, Reason::Denied(DenyReason::CodeAlreadyRedeemed)));
    assert_eq!(api.sent(), 2);
    let verifier = RedeemingVerifier::new(api.client.clone());
    assert!(verifier.peek(&Token::parse(CODE).unwrap()).is_none());
}

#[test]
fn what_is_no_share_code_is_refused_without_a_call() {
    for presented in ["PASSID-AB3X-7YQM-K9PQ-3MNX", "AB3X-7YQM", "psid_sandbox_demo_001", ".."] {
        let api = api();
        let found = verdict(&api, presented);
        assert!(matches!(found, Verdict::Invalid(DenyReason::CodeNotFound)), "{presented}");
        assert_eq!(api.sent(), 0);
        let guarded = block_on(guard(&api, Policy::verified_only()).check(&with_code(presented)));
        assert_eq!(refusal(guarded).0, 401);
        assert_eq!(api.sent(), 0);
    }
}

#[test]
fn a_route_of_codes_takes_no_token() {
    let api = api();
    let request = Request(vec![("x-passid-token", CODE), ("authorization", "Bearer PASSID-A")]);
    let (status, code, _) = refusal(block_on(guard(&api, Policy::verified_only()).check(&request)));
    assert_eq!((status, code), (401, RejectionCode::TokenMissing));
    assert_eq!(api.sent(), 0);
}

#[test]
fn every_end_of_a_redemption_is_a_verdict() {
    let review = json!({"status": "manual_review_required", "verified_claims": {}}).to_string();
    let sanctions = json!({"deny_reason": "HARD_DENY_SANCTIONS_MATCH"}).to_string();
    let unknown = json!({"error": {"code": "CODE_NOT_FOUND"}}).to_string();
    let used = json!({"error": {"code": "CODE_ALREADY_REDEEMED"}}).to_string();
    for (step, reason) in [
        (Step::Status(404), DenyReason::CodeNotFound),
        (Step::Body(404, unknown), DenyReason::CodeNotFound),
        (Step::Status(410), DenyReason::CodeAlreadyRedeemed),
        (Step::Body(410, used), DenyReason::CodeAlreadyRedeemed),
        (Step::Body(200, review), DenyReason::Other("manual_review_required".into())),
        (Step::Body(200, sanctions.clone()), DenyReason::HardDenySanctionsMatch),
        (Step::Body(403, sanctions), DenyReason::HardDenySanctionsMatch),
    ] {
        let api = api();
        play(&api, &[step.clone(), redeemed()]);
        let Verdict::Invalid(found) = verdict(&api, CODE) else { panic!("{step:?}") };
        assert_eq!((found, api.sent()), (reason, 1), "{step:?}");
    }
    for (step, kind) in [
        (Step::Status(401), UnavailableKind::Misconfigured),
        (Step::Status(429), UnavailableKind::RateLimited),
        (Step::Status(500), UnavailableKind::Failed),
        (INTERRUPTED, UnavailableKind::Failed),
        (TOO_LARGE, UnavailableKind::Failed),
        (Step::Hang, UnavailableKind::Failed),
        (Step::Body(200, "<html>".into()), UnavailableKind::Failed),
    ] {
        let api = api();
        play(&api, &[step.clone(), redeemed()]);
        let Verdict::Unavailable(outage) = verdict(&api, CODE) else { panic!("{step:?}") };
        assert_eq!((outage.kind(), api.sent()), (kind, 1), "{step:?} was sent again");
    }
    let api = api();
    play(&api, &[CONNECT, redeemed()]);
    assert!(matches!(verdict(&api, CODE), Verdict::Valid(_)), "nothing had left");
}

#[test]
fn a_policy_that_refuses_does_so_after_the_code_is_used() {
    let api = api();
    play(&api, &[redeemed()]);
    let policy = Policy::builder().require_claims(["identity_verified"]).build().unwrap();
    let (status, code, _) = refusal(block_on(guard(&api, policy).check(&with_code(CODE))));
    assert_eq!((status, code, api.sent()), (403, RejectionCode::PolicyViolation, 1));
}

#[test]
fn the_verifier_shows_no_code() {
    let api = api();
    play(&api, &[Step::Status(410)]);
    let shown =
        format!("{:?} {:?}", RedeemingVerifier::new(api.client.clone()), verdict(&api, CODE));
    assert!(!shown.contains(CODE), "{shown}");
}

#[tokio::test]
async fn a_code_of_the_sandbox_opens_a_guarded_route_once() {
    let sandbox = passid_sandbox::Sandbox::start().await.unwrap();
    let code = sandbox.mint_code(passid_sandbox::NewCredential::new()).unwrap();
    let client = PassidClient::builder(ApiKey::parse(sandbox.sandbox_key()).unwrap())
        .base_url(sandbox.url())
        .build()
        .unwrap();
    let policy = Policy::builder().require_claims(["income_verified"]).build().unwrap();
    let guard = Guard::builder(RedeemingVerifier::new(client), policy)
        .token_sources(TokenSources::share_codes())
        .build();
    let spoken: &'static str = code.replace('-', " ").to_lowercase().leak();
    let Decision::Verified(credential) = guard.check(&with_code(spoken)).await else {
        panic!("a fresh code is refused")
    };
    assert_eq!(credential.claims().income_verified, Some(true));
    for _ in 0..2 {
        let (status, _, reason) = refusal(guard.check(&with_code(spoken)).await);
        assert_eq!(status, 401);
        assert!(matches!(reason, Reason::Denied(DenyReason::CodeAlreadyRedeemed)), "{reason:?}");
    }
    let (status, _, reason) = refusal(guard.check(&with_code("AAAA-BBBB-CCCC")).await);
    assert_eq!(status, 401);
    assert!(matches!(reason, Reason::Denied(DenyReason::CodeNotFound)), "{reason:?}");
}
