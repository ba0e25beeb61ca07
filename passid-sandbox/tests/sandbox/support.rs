//! What the tests share: calls as a client makes them, and calls byte by byte.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use passid_core::testing::ManualClock;
use passid_sandbox::Sandbox;
use reqwest::header::HeaderMap;
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

pub(crate) const REDEEM: &str = "/api/bridge/code/redeem";
pub(crate) const VERIFY: &str = "/v1/verify";
pub(crate) const BRIDGE_VERIFY: &str = "/api/v1/bridge/verify";

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }

    pub(crate) fn data(&self) -> Value {
        assert_eq!(self.status, 200, "{}", self.text);
        let body = self.json();
        assert_eq!(body["success"], true);
        body["data"].clone()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// Status and code, after a look at the shape of D8 and at what every answer has.
    pub(crate) fn error(&self) -> (u16, String) {
        let body = self.json();
        assert_eq!(body["success"], false, "{}", self.text);
        assert_eq!(body.as_object().unwrap().len(), 2);
        assert!(!body["error"]["message"].as_str().unwrap().is_empty());
        assert_eq!(self.header("content-type"), Some("application/json"));
        assert!(self.header("x-request-id").unwrap().starts_with("req_"));
        (self.status, body["error"]["code"].as_str().unwrap().to_owned())
    }
}

pub(crate) fn client() -> Client {
    Client::builder().no_proxy().timeout(Duration::from_secs(30)).build().unwrap()
}

pub(crate) async fn send(request: RequestBuilder) -> Answer {
    let response = request.send().await.unwrap();
    Answer {
        status: response.status().as_u16(),
        headers: response.headers().clone(),
        text: response.text().await.unwrap(),
    }
}

/// A POST with the sandbox key.
pub(crate) fn post(sandbox: &Sandbox, path: &str, body: &Value) -> RequestBuilder {
    post_with_key(sandbox, sandbox.sandbox_key(), path, body)
}

pub(crate) fn post_with_key(
    sandbox: &Sandbox,
    key: &str,
    path: &str,
    body: &Value,
) -> RequestBuilder {
    let url = format!("{}{path}", sandbox.url());
    client().post(url).header("X-Institution-Key", key).json(body)
}

pub(crate) async fn redeem(sandbox: &Sandbox, code: &str) -> Answer {
    send(post(sandbox, REDEEM, &json!({"code": code}))).await
}

pub(crate) async fn verify(sandbox: &Sandbox, token: &str) -> Answer {
    send(post(sandbox, VERIFY, &json!({"token": token}))).await
}

pub(crate) async fn admin(
    sandbox: &Sandbox,
    method: Method,
    path: &str,
    body: Option<Value>,
) -> Answer {
    let request = client().request(method, format!("{}{path}", sandbox.admin_url()));
    send(match body {
        Some(body) => request.json(&body),
        None => request,
    })
    .await
}

/// A whole request as bytes, with the sandbox key, after which the connection ends.
pub(crate) fn raw_request(sandbox: &Sandbox, path: &str, body: &Value) -> Vec<u8> {
    let body = body.to_string();
    format!(
        "POST {path} HTTP/1.1\r\nHost: sandbox\r\nConnection: close\r\nX-Institution-Key: {}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        sandbox.sandbox_key(),
        body.len(),
    )
    .into_bytes()
}

pub(crate) async fn connect(sandbox: &Sandbox) -> TcpStream {
    TcpStream::connect(sandbox.url().strip_prefix("http://").unwrap()).await.unwrap()
}

/// Sends bytes and reads until the other side ends the connection, well or badly.
pub(crate) async fn exchange(
    sandbox: &Sandbox,
    request: &[u8],
) -> (Vec<u8>, Result<(), std::io::ErrorKind>) {
    let mut stream = connect(sandbox).await;
    stream.write_all(request).await.unwrap();
    let mut received = Vec::new();
    let mut buffer = vec![0; 64 * 1024];
    loop {
        match stream.read(&mut buffer).await {
            Ok(0) => return (received, Ok(())),
            Ok(count) => received.extend_from_slice(&buffer[..count]),
            Err(error) => return (received, Err(error.kind())),
        }
    }
}

/// A clock that stands at 2026-03-17T14:02:11Z, the time in the verifier page's sample.
pub(crate) fn sample_clock() -> Arc<ManualClock> {
    let sample = SystemTime::UNIX_EPOCH + Duration::from_secs(1_773_756_131);
    Arc::new(ManualClock::at(sample))
}
