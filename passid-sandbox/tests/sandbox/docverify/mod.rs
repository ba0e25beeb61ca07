//! Document Verification in the one sandbox.

mod calls;
mod control;
mod faults;
mod flags;
mod journal;
mod kept;
mod model;
mod results;
mod settings;
mod tokens;

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use passid_sandbox::docverify::DocumentSettings;
use passid_sandbox::{Sandbox, SandboxBuilder};
use reqwest::{Client, Method};
use serde_json::{Value, json};

use crate::support::{Answer, client, sample_clock, send};

pub(crate) const RESOURCE: &str = "https://verify.identity.security";
pub(crate) const KINDS: [&str; 3] = ["document_front", "document_back", "selfie"];

/// A backend with an access token.
pub(crate) struct Backend {
    pub(crate) sandbox: Sandbox,
    pub(crate) client: Client,
    pub(crate) token: String,
}

/// A form that asks for an access token.
pub(crate) fn form(sandbox: &Sandbox) -> Vec<(&'static str, String)> {
    let api = sandbox.docverify();
    vec![
        ("client_id", api.client_id().to_owned()),
        ("client_secret", api.client_secret().to_owned()),
        ("grant_type", "client_credentials".to_owned()),
        ("resource", RESOURCE.to_owned()),
    ]
}

pub(crate) async fn ask_for_token(
    client: &Client,
    sandbox: &Sandbox,
    form: &[(&str, String)],
) -> Answer {
    let url = format!("{}/oidc/token", sandbox.docverify().url());
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
    let kind = "application/x-www-form-urlencoded";
    send(client.post(url).header("Content-Type", kind).body(body)).await
}

pub(crate) async fn access_token(client: &Client, sandbox: &Sandbox) -> String {
    let answer = ask_for_token(client, sandbox, &form(sandbox)).await;
    answer.json()["access_token"].as_str().unwrap().to_owned()
}

impl Backend {
    pub(crate) async fn start() -> Self {
        Self::with(DocumentSettings::new()).await
    }

    pub(crate) async fn with(settings: DocumentSettings) -> Self {
        Self::of(Sandbox::builder().docverify(settings)).await
    }

    pub(crate) async fn of(builder: SandboxBuilder) -> Self {
        Self::over(builder.clock(sample_clock()).start().await.unwrap()).await
    }

    pub(crate) async fn over(sandbox: Sandbox) -> Self {
        let client = client();
        let token = access_token(&client, &sandbox).await;
        Self { sandbox, client, token }
    }

    /// A call below `/verification`.
    pub(crate) async fn call(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        let url = format!("{}/verify/api/v1/verification{path}", self.sandbox.docverify().url());
        let request = self.client.request(method, url).bearer_auth(&self.token);
        send(match body {
            Some(body) => request.json(&body),
            None => request,
        })
        .await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.call(Method::GET, path, None).await
    }

    pub(crate) async fn create(&self, body: Value) -> Value {
        let answer = self.call(Method::POST, "", Some(body)).await;
        assert!([200, 201].contains(&answer.status), "{} {}", answer.status, answer.text);
        answer.json()
    }

    /// The id of a session that this backend drives.
    pub(crate) async fn driven(&self, mock: Value) -> String {
        let start = json!({"consent": {"granted": true, "document_id": "terms-1"}});
        let created = self.create(json!({"start": start, "mock_behavior": mock})).await;
        assert!(created.get("start_token").is_none());
        created["session_id"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn add(&self, id: &str, kind: &str) -> Answer {
        let body = picture(kind, b"\xff\xd8\xff pixels");
        self.call(Method::POST, &format!("/{id}/images"), Some(body)).await
    }

    pub(crate) async fn add_all(&self, id: &str) {
        for kind in KINDS {
            assert_eq!(self.add(id, kind).await.status, 200);
        }
    }

    pub(crate) async fn result(&self, id: &str) -> Value {
        let answer = self.get(&format!("/{id}/result?detailed=true")).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.json()
    }

    pub(crate) async fn status(&self, id: &str) -> String {
        self.result(id).await["status"].as_str().unwrap().to_owned()
    }

    /// Somebody opens the hosted page. The status, and where they are sent.
    pub(crate) async fn visit(&self, token: &str) -> (u16, Option<String>) {
        let staying = Client::builder()
            .no_proxy()
            .tls_certs_only([])
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        let url = format!("{}/verify/app/{token}", self.sandbox.docverify().url());
        let answer = send(staying.get(url)).await;
        (answer.status, answer.header("location").map(str::to_owned))
    }

    pub(crate) fn pass(&self, seconds: u64) {
        self.sandbox.advance_clock(Duration::from_secs(seconds)).unwrap();
    }
}

pub(crate) fn picture(kind: &str, jpeg: &[u8]) -> Value {
    let content = STANDARD.encode(jpeg);
    json!({"image": {"format": "jpg", "image_type": kind, "content": content}})
}

/// The status and the words of an error in the form of sibling services.
pub(crate) fn refusal(answer: &Answer) -> (u16, String) {
    let body = answer.json();
    assert_eq!(body["error_code"], answer.status);
    let message = match &body["message"] {
        Value::Array(list) => list[0].as_str(),
        text => text.as_str(),
    };
    (answer.status, message.unwrap().to_owned())
}

pub(crate) fn refused(status: u16, message: &str) -> (u16, String) {
    (status, message.to_owned())
}

pub(crate) const MALFORMED: &str = "Request is malformed or missing required fields";
pub(crate) const UNAUTHORIZED: &str = "Access token is malformed, missing data, or expired";
pub(crate) const NO_SESSION: &str = "Session not found";
