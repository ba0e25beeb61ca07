/// Why a fault cannot be injected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FaultError {
    /// `times` is 0.
    #[error("a fault hits at least one call; times is 0")]
    Never,
    /// `nth` is 0.
    #[error("calls are counted from 1; nth is 0")]
    NthFromOne,
    /// A probability of 0, above 1, or that is no number.
    #[error("the probability of a fault is above 0 and at most 1")]
    InvalidProbability,
    /// A method that no endpoint could have.
    #[error("the method of a fault is GET, HEAD, POST, PUT, PATCH, DELETE or OPTIONS")]
    UnknownMethod,
    /// A status that is no final HTTP status with a body.
    #[error("the status of a fault is between 200 and 599 and one that has a body")]
    InvalidStatus,
    /// A pause of more than 60 seconds.
    #[error("the pause of a fault is at most {limit} milliseconds")]
    TooLong {
        /// The longest pause, in milliseconds.
        limit: u64,
    },
    /// A spread that is negative, too large, or no number.
    #[error("the sigma of a delay is between 0 and {limit}")]
    InvalidSigma {
        /// The largest sigma.
        limit: u32,
    },
    /// `connect_refused` with a route, method or count: it begins at once, and meets connections.
    #[error("connect_refused begins at once and takes no route, method, times, nth or probability")]
    NotForCalls,
    /// As many faults as the sandbox keeps.
    #[error("at most {limit} faults wait at a time; clear them or let calls use them up")]
    Full {
        /// How many it keeps.
        limit: usize,
    },
    /// A text that describes no fault.
    #[error("this describes no fault: {reason}")]
    Malformed {
        /// What is wrong with it.
        reason: String,
    },
}
