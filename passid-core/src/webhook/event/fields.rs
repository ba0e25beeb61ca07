use std::time::SystemTime;

use serde_json::{Map, Value};

use super::EventError;
use crate::Token;

/// The members of an object that are still to be read. `null` is absent.
pub(super) struct Fields(pub(super) Map<String, Value>);

impl Fields {
    pub(super) fn take(&mut self, field: &str) -> Option<Value> {
        self.0.remove(field).filter(|value| !value.is_null())
    }

    /// Takes a member under all its names, which must agree.
    pub(super) fn take_one<T: PartialEq>(
        &mut self,
        names: &[&'static str],
        read: impl Fn(Value) -> Option<T>,
    ) -> Result<Option<T>, EventError> {
        let mut found = None;
        for &field in names {
            let Some(value) = self.take(field) else { continue };
            let value = read(value).ok_or(EventError::WrongType { field })?;
            if found.as_ref().is_some_and(|other| *other != value) {
                return Err(EventError::Ambiguous { field });
            }
            found = Some(value);
        }
        Ok(found)
    }

    pub(super) fn take_text(
        &mut self,
        names: &[&'static str],
    ) -> Result<Option<String>, EventError> {
        self.take_one(names, text)
    }

    /// A point in time in RFC 3339.
    pub(super) fn take_time(
        &mut self,
        names: &[&'static str],
    ) -> Result<Option<SystemTime>, EventError> {
        self.take_one(names, |value| {
            let time = value.as_str()?.parse::<jiff::Timestamp>().ok()?;
            Some(SystemTime::from(time))
        })
    }

    /// D30: a text that is not blank, or a whole number.
    pub(super) fn take_id(&mut self, field: &'static str) -> Result<Option<String>, EventError> {
        self.take_one(&[field], |value| match value {
            Value::String(id) => (!id.trim().is_empty()).then_some(id),
            Value::Number(id) => (id.is_u64() || id.is_i64()).then(|| id.to_string()),
            _ => None,
        })
    }

    pub(super) fn take_token(&mut self) -> Result<Option<Token>, EventError> {
        self.take_one(&["token"], |value| Token::parse(value.as_str()?).ok())
    }
}

pub(super) fn text(value: Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text),
        _ => None,
    }
}
