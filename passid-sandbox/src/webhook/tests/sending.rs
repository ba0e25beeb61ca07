//! The worker against real sockets. The clock is manual: only the wire takes real time.

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use axum::http::StatusCode;
use axum::response::IntoResponse;
use passid_core::testing::ManualClock;
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;

use super::super::signature::sign;
use super::receiver::Receiver;
use super::*;
use crate::clock::within;

const SECRET: &str = "whsec_current";
const OLD_SECRET: &str = "whsec_previous";

struct Source {
    deliveries: Mutex<Deliveries>,
    previous: Option<String>,
    recorded: watch::Sender<usize>,
    asked: watch::Sender<usize>,
}

impl DeliverySource for Source {
    async fn take_due(&self, now: Timestamp, limit: usize) -> Vec<Attempt> {
        self.asked.send_modify(|count| *count += 1);
        self.deliveries.lock().unwrap().take_due(now, limit)
    }

    async fn record(&self, attempt: &AttemptId, result: AttemptResult, now: Timestamp) {
        self.deliveries.lock().unwrap().record(attempt, result, now);
        self.recorded.send_modify(|count| *count += 1);
    }

    async fn next_due(&self) -> Option<Timestamp> {
        self.deliveries.lock().unwrap().next_due()
    }

    async fn secrets_of(&self, institution_id: &str, _: Environment) -> Option<Secrets> {
        (institution_id != "gone")
            .then(|| Secrets { current: SECRET.to_owned(), previous: self.previous.clone() })
    }
}

/// A worker at work.
struct Worker {
    source: Arc<Source>,
    clock: ManualClock,
    wake: Arc<Notify>,
    stop: watch::Sender<()>,
    task: JoinHandle<()>,
}

impl Worker {
    fn start(deliveries: Deliveries, now: Timestamp, limits: SenderLimits) -> Self {
        let source = Arc::new(Source {
            deliveries: Mutex::new(deliveries),
            previous: Some(OLD_SECRET.to_owned()),
            recorded: watch::Sender::new(0),
            asked: watch::Sender::new(0),
        });
        let clock = ManualClock::at(SystemTime::from(now));
        let wake = Arc::new(Notify::new());
        let (stop, stopping) = watch::channel(());
        let seen: Arc<dyn passid_core::Clock> = Arc::new(clock.clone());
        let task =
            tokio::spawn(run(Arc::clone(&source), seen, Arc::clone(&wake), stopping, limits));
        Self { source, clock, wake, stop, task }
    }

    fn default(deliveries: Deliveries) -> Self {
        Self::start(deliveries, start(), SenderLimits::default())
    }

    fn enqueue(&self, new: NewDelivery<'_>) {
        self.source.deliveries.lock().unwrap().enqueue(new, start()).unwrap();
        self.wake.notify_one();
    }

    async fn until_recorded(&self, count: usize) {
        let mut recorded = self.source.recorded.subscribe();
        let enough = recorded.wait_for(|seen| *seen >= count);
        within(Duration::from_secs(20), enough).await.expect("it is recorded").unwrap();
    }

    fn get(&self, n: usize) -> Delivery {
        self.source.deliveries.lock().unwrap().get(&id(n)).unwrap().clone()
    }

    async fn stop(self) -> Deliveries {
        self.stop.send_replace(());
        within(Duration::from_secs(20), self.task).await.expect("it ends").unwrap();
        Arc::into_inner(self.source).unwrap().deliveries.into_inner().unwrap()
    }
}

fn outcome(delivery: &Delivery) -> &Outcome {
    &delivery.attempts.last().unwrap().outcome
}

