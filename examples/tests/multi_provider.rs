//! Three providers behind one guard, in one program: each token goes to its own, and nothing of one
//! touches another.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod common;

use common::{Loan, passbase_token};
use passid_sandbox::{Fault, FaultKind, Route, Sandbox, demo};
use passid_tests::http::{Request, Response, send};
use passid_tests::program::example;
use passid_tests::soon;
use tokio::process::Command;

const PROGRAM: &str = "multi-provider";

/// The program before APIs that the test has in its hands.
struct Bench {
    sandbox: Sandbox,
    program: Loan,
}

impl Bench {
    async fn start() -> Self {
        let sandbox = Sandbox::start().await.unwrap();
        let (passbase, documents) = (sandbox.passbase(), sandbox.docverify());
        let environment = [
            ("PASSID_BASE_URL", sandbox.url()),
            ("PASSID_API_KEY", sandbox.sandbox_key()),
            ("PASSBASE_BASE_URL", passbase.url()),
            ("PASSBASE_SECRET_KEY", passbase.key()),
            ("PASSBASE_ENVIRONMENT", "sandbox"),
            ("DOCVERIFY_BASE_URL", documents.url()),
            ("DOCVERIFY_CLIENT_ID", documents.client_id()),
            ("DOCVERIFY_CLIENT_SECRET", documents.client_secret()),
            ("DOCVERIFY_ENVIRONMENT", "sandbox"),
        ];
        let program = Loan::start(PROGRAM, &environment).await;
        Self { sandbox, program }
    }

    /// Somebody whom the program sent to the vendor's page.
    async fn document_token(&self) -> String {
        let begun = self.program.send(&Request::new("POST", "/verify/docverify")).await;
        let cookie = begun.header("set-cookie").unwrap().split(';').next().unwrap();
        let page = get(begun.header("location").unwrap(), None).await;
        let back = get(page.header("location").unwrap(), Some(cookie)).await;
        let (_, rest) = back.body.split_once("value=\"").unwrap();
        rest.split_once('"').unwrap().0.to_owned()
    }

    async fn ask(&self, method: &'static str, path: &'static str, token: &str) -> Response {
        self.ask_by("X-PASSID-Token", method, path, token).await
    }

    async fn ask_by(
        &self,
        header: &'static str,
        method: &'static str,
        path: &'static str,
        token: &str,
    ) -> Response {
        self.program.send(&Request::new(method, path).header(header, token)).await
    }

    /// How often PASSID, Passbase and Document Verification were asked about somebody.
    fn asked(&self) -> [u64; 3] {
        [Route::Verify, Route::PassbaseIdentity, Route::DocverifyResult]
            .map(|route| self.sandbox.calls(route))
    }
}

async fn get(url: &str, cookie: Option<&str>) -> Response {
    let (host, path) = url.strip_prefix("http://").unwrap().split_once('/').unwrap();
    let mut request = Request::new("GET", format!("/{path}"));
    if let Some(cookie) = cookie {
        request = request.header("Cookie", cookie);
    }
    soon("an answer", send(host.parse().unwrap(), &request)).await.unwrap()
}

fn provider_of(answer: &Response) -> String {
    assert_eq!(answer.status, 200, "{answer:?}");
    let body: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(body.pointer("/claims/identity_verified"), Some(&true.into()), "{body}");
    body.get("provider").unwrap().as_str().unwrap().to_owned()
}

#[tokio::test]
async fn without_settings_all_run_inside_and_the_printed_commands_show_what_they_say() {
    let program = Loan::start(PROGRAM, &[]).await;
    let mut statuses = Vec::new();
    for shown in program.commands() {
        let status = program.send(&shown.request()).await.status;
        assert_eq!(status, shown.status, "{shown:?}");
        statuses.push(status);
    }
    // By path: nobody; PASSID, Passbase, Document Verification.
    assert_eq!(statuses, [401, 200, 200, 200, 401, 200, 200, 403, 401, 401, 401, 200]);
}

#[tokio::test]
async fn each_token_passes_at_its_own_provider_which_alone_is_asked_once() {
    let bench = Bench::start().await;
    let document = bench.document_token().await;
    let tokens = [
        (demo::KENYA_TOKEN.to_owned(), "passid", [1, 0, 0]),
        (passbase_token(&bench.sandbox, true), "passbase", [1, 1, 0]),
        (document, "docverify", [1, 1, 1]),
    ];
    for (token, provider, asked) in &tokens {
        for cached in [false, true] {
            let answer = bench.ask("GET", "/api/me", token).await;
            assert_eq!(provider_of(&answer), *provider);
            assert!(answer.body.contains(&format!("\"cached\":{cached}")), "{}", answer.body);
        }
        assert_eq!(bench.asked(), *asked);
    }
}

#[tokio::test]
async fn what_is_of_no_provider_or_forged_is_refused_and_nobody_is_asked() {
    let bench = Bench::start().await;
    let jwt = "eyJhbGciOiJIUzI1NiJ9.e30.c2ln";
    let key_alone = "a44c2593-e2ae-4ed9-b81b-c1330580338a";
    let forged = "docverify.0f1e2d3c4b5a69788796a5b4c3d2e1f0.H1I12oskjzsdhskj4";
    for token in ["garbage", jwt, key_alone, forged, "passbase:garbage", "nobody:PASSID-AB3X-7YQM"]
    {
        for (method, path) in [("GET", "/api/me"), ("POST", "/api/transfer")] {
            assert_eq!(bench.ask(method, path, token).await.status, 401, "{token}");
        }
    }
    assert_eq!(bench.asked(), [0, 0, 0]);
}

