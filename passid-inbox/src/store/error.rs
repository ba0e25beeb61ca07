use std::error::Error;
use std::sync::Arc;

/// Why the store did not do what it was asked. Nothing in it is secret or personal: databases put
/// values into the texts of their errors, so of those only the code is kept.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The database could not be reached or refused.
    #[error("the inbox's database failed at {operation}; see that it runs and has room")]
    Database {
        /// What was tried.
        operation: &'static str,
        /// Why.
        source: Arc<dyn Error + Send + Sync>,
    },
    /// More was waiting to be written than is allowed to wait.
    #[error("the inbox is busy: {waiting} writes wait already")]
    Busy {
        /// How many.
        waiting: usize,
    },
    /// The database did not answer in time. What was to be written may have been.
    #[error("the inbox's database did not answer within {millis} ms")]
    Deadline {
        /// The limit.
        millis: u64,
    },
    /// The database would forget what it has confirmed.
    #[error("the inbox's database is not durable: set {setting} and open it again")]
    NotDurable {
        /// What is to be set.
        setting: &'static str,
    },
    /// An address that no store can be opened by.
    #[error("the inbox's address must begin with {expected}")]
    Address {
        /// What it may begin with.
        expected: &'static str,
    },
    /// The database is none that this version can use. It was left as it is.
    #[error("the inbox's database was left as it is, because {reason}; name another one")]
    Refused {
        /// Why.
        reason: &'static str,
    },
    /// Something in the database was not written by this version.
    #[error("the inbox's database holds an unexpected {what}; was it changed by hand?")]
    Unexpected {
        /// What.
        what: &'static str,
    },
    /// The store was closed.
    #[error("the inbox's database is closed")]
    Closed,
}
