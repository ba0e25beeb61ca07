//! A durable ledger for PASSID's webhooks: each is stored before it is answered, and has its effect
//! once.
//!
//! PASSID sends an event up to five times in 2 h 36 min and waits 10 s for each answer; then it is gone
//! (guide, step 8). It signs no id and no time of sending, so that nothing but a record of what was
//! seen tells a repetition. This crate is that record.
//!
//! - A [`Receiver`] verifies, stores, and only then answers 200.
//! - An [`Inbox`] is the ledger of one environment: it tells repetitions by two keys, and lets an
//!   operator list, show, replay and purge.
//! - A [worker](Inbox::worker) hands events to handlers on leases: in order for each token, tried again
//!   with growing delays, given up to the dead letters at last.
//! - An [`Outbox`] beside the inbox keeps outcomes, and reports them when PASSID can be reached.
//! - [`Hints`] beside both are webhooks of other providers, opened by a seam of the core's
//!   ([`HintOpener`](passid_core::provider::HintOpener)).
//! - [`Records`] are what the crates of other providers have to remember.
//! - A [`Store`](store::Store) keeps it all: `SqliteStore` for one receiver, `PostgresStore` for
//!   several.
//!
//! # Features
//!
//! `sqlite` (default) and `postgres` are the stores; `postgres-rustls` adds TLS to the latter. `axum` and
//! `actix` receive webhooks in one line. `test-util` helps with doubles of a store.

#[cfg(feature = "actix")]
pub mod actix;
#[cfg(feature = "axum")]
pub mod axum;
mod clock;
mod hints;
mod inbox;
mod observe;
mod outbox;
mod records;
mod seal;
pub mod store;
#[cfg(feature = "test-util")]
pub mod testing;
mod worker;

pub use hints::{HintContext, HintHandling, HintReceiver, HintRefusal, Hints, KeptHint};
pub use inbox::{
    AcceptError, EntryBody, Gap, GapAlert, Inbox, InboxBuilder, InboxConfigError, InboxError,
    ListFilter, Receipt, ReceiveError, Receiver, Reseal,
};
pub use observe::{Cause, InboxEvent, InboxObserver};
pub use outbox::{EnqueueError, Enqueued, Outbox, Reporting};
pub use records::Records;
pub use seal::{BodyKey, BodyKeyError, BodyKeys, SealError};
pub use worker::{
    Context, FromEvent, HandlerError, Handling, RetrySchedule, Running, Topic, WorkerBuilder,
    WorkerConfigError,
};

/// For the macro of [`testing`].
#[cfg(feature = "test-util")]
#[doc(hidden)]
pub mod __private {
    pub use passid_core::Environment;
}
