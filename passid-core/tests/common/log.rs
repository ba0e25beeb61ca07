//! A subscriber that keeps every field of every event and span as text.

use std::fmt::{Debug, Write as _};
use std::sync::{Arc, LazyLock, Mutex};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Subscriber};
use tracing_subscriber::Registry;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

/// Everything that is logged in this program, at every level, as text.
static LOG: LazyLock<Arc<Mutex<Vec<String>>>> = LazyLock::new(|| {
    let log = Arc::new(Mutex::new(Vec::new()));
    let subscriber = Registry::default().with(Recorder(log.clone()));
    tracing::subscriber::set_global_default(subscriber).unwrap();
    log
});

struct Recorder(Arc<Mutex<Vec<String>>>);

impl Recorder {
    fn keep(&self, name: &str, record: impl FnOnce(&mut Line)) {
        let mut line = Line(name.to_owned());
        record(&mut line);
        self.0.lock().unwrap().push(line.0);
    }
}

impl<S: Subscriber> Layer<S> for Recorder {
    fn on_new_span(&self, span: &Attributes<'_>, _: &Id, _: Context<'_, S>) {
        self.keep(span.metadata().name(), |line| span.record(line));
    }

    fn on_record(&self, _: &Id, values: &Record<'_>, _: Context<'_, S>) {
        self.keep("record", |line| values.record(line));
    }

    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        self.keep(event.metadata().target(), |line| event.record(line));
    }
}

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        write!(self.0, " {field}={value:?}").unwrap();
    }
}

/// Records from now on; for the whole program.
pub(crate) fn record() {
    LazyLock::force(&LOG);
}

/// What was logged so far.
pub(crate) fn logged() -> String {
    LOG.lock().unwrap().join("\n")
}
