/// Why an event is not taken.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EnqueueError {
    #[error("{limit} deliveries are pending; let the application answer, or reset the sandbox")]
    Full { limit: usize },
    #[error("there is a delivery with this id already; give each its own")]
    IdTaken,
    #[error("the event cannot be written as JSON")]
    Body(#[source] serde_json::Error),
}

/// Why a delivery is not sent once more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RedeliverError {
    #[error("there is no such delivery")]
    Unknown,
    #[error("a redelivery is on its way; wait for it to end")]
    AlreadyWaiting,
    #[error("a delivery is sent by hand at most {limit} times")]
    TooMany { limit: usize },
}

/// Why a row of a data file or an export is not taken.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LoadError {
    #[error("the delivery is not one of this sandbox")]
    Row(#[source] serde_json::Error),
    #[error("the delivery has another id than its key")]
    Key,
}
