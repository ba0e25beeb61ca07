//! The seam between whoever can open the webhooks of another provider and whoever keeps them.

use std::fmt;
use std::time::SystemTime;

use bytes::Bytes;

use crate::Subject;

/// A webhook of another provider that was opened. **A hint**: who sent it, and whether it is so, is for
/// the provider to say when it is asked.
///
/// ```
/// use passid_core::Subject;
/// use passid_core::provider::Hint;
///
/// let hint = Hint::new("CHECK_ENDED", r#"{"event":"CHECK_ENDED","check":"8f14e45f"}"#)
///     .subject(Subject::of("provider", "8f14e45f"));
/// assert_eq!(hint.name(), "CHECK_ENDED");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Hint {
    name: String,
    body: Bytes,
    key: Option<[u8; 32]>,
    subject: Option<Subject>,
    occurred_at: Option<SystemTime>,
}

impl Hint {
    /// The name of the event, and the bytes as they were opened.
    pub fn new(name: impl Into<String>, body: impl Into<Bytes>) -> Self {
        let (name, body) = (name.into(), body.into());
        Self { name, body, key: None, subject: None, occurred_at: None }
    }

    /// What its repetitions have in common, where their bytes may differ.
    #[must_use]
    pub fn key(mut self, key: [u8; 32]) -> Self {
        self.key = Some(key);
        self
    }

    /// Whom it is about: hints about one subject are kept in order.
    #[must_use]
    pub fn subject(mut self, subject: Subject) -> Self {
        self.subject = Some(subject);
        self
    }

    /// When it happened, by the provider's clock: the order of the hints about one subject.
    #[must_use]
    pub fn occurred_at(mut self, time: SystemTime) -> Self {
        self.occurred_at = Some(time);
        self
    }

    /// The name of the event: whatever its sender likes.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The bytes as they were opened, which may name a person.
    pub fn body(&self) -> &Bytes {
        &self.body
    }

    /// What its repetitions have in common.
    pub fn semantic_key(&self) -> Option<&[u8; 32]> {
        self.key.as_ref()
    }

    /// Whom it is about.
    pub fn about(&self) -> Option<Subject> {
        self.subject
    }

    /// When it happened.
    pub fn time(&self) -> Option<SystemTime> {
        self.occurred_at
    }
}

impl fmt::Debug for Hint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hint")
            .field("len", &self.body.len())
            .field("occurred_at", &self.occurred_at)
            .finish_non_exhaustive()
    }
}

/// Opens the webhooks of one provider, for an inbox that knows none.
pub trait HintOpener: Send + Sync + 'static {
    /// The provider's name, as in credentials.
    fn provider(&self) -> &'static str;

    /// The longest body that it looks at, in bytes.
    fn max_bytes(&self) -> usize;

    /// Opens a body. `content_type` is the value of the one header of that name, if there is one.
    ///
    /// An event whose name is not known is opened like any other.
    ///
    /// # Errors
    ///
    /// [`NoHint`] for whatever is wrong.
    fn open_hint(&self, content_type: Option<&str>, body: Bytes) -> Result<Hint, NoHint>;
}

/// A webhook cannot be opened. It does not say why: the answer to each must be the same, or whoever
/// sends may find out what is sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the webhook cannot be opened; check the secret if it came from the provider")]
pub struct NoHint;
