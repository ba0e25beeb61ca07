//! Captures the events of one thread.

use std::fmt;
use std::sync::{Arc, Mutex};

use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

/// What was logged on this thread since it was made.
pub(crate) struct Logs {
    events: Arc<Mutex<Vec<(Level, String)>>>,
    _until_dropped: tracing::subscriber::DefaultGuard,
}

impl Logs {
    pub(crate) fn capture() -> Self {
        let events = Arc::default();
        let subscriber = tracing_subscriber::registry().with(Capture(Arc::clone(&events)));
        Self { events, _until_dropped: tracing::subscriber::set_default(subscriber) }
    }

    pub(crate) fn errors(&self) -> Vec<String> {
        let events = self.events.lock().unwrap();
        events.iter().filter(|(level, _)| *level == Level::ERROR).map(|(_, t)| t.clone()).collect()
    }
}

struct Capture(Arc<Mutex<Vec<(Level, String)>>>);

impl<S: Subscriber> Layer<S> for Capture {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut line = Line(String::new());
        event.record(&mut line);
        self.0.lock().unwrap().push((*event.metadata().level(), line.0));
    }
}

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.push_str(&format!("{}={value:?} ", field.name()));
    }
}
