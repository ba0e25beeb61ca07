use serde_json::{Map, Value, json};

/// What a person hands in.
#[derive(Clone, Debug)]
pub struct NewIdentity {
    /// Confirmed by the person.
    pub email: String,
    /// As on the document.
    pub first_name: String,
    /// As on the document.
    pub last_name: String,
    /// What the button was given, as the vendor opens it: `Null` for what it cannot open.
    pub metadata: Value,
    /// What the checks will come to, from 0 to 1.
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
            score: 0.95,
            document: Some(Document::default()),
        }
    }
}

/// An identity document.
#[derive(Clone, Debug)]
pub struct Document {
    /// Such as `PASSPORT`.
    pub kind: String,
    /// Facts read from it, under their published names.
    pub data_points: Map<String, Value>,
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
