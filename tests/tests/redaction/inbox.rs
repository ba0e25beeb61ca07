//! The whole life of events and outcomes in an inbox, with markers for whatever is secret or personal.

use std::error::Error;
use std::fmt::{self, Debug, Display};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream;
use passid_core::client::{ApiResponse, RetrySettings, TransportErrorKind};
use passid_core::testing::webhook::{envelope, sign};
use passid_core::testing::{ManualClock, MockTransport};
use passid_core::webhook::{Event, WebhookRejection};
use passid_core::{
    ApiKey, Environment, NewOutcome, PassidClient, ReportedOutcome, Token, WebhookSecret,
    WebhookVerifier,
};
use passid_inbox::store::{EntryId, MemoryStore};
use passid_inbox::{
    BodyKey, BodyKeys, Context, GapAlert, HandlerError, Inbox, InboxEvent, InboxObserver,
    ListFilter, Receipt, Receiver, RetrySchedule,
};
use serde_json::json;

use super::listener::{listen, said, told};

const SECRET: &str = "whsec_inboxsecret0815inboxsecret";
const KEY: &str = "pk_sandbox_inboxkey0815";
const TOKENS: [&str; 3] =
    ["PASSID-EVENTTOKEN0815", "PASSID-OUTCOMETOKEN0815", "PASSID-DEADTOKEN0815"];
const PERSONAL: [&str; 6] = [
    "bandmarker0815",
    "namemarker0815",
    "bodymarker0815",
    "causemarker0815",
    "notesmarker0815",
    "productmarker0815",
];

/// The bytes of the key for bodies, as `Debug` of an array would show them.
const BODY_KEY: [u8; 32] = [213; 32];

/// Keeps what an observer is told, as it would be logged.
#[derive(Default)]
struct Reports(Mutex<Vec<String>>);

impl Reports {
    fn keep(&self, what: &impl Debug) {
        self.0.lock().unwrap().push(format!("{what:?}"));
    }

    /// A result in all its forms.
    fn keep_result<T: Debug, E: Error + 'static>(&self, result: &Result<T, E>) {
        self.keep(result);
        let mut next = result.as_ref().err().map(|error| error as &(dyn Error + 'static));
        while let Some(error) = next {
            self.0.lock().unwrap().push(error.to_string());
            next = error.source();
        }
    }
}

impl InboxObserver for Reports {
    fn observed(&self, event: &InboxEvent<'_>) {
        self.keep(event);
        if let InboxEvent::NotAccepted { error } = event {
            self.keep(&error.to_string());
        }
    }
}

/// An error of the application's that names somebody.
#[derive(Debug)]
struct NoLoan(#[expect(dead_code, reason = "told by Debug")] &'static str);

impl Display for NoLoan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(PERSONAL[3])
    }
}

impl Error for NoLoan {}

fn body(name: &str, token: &str, second: u8) -> Vec<u8> {
    let data = json!({
        "token": token,
        "verified_at": format!("2026-03-29T10:22:{second:02}Z"),
        "verified_claims": {"income_band": PERSONAL[0]},
        "name": PERSONAL[1],
    });
    envelope(name, data)
}

/// On a runtime of one thread, whatever can run has run after so many turns.
async fn pass(clock: &ManualClock, time: Duration) {
    for _ in 0..20 {
        for _ in 0..60 {
            tokio::task::yield_now().await;
        }
        clock.advance(time / 20);
    }
}

fn outcome(token: &str, outcome: ReportedOutcome) -> NewOutcome {
    NewOutcome::new(&Token::parse(token).unwrap(), outcome)
        .notes(PERSONAL[4])
        .and_then(|outcome| outcome.product_type(PERSONAL[5]))
        .unwrap()
}

