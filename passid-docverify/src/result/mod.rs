//! The result of a session: who the person is and what was checked, in both published shapes.

mod checks;
mod deprecated;
mod document;
mod person;
mod reasons;
mod risk;
mod risk_reasons;
mod words;

use std::fmt;

use serde_json::{Map, Value};

pub use checks::{Check, CheckName, Checks};
pub use deprecated::{
    DeprecatedDocument, DeprecatedInfo, DeprecatedPerson, DeprecatedResult, ExtractedDetails,
};
pub use document::{Document, VerificationImage};
pub use person::{AdditionalInfo, Address, Employment, NationalStatus, Person};
pub use reasons::{
    BiometricLivenessReason, BiometricMatchingReason, DocumentAuthenticationReason,
    DocumentLivenessReason, DocumentValidationReason, FlaggedIdentityReason,
};
pub use risk::{RiskDetails, RiskDevice, RiskGeneral, RiskNetwork};
pub use risk_reasons::RiskReason;
pub use words::{
    CheckRecommendation, DeviceType, DocumentType, Gender, ImageType, Recommendation, SessionStatus,
};

use crate::SessionId;
use crate::wire::{DecodeError, Fields};
use crate::word::personal_object;

personal_object! {
    /// What a complete session came to.
    CompleteResult {
        /// What the API recommends.
        recommendation: Recommendation,
        /// The person.
        person: Person,
        /// The document.
        document: Document,
        /// The checks.
        checks: Checks,
        /// The images that the verification was made with.
        verification_images: Vec<VerificationImage>,
        /// What else was read.
        additional_info: AdditionalInfo,
        /// What the risk service saw.
        risk_details: RiskDetails,
    }
}

/// The result of a session, as of now.
///
/// The API gives no time at which a session was completed, and does not say whether it was mocked: a
/// [`SessionRecord`](crate::SessionRecord) remembers both.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct SessionResult {
    /// The session.
    pub session_id: SessionId,
    /// Where it is.
    pub status: SessionStatus,
    /// What is known of it.
    pub body: ResultBody,
}

/// What is known of a session.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum ResultBody {
    /// Nothing yet, or nothing any more.
    Incomplete(UnknownFields),
    /// What it came to.
    Complete(Box<CompleteResult>),
    /// What it came to, in the older shape.
    Deprecated(Box<DeprecatedResult>),
}

/// Fields that this version does not know, as they came. `Debug` shows their number.
#[derive(Clone, Default, PartialEq)]
pub struct UnknownFields(pub Map<String, Value>);

impl fmt::Debug for UnknownFields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("UnknownFields").field(&self.0.len()).finish()
    }
}

impl SessionResult {
    /// What the API recommends, if the session is complete.
    pub fn recommendation(&self) -> Option<&Recommendation> {
        match &self.body {
            ResultBody::Incomplete(_) => None,
            ResultBody::Complete(result) => result.recommendation.as_ref(),
            ResultBody::Deprecated(result) => result.recommendation.as_ref(),
        }
    }

    /// The checks, if the result has any.
    pub fn checks(&self) -> Option<&Checks> {
        match &self.body {
            ResultBody::Complete(result) => result.checks.as_ref(),
            ResultBody::Incomplete(_) | ResultBody::Deprecated(_) => None,
        }
    }

    /// Reads an answer. Its shape is told by the status, then by the fields that only one of the
    /// shapes has; an answer with fields of both is none (decision P91).
    pub(crate) fn read(body: &[u8], asked: &SessionId) -> Result<Self, DecodeError> {
        let mut fields = Fields::parse(body)?;
        let session_id = fields.session_id()?;
        if session_id != *asked {
            return Err(DecodeError::AnotherSession);
        }
        let status: SessionStatus = fields.required("status")?;
        if status != SessionStatus::Complete {
            let body = ResultBody::Incomplete(UnknownFields(fields.rest()));
            return Ok(Self { session_id, status, body });
        }
        let has = |names: &[&str]| names.iter().any(|name| fields.has(name));
        let new = has(&["checks", "person", "document"]);
        let old = has(&["verified_info", "extracted_info", "rejection_description"]);
        let body = match (new, old) {
            (true, true) => return Err(DecodeError::Ambiguous),
            (false, true) => ResultBody::Deprecated(fields.into_object()?),
            (_, false) => ResultBody::Complete(fields.into_object()?),
        };
        Ok(Self { session_id, status, body })
    }
}

impl fmt::Debug for SessionResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionResult")
            .field("session_id", &self.session_id)
            .field("status", &self.status)
            .field("recommendation", &self.recommendation())
            .field("checks", &self.checks())
            .finish_non_exhaustive()
    }
}