#[tokio::test]
async fn two_and_a_half_hours_of_attempts_against_an_application_that_fails_four_times() {
    let receiver = Receiver::start(|n| {
        let status = if n < 4 { StatusCode::INTERNAL_SERVER_ERROR } else { StatusCode::OK };
        Some((status, format!("answer {n}")).into_response())
    })
    .await;
    let worker = Worker::default(deliveries());
    worker.enqueue(to(&receiver.url, "42", 1, start()));
    worker.until_recorded(1).await;
    for (n, pause) in (2..).zip(&PAUSES[1..]) {
        let pause = u64::try_from(*pause).unwrap();
        worker.clock.advance(Duration::from_secs(pause - 1));
        worker.clock.advance(Duration::from_secs(1));
        worker.until_recorded(n).await;
    }
    let delivery = worker.get(1);
    assert_eq!(delivery.state, DeliveryState::Delivered { at: after(9_330) });
    let mut expected = start();
    for ((n, attempt), pause) in delivery.attempts.iter().enumerate().zip(PAUSES) {
        expected += SignedDuration::from_secs(pause);
        assert_eq!(attempt.at, expected, "no earlier and no later");
        let status = if n < 4 { 500 } else { 200 };
        assert!(attempt.outcome == Outcome::Status { status, body: format!("answer {n}") });
    }
    let received = receiver.received();
    assert_eq!(received.len(), 5);
    for one in received {
        assert_eq!(one.body, delivery.body, "the same bytes each time");
        let signature = sign(SECRET, &one.body).unwrap();
        assert_eq!(one.header("x-passid-signature"), signature);
        assert_eq!(one.header("content-type"), "application/json");
        let agent = concat!("passid-sandbox/", env!("CARGO_PKG_VERSION"));
        assert_eq!(one.header("user-agent"), agent);
    }
}

#[tokio::test]
async fn an_answer_that_does_not_come_in_time_is_a_failure() {
    let receiver = Receiver::start(|_| None).await;
    let limits = SenderLimits { answer: Duration::from_millis(50), ..SenderLimits::default() };
    assert_eq!(SenderLimits::default().answer, Duration::from_secs(10));
    let worker = Worker::start(deliveries(), start(), limits);
    worker.enqueue(to(&receiver.url, "42", 1, start()));
    worker.until_recorded(1).await;
    let delivery = worker.get(1);
    assert!(*outcome(&delivery) == Outcome::Timeout {});
    assert_eq!(delivery.state.name(), StateName::Pending);
}

#[tokio::test]
async fn a_redirect_is_not_followed_and_a_204_is_a_success() {
    let elsewhere = Receiver::with_status(200).await;
    let target = elsewhere.url.clone();
    let redirecting = Receiver::start(move |_| {
        Some((StatusCode::TEMPORARY_REDIRECT, [("location", target.clone())]).into_response())
    })
    .await;
    let content = Receiver::with_status(204).await;
    let worker = Worker::default(deliveries());
    worker.enqueue(to(&redirecting.url, "42", 1, start()));
    worker.enqueue(to(&content.url, "42", 2, start()));
    worker.until_recorded(2).await;
    assert!(*outcome(&worker.get(1)) == Outcome::Status { status: 307, body: String::new() });
    assert_eq!(worker.get(1).state.name(), StateName::Pending);
    assert_eq!(worker.get(2).state.name(), StateName::Delivered);
    assert!(elsewhere.received().is_empty());
}

#[tokio::test]
async fn no_connection_a_bad_address_and_a_missing_secret_are_failures() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", closed.local_addr().unwrap());
    drop(closed);
    let receiver = Receiver::with_status(200).await;
    let worker = Worker::default(deliveries());
    worker.enqueue(to(&url, "42", 1, start()));
    worker.enqueue(to("not an address", "42", 2, start()));
    worker.enqueue(to(&receiver.url, "gone", 3, start()));
    worker.until_recorded(3).await;
    assert!(*outcome(&worker.get(1)) == Outcome::ConnectionFailed {});
    assert!(*outcome(&worker.get(2)) == Outcome::ConnectionFailed {});
    assert!(*outcome(&worker.get(3)) == Outcome::Unsigned {});
    assert!(receiver.received().is_empty(), "nothing is sent unsigned");
}

