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
//! - A [`Store`](store::Store) keeps it all: `SqliteStore` for one receiver, `PostgresStore` for
//!   several.
//!
//! # Features
//!
//! `sqlite` (default) and `postgres` are the stores; `postgres-rustls` adds TLS to the latter. `axum` and
//! `actix` receive webhooks in one line.

#[cfg(feature = "actix")]
pub mod actix;
#[cfg(feature = "axum")]
pub mod axum;
mod clock;
mod inbox;
mod observe;
mod outbox;
mod seal;
pub mod store;
mod worker;

pub use inbox::{
    AcceptError, EntryBody, Gap, GapAlert, Inbox, InboxBuilder, InboxConfigError, InboxError,
    ListFilter, Receipt, ReceiveError, Receiver, Reseal,
};
pub use observe::{Cause, InboxEvent, InboxObserver};
pub use outbox::{EnqueueError, Enqueued, Outbox, Reporting};
pub use seal::{BodyKey, BodyKeyError, BodyKeys, SealError};
pub use worker::{
    Context, FromEvent, HandlerError, Handling, RetrySchedule, Running, Topic, WorkerBuilder,
    WorkerConfigError,
};
