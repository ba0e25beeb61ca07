//! The life of another provider's webhook, with markers for whatever is secret or personal.

use std::fmt::Debug;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream;
use passid_core::provider::{HintOpener, RecordStore};
use passid_core::testing::{ManualClock, ScriptedVerifier};
use passid_core::webhook::WebhookRejection;
use passid_core::{CachedVerifier, Environment, Subject};
use passid_inbox::store::MemoryStore;
use passid_inbox::{
    HandlerError, HintContext, HintReceiver, Inbox, InboxEvent, InboxObserver, KeptHint,
    ListFilter, Receipt, RetrySchedule,
};
use passid_passbase::webhook::{Event, WebhookOpener, WebhookSecret};
use passid_passbase::{DurableProcessedTimes, ProcessedTimes};

use super::listener::{listen, said, told};

const SECRET: &str = "hintsecret0815hintsecret0815hint";
const KEY: &str = "0815a000-0815-4815-8815-081508150815";
const VALUE: &str = "valuemarker0815";

#[derive(Default)]
struct Reports(Mutex<Vec<String>>);

impl Reports {
    fn keep(&self, what: &impl Debug) {
        self.0.lock().unwrap().push(format!("{what:?}"));
    }
}

impl InboxObserver for Reports {
    fn observed(&self, event: &InboxEvent<'_>) {
        self.keep(event);
    }
}

#[tokio::test]
async fn the_life_of_a_hint_tells_nothing_secret_or_personal() {
    listen();
    let reports = Arc::new(Reports::default());
    let clock = ManualClock::at(std::time::UNIX_EPOCH + Duration::from_secs(1_795_000_000));
    let inbox = Inbox::builder(MemoryStore::new(), Environment::Sandbox)
        .clock(Arc::new(clock.clone()))
        .observer(Arc::<Reports>::clone(&reports))
        .build()
        .unwrap();
    let hints = inbox.hints();
    let body = format!(
        r#"{{"event":"DATAPOINT_UPDATED","key":"{KEY}","updated":1795000000,"processed":1795000000,"type":"SEX","value":"{VALUE}"}}"#
    );
    let sealed = WebhookOpener::encrypted(WebhookSecret::parse(SECRET).unwrap());
    let plain = WebhookOpener::plain_and_forgeable();
    reports.keep(&(&hints, &sealed, &plain));
    reports.keep(&plain.open_hint(Some("application/json"), Bytes::from(body.clone())));
    for opener in [sealed, plain.clone(), plain] {
        let receiver = HintReceiver::new(hints.clone(), opener);
        reports.keep(&receiver);
        let pieces = stream::iter([Ok::<_, WebhookRejection>(Bytes::from(body.clone()))]);
        let received = receiver.receive(["application/json"], None, pieces).await;
        reports.keep(&received);
        let answer = received.map_or_else(|refusal| refusal.answer(), Receipt::answer);
        reports.keep(&String::from_utf8_lossy(&answer.body));
    }

    let times = DurableProcessedTimes::new(Arc::new(inbox.records()));
    let cache = CachedVerifier::builder(ScriptedVerifier::new()).build().unwrap();
    let (kept, noted) = (Arc::clone(&reports), times.clone());
    let handler = move |hint: KeptHint, context: HintContext| {
        let event = Event::from_opened(hint.body());
        kept.keep(&(&hint, &context, &event));
        let (cache, times) = (cache.clone(), noted.clone());
        async move {
            let event = event?;
            cache.invalidate_subject(event.key.subject());
            times.note(&event).await?;
            Err(HandlerError::retry("API_DOWN"))
        }
    };
    let worker = hints.worker().on("passbase", handler);
    let worker = worker.retries(RetrySchedule { max_attempts: 2, ..RetrySchedule::default() });
    reports.keep(&worker);
    let running = worker.start().unwrap();
    for _ in 0..20 {
        for _ in 0..60 {
            tokio::task::yield_now().await;
        }
        clock.advance(Duration::from_secs(3));
    }
    assert_eq!(hints.counts().await.unwrap().dead, 1);
    let key = passid_passbase::IdentityAccessKey::parse(KEY).unwrap();
    assert!(times.processed_at(&key).await.is_some());
    for entry in hints.list(ListFilter::default()).await.unwrap() {
        reports.keep(&hints.show(entry.id).await.unwrap());
    }
    let records = inbox.records();
    let record = passid_core::provider::RecordKey::of(VALUE, Subject::of("passbase", KEY));
    reports.keep(&(&times, &records, &record, key.subject()));
    reports.keep(&records.read(record).await);
    drop(running);

    let secrets = [SECRET, KEY, VALUE].map(str::to_owned);
    let kept = reports.0.lock().unwrap().clone();
    assert!(kept.iter().any(|line| line.starts_with("HintRefused")), "{kept:#?}");
    assert!(kept.iter().any(|line| line.starts_with("GivenUp")), "{kept:#?}");
    for place in [&said(), &kept] {
        let told = told(place, &secrets);
        assert!(told.is_empty(), "{told:#?}");
    }
}
