//! Takes typed fields out of an answer. Every field may be absent or `null`; one of a type that was
//! never published makes the answer unreadable, and what is not known is kept.

use std::time::{Duration, SystemTime};

use serde_json::{Map, Value};

use crate::DecodeError;

pub(crate) struct Fields(Map<String, Value>);

impl Fields {
    pub(crate) fn new(fields: Map<String, Value>) -> Self {
        Self(fields)
    }

    pub(crate) fn of(value: Value, field: &'static str) -> Result<Self, DecodeError> {
        match value {
            Value::Object(fields) => Ok(Self(fields)),
            _ => Err(DecodeError::WrongType { field }),
        }
    }

    /// Any value but `null`.
    pub(crate) fn any(&mut self, field: &str) -> Option<Value> {
        self.0.remove(field).filter(|value| !value.is_null())
    }

    fn take<T>(
        &mut self,
        field: &'static str,
        read: impl FnOnce(Value) -> Option<T>,
    ) -> Result<Option<T>, DecodeError> {
        match self.any(field) {
            None => Ok(None),
            Some(value) => read(value).map(Some).ok_or(DecodeError::WrongType { field }),
        }
    }

    pub(crate) fn text(&mut self, field: &'static str) -> Result<Option<String>, DecodeError> {
        self.take(field, text)
    }

    /// The first of these that is there; all are taken.
    pub(crate) fn first_text(
        &mut self,
        names: [&'static str; 2],
    ) -> Result<Option<String>, DecodeError> {
        let [new, old] = names;
        let (new, old) = (self.text(new)?, self.text(old)?);
        Ok(new.or(old))
    }

    pub(crate) fn word<W>(&mut self, field: &'static str) -> Result<Option<W>, DecodeError>
    where
        W: for<'a> From<&'a str>,
    {
        Ok(self.text(field)?.map(|word| W::from(&word)))
    }

    pub(crate) fn id<I: std::str::FromStr>(
        &mut self,
        field: &'static str,
    ) -> Result<Option<I>, DecodeError> {
        self.take(field, |value| value.as_str()?.parse().ok())
    }

    pub(crate) fn number(&mut self, field: &'static str) -> Result<Option<f64>, DecodeError> {
        self.take(field, |value| value.as_f64())
    }

    pub(crate) fn whole(&mut self, field: &'static str) -> Result<Option<i64>, DecodeError> {
        self.take(field, |value| value.as_i64())
    }

    pub(crate) fn flag(&mut self, field: &'static str) -> Result<Option<bool>, DecodeError> {
        self.take(field, |value| value.as_bool())
    }

    /// Whole seconds since 1970.
    pub(crate) fn time(&mut self, field: &'static str) -> Result<Option<SystemTime>, DecodeError> {
        self.take(field, |value| {
            SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(value.as_u64()?))
        })
    }

    pub(crate) fn object<T>(
        &mut self,
        field: &'static str,
        read: impl FnOnce(Fields) -> Result<T, DecodeError>,
    ) -> Result<Option<T>, DecodeError> {
        self.any(field).map(|value| read(Self::of(value, field)?)).transpose()
    }

    /// A list; empty where it is absent or `null`.
    pub(crate) fn list<T>(
        &mut self,
        field: &'static str,
        read: impl Fn(Value) -> Result<T, DecodeError>,
    ) -> Result<Vec<T>, DecodeError> {
        match self.any(field) {
            None => Ok(Vec::new()),
            Some(Value::Array(items)) => items.into_iter().map(read).collect(),
            Some(_) => Err(DecodeError::WrongType { field }),
        }
    }

    pub(crate) fn objects<T>(
        &mut self,
        field: &'static str,
        read: impl Fn(Fields) -> Result<T, DecodeError>,
    ) -> Result<Vec<T>, DecodeError> {
        self.list(field, |value| read(Self::of(value, field)?))
    }

    pub(crate) fn texts(&mut self, field: &'static str) -> Result<Vec<String>, DecodeError> {
        self.list(field, |value| text(value).ok_or(DecodeError::WrongType { field }))
    }

    /// What is left: fields that this version does not know.
    pub(crate) fn rest(self) -> Map<String, Value> {
        self.0
    }
}

fn text(value: Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text),
        _ => None,
    }
}
