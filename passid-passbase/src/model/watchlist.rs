use std::collections::BTreeMap;
use std::fmt;

use serde_json::{Map, Value};

use super::{DecodeError, Fields};

/// Findings on watchlists: sanctions, politically exposed persons, warnings, adverse media.
///
/// `Debug` shows the verdict and counts: where somebody is listed is personal.
#[derive(Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Watchlist {
    /// Whether nothing was found.
    pub clean: Option<bool>,
    /// Findings, by the name of their source.
    pub listings: BTreeMap<String, Listing>,
    /// Articles.
    pub media: Vec<Media>,
    /// The names of the sources.
    pub sources: Vec<String>,
    /// The kinds of findings: `sanction`, `pep`, `warning`, `adverse-media` and others.
    pub types: Vec<String>,
    /// Fields that this version does not know.
    pub extra: Map<String, Value>,
}

impl Watchlist {
    pub(crate) fn read(mut fields: Fields) -> Result<Self, DecodeError> {
        Ok(Self {
            clean: fields.flag("clean")?,
            listings: listings(fields.any("listings"))?,
            media: fields.objects("media", Media::read)?,
            sources: fields.texts("sources")?,
            types: fields.texts("types")?,
            extra: fields.rest(),
        })
    }

    /// Whether anything was found, whatever its kind, or the verdict says so.
    pub fn has_finding(&self) -> bool {
        self.clean == Some(false) || self.lists_anything()
    }

    /// Whether anything is listed, whatever the verdict says.
    pub(crate) fn lists_anything(&self) -> bool {
        !(self.listings.is_empty() && self.media.is_empty() && self.types.is_empty())
    }

    /// Whether any finding is on a sanctions list: its kind begins with `sanction`.
    pub fn has_sanction(&self) -> bool {
        let listed = self.listings.values().flat_map(|listing| &listing.aml_types);
        self.types.iter().chain(listed).any(|kind| {
            kind.trim_start()
                .as_bytes()
                .get(..8)
                .is_some_and(|s| s.eq_ignore_ascii_case(b"sanction"))
        })
    }
}

/// The shape without findings is not published: absent, `null`, `{}` and `[]` are all read as none.
fn listings(value: Option<Value>) -> Result<BTreeMap<String, Listing>, DecodeError> {
    let field = "listings";
    match value {
        None => Ok(BTreeMap::new()),
        Some(Value::Array(items)) if items.is_empty() => Ok(BTreeMap::new()),
        Some(Value::Object(sources)) => sources
            .into_iter()
            .map(|(source, value)| Ok((source, Listing::read(Fields::of(value, field)?)?)))
            .collect(),
        Some(_) => Err(DecodeError::WrongType { field }),
    }
}

impl fmt::Debug for Watchlist {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watchlist")
            .field("clean", &self.clean)
            .field("listings", &self.listings.len())
            .field("media", &self.media.len())
            .finish_non_exhaustive()
    }
}

/// One finding. `Debug` shows nothing of it.
#[derive(Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Listing {
    /// The source's address.
    pub url: Option<String>,
    /// The source's name.
    pub name: Option<String>,
    /// The kinds of the finding.
    pub aml_types: Vec<String>,
    /// Since when, as the API says it.
    pub listing_started_utc: Option<String>,
    /// Fields that this version does not know.
    pub extra: Map<String, Value>,
}

impl Listing {
    fn read(mut fields: Fields) -> Result<Self, DecodeError> {
        Ok(Self {
            url: fields.text("url")?,
            name: fields.text("name")?,
            aml_types: fields.texts("aml_types")?,
            listing_started_utc: fields.text("listing_started_utc")?,
            extra: fields.rest(),
        })
    }
}

impl fmt::Debug for Listing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Listing(redacted)")
    }
}

/// One article. `Debug` shows nothing of it.
#[derive(Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Media {
    /// Its address.
    pub url: Option<String>,
    /// Its title.
    pub title: Option<String>,
    /// Its date, as the API says it.
    pub date: Option<String>,
    /// Fields that this version does not know.
    pub extra: Map<String, Value>,
}

impl Media {
    fn read(mut fields: Fields) -> Result<Self, DecodeError> {
        Ok(Self {
            url: fields.text("url")?,
            title: fields.text("title")?,
            date: fields.text("date")?,
            extra: fields.rest(),
        })
    }
}

impl fmt::Debug for Media {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Media(redacted)")
    }
}