#[tokio::test]
async fn the_life_of_an_event_and_of_an_outcome_tells_nothing_secret_or_personal() {
    listen();
    let reports = Arc::new(Reports::default());
    let clock = ManualClock::at(std::time::UNIX_EPOCH + Duration::from_secs(1_774_778_400));
    let keys = BodyKeys::new("k1", &BodyKey::from_bytes(BODY_KEY)).unwrap();
    let builder = Inbox::builder(MemoryStore::new(), Environment::Sandbox)
        .clock(Arc::new(clock.clone()))
        .observer(Arc::<Reports>::clone(&reports))
        .body_keys(keys);
    reports.keep(&builder);
    let inbox = builder.build().unwrap();
    let secret = WebhookSecret::parse(SECRET).unwrap();
    let verifier = WebhookVerifier::with_secret(secret.clone()).unwrap();
    let receiver = Receiver::new(inbox.clone(), verifier);
    reports.keep(&(&inbox, &receiver, GapAlert::new(inbox.clone(), Duration::from_secs(1))));

    // Received: new, again, unreadable, badly signed.
    let good = body("verification.completed", TOKENS[0], 0);
    let poison = body("verification.completed", TOKENS[0], 30);
    let broken = json!({"event": PERSONAL[2], "token": TOKENS[0]}).to_string().into_bytes();
    for (bytes, signer) in [
        (&good, SECRET),
        (&good, SECRET),
        (&poison, SECRET),
        (&broken, SECRET),
        (&good, "whsec_another_secret_of_somebody"),
    ] {
        let header = sign(&WebhookSecret::parse(signer).unwrap(), bytes);
        let pieces = stream::iter([Ok::<_, WebhookRejection>(Bytes::copy_from_slice(bytes))]);
        let received = receiver.receive([header], None, pieces).await;
        reports.keep_result(&received);
        let answer = received.map_or_else(|error| error.answer(), Receipt::answer);
        reports.keep(&(&answer, String::from_utf8_lossy(&answer.body)));
    }

    // Handled, failed, given up, replayed, purged.
    let context = Arc::clone(&reports);
    let worker = inbox
        .worker()
        .retries(RetrySchedule { max_attempts: 2, ..RetrySchedule::default() })
        .on(move |event: Event, given: Context| {
            context.keep(&(&event, &given));
            let fails = event.raw().windows(18).any(|window| window == b"2026-03-29T10:22:3");
            async move { if fails { Err(HandlerError::from(NoLoan(PERSONAL[3]))) } else { Ok(()) } }
        });
    reports.keep(&worker);
    let running = worker.start().unwrap();
    reports.keep(&running);
    pass(&clock, Duration::from_secs(60)).await;
    assert_eq!(inbox.counts().await.unwrap().dead, 2);
    for entry in inbox.list(ListFilter::default()).await.unwrap() {
        reports.keep(&inbox.show(entry.id).await.unwrap());
        reports.keep(&inbox.replay(entry.id).await.unwrap());
    }
    pass(&clock, Duration::from_secs(60)).await;

    // Reported: taken, refused, failed, and a second outcome of a token.
    let transport = MockTransport::new();
    transport.fail(TransportErrorKind::Interrupted);
    transport.answer(ApiResponse::new(422, json!({"error": {"code": PERSONAL[4]}}).to_string()));
    transport.answer(ApiResponse::new(201, json!({"token": TOKENS[1]}).to_string()));
    let client = PassidClient::builder(ApiKey::parse(KEY).unwrap())
        .transport(transport)
        .clock(Arc::new(clock.clone()))
        .retry(RetrySettings::never())
        .build()
        .unwrap();
    let outbox = inbox.outbox();
    let worker = outbox.worker(client).concurrency(1);
    reports.keep(&(&outbox, &worker));
    let reporting = worker.start().unwrap();
    for (token, word) in [
        (TOKENS[1], ReportedOutcome::Repaid),
        (TOKENS[1], ReportedOutcome::Defaulted),
        (TOKENS[2], ReportedOutcome::Repaid),
    ] {
        let outcome = outcome(token, word);
        reports.keep(&outcome);
        reports.keep_result(&outbox.enqueue(&outcome).await);
    }
    pass(&clock, Duration::from_secs(60)).await;
    let counts = outbox.counts().await.unwrap();
    assert_eq!((counts.done, counts.dead), (1, 1));
    for entry in outbox.list(ListFilter::default()).await.unwrap() {
        reports.keep(&outbox.show(entry.id).await.unwrap());
    }
    reports.keep(inbox.store());
    reports.keep(&inbox.show(EntryId::new(1)).await.unwrap());
    clock.advance(Duration::from_secs(100 * 86_400));
    reports.keep_result(&inbox.purge().await);
    reports.keep_result(&inbox.reseal().await);
    drop((running, reporting));

    let said = said();
    let lines = said.iter().filter(|line| line.starts_with("passid::inbox")).count();
    assert!(lines >= 10, "{lines} lines were heard");
    let kept = reports.0.lock().unwrap().clone();
    assert!(kept.iter().any(|line| line.starts_with("GivenUp")), "{kept:#?}");
    let mut secrets: Vec<String> =
        [SECRET, KEY].into_iter().chain(TOKENS).chain(PERSONAL).map(str::to_owned).collect();
    secrets.push("213, 213".to_owned());
    // A signature is as good as the secret for its body.
    secrets.push(sign(&secret, &good)[7..40].to_owned());
    for place in [&said, &kept] {
        let told = told(place, &secrets);
        assert!(told.is_empty(), "{told:#?}");
    }
}
