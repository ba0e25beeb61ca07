use std::error::Error;
use std::time::Duration;

use passid_sandbox::{
    Fault, FaultKind, NewCredential, Route, Sandbox, SandboxBuilder, StartError, demo,
};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::support::{REDEEM, VERIFY, client, connect, raw_request, redeem, verify};

#[tokio::test]
async fn sandboxes_in_one_process_share_nothing() {
    let mut starting = JoinSet::new();
    for _ in 0..32 {
        starting.spawn(async { Sandbox::start().await.unwrap() });
    }
    let sandboxes = starting.join_all().await;
    let first = &sandboxes[0];
    let code = first.mint_code(NewCredential::new()).unwrap();
    first.inject_fault(Fault::on(Route::Verify, FaultKind::status(500))).unwrap();
    for other in &sandboxes[1..] {
        assert_ne!(other.url(), first.url());
        assert_eq!(redeem(other, &code).await.status, 404);
        assert_eq!(verify(other, demo::KENYA_TOKEN).await.status, 200);
    }
    assert_eq!(first.calls(Route::Any), 0);
    assert_eq!(redeem(first, &code).await.status, 200);
}

#[tokio::test]
async fn addresses_and_keys_are_as_told() {
    let sandbox = Sandbox::builder()
        .listen("[::1]:0".parse().unwrap())
        .sandbox_key("sk_sandbox_other")
        .live_key("live_other")
        .webhook_secret("whsec_other")
        .start()
        .await;
    // A machine without IPv6 says so by a bind error.
    if let Ok(sandbox) = &sandbox {
        assert!(sandbox.url().starts_with("http://[::1]:"));
    }
    let sandbox = Sandbox::builder()
        .sandbox_key("sk_sandbox_other")
        .live_key("live_other")
        .webhook_secret("whsec_other")
        .start()
        .await
        .unwrap();
    assert!(sandbox.url().starts_with("http://127.0.0.1:"));
    assert_eq!(sandbox.admin_url(), format!("{}/_passid", sandbox.url()));
    assert_eq!(sandbox.sandbox_key(), "sk_sandbox_other");
    assert_eq!(sandbox.live_key(), "live_other");
    assert_eq!(sandbox.webhook_secret(), "whsec_other");
    assert_eq!(verify(&sandbox, demo::KENYA_TOKEN).await.status, 200);
    let usual = Sandbox::start().await.unwrap();
    assert_eq!(usual.sandbox_key(), demo::SANDBOX_KEY);
    assert_eq!(usual.live_key(), demo::LIVE_KEY);
    assert_eq!(usual.webhook_secret(), demo::WEBHOOK_SECRET);
}

#[tokio::test]
async fn what_cannot_start_says_why_and_shows_no_secret() {
    let running = Sandbox::start().await.unwrap();
    let address = running.url().strip_prefix("http://").unwrap().parse().unwrap();
    let error = Sandbox::builder().listen(address).start().await.unwrap_err();
    assert!(matches!(error, StartError::Bind { .. }));
    assert_eq!(error.to_string(), format!("cannot listen on {address}"));
    assert!(error.source().is_some());

    let refused = async |builder: SandboxBuilder| builder.start().await.unwrap_err().to_string();
    let secret = "pk_live_SECRET";
    let error = refused(Sandbox::builder().sandbox_key(secret)).await;
    assert_eq!(error, "the sandbox key cannot be used");
    let error = refused(Sandbox::builder().live_key("")).await;
    assert_eq!(error, "the live key cannot be used");
    let error = refused(Sandbox::builder().sandbox_key("same").live_key("same")).await;
    assert!(error.contains("the same"));
    let error = refused(Sandbox::builder().webhook_secret(" ")).await;
    assert!(error.starts_with("the webhook secret cannot be used"));
}

#[tokio::test]
async fn debug_texts_show_no_secret() {
    let builder = Sandbox::builder()
        .sandbox_key("pk_sandbox_SECRET")
        .live_key("pk_live_SECRET")
        .webhook_secret("whsec_SECRET");
    let mut texts = format!("{builder:?}");
    let sandbox = builder.start().await.unwrap();
    let credential = NewCredential::new().claim("income_band", "SECRET").status("SECRET");
    texts += &format!("{sandbox:?} {credential:?}");
    assert!(!texts.contains("SECRET"), "{texts}");
}

async fn refuses_connections(address: &str) -> bool {
    TcpStream::connect(address).await.is_err()
}

#[tokio::test]
async fn shutdown_lets_a_call_in_progress_end() {
    let sandbox = Sandbox::start().await.unwrap();
    let address = sandbox.url().strip_prefix("http://").unwrap().to_owned();
    let kind = FaultKind::delay(Duration::from_millis(300));
    sandbox.inject_fault(Fault::on(Route::Verify, kind)).unwrap();
    let request = raw_request(&sandbox, VERIFY, &json!({"token": demo::KENYA_TOKEN}));
    let mut stream = connect(&sandbox).await;
    stream.write_all(&request).await.unwrap();
    while sandbox.calls(Route::Verify) == 0 {
        tokio::task::yield_now().await;
    }
    sandbox.shutdown().await;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 200 OK"));
    assert!(refuses_connections(&address).await);
}

#[tokio::test]
async fn shutdown_closes_idle_connections() {
    let sandbox = Sandbox::start().await.unwrap();
    let mut silent = connect(&sandbox).await;
    let client = client();
    let kept_alive = client.get(format!("{}/health", sandbox.admin_url())).send().await.unwrap();
    assert_eq!(kept_alive.status(), 200);
    sandbox.shutdown().await;
    let mut rest = Vec::new();
    assert!(matches!(silent.read_to_end(&mut rest).await, Ok(0) | Err(_)));
}

#[tokio::test]
async fn dropping_the_sandbox_ends_its_connections() {
    let sandbox = Sandbox::start().await.unwrap();
    let address = sandbox.url().strip_prefix("http://").unwrap().to_owned();
    let kind = FaultKind::delay(Duration::from_secs(60));
    sandbox.inject_fault(Fault::on(Route::Redeem, kind)).unwrap();
    let request = raw_request(&sandbox, REDEEM, &json!({"code": demo::KENYA_CODE}));
    let mut stream = connect(&sandbox).await;
    stream.write_all(&request).await.unwrap();
    while sandbox.calls(Route::Redeem) == 0 {
        tokio::task::yield_now().await;
    }
    drop(sandbox);
    let mut answer = Vec::new();
    // Returns only because the other side is gone, a minute early.
    let _ = stream.read_to_end(&mut answer).await;
    assert!(answer.is_empty());
    assert!(refuses_connections(&address).await);
}
