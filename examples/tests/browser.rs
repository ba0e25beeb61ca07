//! The routes at which a person is verified, as a browser walks through them.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod common;

use common::Loan;
use passid_tests::http::{Request, Response, send};
use passid_tests::soon;

const PROGRAMS: [&str; 2] = ["loan-axum", "loan-actix"];

async fn start(program: &str, provider: &str) -> Loan {
    let policy = concat!(env!("CARGO_MANIFEST_DIR"), "/policies/identity.json");
    Loan::start_with(program, &["--provider", provider, "--policy", policy], &[]).await
}

/// The token that a page shows.
fn token_of(page: &Response) -> String {
    assert_eq!(page.status, 200, "{page:?}");
    assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
    assert_eq!(page.header("cache-control"), Some("no-store"));
    let (_, rest) = page.body.split_once("value=\"").unwrap();
    rest.split_once('"').unwrap().0.to_owned()
}

async fn apply(loan: &Loan, token: &str) -> u16 {
    let request = Request::new("POST", "/api/apply").header("X-PASSID-Token", token);
    loan.send(&request).await.status
}

/// Where an answer sends a browser: the address and the path.
fn place(answer: &Response) -> (std::net::SocketAddr, String) {
    assert_eq!(answer.status, 303, "{answer:?}");
    let rest = answer.header("location").unwrap().strip_prefix("http://").unwrap();
    let (host, path) = rest.split_once('/').unwrap();
    (host.parse().unwrap(), format!("/{path}"))
}

async fn get(address: std::net::SocketAddr, path: String, cookie: Option<&str>) -> Response {
    let mut request = Request::new("GET", path);
    if let Some(cookie) = cookie {
        request = request.header("Cookie", cookie);
    }
    soon("an answer", send(address, &request)).await.unwrap()
}

#[tokio::test]
async fn a_person_goes_to_the_vendors_page_and_comes_back_with_a_token_that_passes() {
    for program in PROGRAMS {
        let loan = start(program, "docverify").await;
        let invited = loan.send(&Request::new("GET", "/verify/docverify")).await;
        assert!(invited.body.contains("<form method=\"post\" action=\"/verify/docverify\">"));

        let begun = loan.send(&Request::new("POST", "/verify/docverify")).await;
        let (vendor, page) = place(&begun);
        let cookie = begun.header("set-cookie").unwrap().to_owned();
        assert!(cookie.contains("; HttpOnly; SameSite=Lax"), "{cookie}");
        let cookie = cookie.split(';').next().unwrap();

        let (back, callback) = place(&get(vendor, page, None).await);
        assert_eq!(back, loan.address);
        assert!(callback.starts_with("/verify/docverify/callback?"), "{callback}");

        let stranger = get(back, callback.clone(), None).await;
        assert_eq!(stranger.status, 400, "another browser has not begun");
        let forger = get(back, callback.clone(), Some("docverify_state=0f1e2d3c4b5a6978")).await;
        assert_eq!(forger.status, 400);

        let page = get(back, callback, Some(cookie)).await;
        let cleared = page.header("set-cookie").unwrap();
        assert!(cleared.starts_with("docverify_state=; ") && cleared.contains("Max-Age=0"));
        assert_eq!(apply(&loan, &token_of(&page)).await, 200, "{program}");
    }
}

#[tokio::test]
async fn behind_a_public_address_people_come_back_to_it_and_the_cookie_is_for_tls_only() {
    let environment = [("PUBLIC_URL", "https://bank.example/")];
    for program in PROGRAMS {
        let loan = Loan::start_with(program, &["--provider=docverify"], &environment).await;
        let begun = loan.send(&Request::new("POST", "/verify/docverify")).await;
        assert!(begun.header("set-cookie").unwrap().ends_with("; Secure"));
        let (vendor, page) = place(&begun);
        let sent = get(vendor, page, None).await;
        let back = sent.header("location").unwrap();
        assert!(back.starts_with("https://bank.example/verify/docverify/callback?"), "{back}");
    }
}

#[tokio::test]
async fn who_begins_at_passbase_is_given_a_nonce_of_their_own() {
    for program in PROGRAMS {
        let loan = start(program, "passbase").await;
        let begin = Request::new("POST", "/verify/passbase");
        let one = token_of(&loan.send(&begin).await);
        let two = token_of(&loan.send(&begin).await);
        assert_eq!((apply(&loan, &one).await, apply(&loan, &two).await), (200, 200));
        let (key, _) = one.split_once('.').unwrap();
        let (_, nonce) = two.split_once('.').unwrap();
        assert_eq!(apply(&loan, &format!("{key}.{nonce}")).await, 401, "somebody else's nonce");
        assert_eq!(apply(&loan, key).await, 401, "the key alone");
    }
}

#[tokio::test]
async fn with_a_real_passbase_the_metadata_is_shown_for_the_button_and_holds_no_nonce() {
    let environment =
        [("PASSBASE_BASE_URL", "http://127.0.0.1:1"), ("PASSBASE_SECRET_KEY", "5f0e1d2c")];
    for program in PROGRAMS {
        let loan = Loan::start_with(program, &["--provider", "passbase"], &environment).await;
        let page = loan.send(&Request::new("POST", "/verify/passbase")).await;
        let nonce = token_of(&page);
        let nonce = nonce.strip_prefix('.').unwrap();
        assert!(page.body.contains("nonce_sha256") && page.body.matches(nonce).count() == 1);
        let token = format!("a44c2593-e2ae-4ed9-b81b-c1330580338a.{nonce}");
        assert_eq!(apply(&loan, &token).await, 503, "nobody is there");
    }
}

#[tokio::test]
async fn an_outage_of_the_vendor_is_told_and_no_cookie_is_set() {
    let environment = [
        ("DOCVERIFY_BASE_URL", "http://127.0.0.1:1"),
        ("DOCVERIFY_CLIENT_ID", "a"),
        ("DOCVERIFY_CLIENT_SECRET", "b"),
    ];
    for program in PROGRAMS {
        let loan = Loan::start_with(program, &["--provider=docverify"], &environment).await;
        let answer = loan.send(&Request::new("POST", "/verify/docverify")).await;
        assert_eq!((answer.status, answer.header("set-cookie")), (503, None));
        assert!(answer.body.contains("VERIFIER_UNAVAILABLE"));
    }
}

#[tokio::test]
async fn passid_shows_a_token_of_the_sandbox_and_other_providers_are_not_there() {
    for program in PROGRAMS {
        let loan = start(program, "passid").await;
        let page = loan.send(&Request::new("GET", "/verify/passid")).await;
        assert_eq!(apply(&loan, &token_of(&page)).await, 200);
        for (method, path, status) in [
            ("POST", "/verify/passid", 404),
            ("GET", "/verify/passid/callback?a=b", 404),
            ("GET", "/verify/docverify", 404),
            ("POST", "/verify/passbase", 404),
        ] {
            assert_eq!(loan.send(&Request::new(method, path)).await.status, status, "{path}");
        }
    }
}
