use std::fmt;

use super::{DecodeError, Fields};

/// Where a list goes on. Opaque.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Cursor(String);

impl Cursor {
    /// The longest cursor accepted, in bytes. Ours; the printed one has 12.
    pub const MAX_LEN: usize = 1024;

    /// Takes a cursor that was kept. An empty one is the first page.
    pub fn new(raw: impl Into<String>) -> Self {
        Self(raw.into())
    }

    /// The cursor.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The printed one is the id of a record.
        f.write_str("Cursor(redacted)")
    }
}

/// One page of a list.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Page<T> {
    /// What is on it.
    pub data: Vec<T>,
    /// Where the list goes on; `None` at its end.
    pub next: Option<Cursor>,
}

impl<T> Page<T> {
    pub(crate) fn read(
        mut fields: Fields,
        read: impl Fn(Fields) -> Result<T, DecodeError>,
    ) -> Result<Self, DecodeError> {
        // Without `data` it is no page: an end that nobody announced would pass for the end.
        let data = fields.any("data").ok_or(DecodeError::Missing { field: "data" })?;
        let mut page = Fields::new([("data".to_owned(), data)].into_iter().collect());
        let next = fields.object("cursor", |mut cursor| cursor.text("next"))?;
        let next = next.ok_or(DecodeError::Missing { field: "cursor" })?;
        let next = next.filter(|next| !next.is_empty());
        if next.as_ref().is_some_and(|next| next.len() > Cursor::MAX_LEN) {
            return Err(DecodeError::WrongType { field: "cursor" });
        }
        Ok(Self { data: page.objects("data", read)?, next: next.map(Cursor) })
    }
}
