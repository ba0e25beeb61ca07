//! Any order of calls against a small model of the rules: codes are used up once, what is revoked
//! stays so, sessions end once, outcomes are reported once, and nobody sees anything of others.

use std::collections::{BTreeMap, BTreeSet};

use passid_core::Environment;
use passid_sandbox::{NewCredential, Sandbox, Seed};
use proptest::prelude::*;
use reqwest::{Client, Method};
use serde_json::{Value, json};

use crate::support::{Answer, client, sample_clock, send};

const OTHER_KEY: &str = "pk_sandbox_other000000000000000";
const SESSION_SECONDS: u64 = 600;

/// Two institutions, one of them in two environments.
const TENANTS: [Tenant; 3] =
    [Tenant { id: 42, live: false }, Tenant { id: 42, live: true }, Tenant { id: 43, live: false }];

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Tenant {
    id: u32,
    live: bool,
}

/// Numbers stand for the nth thing of a kind, counted round.
#[derive(Clone, Debug)]
enum Step {
    Mint { live: bool, code: bool },
    Redeem { by: usize, code: usize },
    Verify { by: usize, token: usize },
    Revoke { token: usize },
    Session { by: usize },
    Fulfil { session: usize, token: usize },
    Decline { session: usize },
    Expire { session: usize },
    Share,
    RevokeShare { token: usize },
    Outcome { by: usize, token: usize },
    Advance { seconds: u64 },
    Export,
    Import,
    Reset,
}

#[derive(Clone, Debug, Default)]
struct Credential {
    token: String,
    live: bool,
    revoked: bool,
    /// Whether the demo customer shared it, and whether it approved a session.
    shared: bool,
    fulfilled: bool,
}

#[derive(Clone, Debug)]
struct Session {
    id: String,
    by: Tenant,
    until: u64,
    end: Option<&'static str>,
}

#[derive(Clone, Debug, Default)]
struct Model {
    now: u64,
    /// Tokens that are known by their code only have an empty text until it is redeemed.
    tokens: Vec<Credential>,
    /// The place of its token, and whether it is used.
    codes: Vec<(String, usize, bool)>,
    sessions: Vec<Session>,
    outcomes: BTreeSet<(Tenant, String)>,
}

impl Model {
    fn status(&self, session: &Session) -> &'static str {
        match session.end {
            Some(end) => end,
            None if self.now >= session.until => "expired",
            None => "pending",
        }
    }
}

struct Bench {
    sandbox: Sandbox,
    client: Client,
    model: Model,
    saved: Option<(Model, String)>,
}

fn code(answer: &Answer) -> (u16, String) {
    answer.error()
}

