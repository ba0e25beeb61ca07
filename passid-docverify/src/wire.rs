//! Reading answers: lenient about what is there, strict about what it means.
//!
//! Unknown fields and words are kept. A known field of another type, a repeated name, a session that
//! was not asked about, make the answer undecodable (decision P91).

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::SessionId;

/// Why an answer cannot be relied on. Names fields, never values.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// Not one JSON object, or an object that repeats a name.
    #[error("the answer is not one well-formed JSON object without repeated names")]
    Malformed,
    /// A field that the answer cannot do without is missing.
    #[error("the answer lacks the field {field}")]
    Missing {
        /// The field.
        field: &'static str,
    },
    /// A field has a type that the reference does not give it.
    #[error("a field of the answer has an unexpected type")]
    WrongType,
    /// The answer has fields of both published shapes.
    #[error("the answer has fields of two shapes that exclude each other")]
    Ambiguous,
    /// The answer is about another session than the one that was asked about.
    #[error("the answer is about another session")]
    AnotherSession,
    /// The answer is in an encoding that was not asked for.
    #[error("the answer is in an encoding that was not asked for")]
    Encoded,
    /// The answer has another media type than the one that was asked for.
    #[error("the answer has an unexpected content type")]
    ContentType,
    /// The answer is longer than the cap.
    #[error("the answer is longer than allowed")]
    TooLong,
}

/// The fields of an answer that were not read yet.
pub(crate) struct Fields(Map<String, Value>);

impl Fields {
    pub(crate) fn parse(body: &[u8]) -> Result<Self, DecodeError> {
        passid_core::provider::json_object(body).map(Self).map_err(|_| DecodeError::Malformed)
    }

    /// Whether a field is there and not `null`.
    pub(crate) fn has(&self, field: &str) -> bool {
        self.0.get(field).is_some_and(|value| !value.is_null())
    }

    /// Takes a field out; `null` is absent. The error of serde is dropped: it repeats values.
    pub(crate) fn optional<T: DeserializeOwned>(
        &mut self,
        field: &str,
    ) -> Result<Option<T>, DecodeError> {
        match self.0.remove(field) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => {
                serde_json::from_value(value).map(Some).map_err(|_| DecodeError::WrongType)
            }
        }
    }

    pub(crate) fn required<T: DeserializeOwned>(
        &mut self,
        field: &'static str,
    ) -> Result<T, DecodeError> {
        self.optional(field)?.ok_or(DecodeError::Missing { field })
    }

    pub(crate) fn session_id(&mut self) -> Result<SessionId, DecodeError> {
        let id: String = self.required("session_id")?;
        SessionId::parse(id).map_err(|_| DecodeError::WrongType)
    }

    /// A boolean, or its name as text: `"false"` is published as an example of one.
    pub(crate) fn boolean(&mut self, field: &'static str) -> Result<bool, DecodeError> {
        match self.required::<Value>(field)? {
            Value::Bool(value) => Ok(value),
            Value::String(text) if text == "true" => Ok(true),
            Value::String(text) if text == "false" => Ok(false),
            _ => Err(DecodeError::WrongType),
        }
    }

    /// What is left, as one object.
    pub(crate) fn into_object<T: DeserializeOwned>(self) -> Result<T, DecodeError> {
        serde_json::from_value(Value::Object(self.0)).map_err(|_| DecodeError::WrongType)
    }

    /// What is left, as it came.
    pub(crate) fn rest(self) -> Map<String, Value> {
        self.0
    }
}
