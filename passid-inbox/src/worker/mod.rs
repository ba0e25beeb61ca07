//! Working on what is in the ledger.

mod attempt;
mod builder;
mod context;
mod engine;
mod error;
mod events;
mod handler;
mod hold;
mod schedule;

pub use builder::{WorkerBuilder, WorkerConfigError};
pub use context::Context;
pub(crate) use context::idempotency_key;
pub use engine::Running;
pub(crate) use engine::{Engine, Job};
pub use error::HandlerError;
pub use events::Handling;
pub use handler::{FromEvent, Topic};
pub(crate) use handler::{NotWorked, Worked, Working, working, working_in_transaction};
pub use schedule::RetrySchedule;
