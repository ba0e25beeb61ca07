//! What happens with the shared verdicts, counted.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};

macro_rules! events {
    ($( $(#[$doc:meta])* $name:ident = $word:literal, )+) => {
        /// Something that happened with the verdicts in Redis. Says what, and nothing about whom.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum SharedEvent {
            $( $(#[$doc])* $name, )+
        }

        impl SharedEvent {
            /// Every event.
            pub const ALL: &[Self] = &[$( Self::$name, )+];

            /// One word for it, such as `hit`: for metrics.
            pub fn name(self) -> &'static str {
                match self {
                    $( Self::$name => $word, )+
                }
            }
        }
    };
}

events! {
    /// A valid credential was found.
    Hit = "hit",
    /// A refusal was found.
    Negative = "negative",
    /// Nothing was found.
    Miss = "miss",
    /// Redis gave no answer; the request went on without it.
    Unanswered = "unanswered",
    /// A value did not open, or could not be read: it was made with another secret, or by somebody else.
    Unopened = "unopened",
    /// Another instance was asking; a request waits for its answer.
    Waited = "waited",
    /// Another instance was asking, and its answer did not come within one lease.
    LeaseOver = "lease_over",
    /// An answer was kept.
    Kept = "kept",
    /// An answer was not kept, because of what happened while it was under way.
    Superseded = "superseded",
    /// Something was not written, because Redis gave no answer or too much was to be written.
    Dropped = "dropped",
    /// An invalidation was sent to every instance.
    Sent = "sent",
    /// An invalidation came from an instance.
    Received = "received",
    /// A message came that no instance with our secret had sent; it was ignored.
    Forged = "forged",
    /// Messages may have been missed: the subscription began, or began again.
    Subscribed = "subscribed",
}

/// The counter of events in metrics; its label `event` is [`SharedEvent::name`].
pub const SHARED_EVENTS_METRIC: &str = "passid_shared_events_total";

#[derive(Debug, Default)]
pub(super) struct Counts([AtomicU64; SharedEvent::ALL.len()]);

impl Counts {
    pub(super) fn add(&self, event: SharedEvent) {
        if let Some(count) = self.0.get(event as usize) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    pub(super) fn of(&self, event: SharedEvent) -> u64 {
        self.0.get(event as usize).map_or(0, |count| count.load(Ordering::Relaxed))
    }

    pub(super) fn to_prometheus(&self) -> String {
        let mut text =
            format!("# HELP {SHARED_EVENTS_METRIC} What happened with the verdicts in Redis.\n");
        let _ = writeln!(text, "# TYPE {SHARED_EVENTS_METRIC} counter");
        for event in SharedEvent::ALL {
            let (name, count) = (event.name(), self.of(*event));
            let _ = writeln!(text, "{SHARED_EVENTS_METRIC}{{event=\"{name}\"}} {count}");
        }
        text
    }
}
