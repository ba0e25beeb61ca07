//! What was acknowledged, and whether it still holds.

use reqwest::Method;
use serde_json::{Value, json};

use crate::program::Program;

#[derive(Default)]
pub(crate) struct Ledger {
    pub(crate) acknowledged: usize,
    pub(crate) facts: Vec<Fact>,
    pub(crate) events: Vec<Event>,
    pub(crate) webhook_url: String,
    /// The secret of the last answer, and those of calls without an answer since: one of them holds.
    pub(crate) secrets: Vec<String>,
    /// What the clock showed last, as RFC 3339 in UTC.
    pub(crate) clock: String,
}

/// Something that holds for good once it was answered.
#[derive(Debug)]
pub(crate) enum Fact {
    Used { code: String },
    Unused { code: String },
    Revoked { token: String },
    Replay { key: String, token: String, answer: String },
    Session { id: String, status: &'static str },
    Outcome { token: String },
    Identity { key: String, status: &'static str },
}

/// An event of an acknowledged call.
#[derive(Debug)]
pub(crate) struct Event {
    pub(crate) name: &'static str,
    pub(crate) token: String,
}

impl Event {
    pub(crate) fn is(&self, received: &Value) -> bool {
        received["event"] == self.name && received["data"]["token"] == *self.token
    }
}

impl Ledger {
    pub(crate) fn note(&mut self, fact: Fact) {
        self.facts.push(fact);
    }

    pub(crate) fn will_arrive(&mut self, name: &'static str, token: &str) {
        self.events.push(Event { name, token: token.to_owned() });
    }

    /// Asks a program that was started again about everything.
    pub(crate) async fn check(&mut self, program: &Program) {
        for fact in &mut self.facts {
            let used = fact.check(program).await;
            if let Some((used, token)) = used {
                self.events.push(Event { name: "verification.completed", token });
                *fact = used;
            }
        }
        if !self.secrets.is_empty() {
            assert!(self.secrets.iter().any(|secret| secret == program.webhook_secret()));
            self.secrets = vec![program.webhook_secret().to_owned()];
        }
        let clock = program.api.send(Method::GET, "/_passid/clock", Value::Null, None).await;
        let now = clock.unwrap().expect(200)["now"].as_str().unwrap().to_owned();
        assert!(now >= self.clock, "the clock went back from {} to {now}", self.clock);
    }
}

impl Fact {
    /// An unused code is used up by the look at it: then what holds from now on, and its token.
    async fn check(&self, program: &Program) -> Option<(Self, String)> {
        let api = &program.api;
        match self {
            Self::Used { code } => {
                let path = "/api/bridge/code/redeem";
                api.post_surely(path, json!({"code": code})).await.expect(410);
            }
            Self::Unused { code } => {
                let path = "/api/bridge/code/redeem";
                let redeemed = api.post_surely(path, json!({"code": code})).await.expect(200);
                let token = redeemed["data"]["token"].as_str().unwrap().to_owned();
                return Some((Self::Used { code: code.clone() }, token));
            }
            Self::Revoked { token } => {
                let answer = api.post_surely("/v1/verify", json!({"token": token})).await;
                assert_eq!(answer.expect(200)["data"]["reason_code"], "TOKEN_REVOKED");
            }
            Self::Replay { key, token, answer } => {
                let body = json!({"token": token});
                let again = api.send(Method::POST, "/v1/verify", body, Some(key)).await;
                assert_eq!(again.unwrap().text, *answer, "a replay is the same, byte for byte");
            }
            Self::Session { id, status } => {
                let path = format!("/v1/sessions/{id}");
                let polled = api.send(Method::GET, &path, Value::Null, None).await.unwrap();
                assert_eq!(polled.expect(200)["status"], *status);
            }
            Self::Identity { key, status } => {
                let path = format!("/passbase/verification/v2/identities/{key}");
                let read = api.send(Method::GET, &path, Value::Null, None).await.unwrap();
                assert_eq!(read.expect(200)["status"], *status);
            }
            Self::Outcome { token } => {
                let outcome = json!({"token": token, "outcome": "other"});
                api.post_surely("/v1/outcome", outcome).await.expect(409);
            }
        }
        None
    }
}