#[tokio::test]
async fn a_route_that_demands_screening_refuses_who_was_not_screened_and_says_why() {
    let bench = Bench::start().await;
    let document = bench.document_token().await;
    for token in [&*document, &*passbase_token(&bench.sandbox, false)] {
        let answer = bench.ask("POST", "/api/transfer", token).await;
        let why = "Sanctions screening must be clear; this credential says nothing of it.";
        assert_eq!(answer.status, 403);
        assert!(answer.body.contains(why), "{}", answer.body);
    }
    for token in [demo::KENYA_TOKEN, &*passbase_token(&bench.sandbox, true)] {
        assert_eq!(bench.ask("POST", "/api/transfer", token).await.status, 200);
    }
    // Something was found: that is nothing to tell.
    let answer = bench.ask("POST", "/api/transfer", demo::SANCTIONS_NOT_CLEAR_TOKEN).await;
    assert_eq!(answer.status, 403);
    assert!(!answer.body.contains("violations"), "{}", answer.body);
}

#[tokio::test]
async fn a_route_of_one_provider_takes_no_other() {
    let bench = Bench::start().await;
    let document = bench.document_token().await;
    for header in ["X-PASSID-Token", "X-Document-Session"] {
        let answer = bench.ask_by(header, "GET", "/api/document", &document).await;
        assert_eq!(provider_of(&answer), "docverify");
        for token in [demo::KENYA_TOKEN, &*passbase_token(&bench.sandbox, true)] {
            let answer = bench.ask_by(header, "GET", "/api/document", token).await;
            assert_eq!(answer.status, 401);
        }
    }
    assert_eq!(bench.asked(), [0, 0, 1]);
}

#[tokio::test]
async fn the_header_of_a_provider_is_for_that_provider_whatever_stands_in_it() {
    let bench = Bench::start().await;
    let document = bench.document_token().await;
    let by_header = bench.ask_by("X-Document-Session", "GET", "/api/me", &document).await;
    assert_eq!(provider_of(&by_header), "docverify");
    for token in [demo::KENYA_TOKEN, &*passbase_token(&bench.sandbox, true)] {
        let answer = bench.ask_by("X-Document-Session", "GET", "/api/me", token).await;
        assert_eq!(answer.status, 401);
    }
    assert_eq!(bench.asked(), [0, 0, 1]);
}

#[tokio::test]
async fn an_outage_of_one_provider_does_not_touch_the_others() {
    for down in [Route::AnyPassbase, Route::AnyDocverify, Route::Verify] {
        let bench = Bench::start().await;
        let tokens = [
            (Route::Verify, demo::KENYA_TOKEN.to_owned()),
            (Route::AnyPassbase, passbase_token(&bench.sandbox, true)),
            (Route::AnyDocverify, bench.document_token().await),
        ];
        let fault = Fault::on(down, FaultKind::Reset {}).always();
        bench.sandbox.inject_fault(fault).unwrap();
        let (out, well): (Vec<_>, Vec<_>) = tokens.iter().partition(|(route, _)| *route == down);
        // More than it takes to open a circuit breaker.
        for (_, token) in out.iter().cycle().take(8) {
            assert_eq!(bench.ask("GET", "/api/me", token).await.status, 503, "{down}");
        }
        for (_, token) in well {
            assert_eq!(bench.ask("GET", "/api/me", token).await.status, 200, "{down}");
        }
    }
}

#[tokio::test]
async fn only_providers_that_are_set_take_part_beside_a_real_one() {
    let sandbox = Sandbox::start().await.unwrap();
    let environment =
        [("PASSID_BASE_URL", sandbox.url()), ("PASSID_API_KEY", sandbox.sandbox_key())];
    let program = Loan::start(PROGRAM, &environment).await;
    assert!(!program.program.said.iter().any(|line| line.contains("runs inside")));
    for (method, path, status) in [
        ("GET", "/verify/passid", 200),
        ("POST", "/verify/passbase", 404),
        ("POST", "/verify/docverify", 404),
        ("GET", "/api/document", 404),
    ] {
        assert_eq!(program.send(&Request::new(method, path)).await.status, status, "{path}");
    }
}

#[tokio::test]
async fn a_wrong_setting_is_named_without_its_value() {
    for (environment, named) in [
        (vec![("PASSBASE_BASE_URL", "http://127.0.0.1:1")], "PASSBASE_SECRET_KEY"),
        (vec![("PASSID_CACHE_TTL_SECS", "marker")], "PASSID_CACHE_TTL_SECS"),
        (vec![("PUBLIC_URL", "https://a.example/marker")], "PUBLIC_URL"),
    ] {
        let output = Command::new(example(PROGRAM))
            .env("LISTEN_ADDR", "127.0.0.1:0")
            .envs(environment)
            .kill_on_drop(true)
            .output();
        let output = soon("the end", output).await.unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(named) && !said.contains("marker"), "{said}");
    }
}
