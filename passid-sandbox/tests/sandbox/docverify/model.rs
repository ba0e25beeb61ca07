//! Any order of calls against a small model of a session: its phases follow the clock and the images,
//! a start token opens once, and what is gone stays gone.

use passid_sandbox::docverify::DocumentImageType;
use proptest::prelude::*;
use reqwest::Method;
use serde_json::{Value, json};

use super::{Backend, KINDS};

const WINDOW: u64 = 1_800;
const RETENTION: u64 = 7_200;
const PROCESSING: u64 = 60;

/// Numbers stand for the nth session, counted round.
#[derive(Clone, Debug)]
enum Step {
    Create { driven: bool, retries: bool },
    Visit { session: usize },
    Add { session: usize, kind: usize, rejected: bool },
    Show { session: usize, kind: usize },
    Force { session: usize, word: usize },
    Delete { session: usize },
    Advance { seconds: u64 },
    Export,
    Import,
}

const WORDS: [&str; 4] = ["recapture", "expired", "error", "cancelled"];

#[derive(Clone, Debug)]
struct Session {
    id: String,
    start_token: Option<String>,
    created: u64,
    phase: &'static str,
    since: u64,
    /// Whether a kind is still missing.
    missing: [bool; 3],
    /// Whether the next pass ends in a recapture.
    retries: bool,
    deleted: bool,
}

impl Session {
    fn is_there(&self, now: u64) -> bool {
        !self.deleted && now < self.created + RETENTION
    }

    /// Goes through what the time brings, one after the other.
    fn settle(&mut self, now: u64) {
        if self.phase == "processing" && now >= self.since + PROCESSING {
            self.phase = if self.retries { "recapture" } else { "complete" };
            if self.retries {
                self.missing = [true; 3];
            }
            self.retries = false;
        }
    }

    fn status(&mut self, now: u64) -> &'static str {
        self.settle(now);
        let open = ["pending", "capturing", "recapture"].contains(&self.phase);
        if open && now >= self.created + WINDOW { "expired" } else { self.phase }
    }

    /// Takes an image in. Whether it was taken, and else the status of the refusal.
    fn add(&mut self, kind: usize, rejected: bool, now: u64) -> u16 {
        match self.status(now) {
            "capturing" | "recapture" => {}
            "processing" | "complete" => return 409,
            _ => return 400,
        }
        self.missing[kind] &= rejected;
        if self.missing == [false; 3] {
            (self.phase, self.since) = ("processing", now);
        }
        200
    }
}

struct Bench {
    backend: Backend,
    now: u64,
    sessions: Vec<Session>,
    saved: Option<(u64, Vec<Session>, String)>,
}

impl Bench {
    async fn step(&mut self, step: &Step) {
        let count = self.sessions.len();
        let pick = |number: usize| (count > 0).then(|| number % count);
        match *step {
            Step::Create { driven, retries } => self.create(driven, retries).await,
            Step::Visit { session } => {
                if let Some(place) = pick(session) {
                    self.visit(place).await;
                }
            }
            Step::Add { session, kind, rejected } => {
                if let Some(place) = pick(session) {
                    self.add(place, kind, rejected).await;
                }
            }
            Step::Show { session, kind } => {
                if let Some(place) = pick(session) {
                    self.show(place, kind);
                }
            }
            Step::Force { session, word } => {
                if let Some(place) = pick(session) {
                    self.force(place, WORDS[word]);
                }
            }
            Step::Delete { session } => {
                if let Some(place) = pick(session) {
                    let session = &mut self.sessions[place];
                    let there = session.is_there(self.now);
                    let path = format!("/{}", session.id);
                    let answer = self.backend.call(Method::DELETE, &path, None).await;
                    assert_eq!(answer.status, if there { 200 } else { 404 });
                    session.deleted = true;
                }
            }
            Step::Advance { seconds } => {
                self.backend.pass(seconds);
                self.now += seconds;
            }
            Step::Export => {
                let exported = self.backend.sandbox.export();
                self.saved = Some((self.now, self.sessions.clone(), exported));
            }
            Step::Import => {
                if let Some((now, sessions, exported)) = &self.saved {
                    self.backend.sandbox.import(exported).unwrap();
                    (self.now, self.sessions) = (*now, sessions.clone());
                }
            }
        }
    }

    async fn create(&mut self, driven: bool, retries: bool) {
        let mock = json!({"processing_time": "1m", "force_retry": retries});
        let start = if driven { json!({}) } else { Value::Null };
        let asked = json!({"mock_behavior": mock, "time_to_live": "2h", "start": start});
        let created = self.backend.create(asked).await;
        let start_token = created.get("start_token").map(|it| it.as_str().unwrap().to_owned());
        assert_eq!(start_token.is_none(), driven);
        self.sessions.push(Session {
            id: created["session_id"].as_str().unwrap().to_owned(),
            start_token,
            created: self.now,
            phase: if driven { "capturing" } else { "pending" },
            since: 0,
            missing: [true; 3],
            retries,
            deleted: false,
        });
    }

