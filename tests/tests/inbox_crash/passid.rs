//! PASSID's part: each event is sent until it is answered 200, some of them again after that, some in
//! other bytes, none in order.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use passid_core::testing::SeededEntropy;
use passid_core::testing::webhook::sign;
use passid_core::{Entropy, WebhookSecret};
use passid_tests::http::{Request, send};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

use crate::node::SECRET;

const TOKENS: u64 = 200;
const COMPLETED_PER_TOKEN: u64 = 8;
const OUTCOMES: [&str; 2] = ["repaid", "defaulted"];
/// How many webhooks are on their way at a time.
const IN_FLIGHT: usize = 8;

/// Everything that happened at PASSID.
pub(crate) struct Events(Vec<Value>);

impl Events {
    /// Eight verifications of each of 200 tokens, and two outcomes of each of 200 others.
    pub(crate) fn new() -> Self {
        let completed = (0..TOKENS * COMPLETED_PER_TOKEN).map(|number| {
            let (token, time) = (token(number % TOKENS), time(number / TOKENS));
            json!({
                "event": "verification.completed", "institution_id": "42", "timestamp": time,
                "data": {
                    "token": token, "verified_at": time,
                    "verified_claims": {"identity_verified": true},
                },
            })
        });
        let outcomes = (0..TOKENS).flat_map(|number| {
            OUTCOMES.map(|outcome| {
                json!({
                    "event": "outcome.reported", "institution_id": "42", "timestamp": time(0),
                    "data": {"token": token(TOKENS + number), "outcome": outcome},
                })
            })
        });
        Self(completed.chain(outcomes).collect())
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// The bodies of each event: the ledger must have exactly one of them.
    pub(crate) fn hashes(&self) -> impl Iterator<Item = [Vec<u8>; 2]> {
        self.0.iter().map(|event| bodies(event).map(|body| Sha256::digest(body).to_vec()))
    }

    /// Each event one to three times, in both of its forms, all of it shuffled.
    fn deliveries(&self, chance: &SeededEntropy) -> VecDeque<Bytes> {
        let mut deliveries: Vec<Bytes> = Vec::new();
        for event in &self.0 {
            for _ in 0..=below(chance, 3) {
                let [first, second] = bodies(event);
                deliveries.push(if below(chance, 3) == 0 { second } else { first });
            }
        }
        for place in (1..deliveries.len()).rev() {
            deliveries.swap(place, below(chance, place as u64 + 1));
        }
        deliveries.into()
    }
}

fn token(number: u64) -> String {
    format!("PASSID-{number:016}")
}

fn time(number: u64) -> String {
    format!("2026-03-29T10:22:{:02}Z", number * 7)
}

/// The same event in two forms: with and without white space.
fn bodies(event: &Value) -> [Bytes; 2] {
    [event.to_string().into(), format!("{event:#}").into()]
}

pub(crate) fn below(chance: &SeededEntropy, limit: u64) -> usize {
    usize::try_from(chance.bits() % u128::from(limit)).unwrap()
}

/// Sends the deliveries, as many as it is allowed.
pub(crate) struct Passid {
    permits: Arc<Semaphore>,
    answered: watch::Sender<usize>,
    sending: JoinSet<()>,
}

impl Passid {
    /// Sends to these addresses, whichever they are at the time.
    pub(crate) fn start(
        events: &Events,
        chance: &SeededEntropy,
        addresses: &watch::Receiver<Vec<Option<SocketAddr>>>,
    ) -> Self {
        let permits = Arc::new(Semaphore::new(0));
        let queue = Arc::new(Mutex::new(events.deliveries(chance)));
        let answered = watch::Sender::new(0);
        let mut sending = JoinSet::new();
        for number in 0..IN_FLIGHT {
            let (queue, permits) = (Arc::clone(&queue), Arc::clone(&permits));
            let (addresses, answered) = (addresses.clone(), answered.clone());
            sending.spawn(async move {
                loop {
                    // Closed, it keeps nobody back.
                    if let Ok(permit) = permits.acquire().await {
                        permit.forget();
                    }
                    let Some(body) = queue.lock().unwrap().pop_front() else { return };
                    deliver(&body, number, &addresses).await;
                    answered.send_modify(|answered| *answered += 1);
                }
            });
        }
        Self { permits, answered, sending }
    }

    /// Lets so many more deliveries go.
    pub(crate) fn allow(&self, deliveries: usize) {
        self.permits.add_permits(deliveries);
    }

    /// Waits until so many more were answered 200.
    pub(crate) async fn answered(&self, more: usize) {
        let mut answered = self.answered.subscribe();
        let enough = *answered.borrow() + more;
        answered.wait_for(|answered| *answered >= enough).await.unwrap();
    }

    /// Lets all of them go.
    pub(crate) fn allow_all(&self) {
        self.permits.close();
    }

    /// The same, and waits until each was answered 200.
    pub(crate) async fn finish(mut self) {
        self.allow_all();
        while let Some(sent) = self.sending.join_next().await {
            sent.unwrap();
        }
    }
}

async fn deliver(
    body: &Bytes,
    number: usize,
    addresses: &watch::Receiver<Vec<Option<SocketAddr>>>,
) {
    let secret = WebhookSecret::parse(SECRET).unwrap();
    let request = Request::new("POST", "/passid/webhook")
        .header("X-PASSID-Signature", sign(&secret, body))
        .json(body.to_vec());
    loop {
        let at = {
            let addresses = addresses.borrow();
            addresses.get(number % addresses.len()).copied().flatten()
        };
        let Some(at) = at else {
            tokio::time::sleep(Duration::from_millis(5)).await;
            continue;
        };
        // A node that goes no further never answers; it is about to be killed.
        match tokio::time::timeout(Duration::from_secs(10), send(at, &request)).await {
            Ok(Ok(answer)) if answer.status == 200 => return,
            Ok(Ok(answer)) => assert_eq!(answer.status, 503, "{}", answer.body),
            Ok(Err(_)) | Err(_) => {}
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
