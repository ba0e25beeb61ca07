//! Webhooks: which deliveries there are, when each is due, and the worker that sends them.
//!
//! [`Deliveries`] is the state machine: no network, no clock of its own, every step takes the time.
//! [`run`] is the worker that sends what is due and reports what came of it.

mod carriage;
mod deliveries;
mod delivery;
mod due;
mod error;
mod event;
mod fault;
mod filter;
mod schedule;
mod sender;
mod signature;
#[cfg(test)]
mod tests;
mod view;

pub use event::WebhookEvent;
pub use fault::{WebhookFault, WebhookFaultError, WebhookFaultKind};
pub use view::{RecordedAttempt, RecordedDelivery};

pub(crate) use carriage::Carriage;
pub(crate) use deliveries::{Deliveries, DeliveryLimits, NewDelivery, NewForeign};
pub(crate) use delivery::{Attempt, AttemptId, AttemptResult, Delivery, StateName};
pub(crate) use error::{LoadError, RedeliverError};
pub(crate) use event::{Event, EventData, VerificationContext};
pub(crate) use filter::DeliveryFilter;
pub(crate) use schedule::ANSWER_LIMIT;
pub(crate) use sender::{DeliverySource, Secrets, SenderLimits, run};
