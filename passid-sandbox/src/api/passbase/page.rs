//! Pages of lists: how a cursor and a limit are read and written.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use super::refusal::Refusal;

/// P81: the size of a page unless asked for, and the most; neither is published.
const MOST: usize = 100;

/// What a list can be asked for.
#[derive(Clone, Copy, Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct PageQuery {
    /// 100 unless given, and at most.
    #[param(value_type = Option<u32>, minimum = 1)]
    pub(super) limit: usize,
    /// `cursor.next` of the page before; empty for the first.
    #[param(value_type = Option<String>)]
    pub(super) cursor: u64,
}

/// Where the next page begins.
#[derive(Serialize, ToSchema)]
pub(super) struct PassbaseCursor {
    /// `null` on the last page.
    next: Option<String>,
}

impl PageQuery {
    /// Unknown parameters are not an error: whether the API refused them is not published.
    pub(super) fn read(query: Option<&str>) -> Result<Self, Refusal> {
        let mut page = Self { limit: MOST, cursor: 0 };
        for (name, value) in url::form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
            match &*name {
                "limit" => page.limit = value.parse().map_err(|_| Refusal::BadInput)?,
                // The vendor's own library asks for its first page so.
                "cursor" if value.is_empty() => {}
                "cursor" => page.cursor = place(&value).ok_or(Refusal::BadInput)?,
                _ => {}
            }
        }
        if page.limit == 0 {
            return Err(Refusal::BadInput);
        }
        page.limit = page.limit.min(MOST);
        Ok(page)
    }
}

impl PassbaseCursor {
    /// To the page that begins here.
    pub(super) fn to(place: Option<u64>) -> Self {
        Self { next: place.map(|place| STANDARD.encode(format!("id:{place}"))) }
    }
}

/// P82: a cursor of nobody's is a bad input.
fn place(cursor: &str) -> Option<u64> {
    let text = String::from_utf8(STANDARD.decode(cursor).ok()?).ok()?;
    text.strip_prefix("id:")?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_read_as_clients_ask_for_it() {
        for (query, limit, cursor) in [
            (None, 100, 0),
            (Some(""), 100, 0),
            (Some("cursor="), 100, 0),
            (Some("limit=2&cursor=aWQ6NDA3MQ%3D%3D&other=1"), 2, 4071),
            (Some("limit=1000"), 100, 0),
        ] {
            let page = PageQuery::read(query).unwrap();
            assert_eq!((page.limit, page.cursor), (limit, cursor), "{query:?}");
        }
        for query in ["limit=0", "limit=-1", "limit=", "cursor=%3F", "cursor=NDA3MQ=="] {
            assert!(PageQuery::read(Some(query)).is_err(), "{query}");
        }
    }

    #[test]
    fn a_cursor_leads_to_its_place() {
        let PassbaseCursor { next } = PassbaseCursor::to(Some(4071));
        assert_eq!(next.as_deref(), Some("aWQ6NDA3MQ=="));
        assert!(PassbaseCursor::to(None).next.is_none());
    }
}
