//! The worker that sends what is due.

use std::future::Future;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use jiff::Timestamp;
use passid_core::{Clock, Environment};
use reqwest::{Client, redirect};
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;

use super::carriage::Carriage;
use super::delivery::{Attempt, AttemptId, AttemptResult, Outcome, Signing};
use super::{schedule, signature};
use crate::clock::within;
use crate::timestamp::whole_second;

/// Keeps a due time that the clock never quite reaches from becoming a busy loop.
const SHORTEST_SLEEP: Duration = Duration::from_millis(1);
const KEPT_OF_ANSWER: usize = 1_024;
const JSON: &str = "application/json";
const TEXT: &str = "text/plain";

/// Whose deliveries are sent.
///
/// An attempt that was taken is recorded once, unless the worker is stopped before; then it is due
/// again after a restart. Receivers may so see an event twice, and never not at all.
pub(crate) trait DeliverySource: Send + Sync + 'static {
    fn take_due(&self, now: Timestamp, limit: usize) -> impl Future<Output = Vec<Attempt>> + Send;

    fn record(
        &self,
        attempt: &AttemptId,
        result: AttemptResult,
        now: Timestamp,
    ) -> impl Future<Output = ()> + Send;

    fn next_due(&self) -> impl Future<Output = Option<Timestamp>> + Send;

    /// As they are at the time of the attempt. `None` when the institution is gone.
    fn secrets_of(
        &self,
        institution_id: &str,
        environment: Environment,
    ) -> impl Future<Output = Option<Secrets>> + Send;
}

