//! Handlers that write down what they do, and wait to be let on.

use std::sync::{Arc, Mutex};

use passid_core::webhook::Event;
use passid_inbox::{Context, HandlerError};
use tokio::sync::Semaphore;

/// Where handlers write down what they do. Clones share it.
#[derive(Clone, Debug)]
pub(crate) struct Desk {
    lines: Arc<Mutex<Vec<String>>>,
    door: Arc<Semaphore>,
}

impl Desk {
    pub(crate) fn new() -> Self {
        Self { lines: Arc::default(), door: Arc::new(Semaphore::new(0)) }
    }

    pub(crate) fn write(&self, line: impl Into<String>) {
        self.lines.lock().unwrap().push(line.into());
    }

    /// What was written since the last look.
    pub(crate) fn look(&self) -> Vec<String> {
        std::mem::take(&mut self.lines.lock().unwrap())
    }

    /// Lets so many of those that wait go on.
    pub(crate) fn let_in(&self, number: usize) {
        self.door.add_permits(number);
    }

    /// A handler that begins, waits at the door, and ends. Also written down is that it was dropped.
    pub(crate) async fn wait(self, event: Event, context: Context) -> Result<(), HandlerError> {
        let name = name(&event);
        self.write(format!("{name} begun {}", context.attempt));
        let left = Left { desk: &self, name: &name, ended: false };
        self.door.acquire().await.unwrap().forget();
        left.end();
        Ok(())
    }
}

/// Tells that a handler went away in the middle.
struct Left<'a> {
    desk: &'a Desk,
    name: &'a str,
    ended: bool,
}

impl Left<'_> {
    fn end(mut self) {
        self.ended = true;
        self.desk.write(format!("{} ended", self.name));
    }
}

impl Drop for Left<'_> {
    fn drop(&mut self) {
        if !self.ended {
            self.desk.write(format!("{} stopped", self.name));
        }
    }
}

/// The last letter of the token, or the name of an event that has none.
pub(crate) fn name(event: &Event) -> String {
    match event.token() {
        Some(token) => token.expose().rsplit('-').next().unwrap_or_default().to_owned(),
        None => event.name().to_owned(),
    }
}
