//! Hears everything that is said: events and spans of `tracing`, and records of `log`, which reqwest
//! uses.

use std::fmt::{Debug, Write};
use std::sync::{Arc, LazyLock, Mutex};

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

impl log::Log for Listener {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        self.keep(record.target(), |text| write!(text.0, " {}", record.args()).unwrap());
    }

    fn flush(&self) {}
}

/// One for the whole program: its tests run beside each other.
static LISTENER: LazyLock<Listener> = LazyLock::new(|| {
    let listener = Listener::default();
    let subscriber = tracing_subscriber::registry().with(listener.clone());
    tracing::subscriber::set_global_default(subscriber).unwrap();
    log::set_boxed_logger(Box::new(listener.clone())).unwrap();
    log::set_max_level(log::LevelFilter::Trace);
    listener
});

/// Listens from now on.
pub(crate) fn listen() {
    LazyLock::force(&LISTENER);
}

/// Everything that was said so far.
pub(crate) fn said() -> Vec<String> {
    LISTENER.0.lock().unwrap().clone()
}

/// The lines that hold one of these, in any case, with its hyphens or without.
pub(crate) fn told(said: &[String], secrets: &[String]) -> Vec<String> {
    let spellings = |secret: &String| {
        let plain = secret.to_lowercase();
        let bare = plain.replace('-', "");
        [plain, bare]
    };
    let hidden: Vec<String> = secrets.iter().flat_map(spellings).collect();
    let tells = |line: &&String| {
        let line = line.to_lowercase();
        hidden.iter().any(|secret| line.contains(secret))
    };
    said.iter().filter(tells).cloned().collect()
}

#[test]
fn what_is_said_by_either_way_is_heard() {
    listen();
    tracing::trace!(target: "redaction::self", what = "Said-By-Tracing");
    log::trace!(target: "redaction::self", "said-{}", "by-log");
    let heard = said();
    for marker in ["said-by-tracing", "said-by-log"] {
        assert_eq!(told(&heard, &[marker.to_owned()]).len(), 1, "{marker}");
    }
}
