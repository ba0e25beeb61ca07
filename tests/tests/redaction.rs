//! Nothing secret or personal reaches a log: every event and span of every crate involved, at TRACE,
//! while the whole contract runs on both adapters.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fmt::{Debug, Write};
use std::sync::{Arc, Mutex};

use passid_sandbox::demo;
use passid_tests::apps::{self, Setup};
use passid_tests::http::send;
use passid_tests::soon;
use passid_tests::table::rows;
use passid_tests::upstream::Api;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::{Context, SubscriberExt};

/// Keeps the text of everything that is said.
#[derive(Clone, Default)]
struct Listener(Arc<Mutex<Vec<String>>>);

struct Text(String);

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        write!(self.0, " {}={value:?}", field.name()).unwrap();
    }
}

impl Listener {
    fn keep(&self, target: &str, record: impl FnOnce(&mut Text)) {
        let mut text = Text(target.to_owned());
        record(&mut text);
        self.0.lock().unwrap().push(text.0);
    }
}

impl<S: Subscriber> Layer<S> for Listener {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        self.keep(event.metadata().target(), |text| event.record(text));
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, _: &Id, _: Context<'_, S>) {
        self.keep(attributes.metadata().name(), |text| attributes.record(text));
    }

    fn on_record(&self, _: &Id, values: &Record<'_>, _: Context<'_, S>) {
        self.keep("span", |text| values.record(text));
    }
}

/// What must not be said: keys, tokens, codes, and claim values that no ordinary line holds.
fn secrets() -> Vec<String> {
    let secrets = [
        demo::SANDBOX_KEY,
        demo::LIVE_KEY,
        demo::KENYA_TOKEN,
        demo::NIGERIA_TOKEN,
        demo::GHANA_TOKEN,
        demo::SANDBOX_TOKEN,
        demo::STALE_TOKEN,
        demo::EXPIRED_TOKEN,
        demo::REVOKED_TOKEN,
        demo::SANCTIONS_DENIED_TOKEN,
        demo::KENYA_CODE,
        "3,000-4,000",
        "2,000-3,000",
        "KE->GB",
        "NG->US",
        "GH->EU",
        "eyJhbGciOiJIUzI1NiJ9",
        "dTpw",
    ];
    secrets.iter().map(|secret| secret.to_lowercase()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_secret_or_personal_is_logged_while_the_contract_runs() {
    let listener = Listener::default();
    let subscriber = tracing_subscriber::registry().with(listener.clone());
    tracing::subscriber::set_global_default(subscriber).unwrap();

    let api = Api::start().await;
    // A token in the query is in the address, which frameworks do log: the documentation says so.
    for row in rows().into_iter().filter(|row| row.setup != Setup::Query) {
        api.prepare(row.upstream);
        let axum = apps::axum::start(row.setup, api.client(row.upstream)).await;
        soon(row.name, send(axum.address, &row.request)).await.unwrap();
        let actix = apps::actix::start(row.setup, api.client(row.upstream)).await;
        soon(row.name, send(actix.address, &row.request)).await.unwrap();
    }

    let said = listener.0.lock().unwrap();
    for expected in ["passid::guard", "passid::client", "hyper"] {
        assert!(
            said.iter().any(|line| line.starts_with(expected)),
            "nothing of {expected} was heard"
        );
    }
    let refusals = said.iter().filter(|line| line.starts_with("passid::guard")).count();
    assert!(refusals > 60, "{refusals} events of the guard");
    let secrets = secrets();
    let told = said.iter().filter(|line| {
        let line = line.to_lowercase();
        secrets.iter().any(|secret| line.contains(secret))
    });
    let told: Vec<_> = told.collect();
    assert!(told.is_empty(), "{told:#?}");
}