fn refused(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

impl Bench {
    async fn start() -> Self {
        let seed = json!({"institutions": [{"id": "43", "sandbox": {"key": OTHER_KEY}}]});
        let seed = Seed::from_json(&seed.to_string()).unwrap();
        let sandbox = Sandbox::builder().seed(seed).clock(sample_clock()).start().await.unwrap();
        Self { sandbox, client: client(), model: Model::default(), saved: None }
    }

    fn key(&self, tenant: Tenant) -> &str {
        match tenant {
            Tenant { id: 43, .. } => OTHER_KEY,
            Tenant { live: true, .. } => self.sandbox.live_key(),
            _ => self.sandbox.sandbox_key(),
        }
    }

    async fn by(&self, tenant: Tenant, method: Method, path: &str, body: Value) -> Answer {
        let url = format!("{}{path}", self.sandbox.url());
        let request =
            self.client.request(method, url).header("X-Institution-Key", self.key(tenant));
        send(request.json(&body)).await
    }

    async fn by_user(&self, path: &str, body: Value) -> Answer {
        let url = format!("{}{path}", self.sandbox.url());
        send(self.client.post(url).bearer_auth(self.sandbox.user_jwt()).json(&body)).await
    }

    async fn step(&mut self, step: &Step) {
        let pick = |number: usize, count: usize| (count > 0).then(|| number % count);
        match *step {
            Step::Mint { live, code } => self.mint(live, code),
            Step::Redeem { by, code } => {
                if let Some(code) = pick(code, self.model.codes.len()) {
                    self.redeem(TENANTS[by % 3], code).await;
                }
            }
            Step::Verify { by, token } => {
                if let Some(token) = pick(token, self.model.tokens.len()) {
                    self.verify(TENANTS[by % 3], token).await;
                }
            }
            Step::Revoke { token } => {
                if let Some(token) = pick(token, self.model.tokens.len())
                    && !self.model.tokens[token].token.is_empty()
                {
                    let known = &mut self.model.tokens[token];
                    assert!(self.sandbox.revoke_token(&known.token));
                    known.revoked = true;
                }
            }
            Step::Session { by } => self.session(TENANTS[by % 3]).await,
            Step::Fulfil { session, token } => {
                let (sessions, tokens) = (self.model.sessions.len(), self.model.tokens.len());
                if let (Some(session), Some(token)) = (pick(session, sessions), pick(token, tokens))
                {
                    self.fulfil(session, token).await;
                }
            }
            Step::Decline { session } => {
                if let Some(session) = pick(session, self.model.sessions.len()) {
                    let known = self.model.sessions[session].clone();
                    let path = format!("/v1/sessions/{}/decline", known.id);
                    let answer = self.by_user(&path, json!({})).await;
                    self.ended(session, known.by.live, &answer, "declined");
                }
            }
            Step::Expire { session } => {
                if let Some(session) = pick(session, self.model.sessions.len()) {
                    let id = self.model.sessions[session].id.clone();
                    let pending = self.model.status(&self.model.sessions[session]) == "pending";
                    assert_eq!(self.sandbox.expire_session(&id).is_ok(), pending);
                    if pending {
                        self.model.sessions[session].end = Some("expired");
                    }
                }
            }
            Step::Share => self.share().await,
            Step::RevokeShare { token } => {
                if let Some(token) = pick(token, self.model.tokens.len()) {
                    self.revoke_share(token).await;
                }
            }
            Step::Outcome { by, token } => {
                if let Some(token) = pick(token, self.model.tokens.len()) {
                    self.outcome(TENANTS[by % 3], token).await;
                }
            }
            Step::Advance { seconds } => {
                self.sandbox.advance_clock(std::time::Duration::from_secs(seconds)).unwrap();
                self.model.now += seconds;
            }
            Step::Export => self.saved = Some((self.model.clone(), self.sandbox.export())),
            Step::Import => {
                if let Some((model, exported)) = &self.saved {
                    self.sandbox.import(exported).unwrap();
                    assert_eq!(&self.sandbox.export(), exported);
                    self.model = model.clone();
                }
            }
            Step::Reset => {
                self.sandbox.reset();
                self.model = Model::default();
            }
        }
    }

    fn mint(&mut self, live: bool, code: bool) {
        let environment = if live { Environment::Live } else { Environment::Sandbox };
        let credential = NewCredential::new().environment(environment);
        let place = self.model.tokens.len();
        let mut minted = Credential { live, ..Credential::default() };
        if code {
            let code = self.sandbox.mint_code(credential).unwrap();
            self.model.codes.push((code, place, false));
        } else {
            minted.token = self.sandbox.mint_token(credential).unwrap();
        }
        self.model.tokens.push(minted);
    }

    async fn redeem(&mut self, by: Tenant, number: usize) {
        let (text, place, used) = self.model.codes[number].clone();
        let body = json!({"code": text});
        let answer = self.by(by, Method::POST, "/api/bridge/code/redeem", body).await;
        let behind = &mut self.model.tokens[place];
        if behind.live != by.live {
            assert_eq!(code(&answer), refused(404, "CODE_NOT_FOUND"));
        } else if used {
            assert_eq!(code(&answer), refused(410, "CODE_ALREADY_REDEEMED"));
        } else {
            let data = answer.data();
            self.model.codes[number].2 = true;
            if behind.revoked {
                assert_eq!(data["deny_reason"], "TOKEN_REVOKED");
                assert!(data.get("token").is_none() && data.get("verified_claims").is_none());
            } else {
                let token = data["token"].as_str().unwrap();
                assert!(behind.token.is_empty() || behind.token == token);
                token.clone_into(&mut behind.token);
            }
        }
    }

    async fn verify(&self, by: Tenant, place: usize) {
        let known = &self.model.tokens[place];
        if known.token.is_empty() {
            return;
        }
        let data =
            self.by(by, Method::POST, "/v1/verify", json!({"token": known.token})).await.data();
        let reason = match known {
            known if known.live != by.live => json!("TOKEN_NOT_FOUND"),
            Credential { revoked: true, .. } => json!("TOKEN_REVOKED"),
            _ => Value::Null,
        };
        assert_eq!(
            (&data["credential_valid"], &data["reason_code"]),
            (&reason.is_null().into(), &reason)
        );
    }

    async fn session(&mut self, by: Tenant) {
        let body = json!({"ttlSeconds": SESSION_SECONDS});
        let answer = self.by(by, Method::POST, "/v1/sessions", body).await;
        assert_eq!(answer.status, 201);
        let id = answer.json()["requestId"].as_str().unwrap().to_owned();
        assert!(self.model.sessions.iter().all(|session| session.id != id));
        let until = self.model.now + SESSION_SECONDS;
        self.model.sessions.push(Session { id, by, until, end: None });
    }

    /// What became of a customer's wish to end a session. Whether it ended so.
    fn ended(&mut self, number: usize, live: bool, answer: &Answer, end: &'static str) -> bool {
        let session = &self.model.sessions[number];
        if live {
            assert_eq!(code(answer), refused(404, "SESSION_NOT_FOUND"), "another environment's");
        } else if self.model.status(session) != "pending" {
            assert_eq!(code(answer), refused(410, "SESSION_OVER"));
        } else {
            assert_eq!((answer.status, &answer.json()["status"]), (200, &json!(end)));
            self.model.sessions[number].end = Some(end);
            return true;
        }
        false
    }

    async fn fulfil(&mut self, number: usize, place: usize) {
        let known = self.model.tokens[place].clone();
        if known.token.is_empty() {
            return;
        }
        let session = self.model.sessions[number].clone();
        let path = format!("/v1/sessions/{}/fulfill", session.id);
        let answer = self.by_user(&path, json!({"token": known.token})).await;
        let can_end = !session.by.live && self.model.status(&session) == "pending";
        match known {
            Credential { shared: false, .. } if can_end => {
                assert_eq!(code(&answer), refused(422, "SHARE_TOKEN_REFUSED"));
            }
            Credential { fulfilled: true, .. } if can_end => {
                assert_eq!(code(&answer), refused(410, "SHARE_TOKEN_USED"));
            }
            Credential { revoked: true, .. } if can_end => {
                assert_eq!(code(&answer), refused(422, "SHARE_TOKEN_REFUSED"));
            }
            _ => {
                if self.ended(number, session.by.live, &answer, "completed") {
                    self.model.tokens[place].fulfilled = true;
                }
            }
        }
    }

    async fn share(&mut self) {
        let answer = self.by_user("/api/v1/bridge/share/create", json!({})).await;
        assert_eq!(answer.status, 201);
        let share = answer.json()["data"].clone();
        let text = |name: &str| share[name].as_str().unwrap().to_owned();
        self.model.codes.push((text("code"), self.model.tokens.len(), false));
        let credential = Credential { token: text("token"), shared: true, ..Credential::default() };
        self.model.tokens.push(credential);
    }

    async fn revoke_share(&mut self, place: usize) {
        let known = self.model.tokens[place].clone();
        if known.token.is_empty() {
            return;
        }
        let body = json!({"token": known.token});
        let answer = self.by_user("/api/v1/bridge/share/revoke", body).await;
        if known.shared {
            assert_eq!(answer.status, 200);
            self.model.tokens[place].revoked = true;
        } else {
            assert_eq!(code(&answer), refused(404, "SHARE_NOT_FOUND"));
        }
    }

    async fn outcome(&mut self, by: Tenant, place: usize) {
        let known = self.model.tokens[place].clone();
        if known.token.is_empty() {
            return;
        }
        let body = json!({"token": known.token, "outcome": "repaid"});
        let answer = self.by(by, Method::POST, "/v1/outcome", body).await;
        if known.live != by.live {
            assert_eq!(code(&answer), refused(404, "TOKEN_NOT_FOUND"));
        } else if self.model.outcomes.insert((by, known.token)) {
            assert_eq!(answer.status, 201);
        } else {
            assert_eq!(code(&answer), refused(409, "OUTCOME_ALREADY_REPORTED"));
        }
    }

    /// At the end: every session for everybody, and the number of everybody's outcomes.
    async fn check(&self) {
        for session in &self.model.sessions {
            for by in TENANTS {
                let path = format!("/v1/sessions/{}", session.id);
                let answer = self.by(by, Method::GET, &path, Value::Null).await;
                if by == session.by {
                    assert_eq!(answer.json()["status"], self.model.status(session));
                } else {
                    assert_eq!(code(&answer), refused(404, "SESSION_NOT_FOUND"));
                }
            }
        }
        let mut totals = BTreeMap::new();
        for (tenant, _) in &self.model.outcomes {
            *totals.entry((tenant.id, tenant.live)).or_insert(0) += 1;
        }
        for (tenant, jwt) in [
            (TENANTS[0], self.sandbox.institution_jwt()),
            (TENANTS[1], self.sandbox.live_institution_jwt()),
        ] {
            let url = format!("{}/v1/outcome/cohort", self.sandbox.url());
            let cohort = send(self.client.get(url).bearer_auth(jwt)).await.data();
            let total = totals.get(&(tenant.id, tenant.live)).copied().unwrap_or(0);
            assert_eq!(cohort["total"], total);
        }
    }
}

fn step() -> impl Strategy<Value = Step> {
    let number = || 0..12_usize;
    prop_oneof![
        4 => (any::<bool>(), any::<bool>()).prop_map(|(live, code)| Step::Mint { live, code }),
        4 => (number(), number()).prop_map(|(by, code)| Step::Redeem { by, code }),
        3 => (number(), number()).prop_map(|(by, token)| Step::Verify { by, token }),
        1 => number().prop_map(|token| Step::Revoke { token }),
        3 => number().prop_map(|by| Step::Session { by }),
        4 => (number(), number()).prop_map(|(session, token)| Step::Fulfil { session, token }),
        2 => number().prop_map(|session| Step::Decline { session }),
        1 => number().prop_map(|session| Step::Expire { session }),
        4 => Just(Step::Share),
        1 => number().prop_map(|token| Step::RevokeShare { token }),
        3 => (number(), number()).prop_map(|(by, token)| Step::Outcome { by, token }),
        1 => proptest::sample::select(vec![1_u64, 299, 600, 3_600])
            .prop_map(|seconds| Step::Advance { seconds }),
        1 => Just(Step::Export),
        1 => Just(Step::Import),
        1 => Just(Step::Reset),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_order_of_calls_keeps_the_rules(steps in proptest::collection::vec(step(), 1..60)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut bench = Bench::start().await;
            for step in &steps {
                bench.step(step).await;
            }
            bench.check().await;
        });
    }
}
