//! The same seed and the same requests give the same answers and webhooks, byte for byte.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::net::SocketAddr;
use std::time::{Duration, SystemTime};

use passid_sandbox::{Fault, FaultKind, RecordedDelivery, Route, Sandbox, demo};
use passid_tests::http::{Request, Response, send};
use passid_tests::receiver::Receiver;
use serde_json::{Value, json};

const KEY: &str = demo::SANDBOX_KEY;

async fn sandbox(receiver: &Receiver, random_seed: u64) -> Sandbox {
    let start = SystemTime::UNIX_EPOCH + Duration::from_secs(1_774_779_734);
    Sandbox::builder()
        .random_seed(random_seed)
        .start_time(start)
        .freeze_clock(true)
        .webhook_url(receiver.url())
        .start()
        .await
        .unwrap()
}

/// What a client saw: the answers, and the webhooks with their attempts.
#[derive(Debug, PartialEq)]
struct Seen {
    answers: Vec<Response>,
    deliveries: Vec<RecordedDelivery>,
    /// Body and signature, in the order of their bytes: those of one moment race.
    webhooks: Vec<(String, String)>,
}

/// Sends requests one after the other.
struct Script<'a> {
    sandbox: &'a Sandbox,
    answers: Vec<Response>,
}

impl Script<'_> {
    async fn call(&mut self, request: Request) -> Value {
        let address: SocketAddr = self.sandbox.url()["http://".len()..].parse().unwrap();
        let mut answer = send(address, &request).await.unwrap();
        // The web server's, from the machine's clock.
        answer.headers.retain(|(name, _)| name != "date");
        let body = serde_json::from_str(&answer.body).unwrap();
        self.answers.push(answer);
        body
    }

    async fn post(&mut self, path: impl Into<String>, body: Value) -> Value {
        let request = Request::new("POST", path.into()).header("X-Institution-Key", KEY);
        self.call(request.json(body.to_string())).await
    }

    async fn wallet(&mut self, path: impl Into<String>, body: Value) -> Value {
        let jwt = format!("Bearer {}", self.sandbox.user_jwt());
        let request = Request::new("POST", path.into()).header("Authorization", jwt);
        self.call(request.json(body.to_string())).await
    }
}

/// Something of everything, faults by chance included.
async fn play(sandbox: &Sandbox, receiver: &Receiver) -> Seen {
    let before = receiver.received().len();
    let often = Fault::on(Route::Verify, FaultKind::status(503)).probability(0.5).always();
    sandbox.inject_fault(often).unwrap();
    let mut script = Script { sandbox, answers: Vec::new() };
    let code = script.post("/_passid/codes", json!({})).await["code"].clone();
    script.post("/api/bridge/code/redeem", json!({"code": code})).await;
    script.post("/api/bridge/code/redeem", json!({"code": code})).await;
    let token = script.post("/_passid/tokens", json!({})).await["token"].clone();
    for _ in 0..20 {
        script.post("/v1/verify", json!({"token": token})).await;
    }
    let session = script.post("/v1/sessions", json!({})).await;
    let share = script.wallet("/api/v1/bridge/share/create", json!({})).await;
    let path = format!("/v1/sessions/{}/fulfill", session["requestId"].as_str().unwrap());
    script.wallet(path, json!({"token": share["data"]["token"]})).await;
    // So that it is the outcome's first attempt that fails, and at its own time.
    settled(sandbox).await;
    receiver.answer([500]);
    script.post("/v1/outcome", json!({"token": token, "outcome": "repaid"})).await;
    settled(sandbox).await;
    sandbox.advance_clock(Duration::from_secs(30)).unwrap();
    script.post("/v1/nothing", json!({})).await;
    let answers = script.answers;

    settled(sandbox).await;
    let mut webhooks: Vec<_> = receiver.received()[before..]
        .iter()
        .map(|received| {
            let signature = received.header("x-passid-signature").to_owned();
            (String::from_utf8(received.body.clone()).unwrap(), signature)
        })
        .collect();
    webhooks.sort_unstable();
    let deliveries = sandbox.deliveries();
    Seen { answers, deliveries, webhooks }
}

async fn settled(sandbox: &Sandbox) {
    assert!(sandbox.deliveries_settled(Duration::from_secs(30)).await);
}

#[tokio::test]
async fn the_same_seed_and_requests_give_the_same_bytes_twice_and_after_a_reset() {
    let receiver = Receiver::start().await;
    let first = sandbox(&receiver, 7).await;
    let seen = play(&first, &receiver).await;
    let statuses: Vec<_> = seen.answers.iter().map(|answer| answer.status).collect();
    assert!(statuses.contains(&503) && statuses.contains(&410), "{statuses:?}");
    assert!(seen.webhooks.len() > 5);

    let second = sandbox(&receiver, 7).await;
    assert_eq!(play(&second, &receiver).await, seen);
    first.reset();
    assert_eq!(play(&first, &receiver).await, seen);
}

#[tokio::test]
async fn another_seed_gives_other_codes_and_other_faults() {
    let receiver = Receiver::start().await;
    let first = play(&sandbox(&receiver, 7).await, &receiver).await;
    let second = play(&sandbox(&receiver, 8).await, &receiver).await;
    assert_ne!(first.answers[0].body, second.answers[0].body, "the code");
    let statuses = |seen: &Seen| seen.answers.iter().map(|it| it.status).collect::<Vec<_>>();
    assert_ne!(statuses(&first), statuses(&second));
}
