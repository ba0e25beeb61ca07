//! The program with a data file, and calls to it.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use reqwest::{Client, Method};
use serde_json::{Value, json};

use crate::ledger::Ledger;
use crate::receiver::Received;

pub(crate) struct Program {
    child: Child,
    pub(crate) api: Api,
}

/// A client of a running program.
#[derive(Clone)]
pub(crate) struct Api {
    client: Client,
    url: String,
    key: String,
    institution_jwt: String,
    user_jwt: String,
    webhook_secret: String,
}

/// A whole answer: what a caller may rely on.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("{}", self.text))
    }

    /// The body of an answer that must have this status.
    pub(crate) fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text);
        self.json()
    }
}

impl Api {
    /// `None` when the program ended before the whole answer was there.
    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        body: Value,
        idempotency_key: Option<&str>,
    ) -> Option<Answer> {
        let mut request = self.client.request(method, format!("{}{path}", self.url)).json(&body);
        request = if path.contains("/share/") || path.ends_with("/fulfill") {
            request.bearer_auth(&self.user_jwt)
        } else if path.starts_with("/passbase/") {
            request.header("X-API-KEY", passid_sandbox::passbase::SECRET_KEY)
        } else if path == "/api/institution/webhook" {
            request.bearer_auth(&self.institution_jwt)
        } else {
            request.header("X-Institution-Key", &self.key)
        };
        if let Some(key) = idempotency_key {
            request = request.header("Idempotency-Key", key);
        }
        let response = request.send().await.ok()?;
        let status = response.status().as_u16();
        Some(Answer { status, text: response.text().await.ok()? })
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Option<Answer> {
        self.send(Method::POST, path, body, None).await
    }

    /// A call to a program that nobody ends.
    pub(crate) async fn post_surely(&self, path: &str, body: Value) -> Answer {
        self.post(path, body).await.expect("the program runs")
    }
}

impl Program {
    pub(crate) fn start(file: &Path) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_passid-sandbox"));
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("PASSID_SANDBOX_")) {
            command.env_remove(name);
        }
        let mut child = command
            .args(["--listen", "127.0.0.1:0", "--data"])
            .arg(file)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let ready: Value = serde_json::from_str(&line).expect("it starts after every kind of end");
        let text = |name: &str| ready[name].as_str().unwrap().to_owned();
        let client = Client::builder()
            .no_proxy()
            .tls_certs_only([])
            .timeout(Duration::from_secs(30))
            .build()
            .unwrap();
        let api = Api {
            client,
            url: text("url"),
            key: text("sandbox_key"),
            institution_jwt: text("institution_jwt"),
            user_jwt: text("user_jwt"),
            webhook_secret: text("webhook_secret"),
        };
        Self { child, api }
    }

    /// SIGKILL.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// SIGTERM, and the exit code.
    pub(crate) fn terminate(mut self) -> Option<i32> {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-s", "TERM", &pid]).status().unwrap().success());
        self.child.wait().unwrap().code()
    }

    pub(crate) fn webhook_secret(&self) -> &str {
        &self.api.webhook_secret
    }

    /// Where events go; kept after the first time.
    pub(crate) async fn set_webhook(&self, url: &str, ledger: &mut Ledger) {
        if ledger.acknowledged == 0 {
            let body = json!({"webhookUrl": url});
            let path = "/api/institution/webhook";
            let answer = self.api.send(Method::PATCH, path, body, None).await;
            answer.unwrap().expect(200);
            ledger.webhook_url = url.to_owned();
        }
    }

    /// Waits until no delivery is due, also of those that failed because a restart cut them off.
    pub(crate) async fn settle(&self) -> bool {
        let body = json!({"wait_ms": 30_000});
        let settled = self.api.post_surely("/_passid/deliveries/settle", body).await;
        settled.expect(200)["settled"] == true
    }

    /// What an application was told must be so: an event of an outcome that is not there any more
    /// would be told again.
    pub(crate) async fn check_told_outcomes(&self, received: &[Received]) {
        let told: BTreeSet<String> = received
            .iter()
            .map(Received::json)
            .filter(|event| event["event"] == "outcome.reported")
            .map(|event| event["data"]["token"].as_str().unwrap().to_owned())
            .collect();
        for token in told {
            let outcome = json!({"token": token, "outcome": "repaid"});
            self.api.post_surely("/v1/outcome", outcome).await.expect(409);
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
