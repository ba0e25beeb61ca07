//! Clients that write at the same time, and keep books of what they were answered.

use std::sync::{Arc, Mutex};

use reqwest::Method;
use serde_json::{Value, json};

use crate::ledger::{Fact, Ledger};
use crate::program::{Api, Program};

pub(crate) const WRITERS: u64 = 8;

/// Numbers that a seed decides (splitmix64).
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % limit
    }
}

/// One of them. It owns what it makes, so that only its own last call can be in doubt.
pub(crate) struct Writer {
    api: Api,
    ledger: Arc<Mutex<Ledger>>,
    chance: Chance,
    number: u64,
    round: u64,
    calls: u64,
}

/// The program is gone.
struct Gone;

fn text(body: &Value, name: &str) -> String {
    body[name].as_str().unwrap_or_else(|| panic!("no {name} in {body}")).to_owned()
}

impl Writer {
    pub(crate) fn new(
        program: &Program,
        ledger: Arc<Mutex<Ledger>>,
        chance: Chance,
        number: u64,
        round: u64,
    ) -> Self {
        Self { api: program.api.clone(), ledger, chance, number, round, calls: 0 }
    }

    /// Works until the program is gone.
    pub(crate) async fn work(mut self) {
        while self.step().await.is_ok() {
            self.calls += 1;
        }
    }

    async fn step(&mut self) -> Result<(), Gone> {
        // The clock and the settings are one writer's, so that their last answer is known.
        match (self.number, self.chance.below(8)) {
            (0, 0 | 1) => self.set_secret().await,
            (1, 0) => self.advance().await,
            (_, 0 | 1) => self.redeem().await,
            (_, 2 | 3) => self.verify_with_a_key().await,
            (_, 4) => self.revoke().await,
            (_, 5) => self.report().await,
            (_, 6) => self.identity().await,
            _ => self.session().await,
        }
    }

    /// A call, and what is known of it afterwards.
    async fn call<R>(
        &self,
        (method, path, body): (Method, &str, Value),
        status: u16,
        note: impl FnOnce(&mut Ledger, &Value) -> R,
    ) -> Result<R, Gone> {
        let answer = self.api.send(method, path, body, None).await.ok_or(Gone)?.expect(status);
        let mut ledger = self.ledger.lock().unwrap();
        ledger.acknowledged += 1;
        Ok(note(&mut ledger, &answer))
    }

    async fn post<R>(
        &self,
        path: &str,
        body: Value,
        status: u16,
        note: impl FnOnce(&mut Ledger, &Value) -> R,
    ) -> Result<R, Gone> {
        self.call((Method::POST, path, body), status, note).await
    }

    async fn token(&self) -> Result<String, Gone> {
        self.post("/_passid/tokens", json!({}), 201, |_, answer| text(answer, "token")).await
    }

    async fn redeem(&mut self) -> Result<(), Gone> {
        let code = self
            .post("/_passid/codes", json!({}), 201, |ledger, answer| {
                let code = text(answer, "code");
                ledger.note(Fact::Unused { code: code.clone() });
                code
            })
            .await?;
        if self.chance.below(3) == 0 {
            return Ok(());
        }
        // From here on it is in doubt.
        let unused = |fact: &Fact| matches!(fact, Fact::Unused { code: known } if *known == code);
        self.ledger.lock().unwrap().facts.retain(|fact| !unused(fact));
        self.post("/api/bridge/code/redeem", json!({"code": code}), 200, |ledger, answer| {
            ledger.will_arrive("verification.completed", &text(&answer["data"], "token"));
            ledger.note(Fact::Used { code });
        })
        .await
    }

    /// Two calls at once under one key: whichever is answered, the answer holds.
    async fn verify_with_a_key(&mut self) -> Result<(), Gone> {
        let token = self.token().await?;
        let key = format!("{}-{}-{}", self.round, self.number, self.calls);
        let call =
            || self.api.send(Method::POST, "/v1/verify", json!({"token": token}), Some(&key));
        let (first, second) = tokio::join!(call(), call());
        let mut answers: Vec<_> = [&first, &second].into_iter().flatten().collect();
        answers.dedup_by(|one, other| one.text == other.text);
        assert!(answers.len() <= 1, "one key has two answers");
        let Some(answer) = answers.first() else { return Err(Gone) };
        answer.expect(200);
        let mut ledger = self.ledger.lock().unwrap();
        ledger.acknowledged += 1;
        ledger.will_arrive("verification.completed", &token);
        let answer = answer.text.clone();
        ledger.note(Fact::Replay { key, token, answer });
        if first.is_some() && second.is_some() { Ok(()) } else { Err(Gone) }
    }

