use std::time::SystemTime;

use serde_json::{Map, Value};

use super::{DecodeError, strict_json};

/// What must not come back out of an answer: the key and the token or code of the call. A hostile
/// or careless server may echo them in a field that ends in a log (decision P15).
#[derive(Clone, Copy)]
pub(in crate::client) struct Secrets<'a>(pub(in crate::client) &'a [&'a str]);

impl Secrets<'_> {
    /// Longest word or id that is kept, in bytes. Ours.
    const MAX_LEN: usize = 128;

    /// A word or id that may be printed: short, of harmless characters, and none of the secrets.
    pub(in crate::client) fn printable(&self, text: &str) -> Option<String> {
        let harmless = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.:/ ".contains(&byte);
        let fits = !text.is_empty() && text.len() <= Self::MAX_LEN && text.bytes().all(harmless);
        let lower = text.to_ascii_lowercase();
        let echoes = self.0.iter().any(|secret| lower.contains(&secret.to_ascii_lowercase()));
        (fits && !echoes).then(|| text.to_owned())
    }

    /// A word of an open list; one that must not be printed keeps its meaning of "none of the known".
    pub(in crate::client) fn word(&self, text: &str) -> String {
        self.printable(text).unwrap_or_else(|| "unprintable".to_owned())
    }
}

/// The fields of an answer: those of `data`, or of the answer itself where there is no `data`, and
/// those of the envelope around them.
pub(super) struct Fields {
    payload: Map<String, Value>,
    envelope: Map<String, Value>,
}

impl Fields {
    pub(super) fn parse(body: &[u8]) -> Result<Self, DecodeError> {
        let mut object = strict_json::object(body).map_err(|_| DecodeError::Malformed)?;
        match object.remove("data") {
            None | Some(Value::Null) => Ok(Self { payload: object, envelope: Map::new() }),
            Some(Value::Object(payload)) => Ok(Self { payload, envelope: object }),
            Some(_) => Err(DecodeError::WrongType { field: "data" }),
        }
    }

    /// Every value under this name that is not `null`, in the payload and in the envelope.
    pub(super) fn all(&self, name: &str) -> impl Iterator<Item = &Value> {
        let values = [self.payload.get(name), self.envelope.get(name)];
        values.into_iter().flatten().filter(|value| !value.is_null())
    }

    /// Like [`all`](Self::all), for fields that are booleans.
    pub(super) fn bools(&self, field: &'static str) -> Result<Vec<bool>, DecodeError> {
        let read = |value: &Value| value.as_bool().ok_or(DecodeError::WrongType { field });
        self.all(field).map(read).collect()
    }

    /// Like [`all`](Self::all), for fields that are text.
    pub(super) fn texts(&self, field: &'static str) -> Result<Vec<&str>, DecodeError> {
        let read = |value: &'_ Value| value.as_str().is_some();
        if !self.all(field).all(read) {
            return Err(DecodeError::WrongType { field });
        }
        Ok(self.all(field).filter_map(Value::as_str).collect())
    }

    /// Takes a field out of the payload.
    pub(super) fn take(&mut self, field: &str) -> Option<Value> {
        self.payload.remove(field).filter(|value| !value.is_null())
    }

    /// Takes the first of these fields that is there out of the payload, as text.
    pub(super) fn take_text(
        &mut self,
        aliases: &[&'static str],
    ) -> Result<Option<String>, DecodeError> {
        let mut found = None;
        for &field in aliases {
            match self.take(field) {
                None => {}
                Some(Value::String(text)) => found = found.or(Some(text)),
                Some(_) => return Err(DecodeError::WrongType { field }),
            }
        }
        Ok(found)
    }

    /// Takes a point in time (RFC 3339) out of the payload.
    pub(super) fn take_time(
        &mut self,
        aliases: &[&'static str],
    ) -> Result<Option<SystemTime>, DecodeError> {
        let field = aliases.first().copied().unwrap_or_default();
        let Some(text) = self.take_text(aliases)? else { return Ok(None) };
        match text.parse::<jiff::Timestamp>() {
            Ok(time) => Ok(Some(time.into())),
            Err(_) => Err(DecodeError::WrongType { field }),
        }
    }

    /// What is left of the payload.
    pub(super) fn into_rest(self) -> Map<String, Value> {
        self.payload
    }
}
