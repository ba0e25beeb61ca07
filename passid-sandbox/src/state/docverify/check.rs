//! The words of a result: what the whole says, and what each check says.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The published checks, in the order in which they are printed.
pub(crate) const CHECKS: [&str; 7] = [
    "document_validation",
    "document_authentication",
    "document_liveness",
    "biometric_matching",
    "biometric_liveness",
    "flagged_identity",
    RISK,
];
/// The one that looks at a device.
pub(super) const RISK: &str = "risk_recommendation";

/// What the whole verification says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
#[non_exhaustive]
pub enum DocumentRecommendation {
    /// Verified.
    Allow,
    /// A person should look at it.
    Challenge,
    /// Likely fraud.
    Deny,
}

/// What one check says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
#[non_exhaustive]
pub enum DocumentCheckRecommendation {
    /// Passed.
    Allow,
    /// Inconclusive.
    Challenge,
    /// Failed.
    Deny,
    /// Not made: `N/A`.
    #[serde(rename = "N/A")]
    NotApplicable,
}

impl From<DocumentRecommendation> for DocumentCheckRecommendation {
    fn from(whole: DocumentRecommendation) -> Self {
        match whole {
            DocumentRecommendation::Allow => Self::Allow,
            DocumentRecommendation::Challenge => Self::Challenge,
            DocumentRecommendation::Deny => Self::Deny,
        }
    }
}

/// One check of a result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DocumentCheck {
    pub(super) recommendation: DocumentCheckRecommendation,
    /// Words such as `mask_detected`; any text is taken, because a client must live with any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    reasons: Vec<String>,
}

impl DocumentCheck {
    /// A check without reasons.
    pub fn new(recommendation: DocumentCheckRecommendation) -> Self {
        Self { recommendation, reasons: Vec::new() }
    }

    /// Adds a reason.
    #[must_use]
    pub fn reason(mut self, reason: impl Into<String>) -> Self {
        self.reasons.push(reason.into());
        self
    }

    pub(crate) fn all_reasons(&self) -> &[String] {
        &self.reasons
    }
}
