//! What was read of the document.

use super::{DocumentType, ImageType};
use crate::ImageId;
use crate::word::personal_object;

personal_object! {
    /// The document. Verified only when the recommendation is `ALLOW`.
    Document {
        /// Its kind: `type` on the wire.
        #[serde(rename = "type")]
        kind: DocumentType,
        /// ISO 3166 alpha-2, such as `US`.
        country: String,
        /// The region, such as `NY`; empty for a passport.
        region: String,
        /// The number.
        number: String,
        /// Identifies the physical document; another one after a reissue.
        serial_number: String,
        /// When it was issued, ISO 8601, as it came.
        issue_date: String,
        /// When it ends, ISO 8601, as it came.
        expiration_date: String,
    }
}

personal_object! {
    /// An image that the verification was made with.
    VerificationImage {
        /// Its id, for [`image`](crate::DocumentVerificationClient::image).
        id: String,
        /// What it shows: `type` on the wire.
        #[serde(rename = "type")]
        kind: ImageType,
    }
}

impl VerificationImage {
    /// The id, if it is one.
    pub fn image_id(&self) -> Option<ImageId> {
        ImageId::parse(self.id.as_deref()?).ok()
    }
}
