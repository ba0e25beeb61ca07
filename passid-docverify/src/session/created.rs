//! A session that was just created.

use std::time::SystemTime;

use passid_core::Environment;

use super::SessionRecord;
use crate::result::ImageType;
use crate::wire::{DecodeError, Fields};
use crate::{CallbackState, SessionId, StartToken};

/// A session that was just created: what the front end needs, and what your service has to remember.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct CreatedSession {
    /// The session.
    pub session_id: SessionId,
    /// For the front end; `None` for a session that was started at once.
    pub start_token: Option<StartToken>,
    /// When the session ends if it is not finished; `None` if the answer's time could not be read.
    pub expires_at: Option<SystemTime>,
    /// What is still to be captured.
    pub missing_images: Vec<ImageType>,
    /// Comes back with the callback. Keep it where only this person's browser reaches it.
    pub state: CallbackState,
    /// Whether its result is made up.
    pub mocked: bool,
    /// The world it was created in.
    pub environment: Environment,
    /// When it was created, by our own clock, and no later than it was.
    pub created_at: SystemTime,
}

impl CreatedSession {
    /// What has to be remembered of it: without a record a session is nobody's.
    pub fn record(&self) -> SessionRecord {
        SessionRecord::of(self)
    }
}

/// What the answer to a creation says.
pub(crate) struct CreateAnswer {
    pub(crate) session_id: SessionId,
    pub(crate) start_token: Option<StartToken>,
    pub(crate) expires_at: Option<SystemTime>,
    pub(crate) missing_images: Vec<ImageType>,
}

impl CreateAnswer {
    /// Only the id cannot be done without: a session whose other fields are odd exists all the same.
    pub(crate) fn read(body: &[u8]) -> Result<Self, DecodeError> {
        let mut fields = Fields::parse(body)?;
        let session_id = fields.session_id()?;
        let start_token = match fields.optional::<String>("start_token")? {
            None => None,
            Some(token) => Some(StartToken::take(token).ok_or(DecodeError::WrongType)?),
        };
        let expires_at = fields
            .optional::<String>("expiration")?
            .and_then(|time| time.parse::<jiff::Timestamp>().ok())
            .map(SystemTime::from);
        let missing_images = fields.optional("missing_images")?.unwrap_or_default();
        Ok(Self { session_id, start_token, expires_at, missing_images })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_printed_answer_is_read_and_an_auto_started_session_has_no_start_token() {
        let body = br#"{"start_token":"ca766ed78c8c0b7824dfea356ed30b72",
            "session_id":"H1I12oskjzsdhskj4","expiration":"2023-07-18T09:57:46.950Z",
            "missing_images":["document_front","document_back","selfie"]}"#;
        let answer = CreateAnswer::read(body).unwrap();
        assert_eq!(answer.missing_images, ImageType::KNOWN);
        assert_eq!(answer.start_token.unwrap().expose(), "ca766ed78c8c0b7824dfea356ed30b72");
        assert!(answer.expires_at.is_some());
        let bare = CreateAnswer::read(br#"{"session_id":"s","expiration":"soon"}"#).unwrap();
        assert!(bare.start_token.is_none() && bare.expires_at.is_none());
    }

    #[test]
    fn what_could_leave_its_place_in_an_address_is_refused() {
        for body in [r#"{"session_id":".."}"#, r#"{"session_id":""}"#, "{}", "[]"] {
            assert!(CreateAnswer::read(body.as_bytes()).is_err(), "{body}");
        }
        let spaced = br#"{"session_id":"s","start_token":"a b"}"#;
        assert!(CreateAnswer::read(spaced).is_err());
    }
}
