//! Images as they came, and what was made of them.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use utoipa::ToSchema;

use crate::state::aged::Dated;
use crate::state::table::Row;

/// What an image shows. Every session needs one of each, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum DocumentImageType {
    /// The front of the document.
    DocumentFront,
    /// Its back.
    DocumentBack,
    /// The person's face.
    Selfie,
}

impl DocumentImageType {
    pub(crate) const ALL: [Self; 3] = [Self::DocumentFront, Self::DocumentBack, Self::Selfie];
}

/// An image of a session.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct DocumentImage {
    pub(crate) id: String,
    pub(crate) kind: DocumentImageType,
    pub(crate) rejected: bool,
    /// The image that this one was refined from.
    pub(crate) original_id: Option<String>,
    #[serde(serialize_with = "as_base64", deserialize_with = "from_base64")]
    pub(crate) jpeg: Vec<u8>,
    pub(super) added_at: Timestamp,
}

impl Row for DocumentImage {
    const TABLE: &'static str = "docverify_images";
}

impl Dated for DocumentImage {
    fn dated(&self) -> Timestamp {
        self.added_at
    }
}

fn as_base64<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&STANDARD.encode(bytes))
}

fn from_base64<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
    let text = String::deserialize(deserializer)?;
    STANDARD.decode(text).map_err(|_| de::Error::custom("an image is base64"))
}

impl fmt::Debug for DocumentImage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DocumentImage").field("rejected", &self.rejected).finish_non_exhaustive()
    }
}
