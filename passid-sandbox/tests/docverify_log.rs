//! What the sandbox logs of Document Verification, and what it must not: a process of its own, because
//! the subscriber is the whole process's.
#![allow(clippy::unwrap_used, reason = "a test ends where its expectation does")]

use std::io::Write;
use std::sync::{Arc, Mutex};

use passid_sandbox::{Fault, FaultKind, Route, Sandbox};
use reqwest::{Client, Method};
use serde_json::{Value, json};

#[derive(Clone, Default)]
struct Captured(Arc<Mutex<Vec<u8>>>);

impl Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

async fn call(url: &str, method: Method, token: &str, body: &Value) -> Value {
    let client = Client::builder().no_proxy().build().unwrap();
    let request = client.request(method, url).bearer_auth(token).json(body);
    match request.send().await {
        Ok(answer) => answer.json().await.unwrap_or_default(),
        Err(_) => Value::Null,
    }
}

#[tokio::test]
async fn nothing_of_a_person_or_a_secret_reaches_a_log() {
    let captured = Captured::default();
    let writer = captured.clone();
    tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || writer.clone())
        .init();

    let sandbox = Sandbox::start().await.unwrap();
    let api = sandbox.docverify();
    let form = format!(
        "grant_type=client_credentials&resource=https%3A%2F%2Fverify.identity.security\
         &client_id={}&client_secret={}",
        api.client_id(),
        api.client_secret()
    );
    let client = Client::builder().no_proxy().build().unwrap();
    let request = client
        .post(format!("{}/oidc/token", api.url()))
        .header("Content-Type", "application/x-www-form-urlencoded")
        .body(form);
    let token: Value = request.send().await.unwrap().json().await.unwrap();
    let token = token["access_token"].as_str().unwrap();
    let root = format!("{}/verify/api/v1/verification", api.url());
    let info = json!({"person_details": {"full_name": "MARKED-NAME"}});
    let asked = json!({
        "state": "MARKED-STATE", "callback_url": "https://marked.example/MARKED",
        "mock_behavior": {"info": info}
    });
    let created = call(&root, Method::POST, token, &asked).await;
    let id = created["session_id"].as_str().unwrap();
    let start_token = created["start_token"].as_str().unwrap();
    for kind in [FaultKind::truncate(), FaultKind::apply_then_drop()] {
        sandbox.inject_fault(Fault::on(Route::AnyDocverify, kind)).unwrap();
        call(&root, Method::POST, token, &asked).await;
    }
    sandbox.docverify().capture(id).unwrap();
    let result = call(&format!("{root}/{id}/result"), Method::GET, token, &json!({})).await;
    assert_eq!(result["person"]["full_name"], "MARKED-NAME");
    call(&format!("{root}/MARKED-SESSION/MARKED"), Method::GET, token, &json!({})).await;
    let page = format!("{}/verify/app/{start_token}", api.url());
    call(&page, Method::GET, "MARKED-TOKEN", &json!({})).await;

    let log = String::from_utf8(captured.0.lock().unwrap().clone()).unwrap();
    // Other crates of this process, the client of the test among them, log what they like.
    let own: Vec<_> = log.lines().filter(|line| line.contains("passid_sandbox")).collect();
    assert!(own.iter().filter(|line| line.contains("answered")).count() >= 6, "{own:#?}");
    for secret in [api.client_secret(), token, id, start_token, "MARKED", "marked"] {
        assert!(!own.iter().any(|line| line.contains(secret)), "{secret} in {own:#?}");
    }
    let shown = format!("{api:?} {sandbox:?} {:?}", api.sessions());
    for secret in [api.client_secret(), id, "MARKED", "marked"] {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
}
