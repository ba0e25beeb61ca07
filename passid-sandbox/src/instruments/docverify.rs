use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::state::docverify::{DocumentEnding, DocumentEndingError};

const LIMIT: usize = 1_000;
const MAX_WORD_BYTES: usize = 64;
const MAX_TEXT_BYTES: usize = 1_024;

/// What is said of an image that is added. Everything but `ok` rejects it.
///
/// ```
/// use passid_sandbox::docverify::DocumentFeedback;
///
/// let blurred = DocumentFeedback::new("blur");
/// let refused = DocumentFeedback::new("restricted_criteria").custom("Passports only.");
/// # let _ = (blurred, refused);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DocumentFeedback {
    /// A word such as `blur`; any is taken, because a client must live with any.
    feedback: String,
    /// The text that comes with `restricted_criteria`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    custom_feedback: Option<String>,
}

impl Default for DocumentFeedback {
    fn default() -> Self {
        Self::new("ok")
    }
}

impl From<&str> for DocumentFeedback {
    fn from(feedback: &str) -> Self {
        Self::new(feedback)
    }
}

impl DocumentFeedback {
    /// This word.
    pub fn new(feedback: impl Into<String>) -> Self {
        Self { feedback: feedback.into(), custom_feedback: None }
    }

    /// Adds a text to it.
    #[must_use]
    pub fn custom(mut self, text: impl Into<String>) -> Self {
        self.custom_feedback = Some(text.into());
        self
    }

    pub(crate) fn is_ok(&self) -> bool {
        self.feedback == "ok"
    }

    pub(crate) fn into_parts(self) -> (String, Option<String>) {
        (self.feedback, self.custom_feedback)
    }

    fn checked(self) -> Result<Self, DocumentFeedbackError> {
        let word = &self.feedback;
        let is_word = (1..=MAX_WORD_BYTES).contains(&word.len())
            && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
        let text = self.custom_feedback.as_deref().unwrap_or_default();
        if is_word && text.len() <= MAX_TEXT_BYTES {
            Ok(self)
        } else {
            Err(DocumentFeedbackError::Feedback)
        }
    }
}

/// A feedback that is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DocumentFeedbackError {
    /// No word, or too long a text.
    #[error(
        "a feedback is a word in lower case of at most {MAX_WORD_BYTES} bytes, with a text of at \
         most {MAX_TEXT_BYTES}"
    )]
    Feedback,
    /// So many wait already.
    #[error("{limit} wait already; add images or reset the sandbox")]
    Full {
        /// How many can wait.
        limit: usize,
    },
}

/// What a test wants of the next sessions and images of Document Verification.
#[derive(Debug, Default)]
pub(crate) struct DocumentWishes {
    endings: Mutex<VecDeque<DocumentEnding>>,
    feedback: Mutex<VecDeque<DocumentFeedback>>,
}

impl DocumentWishes {
    pub(crate) fn end_next(&self, ending: DocumentEnding) -> Result<usize, DocumentEndingError> {
        let ending = ending.checked()?;
        push(&self.endings, ending).ok_or(DocumentEndingError::Full { limit: LIMIT })
    }

    pub(crate) fn say_next(
        &self,
        feedback: DocumentFeedback,
    ) -> Result<usize, DocumentFeedbackError> {
        let feedback = feedback.checked()?;
        push(&self.feedback, feedback).ok_or(DocumentFeedbackError::Full { limit: LIMIT })
    }

    /// What the session that is created now comes to; nothing is said of it when none waits.
    pub(crate) fn next_ending(&self) -> DocumentEnding {
        lock(&self.endings).pop_front().unwrap_or_default()
    }

    /// What is said of the image that is added now, if anything waits.
    pub(crate) fn next_feedback(&self) -> Option<DocumentFeedback> {
        lock(&self.feedback).pop_front()
    }

    pub(super) fn reset(&self) {
        lock(&self.endings).clear();
        lock(&self.feedback).clear();
    }
}

/// How many wait then; `None` when there is no room.
fn push<T>(queue: &Mutex<VecDeque<T>>, wish: T) -> Option<usize> {
    let mut queue = lock(queue);
    if queue.len() >= LIMIT {
        return None;
    }
    queue.push_back(wish);
    Some(queue.len())
}

fn lock<T>(queue: &Mutex<VecDeque<T>>) -> MutexGuard<'_, VecDeque<T>> {
    queue.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wishes_wait_in_their_order_and_are_bounded() {
        let wishes = DocumentWishes::default();
        assert_eq!(wishes.next_feedback(), None);
        assert_eq!(wishes.next_ending(), DocumentEnding::new());
        for word in ["blur", "glare"] {
            wishes.say_next(DocumentFeedback::new(word)).unwrap();
        }
        assert_eq!(wishes.next_feedback(), Some(DocumentFeedback::new("blur")));
        wishes.reset();
        assert_eq!(wishes.next_feedback(), None);
        for waiting in 1..=LIMIT {
            assert_eq!(wishes.end_next(DocumentEnding::new()), Ok(waiting));
        }
        assert_eq!(
            wishes.end_next(DocumentEnding::new()),
            Err(DocumentEndingError::Full { limit: LIMIT })
        );
        for odd in [
            DocumentFeedback::new(""),
            DocumentFeedback::new("Too Blurry"),
            DocumentFeedback::new("x".repeat(65)),
            DocumentFeedback::new("blur").custom("x".repeat(1_025)),
        ] {
            assert_eq!(wishes.say_next(odd), Err(DocumentFeedbackError::Feedback));
        }
    }
}
