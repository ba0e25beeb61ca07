//! The seven checks of a session.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    BiometricLivenessReason, BiometricMatchingReason, CheckRecommendation,
    DocumentAuthenticationReason, DocumentLivenessReason, DocumentValidationReason,
    FlaggedIdentityReason, RiskReason,
};
use crate::word::personal_object;

personal_object! {
    /// The checks. Each may be absent; absent is not passed.
    Checks {
        /// The data of the document is valid and fits its template.
        document_validation: Check<DocumentValidationReason>,
        /// The document is authentic and was not tampered with.
        document_authentication: Check<DocumentAuthenticationReason>,
        /// The document was there, not a picture of it.
        document_liveness: Check<DocumentLivenessReason>,
        /// The selfie matches the portrait.
        biometric_matching: Check<BiometricMatchingReason>,
        /// The person was there.
        biometric_liveness: Check<BiometricLivenessReason>,
        /// Against earlier sessions.
        flagged_identity: Check<FlaggedIdentityReason>,
        /// What the risk service recommends. Likely `N/A` or absent where a backend drives the session.
        risk_recommendation: Check<RiskReason>,
    }
}

/// One check.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(bound(deserialize = "R: Deserialize<'de>"))]
#[non_exhaustive]
pub struct Check<R> {
    /// What it came to; one that is absent is no pass.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recommendation: Option<CheckRecommendation>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reasons: Option<Vec<R>>,
    /// Fields that this version does not know, as they came.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl<R: fmt::Debug> fmt::Debug for Check<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Check")
            .field("recommendation", &self.recommendation)
            .field("reasons", &self.reasons)
            .field("unknown", &self.extra.len())
            .finish()
    }
}

/// The name of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum CheckName {
    /// `document_validation`
    DocumentValidation,
    /// `document_authentication`
    DocumentAuthentication,
    /// `document_liveness`
    DocumentLiveness,
    /// `biometric_matching`
    BiometricMatching,
    /// `biometric_liveness`
    BiometricLiveness,
    /// `flagged_identity`
    FlaggedIdentity,
    /// `risk_recommendation`
    RiskRecommendation,
}

impl CheckName {
    /// Every check, in the order of the reference.
    pub const ALL: [Self; 7] = [
        Self::DocumentValidation,
        Self::DocumentAuthentication,
        Self::DocumentLiveness,
        Self::BiometricMatching,
        Self::BiometricLiveness,
        Self::FlaggedIdentity,
        Self::RiskRecommendation,
    ];

    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::DocumentValidation => "document_validation",
            Self::DocumentAuthentication => "document_authentication",
            Self::DocumentLiveness => "document_liveness",
            Self::BiometricMatching => "biometric_matching",
            Self::BiometricLiveness => "biometric_liveness",
            Self::FlaggedIdentity => "flagged_identity",
            Self::RiskRecommendation => "risk_recommendation",
        }
    }
}

/// What a check came to, whatever its reasons are called.
pub(crate) struct Finding<'a> {
    pub(crate) recommendation: Option<&'a CheckRecommendation>,
    /// The reasons that this version knows, in the API's words.
    pub(crate) known_reasons: Vec<&'a str>,
    /// Whether any reason is given, known or not.
    pub(crate) has_reasons: bool,
}

impl Checks {
    /// What a check came to; `None` when the result does not have it.
    pub fn recommendation(&self, name: CheckName) -> Option<&CheckRecommendation> {
        self.finding(name)?.recommendation
    }

    /// What checks came to whose names this version does not know; one that cannot be read is a word
    /// that is not known.
    pub(crate) fn of_unknown_names(&self) -> impl Iterator<Item = CheckRecommendation> {
        self.extra.values().filter(|check| !check.is_null()).map(|check| {
            let recommendation = check.get("recommendation").and_then(Value::as_str);
            CheckRecommendation::from(recommendation.unwrap_or_default())
        })
    }

    pub(crate) fn finding(&self, name: CheckName) -> Option<Finding<'_>> {
        macro_rules! finding {
            ($check:expr) => {
                $check.as_ref().map(|check| {
                    let reasons = check.reasons.as_deref().unwrap_or_default();
                    Finding {
                        recommendation: check.recommendation.as_ref(),
                        known_reasons: reasons
                            .iter()
                            .filter(|reason| reason.is_known())
                            .map(|reason| reason.as_str())
                            .collect(),
                        has_reasons: !reasons.is_empty(),
                    }
                })
            };
        }
        match name {
            CheckName::DocumentValidation => finding!(self.document_validation),
            CheckName::DocumentAuthentication => finding!(self.document_authentication),
            CheckName::DocumentLiveness => finding!(self.document_liveness),
            CheckName::BiometricMatching => finding!(self.biometric_matching),
            CheckName::BiometricLiveness => finding!(self.biometric_liveness),
            CheckName::FlaggedIdentity => finding!(self.flagged_identity),
            CheckName::RiskRecommendation => finding!(self.risk_recommendation),
        }
    }
}
