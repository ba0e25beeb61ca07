use std::fmt;
use std::time::SystemTime;

use serde_json::{Map, Value};

use super::{DataPoints, DecodeError, Fields};
use crate::word::open_enum;
use crate::{ResourceFileId, ResourceId};

open_enum! {
    /// What a resource is. An open list since 2020-10-15.
    ResourceType {
        /// A passport.
        Passport = "PASSPORT",
        /// A driving licence.
        DriversLicense = "DRIVERS_LICENSE",
        /// A national identity card.
        NationalIdCard = "NATIONAL_ID_CARD",
        /// The same, as an example of the vendor's staff spells it.
        NationalId = "NATIONAL_ID",
        /// A health insurance card.
        HealthInsuranceCard = "HEALTH_INSURANCE_CARD",
        /// A video of the person's face.
        SelfieVideo = "SELFIE_VIDEO",
        /// The same, as the project's settings spell it.
        FaceVideo = "FACE_VIDEO",
        /// A bill or a bank statement with an address.
        ProofOfAddress = "PROOF_OF_ADDRESS",
        /// A confirmed e-mail address.
        Email = "EMAIL",
    }
}

impl ResourceType {
    /// Whether it is a document that proves who somebody is. A word that is not known is none.
    pub fn is_identity_document(&self) -> bool {
        matches!(
            self,
            Self::Passport | Self::DriversLicense | Self::NationalIdCard | Self::NationalId
        )
    }
}

open_enum! {
    /// How far a resource is.
    ResourceStatus {
        /// Received.
        Created = "created",
        /// The vendor is working on it.
        Processing = "processing",
        /// Its data points have been read.
        Processed = "processed",
        /// Of the typings of one of the vendor's libraries only.
        Verified = "verified",
        /// Of the typings of one of the vendor's libraries only.
        Unverified = "unverified",
    }
}

/// A document or a video of an identity.
#[derive(Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct Resource {
    /// Its id.
    pub id: Option<ResourceId>,
    /// How far it is.
    pub status: Option<ResourceStatus>,
    /// When it was received, in whole seconds.
    pub created: Option<SystemTime>,
    /// When anything about it last changed.
    pub updated: Option<SystemTime>,
    /// What it is: `type`, in older answers `step`.
    pub resource_type: Option<ResourceType>,
    /// What was read from it. Of resources inside an identity.
    pub datapoints: Option<DataPoints>,
    /// Its files.
    pub resource_files: Vec<ResourceFileEntry>,
    /// Fields that this version does not know.
    pub extra: Map<String, Value>,
}

impl Resource {
    pub(crate) fn read(mut fields: Fields) -> Result<Self, DecodeError> {
        Ok(Self {
            id: fields.id("id")?,
            status: fields.word("status")?,
            created: fields.time("created")?,
            updated: fields.time("updated")?,
            resource_type: fields
                .first_text(["type", "step"])?
                .map(|word| ResourceType::from(&*word)),
            datapoints: fields.object("datapoints", |points| Ok(DataPoints::new(points.rest())))?,
            resource_files: fields.objects("resource_files", ResourceFileEntry::read)?,
            extra: fields.rest(),
        })
    }
}

impl fmt::Debug for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Resource")
            .field("type", &self.resource_type)
            .field("status", &self.status)
            .field("datapoints", &self.datapoints)
            .field("files", &self.resource_files.len())
            .finish_non_exhaustive()
    }
}

open_enum! {
    /// What a file shows.
    FileType {
        /// A video of the person's face.
        FaceVideo = "face_video",
        /// A picture of a document.
        DocumentImage = "document_image",
    }
}

/// One file of a resource, as the resource lists it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ResourceFileEntry {
    /// Its id.
    pub id: Option<ResourceFileId>,
    /// What it shows.
    pub file_type: Option<FileType>,
    /// 1 is the front of a document, 2 its back.
    pub page: Option<i64>,
    /// When it was received, in whole seconds.
    pub created: Option<SystemTime>,
    /// When anything about it last changed.
    pub updated: Option<SystemTime>,
}

impl ResourceFileEntry {
    fn read(mut fields: Fields) -> Result<Self, DecodeError> {
        Ok(Self {
            id: fields.id("id")?,
            file_type: fields.word("type")?,
            page: fields.whole("page")?,
            created: fields.time("created")?,
            updated: fields.time("updated")?,
        })
    }
}

/// A file as JSON: what the published description of the route says. `Debug` does not show the file.
#[derive(Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ResourceFile {
    /// Its id.
    pub id: Option<ResourceFileId>,
    /// When it was received, in whole seconds.
    pub created: Option<SystemTime>,
    /// When anything about it last changed.
    pub updated: Option<SystemTime>,
    /// The file, in a coding that is not published.
    pub file: Option<String>,
    /// Fields that this version does not know.
    pub extra: Map<String, Value>,
}

impl ResourceFile {
    pub(crate) fn read(mut fields: Fields) -> Result<Self, DecodeError> {
        Ok(Self {
            id: fields.id("id")?,
            created: fields.time("created")?,
            updated: fields.time("updated")?,
            file: fields.text("file")?,
            extra: fields.rest(),
        })
    }
}

impl fmt::Debug for ResourceFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResourceFile").field("created", &self.created).finish_non_exhaustive()
    }
}