    async fn visit(&mut self, place: usize) {
        let now = self.now;
        let session = &mut self.sessions[place];
        let Some(token) = session.start_token.clone() else { return };
        let opens = session.is_there(now) && session.status(now) == "pending";
        let (status, _) = self.backend.visit(&token).await;
        assert_eq!(status, if opens { 200 } else { 404 });
        if opens {
            session.phase = "capturing";
            for kind in 0..3 {
                session.add(kind, false, now);
            }
        }
    }

    async fn add(&mut self, place: usize, kind: usize, rejected: bool) {
        let now = self.now;
        let session = &mut self.sessions[place];
        let taken = if session.is_there(now) { session.add(kind, rejected, now) } else { 404 };
        let api = self.backend.sandbox.docverify();
        // Waits for an image that is taken; so none may wait for one that is not.
        if rejected && taken == 200 {
            api.feedback_next("glare").unwrap();
        }
        assert_eq!(self.backend.add(&session.id, KINDS[kind]).await.status, taken);
    }

    fn show(&mut self, place: usize, kind: usize) {
        use DocumentImageType::{DocumentBack, DocumentFront, Selfie};
        let now = self.now;
        let session = &mut self.sessions[place];
        let shown = [[DocumentFront, DocumentBack, Selfie][kind]];
        let done = self.backend.sandbox.docverify().capture_only(&session.id, shown).is_ok();
        let open = ["pending", "capturing", "recapture"].contains(&session.status(now));
        assert_eq!(done, open && session.is_there(now));
        if done {
            if session.phase == "pending" {
                session.phase = "capturing";
            }
            assert_eq!(session.add(kind, false, now), 200);
        }
    }

    fn force(&mut self, place: usize, word: &'static str) {
        let now = self.now;
        let session = &mut self.sessions[place];
        let done = self.backend.sandbox.docverify().set_status(&session.id, word).is_ok();
        let status = session.status(now);
        let unfinished = ["pending", "capturing", "processing", "recapture"].contains(&status);
        assert_eq!(done, unfinished && session.is_there(now));
        if done {
            session.phase = word;
            if word == "recapture" {
                session.missing = [true; 3];
            }
        }
    }

    async fn check(&mut self) {
        for session in &mut self.sessions {
            let answer = self.backend.get(&format!("/{}/result", session.id)).await;
            let there = session.is_there(self.now);
            assert_eq!(answer.status, if there { 200 } else { 404 });
            if !there {
                continue;
            }
            assert_eq!(answer.json()["status"], session.status(self.now));
            let seen = self.backend.sandbox.docverify().session(&session.id).unwrap();
            let missing = serde_json::to_value(seen.missing_images).unwrap();
            let expected: Vec<_> =
                KINDS.iter().zip(session.missing).filter(|(_, missing)| *missing).collect();
            let expected: Vec<_> = expected.into_iter().map(|(kind, _)| *kind).collect();
            assert_eq!(missing, json!(expected));
        }
    }
}

fn step() -> impl Strategy<Value = Step> {
    let session = || 0..4_usize;
    let kind = || 0..3_usize;
    prop_oneof![
        3 => (any::<bool>(), any::<bool>())
            .prop_map(|(driven, retries)| Step::Create { driven, retries }),
        2 => session().prop_map(|session| Step::Visit { session }),
        8 => (session(), kind(), prop::bool::weighted(0.2))
            .prop_map(|(session, kind, rejected)| Step::Add { session, kind, rejected }),
        2 => (session(), kind()).prop_map(|(session, kind)| Step::Show { session, kind }),
        1 => (session(), 0..4_usize).prop_map(|(session, word)| Step::Force { session, word }),
        1 => session().prop_map(|session| Step::Delete { session }),
        3 => proptest::sample::select(vec![1_u64, 59, 60, 600, 1_800])
            .prop_map(|seconds| Step::Advance { seconds }),
        1 => Just(Step::Export),
        1 => Just(Step::Import),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_order_of_calls_keeps_the_rules_of_a_session(
        steps in proptest::collection::vec(step(), 1..60)
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let settings = passid_sandbox::docverify::DocumentSettings::new()
                .token_life(std::time::Duration::from_secs(86_400 * 365));
            let backend = Backend::with(settings).await;
            let mut bench = Bench { backend, now: 0, sessions: Vec::new(), saved: None };
            for step in &steps {
                bench.step(step).await;
            }
            bench.check().await;
        });
    }
}
