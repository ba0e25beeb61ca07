//! The QR flow at a terminal, run as a newcomer runs it.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::process::Stdio;

use passid_sandbox::{NewCredential, Sandbox};
use passid_tests::program::example;
use passid_tests::soon;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::Command;

/// Runs the kiosk until `decide` has been told the code, and gives what it says last and its exit
/// code.
async fn kiosk(sandbox: &Sandbox, decide: impl AsyncFnOnce(&str)) -> (String, Option<i32>) {
    let mut child = Command::new(example("kiosk"))
        .env("PASSID_BASE_URL", sandbox.url())
        .env("PASSID_API_KEY", sandbox.sandbox_key())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let mut shown = String::new();
    while !shown.contains("or type ") {
        let read = soon("the code", output.read_line(&mut shown)).await.unwrap();
        assert!(read > 0, "the kiosk ended: {shown}");
    }
    assert!(shown.contains('█') || shown.contains('▀'), "a QR code: {shown}");
    let code = shown.split("or type ").nth(1).unwrap();
    decide(code.split(' ').next().unwrap()).await;
    let mut rest = String::new();
    soon("the end", output.read_to_string(&mut rest)).await.unwrap();
    (rest, soon("the end", child.wait()).await.unwrap().code())
}

/// The session of a code, found as a wallet finds it.
async fn session_of(sandbox: &Sandbox, code: &str) -> String {
    let client = passid_core::PassidClient::builder(
        passid_core::ApiKey::parse(sandbox.sandbox_key()).unwrap(),
    )
    .base_url(sandbox.url())
    .build()
    .unwrap();
    let code = passid_core::SessionCode::parse(code).unwrap();
    let public = client.public_session_by_code(&code).await.unwrap();
    assert_eq!(public.institution_name.as_deref(), Some("Demo Bank, branch 7"));
    public.request_id.unwrap().to_string()
}

#[tokio::test]
async fn a_customer_who_approves_is_put_before_the_policy() {
    let sandbox = Sandbox::start().await.unwrap();
    let approve = async |code: &str| {
        sandbox.approve_session(&session_of(&sandbox, code).await).unwrap();
    };
    let (said, code) = kiosk(&sandbox, approve).await;
    assert!(said.contains("approved: Some(\"$3,000-4,000/mo\")"), "{said}");
    assert_eq!(code, Some(0));

    let old = async |code: &str| {
        let id = session_of(&sandbox, code).await;
        let old = NewCredential::new().freshness_hours(100);
        sandbox.approve_session_with(&id, old).unwrap();
    };
    let (said, code) = kiosk(&sandbox, old).await;
    assert!(said.contains("not enough"), "{said}");
    assert_eq!(code, Some(3));
}

#[tokio::test]
async fn a_customer_who_declines_ends_it() {
    let sandbox = Sandbox::start().await.unwrap();
    let decline = async |code: &str| {
        sandbox.decline_session(&session_of(&sandbox, code).await).unwrap();
    };
    let (said, code) = kiosk(&sandbox, decline).await;
    assert_eq!((said.trim(), code), ("declined", Some(3)));
}
