//! What a session comes to: as a mock says, as a test says, or as all do that nobody says anything of.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::check::{CHECKS, DocumentCheck, DocumentRecommendation};
use super::duration;

const MAX_STATUS_BYTES: usize = 64;
/// An ending is kept with its session.
const MAX_BYTES: usize = 64 * 1024;
/// The words that a session comes to by itself.
const USUAL_STATUSES: [&str; 6] =
    ["pending", "capturing", "processing", "recapture", "complete", "expired"];

/// What a session comes to. What is not said stays as the session's mock says, or as
/// [`DocumentSettings::usual_ending`](crate::docverify::DocumentSettings::usual_ending).
///
/// ```
/// use passid_sandbox::docverify::{DocumentCheck, DocumentCheckRecommendation, DocumentEnding};
///
/// let screen = DocumentCheck::new(DocumentCheckRecommendation::Deny).reason("screen_capture");
/// let ending = DocumentEnding::new().check("biometric_liveness", screen).processing_time("15s");
/// assert_eq!(
///     serde_json::to_value(&ending)?,
///     serde_json::json!({
///         "processing_time": "15s",
///         "checks": {
///             "biometric_liveness": {"recommendation": "DENY", "reasons": ["screen_capture"]}
///         }
///     }),
/// );
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct DocumentEnding {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) recommendation: Option<DocumentRecommendation>,
    /// In place of `complete`: `error`, or a word of your own such as `cancelled`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) status: Option<String>,
    /// Such as `15s` and `1m30s`, from the last image on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) processing_time: Option<String>,
    /// The first pass ends in `recapture`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) force_retry: Option<bool>,
    /// Checks by name; null for one that is left out.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(value_type = Object)]
    pub(super) checks: BTreeMap<String, Option<DocumentCheck>>,
    /// As a mock has it: `person_details` and `document_details` in the older shape.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub(super) info: Option<Map<String, Value>>,
    /// In the newer shape, given as it is here.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub(super) person: Option<Map<String, Value>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub(super) document: Option<Map<String, Value>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub(super) additional_info: Option<Map<String, Value>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub(super) risk_details: Option<Map<String, Value>>,
}

/// An ending that no session can come to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DocumentEndingError {
    /// A status that sessions come to by themselves, or no word.
    #[error("a status is `error` or a word of your own, in lower case and at most 64 bytes long")]
    Status,
    /// A time such as none.
    #[error("a processing time is one such as 15s or 1m30s")]
    ProcessingTime,
    /// A check that there is not.
    #[error("a check is one of {}", CHECKS.join(", "))]
    Check,
    /// More than can be kept.
    #[error("an ending has at most {MAX_BYTES} bytes of JSON")]
    TooLarge,
    /// So many wait already.
    #[error("{limit} wait already; create sessions or reset the sandbox")]
    Full {
        /// How many can wait.
        limit: usize,
    },
}

impl DocumentEnding {
    /// The usual one.
    pub fn new() -> Self {
        Self::default()
    }

    /// What the whole says. Unless told, the worst of the checks (decision P114).
    #[must_use]
    pub fn recommendation(mut self, recommendation: DocumentRecommendation) -> Self {
        self.recommendation = Some(recommendation);
        self
    }

    /// The word in place of `complete`: `error`, or one of your own such as `cancelled`.
    #[must_use]
    pub fn status(mut self, status: impl Into<String>) -> Self {
        self.status = Some(status.into());
        self
    }

    /// How long processing takes from the last image on, such as `1m30s`.
    #[must_use]
    pub fn processing_time(mut self, time: impl Into<String>) -> Self {
        self.processing_time = Some(time.into());
        self
    }

    /// Whether the first pass ends in `recapture`.
    #[must_use]
    pub fn force_retry(mut self, retry: bool) -> Self {
        self.force_retry = Some(retry);
        self
    }

    /// What a check says.
    #[must_use]
    pub fn check(mut self, name: impl Into<String>, check: DocumentCheck) -> Self {
        self.checks.insert(name.into(), Some(check));
        self
    }

    /// Leaves a check out.
    #[must_use]
    pub fn without_check(mut self, name: impl Into<String>) -> Self {
        self.checks.insert(name.into(), None);
        self
    }

    /// What was read, as a mock says it: `person_details` and `document_details`.
    #[must_use]
    pub fn info(mut self, info: Map<String, Value>) -> Self {
        self.info = Some(info);
        self
    }

    /// The `person` of the newer shape, as it is to be printed; an empty one for nothing read.
    #[must_use]
    pub fn person(mut self, person: Map<String, Value>) -> Self {
        self.person = Some(person);
        self
    }

    /// The `document` of the newer shape, as it is to be printed.
    #[must_use]
    pub fn document(mut self, document: Map<String, Value>) -> Self {
        self.document = Some(document);
        self
    }

    /// The `additional_info` of the newer shape, as it is to be printed.
    #[must_use]
    pub fn additional_info(mut self, info: Map<String, Value>) -> Self {
        self.additional_info = Some(info);
        self
    }

    /// The `risk_details`, as they are to be printed.
    #[must_use]
    pub fn risk_details(mut self, details: Map<String, Value>) -> Self {
        self.risk_details = Some(details);
        self
    }

    pub(crate) fn checked(self) -> Result<Self, DocumentEndingError> {
        if self.status.as_deref().is_some_and(|status| !is_own_status(status)) {
            return Err(DocumentEndingError::Status);
        }
        if self.processing_time.as_deref().is_some_and(|time| duration::read(time).is_none()) {
            return Err(DocumentEndingError::ProcessingTime);
        }
        if self.checks.keys().any(|name| !CHECKS.contains(&name.as_str())) {
            return Err(DocumentEndingError::Check);
        }
        let length = serde_json::to_vec(&self).map(|json| json.len());
        match length {
            Ok(length) if length <= MAX_BYTES => Ok(self),
            _ => Err(DocumentEndingError::TooLarge),
        }
    }
}

/// Without what was read: it describes a person.
impl fmt::Debug for DocumentEnding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DocumentEnding")
            .field("recommendation", &self.recommendation)
            .field("status", &self.status)
            .field("processing_time", &self.processing_time)
            .field("force_retry", &self.force_retry)
            .field("checks", &self.checks)
            .finish_non_exhaustive()
    }
}

/// Whether a status can stand in for the usual ones.
pub(super) fn is_own_status(status: &str) -> bool {
    (1..=MAX_STATUS_BYTES).contains(&status.len())
        && status.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
        && !USUAL_STATUSES.contains(&status)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of_json(ending: Value) -> DocumentEnding {
        serde_json::from_value(ending).unwrap()
    }

    #[test]
    fn nothing_of_a_person_is_shown() {
        let read = json!({"full_name": "MARKED"});
        let info = json!({"person_details": read});
        let ending = of_json(json!({"person": read, "document": read, "info": info}));
        assert!(!format!("{ending:?}").contains("MARKED"));
    }

    #[test]
    fn an_ending_that_no_session_can_come_to_is_refused() {
        let refused = |ending| of_json(ending).checked().unwrap_err();
        for status in ["complete", "expired", "", "Cancelled", "a b"] {
            assert_eq!(refused(json!({"status": status})), DocumentEndingError::Status);
        }
        assert_eq!(
            refused(json!({"processing_time": "soon"})),
            DocumentEndingError::ProcessingTime
        );
        assert_eq!(refused(json!({"checks": {"mood": null}})), DocumentEndingError::Check);
        let long = "x".repeat(MAX_BYTES);
        assert_eq!(refused(json!({"person": {"full_name": long}})), DocumentEndingError::TooLarge);
    }
}
