use std::fmt;

use jiff::civil::Date;
use serde_json::{Map, Value};

/// Data points of a resource: facts read from a document, under names such as `date_of_birth`.
///
/// The map is free: values are text, and in practice also numbers and booleans. `Debug` shows how
/// many there are.
#[derive(Clone, Default, PartialEq)]
pub struct DataPoints(Map<String, Value>);

impl DataPoints {
    /// Takes a map.
    pub fn new(points: Map<String, Value>) -> Self {
        Self(points)
    }

    /// All of them, as they came.
    pub fn as_map(&self) -> &Map<String, Value> {
        &self.0
    }

    /// One of them; `None` when it is absent or `null`.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    /// One that is text.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name)?.as_str()
    }

    /// One that is a number, also where it is written as text.
    pub fn number(&self, name: &str) -> Option<f64> {
        match self.get(name)? {
            Value::Number(number) => number.as_f64(),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        }
    }

    /// One that is a boolean.
    pub fn flag(&self, name: &str) -> Option<bool> {
        self.get(name)?.as_bool()
    }

    /// One that is a date, `YYYY-MM-DD`.
    pub fn date(&self, name: &str) -> Option<Date> {
        let text = self.text(name)?;
        (text.len() == 10).then(|| text.parse().ok()).flatten()
    }

    /// `id_authenticity_factor`: how surely the document is genuine, from 0 to 1.
    pub fn id_authenticity_factor(&self) -> Option<f64> {
        self.number("id_authenticity_factor")
    }

    /// `face_match_factor`: how surely the face is that of the document, from 0 to 1.
    pub fn face_match_factor(&self) -> Option<f64> {
        self.number("face_match_factor")
    }

    /// `date_of_expiry`: the last day on which the document is valid.
    pub fn date_of_expiry(&self) -> Option<Date> {
        self.date("date_of_expiry")
    }
}

impl fmt::Debug for DataPoints {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DataPoints({})", self.0.len())
    }
}