#[tokio::test]
async fn a_kilobyte_of_a_long_answer_is_kept() {
    let receiver = Receiver::start(|_| Some("x".repeat(1 << 20).into_response())).await;
    let worker = Worker::default(deliveries());
    worker.enqueue(to(&receiver.url, "42", 1, start()));
    worker.until_recorded(1).await;
    assert!(*outcome(&worker.get(1)) == Outcome::Status { status: 200, body: "x".repeat(1_024) });
}

#[tokio::test]
async fn faults_of_the_signature_reach_the_application() {
    let receiver = Receiver::with_status(200).await;
    let mut deliveries = deliveries();
    for kind in [WebhookFaultKind::wrong_signature(), WebhookFaultKind::old_secret()] {
        deliveries.inject_fault(WebhookFault::on_any(kind)).unwrap();
    }
    let worker = Worker::default(deliveries);
    for n in 1..=2 {
        worker.enqueue(to(&receiver.url, "42", n, start()));
        worker.until_recorded(n).await;
    }
    let received = receiver.received();
    let sent: Vec<_> = received.iter().map(|one| one.header("x-passid-signature")).collect();
    let right = sign(SECRET, &received[0].body).unwrap();
    assert!(sent[0] != right && sent[0].len() == right.len());
    assert_eq!(sent[1], sign(OLD_SECRET, &received[1].body).unwrap());
    assert_eq!(worker.get(1).attempts[0].signature, Signing::Wrong);
    assert_eq!(worker.get(2).attempts[0].signature, Signing::Previous);
}

#[tokio::test]
async fn an_application_that_hangs_holds_up_its_own_events_only() {
    let hanging = Receiver::start(|_| None).await;
    let answering = Receiver::with_status(200).await;
    let worker = Worker::default(deliveries());
    for n in 1..=80 {
        worker.enqueue(to(&hanging.url, "42", n, start()));
    }
    hanging.until(16).await;
    worker.enqueue(to(&answering.url, "43", 81, start()));
    worker.until_recorded(1).await;
    assert_eq!(worker.get(81).state.name(), StateName::Delivered);
    assert_eq!(hanging.received().len(), 16);
}

#[tokio::test]
async fn a_stopped_worker_leaves_what_is_pending_to_the_next() {
    let hanging = Receiver::start(|_| None).await;
    let limits = SenderLimits { stop: Duration::from_millis(20), ..SenderLimits::default() };
    let worker = Worker::start(deliveries(), start(), limits);
    worker.enqueue(to(&hanging.url, "42", 1, start()));
    hanging.until(1).await;
    let mut before = worker.stop().await;

    let worker = Worker::default(restarted(&mut before));
    hanging.until(2).await;
    let received = hanging.received();
    assert_eq!(received[0].body, received[1].body);
    drop(worker);
}

#[tokio::test]
async fn nothing_spins_while_the_clock_stands() {
    let receiver = Receiver::with_status(500).await;
    let worker = Worker::default(deliveries());
    worker.enqueue(to(&receiver.url, "42", 1, start()));
    worker.until_recorded(1).await;
    // A second notification has to be answered: the worker is asleep, not dead.
    let asked = *worker.source.asked.borrow();
    worker.wake.notify_one();
    let mut watched = worker.source.asked.subscribe();
    let again = watched.wait_for(|count| *count > asked);
    within(Duration::from_secs(20), again).await.expect("it asks").unwrap();
    for _ in 0..1_000 {
        tokio::task::yield_now().await;
    }
    let asked = *worker.source.asked.borrow() - asked;
    assert!(asked <= 3, "asked {asked} times for one notification");
    assert_eq!(receiver.received().len(), 1);
}

#[tokio::test]
async fn a_clock_that_was_set_is_looked_at_when_the_worker_is_woken() {
    let receiver = Receiver::with_status(500).await;
    let worker = Worker::default(deliveries());
    worker.enqueue(to(&receiver.url, "42", 1, start()));
    worker.until_recorded(1).await;
    worker.clock.set_now(SystemTime::from(after(30)));
    worker.wake.notify_one();
    worker.until_recorded(2).await;
    assert_eq!(worker.get(1).attempts[1].at, after(30));
}
