//! What the sandbox logs, and what it must not: a process of its own, because the subscriber is the
//! whole process's.
#![allow(clippy::unwrap_used, reason = "a test ends where its expectation does")]

use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use passid_sandbox::passbase::{NewIdentity, OlderWebhook, PassbaseSettings};
use passid_sandbox::{FAULT_HEADER, Fault, FaultKind, NewCredential, Route, Sandbox};
use reqwest::Client;
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

/// Whether the answer came in one piece does not matter here.
async fn call(sandbox: &Sandbox, path: &str, body: &Value) {
    let request = Client::builder()
        .no_proxy()
        .build()
        .unwrap()
        .post(format!("{}{path}", sandbox.url()))
        .header("X-Institution-Key", sandbox.sandbox_key())
        .header("Idempotency-Key", "MARKED-IDEMPOTENCY")
        .json(body);
    if let Ok(response) = request.send().await {
        let _ = response.bytes().await;
    }
}

/// Reads and webhooks of a person whose every text is marked. Gives the identity's key.
async fn call_passbase(sandbox: &Sandbox) -> String {
    let passbase = sandbox.passbase();
    let mut settings = PassbaseSettings::default();
    settings.webhook_url = Some("http://127.0.0.1:9/MARKED-HOOK".to_owned());
    settings.webhook_secret = Some("MARKED-SECRET-0123456789abcdef01".to_owned());
    passbase.set_settings(settings).unwrap();
    let new = NewIdentity {
        email: "MARKED-EMAIL".to_owned(),
        first_name: "MARKED-FIRST".to_owned(),
        metadata: json!({"note": "MARKED-METADATA"}),
        ..NewIdentity::default()
    };
    let key = passbase.begin(new).unwrap();
    passbase.submit(&key).unwrap();
    passbase.process(&key).unwrap();
    passbase.edit(&key, "MARKED-POINT", json!("MARKED-VALUE")).unwrap();
    passbase.send_older(&key, OlderWebhook::Created2019).unwrap();
    assert!(sandbox.deliveries_settled(Duration::from_secs(20)).await);
    for path in [format!("/identities/{key}"), "/identities?MARKED".into(), "/MARKED".into()] {
        let client = Client::builder().no_proxy().build().unwrap();
        let call = client.get(format!("{}{path}", passbase.url()));
        call.header("x-api-key", passbase.key()).send().await.unwrap();
    }
    key
}

#[tokio::test]
async fn no_key_token_code_or_claim_reaches_a_log() {
    let captured = Captured::default();
    let writer = captured.clone();
    tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || writer.clone())
        .init();

    let sandbox = Sandbox::start().await.unwrap();
    let credential = NewCredential::new().claim("income_band", "MARKED-CLAIM");
    let code = sandbox.mint_code(credential.clone()).unwrap();
    let token = sandbox.mint_token(credential).unwrap();
    for code in [code.as_str(), "MARKED-CODE"] {
        call(&sandbox, "/api/bridge/code/redeem", &json!({"code": code})).await;
    }
    let body = json!({"token": token, "institution_reference": "MARKED-REFERENCE"});
    for kind in [FaultKind::truncate(), FaultKind::reset(), FaultKind::apply_then_drop()] {
        sandbox.inject_fault(Fault::on(Route::Any, kind)).unwrap();
        call(&sandbox, "/v1/verify", &body).await;
    }
    call(&sandbox, "/v1/verify", &body).await;
    call(&sandbox, &format!("/v1/verify/{token}?key=MARKED-QUERY"), &body).await;
    let asking = Client::builder()
        .no_proxy()
        .build()
        .unwrap()
        .get(format!("{}/v1/sessions/MARKED-SESSION", sandbox.url()))
        .header(FAULT_HEADER, "MARKED-FAULT");
    assert_eq!(asking.send().await.unwrap().status(), 400);
    call(&sandbox, "/_passid/tokens", &json!({"claims": {"income_band": "MARKED-MINTED"}})).await;
    call(&sandbox, "/_passid/tokens", &json!({"claims": "MARKED-MISTAKE"})).await;

    let identity = call_passbase(&sandbox).await;

    let log = String::from_utf8(captured.0.lock().unwrap().clone()).unwrap();
    // Other crates of this process, the client of the test among them, log what they like.
    let own: Vec<_> = log.lines().filter(|line| line.contains("passid_sandbox")).collect();
    assert_eq!(own.iter().filter(|line| line.contains("answered")).count(), 10, "{own:#?}");
    assert_eq!(own.iter().filter(|line| line.contains(" fault")).count(), 3, "{own:#?}");
    assert!(own.iter().any(|line| line.contains("webhook attempt")), "{own:#?}");
    let passbase = sandbox.passbase().key();
    for secret in [sandbox.sandbox_key(), passbase, &identity, &code, &token, "MARKED"] {
        assert!(!own.iter().any(|line| line.contains(secret)), "{secret} in {own:#?}");
    }
}