/// What an institution's webhooks are signed with. Without `Debug`.
#[derive(Clone)]
pub(crate) struct Secrets {
    pub(crate) current: String,
    /// The one before the last change.
    pub(crate) previous: Option<String>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct SenderLimits {
    /// Attempts at a time, over all institutions.
    pub(crate) in_flight: usize,
    /// In real time: from the connection to the status of the answer.
    pub(crate) answer: Duration,
    /// How much of an answer is read, in bytes. The rest is not waited for.
    pub(crate) answer_bytes: usize,
    /// What attempts in flight get to end in when the worker is stopped, in real time.
    pub(crate) stop: Duration,
}

impl Default for SenderLimits {
    fn default() -> Self {
        Self {
            in_flight: 64,
            answer: schedule::ANSWER_LIMIT,
            answer_bytes: 64 * 1024,
            stop: Duration::from_secs(2),
        }
    }
}

/// Sends until `stopping` changes or its other end is dropped.
///
/// Sleeps on `clock` until the next delivery is due. `wake` has to be notified when something may
/// be due earlier than that: after a new event or a redelivery, and when the clock was set.
pub(crate) async fn run<S: DeliverySource>(
    source: Arc<S>,
    clock: Arc<dyn Clock>,
    wake: Arc<Notify>,
    mut stopping: watch::Receiver<()>,
    limits: SenderLimits,
) {
    let sender = Arc::new(Sender { source, clock, limits, client: OnceLock::new() });
    let mut in_flight = JoinSet::new();
    let working = async {
        loop {
            // Before anything is read, so that no notification falls into the gap.
            let mut woken = std::pin::pin!(wake.notified());
            woken.as_mut().enable();
            let free = limits.in_flight.saturating_sub(in_flight.len());
            if free > 0 {
                let now = whole_second(sender.clock.now());
                for attempt in sender.source.take_due(now, free).await {
                    in_flight.spawn(Arc::clone(&sender).deliver(attempt));
                }
            }
            let free = limits.in_flight.saturating_sub(in_flight.len());
            tokio::select! {
                Some(_) = in_flight.join_next() => {}
                () = woken => {}
                () = sender.until_due(), if free > 0 => {}
            }
        }
    };
    tokio::select! {
        () = working => {}
        _ = stopping.changed() => {}
    }
    let _ = within(limits.stop, async { while in_flight.join_next().await.is_some() {} }).await;
    in_flight.shutdown().await;
}

type Headers = Vec<(&'static str, String)>;

struct Sender<S> {
    source: Arc<S>,
    clock: Arc<dyn Clock>,
    limits: SenderLimits,
    // Made for the first delivery: reading the machine's certificates takes longer than a sandbox
    // without webhooks takes to start.
    client: OnceLock<Option<Client>>,
}

impl<S: DeliverySource> Sender<S> {
    async fn until_due(&self) {
        let Some(due) = self.source.next_due().await else { return std::future::pending().await };
        let now = Timestamp::try_from(self.clock.now()).unwrap_or(Timestamp::MAX);
        let pause = Duration::try_from(due.duration_since(now)).unwrap_or_default();
        self.clock.sleep(pause.max(SHORTEST_SLEEP)).await;
    }

    async fn deliver(self: Arc<Self>, attempt: Attempt) {
        let (signature, headers) = self.headers_of(&attempt).await;
        let Attempt { id, event, url, body, carriage, .. } = attempt;
        let outcome = match headers {
            Some(headers) => self.post(&url, headers, body).await,
            None => Outcome::Unsigned {},
        };
        // Neither the address nor the answer: both are the application's own.
        tracing::debug!(
            delivery = %id.delivery,
            %event,
            delivered = carriage.is_success(&outcome),
            "webhook attempt"
        );
        let now = whole_second(self.clock.now());
        self.source.record(&id, AttemptResult { outcome, signature }, now).await;
    }

    /// How it is signed, and the headers of its own. `None` for those where nothing can sign.
    async fn headers_of(&self, attempt: &Attempt) -> (Signing, Option<Headers>) {
        match &attempt.carriage {
            Carriage::Passid => {
                let secrets =
                    self.source.secrets_of(&attempt.institution_id, attempt.environment).await;
                let body = attempt.body.as_bytes();
                match secrets.and_then(|secrets| sign(&secrets, attempt.signing, body)) {
                    Some((signing, value)) => (
                        signing,
                        Some(vec![("content-type", JSON.to_owned()), (signature::HEADER, value)]),
                    ),
                    None => (attempt.signing, None),
                }
            }
            Carriage::Passbase { encrypted, authorization, .. } => {
                let kind = if *encrypted { TEXT } else { JSON };
                let mut headers = vec![("content-type", kind.to_owned())];
                headers.extend(authorization.clone().map(|value| ("authorization", value)));
                (attempt.signing, Some(headers))
            }
        }
    }

    async fn post(&self, url: &str, headers: Headers, body: String) -> Outcome {
        let Some(client) = self.client.get_or_init(new_client) else {
            return Outcome::ConnectionFailed {};
        };
        let request =
            headers.into_iter().fold(client.post(url).body(body), |request, (name, value)| {
                request.header(name, value)
            });
        // Out here, so that a status that came in time counts even when its body does not.
        let mut answered = None;
        let mut start = Vec::new();
        let exchange = async {
            let mut answer = request.send().await?;
            answered = Some(answer.status().as_u16());
            let mut length = 0;
            while let Some(chunk) = answer.chunk().await? {
                let missing = KEPT_OF_ANSWER.saturating_sub(start.len());
                start.extend(chunk.iter().take(missing));
                length += chunk.len();
                if length >= self.limits.answer_bytes {
                    break;
                }
            }
            Ok::<_, reqwest::Error>(())
        };
        let ended = within(self.limits.answer, exchange).await;
        match (answered, ended) {
            (Some(status), _) => {
                Outcome::Status { status, body: String::from_utf8_lossy(&start).into_owned() }
            }
            (None, None) => Outcome::Timeout {},
            (None, Some(_)) => Outcome::ConnectionFailed {},
        }
    }
}

/// The header's value, and how it was really made: where a fault asks for a secret that there never
/// was, the signature is wrong, as it would be with any other secret.
fn sign(secrets: &Secrets, signing: Signing, body: &[u8]) -> Option<(Signing, String)> {
    let current = &secrets.current;
    let signed = match (signing, &secrets.previous) {
        (Signing::Current, _) => (Signing::Current, signature::sign(current, body)?),
        (Signing::Previous, Some(previous)) => {
            (Signing::Previous, signature::sign(previous, body)?)
        }
        (Signing::Previous, None) | (Signing::Wrong | Signing::Absent, _) => {
            (Signing::Wrong, signature::sign_wrongly(current, body)?)
        }
    };
    Some(signed)
}

fn new_client() -> Option<Client> {
    let client = Client::builder()
        .user_agent(concat!("passid-sandbox/", env!("CARGO_PKG_VERSION")))
        // Section 9.4: anything but a 2xx is a failure, a redirect too.
        .redirect(redirect::Policy::none())
        // The schedule is the only retry.
        .retry(reqwest::retry::never())
        .referer(false)
        .no_proxy()
        .build();
    if client.is_err() {
        tracing::error!("no HTTP client can be made; no webhook will be delivered");
    }
    client.ok()
}
