//! The person's consent: given when a session is started, and asked for afterwards.

use std::time::SystemTime;

use serde::Serialize;

use crate::wire::{DecodeError, Fields};

/// The consent that a backend collected itself, given when it starts a session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StartConsent {
    granted: bool,
    document_id: String,
}

impl StartConsent {
    /// The person agreed to the text of this id, which was shown to them.
    pub fn granted(document_id: impl Into<String>) -> Self {
        Self { granted: true, document_id: document_id.into() }
    }
}

/// What the API knows of a session's consent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Consent {
    /// Whether it was given.
    pub granted: bool,
    /// When, if it was; a date that cannot be read is none.
    pub date: Option<SystemTime>,
}

impl Consent {
    /// An empty date is none: so the reference says of a consent that was not given.
    pub(crate) fn read(body: &[u8]) -> Result<Self, DecodeError> {
        let mut fields = Fields::parse(body)?;
        let granted = fields.required("consent_granted")?;
        let date: Option<String> = fields.optional("consent_date")?;
        let date = date.and_then(|date| date.parse::<jiff::Timestamp>().ok()).map(SystemTime::from);
        Ok(Self { granted, date })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_date_is_none_and_consent_is_never_guessed() {
        let read = |text: &str| Consent::read(text.as_bytes());
        let refused = read(r#"{"consent_granted":false,"consent_date":""}"#).unwrap();
        assert_eq!((refused.granted, refused.date), (false, None));
        let granted = read(r#"{"consent_granted":true,"consent_date":"2023-07-18T09:57:46.950Z"}"#);
        assert!(granted.unwrap().date.is_some());
        for unclear in ["{}", r#"{"consent_granted":"true"}"#, r#"{"consent_granted":null}"#] {
            assert!(read(unclear).is_err(), "{unclear}");
        }
    }
}
