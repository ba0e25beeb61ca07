//! A route that takes a one-time share code: both adapters, a [`RedeemingVerifier`] and the sandbox,
//! over sockets. Each code is good for one request, whatever comes of it.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::net::SocketAddr;

use passid_core::{Environment, RedeemingVerifier};
use passid_sandbox::CredentialState::{BadSignature, Expired, Revoked, SanctionsDenied};
use passid_sandbox::{Fault, FaultKind, NewCredential, Route, demo};
use passid_tests::apps::{self, Setup};
use passid_tests::http::{Request, Response, send};
use passid_tests::soon;
use passid_tests::upstream::{Api, Upstream};

const BAND: &str = "$7,000-7,777/mo";

/// The app on both frameworks, before one sandbox.
struct Stage {
    api: Api,
    axum: apps::axum::Running,
    actix: apps::actix::Running,
}

impl Stage {
    async fn set(upstream: Upstream) -> Self {
        let api = Api::start().await;
        let verifier = RedeemingVerifier::new(api.client(upstream));
        let axum = apps::axum::start(Setup::ShareCode, verifier.clone()).await;
        let actix = apps::actix::start(Setup::ShareCode, verifier).await;
        Self { api, axum, actix }
    }

    fn apps(&self) -> [(&'static str, SocketAddr); 2] {
        [("axum", self.axum.address), ("actix-web", self.actix.address)]
    }

    fn mint(&self, credential: NewCredential) -> String {
        self.api.sandbox.mint_code(credential).unwrap()
    }

    fn fail_once(&self, kind: FaultKind) {
        self.api.sandbox.inject_fault(Fault::on(Route::Redeem, kind)).unwrap();
    }

    fn redemptions(&self) -> u64 {
        self.api.sandbox.calls(Route::Redeem)
    }
}

async fn present(app: SocketAddr, code: &str) -> Response {
    let request = Request::new("POST", "/api/apply").header("X-PASSID-Code", code);
    soon("an answer", send(app, &request)).await.unwrap()
}

/// A refusal with this code and without a word about the share code or the claims.
#[track_caller]
fn refused(what: &str, response: &Response, status: u16, code: &str, presented: &str) {
    assert_eq!(response.status, status, "{what}: {response:?}");
    assert!(response.body.contains(&format!(r#""code":"{code}""#)), "{what}: {response:?}");
    let said = format!("{} {:?}", response.body, response.headers).to_uppercase();
    let bare = presented.replace('-', "");
    for hidden in [presented, &bare, BAND, "SANCTIONS", "REDEEMED"] {
        assert!(!said.contains(hidden), "{what}: {response:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_code_opens_the_route_once_and_its_claims_reach_the_handler() {
    let stage = Stage::set(Upstream::Sound).await;
    for (name, app) in stage.apps() {
        let code = stage.mint(NewCredential::new().claim("income_band", BAND));
        let spoken = code.replace('-', " ").to_lowercase();
        let response = present(app, &spoken).await;
        assert_eq!(response.status, 200, "{name}: {response:?}");
        assert_eq!(
            response.body,
            format!(r#"{{"verified":true,"income_band":"{BAND}","body_len":0}}"#),
            "{name}"
        );
        for again in [&code, &spoken] {
            let response = present(app, again).await;
            refused(name, &response, 401, "TOKEN_INVALID", &code);
        }
    }
    assert_eq!(stage.redemptions(), 6, "nothing is kept or cached");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_code_used_on_one_app_is_used_on_the_other() {
    let stage = Stage::set(Upstream::Sound).await;
    let [(_, axum), (name, actix)] = stage.apps();
    let code = stage.mint(NewCredential::new());
    assert_eq!(present(axum, &code).await.status, 200);
    refused(name, &present(actix, &code).await, 401, "TOKEN_INVALID", &code);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_requests_with_one_code_one_passes() {
    let stage = Stage::set(Upstream::Sound).await;
    for (name, app) in stage.apps() {
        let code = stage.mint(NewCredential::new());
        let requests = (0..12).map(|_| present(app, &code));
        let answers = futures_util::future::join_all(requests).await;
        let passed = answers.iter().filter(|answer| answer.status == 200).count();
        let refused = answers.iter().filter(|answer| answer.status == 401).count();
        assert_eq!((passed, refused), (1, 11), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_code_that_is_not_known_or_not_good_is_401_and_not_explained() {
    let stage = Stage::set(Upstream::Sound).await;
    let mint = |state| stage.mint(NewCredential::new().state(state));
    for (name, app) in stage.apps() {
        let live = stage.mint(NewCredential::new().environment(Environment::Live));
        for (what, code) in [
            ("unknown", "AAAA-BBBB-CCCC".to_owned()),
            ("live", live),
            ("sanctions", mint(SanctionsDenied)),
            ("expired", mint(Expired)),
            ("revoked", mint(Revoked)),
            ("badly signed", mint(BadSignature)),
            ("manual review", demo::GHANA_CODE.to_owned()),
        ] {
            let response = present(app, &code).await;
            refused(&format!("{what} on {name}"), &response, 401, "TOKEN_INVALID", &code);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_code_is_refused_without_a_call() {
    let stage = Stage::set(Upstream::Sound).await;
    let long = "A".repeat(5000);
    for (name, app) in stage.apps() {
        for (presented, code) in [
            ("", "TOKEN_MISSING"),
            ("KE8V-3TXY", "TOKEN_INVALID"),
            ("KE8V-3TXY-Z72\u{17f}", "TOKEN_INVALID"),
            (demo::KENYA_TOKEN, "TOKEN_INVALID"),
            (&long, "TOKEN_INVALID"),
        ] {
            let response = present(app, presented).await;
            assert_eq!(response.status, 401, "{name}: {response:?}");
            assert!(response.body.contains(code), "{name}: {response:?}");
        }
        let elsewhere = Request::new("POST", "/api/apply")
            .header("X-PASSID-Token", demo::KENYA_CODE)
            .header("Authorization", format!("Bearer {}", demo::KENYA_TOKEN));
        let response = soon("an answer", send(app, &elsewhere)).await.unwrap();
        assert_eq!(response.status, 401, "{name}");
        let twice = Request::new("POST", "/api/apply")
            .header("X-PASSID-Code", demo::KENYA_CODE)
            .header("X-PASSID-Code", demo::NIGERIA_CODE);
        let response = soon("an answer", send(app, &twice)).await.unwrap();
        assert_eq!(response.status, 401, "{name}: neither of two codes is used up");
    }
    assert_eq!(stage.redemptions(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_policy_that_refuses_does_so_after_the_code_is_burnt() {
    let stage = Stage::set(Upstream::Sound).await;
    for (name, app) in stage.apps() {
        let code = stage.mint(NewCredential::new().claim("income_verified", false));
        let response = present(app, &code).await;
        refused(name, &response, 403, "POLICY_VIOLATION", &code);
        refused(name, &present(app, &code).await, 401, "TOKEN_INVALID", &code);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_answer_is_503_and_the_code_is_burnt() {
    let stage = Stage::set(Upstream::Sound).await;
    for (name, app) in stage.apps() {
        for fault in [FaultKind::apply_then_drop(), FaultKind::truncate(), FaultKind::oversize()] {
            let what = format!("{fault:?} on {name}");
            let code = stage.mint(NewCredential::new());
            let before = stage.redemptions();
            stage.fail_once(fault);
            let response = present(app, &code).await;
            refused(&what, &response, 503, "VERIFIER_UNAVAILABLE", &code);
            assert_eq!(stage.redemptions() - before, 1, "{what}: it was sent again");
            refused(&what, &present(app, &code).await, 401, "TOKEN_INVALID", &code);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failure_that_burnt_nothing_is_503_and_the_code_still_good() {
    let stage = Stage::set(Upstream::Sound).await;
    for (name, app) in stage.apps() {
        for fault in [
            FaultKind::reset(),
            FaultKind::empty(),
            FaultKind::garbage(),
            FaultKind::html(),
            FaultKind::status(500),
            FaultKind::status(503),
            FaultKind::status(302),
            FaultKind::status(429),
        ] {
            let what = format!("{fault:?} on {name}");
            let code = stage.mint(NewCredential::new());
            let before = stage.redemptions();
            stage.fail_once(fault);
            let response = present(app, &code).await;
            refused(&what, &response, 503, "VERIFIER_UNAVAILABLE", &code);
            assert_eq!(stage.redemptions() - before, 1, "{what}: it was sent again");
            assert_eq!(present(app, &code).await.status, 200, "{what}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_caller_is_told_when_to_come_back_only_if_the_code_is_surely_unused() {
    let stage = Stage::set(Upstream::Sound).await;
    for (name, app) in stage.apps() {
        let code = stage.mint(NewCredential::new());
        stage.fail_once(FaultKind::rate_limit(7));
        let limited = present(app, &code).await;
        assert_eq!((limited.status, limited.header("retry-after")), (503, Some("7")), "{name}");
        stage.fail_once(FaultKind::status_with_retry_after(503, 7));
        let lost = present(app, &code).await;
        assert_eq!((lost.status, lost.header("retry-after")), (503, None), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_own_key_that_is_refused_is_our_fault_and_an_api_that_is_down_is_an_outage() {
    for (upstream, status, code) in [
        (Upstream::UnknownKey, 500, "VERIFIER_MISCONFIGURED"),
        (Upstream::Down, 503, "VERIFIER_UNAVAILABLE"),
    ] {
        let stage = Stage::set(upstream).await;
        for (name, app) in stage.apps() {
            let response = present(app, demo::KENYA_CODE).await;
            refused(name, &response, status, code, demo::KENYA_CODE);
        }
    }
}
