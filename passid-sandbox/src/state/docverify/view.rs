use std::fmt;
use std::time::SystemTime;

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::{DocumentEnding, DocumentImageType, DocumentSession};
use crate::timestamp::{optional_rfc3339, rfc3339};

/// A session as a test sees it; nothing of what its images show.
#[derive(Clone, PartialEq, Serialize, ToSchema)]
#[non_exhaustive]
pub struct RecordedDocumentSession {
    /// Its id.
    pub session_id: String,
    /// Where it is, in the words of a result.
    pub status: String,
    /// When it was created.
    #[serde(serialize_with = "rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    pub created_at: SystemTime,
    /// When it ends unless it is finished.
    #[serde(serialize_with = "rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    pub expires_at: SystemTime,
    /// When it is deleted with everything in it.
    #[serde(serialize_with = "rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    pub kept_until: SystemTime,
    /// When somebody consented.
    #[serde(serialize_with = "optional_rfc3339")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub consented_at: Option<SystemTime>,
    /// Opens the hosted page, until it is used.
    pub start_token: Option<String>,
    /// Where the person is sent from there.
    pub callback_url: Option<String>,
    /// Whether a person used the page.
    pub hosted: bool,
    /// What is still to be captured.
    pub missing_images: Vec<DocumentImageType>,
    /// How many images there are, rejected and refined ones among them.
    pub images: usize,
    /// What it comes to.
    pub ending: DocumentEnding,
}

impl RecordedDocumentSession {
    pub(super) fn of(session: &DocumentSession, images: usize, now: Timestamp) -> Self {
        Self {
            session_id: session.id.clone(),
            status: session.status(now),
            created_at: session.created_at.into(),
            expires_at: session.expires_at.into(),
            kept_until: session.kept_until.into(),
            consented_at: session.consented_at.map(SystemTime::from),
            start_token: session.start_token.clone(),
            callback_url: session.callback_url.clone(),
            hosted: session.hosted,
            missing_images: session.missing(now),
            images,
            ending: session.ending.clone(),
        }
    }
}

/// Without its names and its start token.
impl fmt::Debug for RecordedDocumentSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecordedDocumentSession")
            .field("status", &self.status)
            .field("missing_images", &self.missing_images)
            .field("images", &self.images)
            .finish_non_exhaustive()
    }
}
