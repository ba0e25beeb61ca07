use std::future::pending;
use std::io::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};

/// A moment at which a process may die.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Point {
    /// A webhook has come, and nothing of it is stored.
    BeforeInsert,
    /// It is stored, and PASSID does not know.
    BeforeAnswer,
    /// A handler has begun, and has done nothing.
    InHandler,
    /// Its effect is made, and the ledger does not know.
    BeforeCompletion,
}

impl Point {
    const ALL: [(&str, Self); 4] = [
        ("before-insert", Self::BeforeInsert),
        ("before-answer", Self::BeforeAnswer),
        ("in-handler", Self::InHandler),
        ("before-completion", Self::BeforeCompletion),
    ];
}

/// At which point to go no further, and at which time of reaching it.
#[derive(Debug)]
pub(crate) struct Plan {
    point: Option<Point>,
    passes: u64,
    reached: AtomicU64,
}

impl Plan {
    /// Reads `before-answer:17`: passes 17 times, and goes no further from then on. Never stops
    /// where it is told nothing.
    pub(crate) fn read(text: &str) -> Self {
        let (name, passes) = text.split_once(':').unwrap_or_default();
        let point = Point::ALL.iter().find(|(known, _)| *known == name).map(|(_, point)| *point);
        Self { point, passes: passes.parse().unwrap_or(0), reached: AtomicU64::new(0) }
    }

    /// Comes back unless this is where to stop.
    pub(crate) async fn reach(&self, point: Point) {
        if self.point != Some(point) {
            return;
        }
        let before = self.reached.fetch_add(1, Ordering::Relaxed);
        if before == self.passes {
            say("stopped");
        }
        if before >= self.passes {
            pending::<()>().await;
        }
    }
}

/// Tells the test, which reads our output line by line.
pub(crate) fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    // Without a reader there is nobody to tell.
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}
