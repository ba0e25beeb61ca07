use std::error::Error;
use std::fmt;
use std::time::Duration;

/// Why a handler did not handle an event, and what is to become of it.
///
/// The ledger keeps the reason: a word of the program, never the text of an error, which may name a
/// person. The cause goes to the [observer](crate::InboxObserver) alone.
///
/// Any error becomes one that is tried again, by `?`; its reason is then the name of its type.
///
/// ```
/// use std::time::Duration;
/// use passid_inbox::HandlerError;
///
/// let busy = HandlerError::retry("CORE_BANKING_BUSY").after(Duration::from_secs(60));
/// let hopeless = HandlerError::give_up("NO_SUCH_APPLICATION");
/// assert!(!busy.is_final() && hopeless.is_final());
/// ```
pub struct HandlerError {
    reason: &'static str,
    is_final: bool,
    after: Option<Duration>,
    cause: Option<Box<dyn Error + Send + Sync>>,
}

impl HandlerError {
    /// To be tried again later.
    pub const fn retry(reason: &'static str) -> Self {
        Self { reason, is_final: false, after: None, cause: None }
    }

    /// Not to be tried again: a dead letter at once.
    pub const fn give_up(reason: &'static str) -> Self {
        Self { reason, is_final: true, after: None, cause: None }
    }

    /// Not sooner than this; at most a year.
    #[must_use]
    pub const fn after(mut self, delay: Duration) -> Self {
        self.after = Some(delay);
        self
    }

    /// What it comes from, for the observer.
    #[must_use]
    pub fn caused_by(mut self, cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.cause = Some(cause.into());
        self
    }

    /// The reason.
    pub const fn reason(&self) -> &'static str {
        self.reason
    }

    /// Whether it is not to be tried again.
    pub const fn is_final(&self) -> bool {
        self.is_final
    }

    pub(crate) const fn delay(&self) -> Option<Duration> {
        self.after
    }

    pub(crate) fn cause(&self) -> Option<&(dyn Error + Send + Sync + 'static)> {
        self.cause.as_deref()
    }
}

impl<E: Error + Send + Sync + 'static> From<E> for HandlerError {
    fn from(error: E) -> Self {
        Self::retry(std::any::type_name::<E>()).caused_by(error)
    }
}

/// Without the cause: its text is the application's.
impl fmt::Debug for HandlerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HandlerError")
            .field("reason", &self.reason)
            .field("is_final", &self.is_final)
            .field("after", &self.after)
            .finish_non_exhaustive()
    }
}
