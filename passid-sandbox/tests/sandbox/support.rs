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

use crate::schema::DOCUMENT;

pub(crate) const REDEEM: &str = "/api/bridge/code/redeem";
pub(crate) const VERIFY: &str = "/v1/verify";
pub(crate) const BRIDGE_VERIFY: &str = "/api/v1/bridge/verify";

pub(crate) struct Answer {
    /// What was asked for.
    pub(crate) path: String,
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

    /// Status and code, after a look at the shape of errors of the API that was asked, and at what
    /// every answer has.
    pub(crate) fn error(&self) -> (u16, String) {
        assert_eq!(self.header("content-type"), Some("application/json"));
        assert!(self.header("x-request-id").unwrap().starts_with("req_"));
        (self.status, error_code(&self.path, &self.json()))
    }
}

/// The code in an error body, which has the shape of D8, for Passbase that of P82, and for Document
/// Verification the usual one of P113.
pub(crate) fn error_code(path: &str, body: &Value) -> String {
    if path == "/docverify/oidc/token" && body["error"].is_string() {
        assert!(!body["error_description"].as_str().unwrap().is_empty());
        return body["error"].as_str().unwrap().to_owned();
    }
    if path.starts_with("/docverify") {
        assert!(body["message"].is_string() || body["message"][0].is_string(), "{body}");
        return body["error_code"].as_u64().unwrap().to_string();
    }
    let error = if path.starts_with("/passbase/") {
        body
    } else {
        assert_eq!(body["success"], false, "{body}");
        &body["error"]
    };
    assert_eq!(body.as_object().unwrap().len(), 2);
    assert!(!error["message"].as_str().unwrap().is_empty());
    error["code"].as_str().unwrap().to_owned()
}

/// A client of its own for each call. No certificates, which would take longer to load than a call.
pub(crate) fn client() -> Client {
    Client::builder()
        .no_proxy()
        .tls_certs_only([])
        .timeout(Duration::from_secs(30))
        .build()
        .unwrap()
}

pub(crate) async fn send(request: RequestBuilder) -> Answer {
    let (client, request) = request.build_split();
    let request = request.unwrap();
    let (method, path) = (request.method().clone(), request.url().path().to_owned());
    let response = client.execute(request).await.unwrap();
    let answer = Answer {
        path: path.clone(),
        status: response.status().as_u16(),
        headers: response.headers().clone(),
        text: response.text().await.unwrap(),
    };
    if answer.header("content-type") == Some("application/json") {
        DOCUMENT.check(&method, &path, answer.status, &answer.text);
    }
    answer
}

/// A call with a bearer token, and a body if there is one.
pub(crate) async fn bearer(
    sandbox: &Sandbox,
    method: Method,
    path: &str,
    jwt: &str,
    body: Option<Value>,
) -> Answer {
    let request = client().request(method, format!("{}{path}", sandbox.url())).bearer_auth(jwt);
    send(match body {
        Some(body) => request.json(&body),
        None => request,
    })
    .await
}

/// A GET with the sandbox key.
pub(crate) async fn get(sandbox: &Sandbox, path: &str) -> Answer {
    get_with_key(sandbox, sandbox.sandbox_key(), path).await
}

pub(crate) async fn get_with_key(sandbox: &Sandbox, key: &str, path: &str) -> Answer {
    send(client().get(format!("{}{path}", sandbox.url())).header("X-Institution-Key", key)).await
}

/// A session of the demo institution, as it was answered.
pub(crate) async fn session(sandbox: &Sandbox, body: Value) -> Value {
    let answer = send(post(sandbox, "/v1/sessions", &body)).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    answer.json()
}

/// A share of the demo customer.
pub(crate) async fn share(sandbox: &Sandbox, body: Value) -> Value {
    let path = "/api/v1/bridge/share/create";
    let answer = bearer(sandbox, Method::POST, path, &sandbox.user_jwt(), Some(body)).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    answer.json()["data"].clone()
}

/// Two institutions that know nothing of each other, and their keys.
pub(crate) async fn two_institutions() -> (Sandbox, [String; 2]) {
    let other = "pk_sandbox_other000000000000000".to_owned();
    let seed = json!({"institutions": [{"id": "43", "sandbox": {"key": other}}]});
    let seed = passid_sandbox::Seed::from_json(&seed.to_string()).unwrap();
    let sandbox = Sandbox::builder().seed(seed).clock(sample_clock()).start().await.unwrap();
    let own = sandbox.sandbox_key().to_owned();
    (sandbox, [own, other])
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