    async fn revoke(&mut self) -> Result<(), Gone> {
        let token = self.token().await?;
        let body = json!({"token": token});
        self.post("/_passid/tokens/revoke", body, 200, |ledger, _| {
            ledger.note(Fact::Revoked { token });
        })
        .await
    }

    async fn report(&mut self) -> Result<(), Gone> {
        let token = self.token().await?;
        let body = json!({"token": token, "outcome": "repaid"});
        self.post("/v1/outcome", body, 201, |ledger, _| {
            ledger.will_arrive("outcome.reported", &token);
            ledger.note(Fact::Outcome { token });
        })
        .await
    }

    async fn session(&mut self) -> Result<(), Gone> {
        let new = json!({"ttlSeconds": 3_600});
        let id = self.post("/v1/sessions", new, 201, |_, answer| text(answer, "requestId")).await?;
        let (end, body, status) = match self.chance.below(4) {
            0 => {
                let path = "/api/v1/bridge/share/create";
                let token = |_: &mut Ledger, answer: &Value| text(&answer["data"], "token");
                let token = self.post(path, json!({}), 201, token).await?;
                let path = format!("/v1/sessions/{id}/fulfill");
                (path, json!({"token": token}), "completed")
            }
            1 => (format!("/_passid/sessions/{id}/approve"), json!({}), "completed"),
            2 => (format!("/_passid/sessions/{id}/decline"), json!({}), "declined"),
            _ => {
                self.ledger.lock().unwrap().note(Fact::Session { id, status: "pending" });
                return Ok(());
            }
        };
        self.post(&end, body, 200, |ledger, _| ledger.note(Fact::Session { id, status })).await
    }

    /// A person who hands some of it in, and is looked at.
    async fn identity(&mut self) -> Result<(), Gone> {
        let path = "/_passid/passbase/identities";
        let key = self
            .post(path, json!({}), 201, |ledger, answer| {
                let key = text(answer, "key");
                ledger.note(Fact::Identity { key: key.clone(), status: "created" });
                key
            })
            .await?;
        let steps = [
            ("submit", json!({}), "processing"),
            ("process", json!({}), "pending"),
            ("review", json!({"approve": true}), "approved"),
        ];
        let taken = usize::try_from(self.chance.below(4)).unwrap();
        for (step, body, status) in steps.into_iter().take(taken) {
            // From here on it is in doubt.
            let same =
                |fact: &Fact| matches!(fact, Fact::Identity { key: known, .. } if *known == key);
            self.ledger.lock().unwrap().facts.retain(|fact| !same(fact));
            let key = key.clone();
            self.post(&format!("{path}/{key}/{step}"), body, 200, |ledger, _| {
                ledger.note(Fact::Identity { key, status });
            })
            .await?;
        }
        Ok(())
    }

    async fn set_secret(&mut self) -> Result<(), Gone> {
        let secret = format!("whsec_{}_{}", self.round, self.calls);
        let url = {
            let mut ledger = self.ledger.lock().unwrap();
            if ledger.secrets.is_empty() {
                ledger.secrets.push(passid_sandbox::demo::WEBHOOK_SECRET.to_owned());
            }
            ledger.secrets.push(secret.clone());
            ledger.webhook_url.clone()
        };
        let body = json!({"webhookUrl": url, "webhookSecret": secret});
        let call = (Method::PATCH, "/api/institution/webhook", body);
        self.call(call, 200, |ledger, _| ledger.secrets = vec![secret]).await
    }

    async fn advance(&mut self) -> Result<(), Gone> {
        self.post("/_passid/clock/advance", json!({"seconds": 1}), 200, |ledger, answer| {
            ledger.clock = text(answer, "now");
        })
        .await
    }
}
