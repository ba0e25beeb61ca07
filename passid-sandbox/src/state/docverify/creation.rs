//! What a creation asks for.

use std::time::Duration;

use serde_json::{Map, Value};

use super::duration;
use super::ending::DocumentEnding;

/// A session that is asked for. The vendor's words for its members.
#[derive(Default)]
pub(crate) struct NewDocumentSession {
    pub(crate) state: Option<String>,
    pub(crate) callback_url: Option<String>,
    pub(crate) time_to_live: Duration,
    pub(crate) mock: Option<DocumentEnding>,
    /// Whether the backend drives it.
    pub(crate) started: bool,
    pub(crate) consent: Option<bool>,
}

impl NewDocumentSession {
    /// `None` for a request that is malformed: a member of another type than the published one, a time
    /// that cannot be read, an unknown recommendation (decision P118). Members that nobody knows are
    /// left alone.
    pub(crate) fn read(asked: &Map<String, Value>) -> Option<Self> {
        let field = |name: &str| asked.get(name).filter(|value| !value.is_null());
        let text = |name: &str| match field(name) {
            None => Some(None),
            Some(value) => value.as_str().map(|text| Some(text.to_owned())),
        };
        let time_to_live = text("time_to_live")?.unwrap_or_else(|| "90d".to_owned());
        let mock = match field("mock_behavior") {
            Some(mock) => Some(DocumentEnding::of_mock(mock)?),
            None => None,
        };
        let automatic = field("auto_start").map_or(Some(false), Value::as_bool)?;
        if let Some(customer) = field("customer_information") {
            let is_text = |value: &Value| value.is_string() || value.is_null();
            customer.as_object().filter(|members| members.values().all(is_text))?;
        }
        let mut consent = None;
        if let Some(start) = field("start")
            && let Some(given) = start.as_object()?.get("consent").filter(|it| !it.is_null())
        {
            given.get("document_id")?.as_str()?;
            consent = Some(given.get("granted")?.as_bool()?);
        }
        Some(Self {
            state: text("state")?,
            callback_url: text("callback_url")?,
            time_to_live: duration::read(&time_to_live)?,
            mock,
            started: automatic || field("start").is_some(),
            consent,
        })
    }
}
