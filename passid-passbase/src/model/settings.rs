use std::fmt;

use serde_json::{Map, Value};

use super::{DecodeError, Fields};
use crate::word::open_enum;

open_enum! {
    /// What a project is for.
    ProjectEnvironment {
        /// For trying out.
        Sandbox = "sandbox",
        /// For real people.
        Production = "production",
    }
}

/// The settings of the project (`GET /settings`). `Debug` shows environment and steps: a field that is
/// not known could be a key.
#[derive(Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProjectSettings {
    /// The project's id.
    pub id: Option<String>,
    /// The name of the hosted link.
    pub slug: Option<String>,
    /// What the project is for.
    pub environment: Option<ProjectEnvironment>,
    /// The organization's name.
    pub organization: Option<String>,
    /// Colours and font.
    pub customizations: Option<Customizations>,
    /// What a person is asked for, in order.
    pub verification_steps: Vec<VerificationStep>,
    /// Fields that this version does not know.
    pub extra: Map<String, Value>,
}

impl ProjectSettings {
    pub(crate) fn read(mut fields: Fields) -> Result<Self, DecodeError> {
        Ok(Self {
            id: fields.text("id")?,
            slug: fields.text("slug")?,
            environment: fields.word("environment")?,
            organization: fields.text("organization")?,
            customizations: fields.object("customizations", Customizations::read)?,
            verification_steps: fields.objects("verification_steps", VerificationStep::read)?,
            extra: fields.rest(),
        })
    }
}

impl fmt::Debug for ProjectSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProjectSettings")
            .field("environment", &self.environment)
            .field("verification_steps", &self.verification_steps)
            .finish_non_exhaustive()
    }
}

/// Colours and font of a project.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Customizations {
    /// Of the button.
    pub button_color: Option<String>,
    /// Of accents; one of the vendor's libraries calls it `main_color`.
    pub accent_color: Option<String>,
    /// The font.
    pub font_family: Option<String>,
}

impl Customizations {
    fn read(mut fields: Fields) -> Result<Self, DecodeError> {
        Ok(Self {
            button_color: fields.text("button_color")?,
            accent_color: fields.first_text(["accent_color", "main_color"])?,
            font_family: fields.text("font_family")?,
        })
    }
}

open_enum! {
    /// What a person is asked for in a step.
    StepName {
        /// An e-mail address.
        Email = "email",
        /// A video of the face.
        LivenessCheck = "liveness_check",
        /// A country.
        Country = "country",
        /// A document.
        IdentityDocumentCheck = "identity_document_check",
        /// An insurance card.
        InsuranceCardScan = "insurance_card_scan",
    }
}

/// A step of a verification.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct VerificationStep {
    /// What a person is asked for.
    pub step: Option<StepName>,
    /// What will do: names of [`ResourceType`](super::ResourceType), and in the step `country` codes
    /// of countries.
    pub resource_types: Vec<String>,
}

impl VerificationStep {
    fn read(mut fields: Fields) -> Result<Self, DecodeError> {
        Ok(Self { step: fields.word("step")?, resource_types: fields.texts("resource_types")? })
    }
}
