use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use super::TransitionError;
use super::settings::is_score;

/// What is kept of one identity, as JSON: one is in memory, on disk and in every list.
const MOST_BYTES: usize = 16 * 1024;

/// What a person hands in.
#[derive(Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct NewIdentity {
    /// Confirmed by the person.
    pub email: String,
    /// As on the document.
    pub first_name: String,
    /// As on the document.
    pub last_name: String,
    /// What the button was given, opened: an object, or `Null` for nothing.
    #[schema(value_type = Option<Object>)]
    pub metadata: Value,
    /// What the button was given, as it was given it: signed, in base64. It is opened with the settings'
    /// key and takes the place of `metadata`; the settings say what becomes of what cannot be opened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signed_metadata: Option<String>,
    /// What the checks will come to, from 0 to 1.
    #[schema(minimum = 0, maximum = 1)]
    pub score: f64,
    /// The identity document, if there is one.
    pub document: Option<Document>,
}

impl Default for NewIdentity {
    fn default() -> Self {
        Self {
            email: "jane@example.com".to_owned(),
            first_name: "JANE".to_owned(),
            last_name: "SPECIMEN".to_owned(),
            metadata: Value::Null,
            signed_metadata: None,
            score: 0.95,
            document: Some(Document::default()),
        }
    }
}

impl NewIdentity {
    pub(crate) fn check(&self) -> Result<(), TransitionError> {
        if !is_score(self.score) {
            return Err(TransitionError::Score);
        }
        check_size(self)
    }
}

/// Whether something is more than one identity may be.
pub(crate) fn check_size(identity: &impl Serialize) -> Result<(), TransitionError> {
    // What cannot be written has no size either.
    let size = serde_json::to_vec(identity).map_or(usize::MAX, |json| json.len());
    if size <= MOST_BYTES { Ok(()) } else { Err(TransitionError::TooLarge { limit: MOST_BYTES }) }
}

/// Names nobody.
impl fmt::Debug for NewIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewIdentity").field("score", &self.score).finish_non_exhaustive()
    }
}

/// An identity document.
#[derive(Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(as = PassbaseDocument)]
pub struct Document {
    /// Such as `PASSPORT`.
    pub kind: String,
    /// Facts read from it, under their published names.
    #[schema(value_type = Object)]
    pub data_points: Map<String, Value>,
}

impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Document").field("kind", &self.kind).finish_non_exhaustive()
    }
}

impl Default for Document {
    fn default() -> Self {
        let points = json!({
            "first_names": "JANE", "last_name": "SPECIMEN", "date_of_birth": "1970-01-01",
            "date_of_expiry": "2099-03-08", "document_number": "C01X00T47", "mrtd_verified": true,
            "id_authenticity_factor": 0.95, "face_match_factor": 0.95
        });
        let data_points = points.as_object().cloned().unwrap_or_default();
        Self { kind: "PASSPORT".to_owned(), data_points }
    }
}
