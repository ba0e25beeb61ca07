//! What the sandbox knows of Document Verification, and the rules by which it changes: sessions, their
//! images, access tokens. No HTTP in here.

mod capture;
mod check;
mod creation;
mod duration;
mod ending;
mod image;
mod outcome;
mod session;
mod settings;
#[cfg(test)]
mod tests;
mod token;
mod view;

use jiff::{SignedDuration, Timestamp};

use super::access::SecretIndex;
use super::aged::{Aged, Limits};
use super::table::Table;
use crate::timestamp::last_second;

pub use capture::DocumentCaptureError;
pub use check::{DocumentCheck, DocumentCheckRecommendation, DocumentRecommendation};
pub(crate) use creation::NewDocumentSession;
pub use ending::{DocumentEnding, DocumentEndingError};
pub(crate) use image::DocumentImage;
pub use image::DocumentImageType;
pub use session::DocumentStatusError;
pub(crate) use session::{DocumentSession, ImageRefused};
pub use settings::{DocumentSettings, DocumentSettingsError, ErrorBodies};
pub(crate) use token::RESOURCE;
use token::{Grant, digest, spelt};
pub use view::RecordedDocumentSession;

/// The key of the row of which there is one.
const ONLY: &str = "only";
/// The oldest leave first (decision P111).
const MAX_TOKENS: usize = 1_000;

/// Where ids and tokens come from.
pub(crate) type Ids<'a> = &'a mut dyn FnMut() -> String;

/// Everything of Document Verification.
#[derive(Debug)]
pub(crate) struct Documents {
    pub(super) sessions: Aged<DocumentSession>,
    /// Under the id of their session and their place in it.
    pub(super) images: Aged<DocumentImage>,
    /// Under the digest of the token.
    pub(super) tokens: Aged<Grant>,
    pub(super) settings: Table<DocumentSettings>,

    // Worked out from the rows, never kept.
    start_tokens: SecretIndex<String>,
    image_bytes: usize,
    last_number: u64,
    /// Before this moment no session is past its retention.
    first_end: Timestamp,
}

impl Documents {
    pub(crate) fn new(limits: Limits) -> Self {
        // A session has an end of its own, its time to live (decision P112).
        let records = |records| Limits { records, age: SignedDuration::MAX };
        Self {
            sessions: Aged::new(records(limits.records)),
            images: Aged::new(records(limits.records.saturating_mul(8))),
            tokens: Aged::new(records(MAX_TOKENS)),
            settings: Table::default(),
            start_tokens: SecretIndex::default(),
            image_bytes: 0,
            last_number: 0,
            first_end: Timestamp::MAX,
        }
    }

    pub(crate) fn settings(&self) -> DocumentSettings {
        self.settings.get(ONLY).cloned().unwrap_or_default()
    }

    /// Takes settings that were checked.
    pub(crate) fn set(&mut self, settings: DocumentSettings) {
        self.settings.insert(ONLY, settings);
    }

    /// A session that is neither deleted nor past its retention.
    pub(crate) fn session(&self, id: &str, now: Timestamp) -> Option<&DocumentSession> {
        self.sessions.get(id).filter(|session| now < session.kept_until)
    }

    /// A session as a test sees it.
    pub(crate) fn recorded(&self, id: &str, now: Timestamp) -> Option<RecordedDocumentSession> {
        let session = self.session(id, now)?;
        Some(RecordedDocumentSession::of(session, self.images(id).len(), now))
    }

    /// The last of them that are in this status, or in whatever status; the oldest of those first.
    pub(crate) fn last_recorded(
        &self,
        count: usize,
        status: Option<&str>,
        now: Timestamp,
    ) -> Vec<RecordedDocumentSession> {
        let rows = self.sessions.table().iter().map(|(_, session)| session);
        let kept = rows.filter(|session| now < session.kept_until);
        let mut sessions: Vec<_> =
            kept.filter(|it| status.is_none_or(|status| it.status(now) == status)).collect();
        sessions.sort_by_key(|session| session.number);
        let left_out = sessions.len().saturating_sub(count);
        sessions
            .into_iter()
            .skip(left_out)
            .filter_map(|session| self.recorded(&session.id, now))
            .collect()
    }

    /// `told` is what a test wants of it; it goes before what the mock says.
    pub(crate) fn create(
        &mut self,
        new: NewDocumentSession,
        told: DocumentEnding,
        ids: Ids<'_>,
        now: Timestamp,
    ) -> DocumentSession {
        self.forget_what_is_over(now);
        let settings = self.settings();
        let ending = told.or(new.mock.unwrap_or_default()).or(settings.ending());
        // An import may have set it to anything.
        self.last_number = self.last_number.wrapping_add(1);
        let name = (ids(), self.last_number);
        let kept_for = SignedDuration::try_from(new.time_to_live).unwrap_or(SignedDuration::MAX);
        let mut session = DocumentSession::new(name, now, settings.window(), kept_for, ending);
        session.state = new.state;
        session.callback_url = new.callback_url;
        if new.started {
            session.consent_to(new.consent, now);
            session.start();
        } else {
            let token = ids();
            self.start_tokens.insert(&token, session.id.clone());
            session.start_token = Some(token);
        }
        self.first_end = self.first_end.min(session.kept_until);
        for gone in self.sessions.insert(session.id.clone(), session.clone()) {
            self.clean_up_after(&gone);
        }
        session
    }

    /// Deletes a session with everything that was captured in it. Whether there was one.
    pub(crate) fn delete(&mut self, id: &str, now: Timestamp) -> bool {
        self.forget_what_is_over(now);
        match self.sessions.table_mut().remove(id) {
            Some(gone) => {
                self.clean_up_after(&gone);
                true
            }
            None => false,
        }
    }

    fn clean_up_after(&mut self, gone: &DocumentSession) {
        if let Some(token) = &gone.start_token {
            self.start_tokens.remove(token);
        }
        let prefix = format!("{}/", gone.id);
        let images = self.images.table().iter_prefix(&prefix).map(|(key, _)| key.clone());
        for key in images.collect::<Vec<_>>() {
            if let Some(image) = self.images.table_mut().remove(&key) {
                self.image_bytes = self.image_bytes.saturating_sub(image.jpeg.len());
            }
        }
    }

    /// Deletes what is past its retention.
    fn forget_what_is_over(&mut self, now: Timestamp) {
        if now < self.first_end {
            return;
        }
        let rows = self.sessions.table().iter();
        let over = rows.filter(|(_, session)| now >= session.kept_until);
        for id in over.map(|(id, _)| id.clone()).collect::<Vec<_>>() {
            if let Some(gone) = self.sessions.table_mut().remove(&id) {
                self.clean_up_after(&gone);
            }
        }
        let ends = self.sessions.table().iter().map(|(_, session)| session.kept_until);
        self.first_end = ends.min().unwrap_or(Timestamp::MAX);
    }

    /// Puts a session into a status that it does not come to by itself, or not now.
    pub(crate) fn force(
        &mut self,
        id: &str,
        status: &str,
        now: Timestamp,
    ) -> Result<(), DocumentStatusError> {
        self.session(id, now).ok_or(DocumentStatusError::NotFound)?;
        let session = self.sessions.get_mut(id).ok_or(DocumentStatusError::NotFound)?;
        session.force(status, now)
    }

    /// A new access token, for the API's resource or for nothing.
    pub(crate) fn grant(
        &mut self,
        client_id: &str,
        for_resource: bool,
        ids: Ids<'_>,
        now: Timestamp,
    ) -> String {
        let life = self.settings().life();
        let ends_at = now.checked_add(life).unwrap_or_else(|_| last_second());
        let grant = Grant::new(now, ends_at, for_resource);
        let token = spelt(client_id, &ids(), &ids(), grant);
        self.tokens.insert(digest(token.as_bytes()), grant);
        token
    }

    /// Whether an access token counts.
    pub(crate) fn is_granted(&self, token: &[u8], now: Timestamp) -> bool {
        let grant = self.tokens.get(&digest(token));
        let settings = self.settings.get(ONLY);
        let any = settings.is_some_and(DocumentSettings::takes_any_audience);
        grant.is_some_and(|grant| now < grant.ends_at && (grant.for_resource || any))
    }

    /// Refuses every access token that was given so far. How many there were.
    pub(crate) fn revoke_tokens(&mut self) -> usize {
        let given: Vec<_> = self.tokens.table().iter().map(|(key, _)| key.clone()).collect();
        for key in &given {
            self.tokens.table_mut().remove(key);
        }
        given.len()
    }

    /// Looks at the rows after they were loaded, and works the rest out.
    pub(crate) fn finish_loading(&mut self) -> Result<(), &'static str> {
        let sessions = self.sessions.table();
        if sessions.iter().any(|(id, session)| *id != session.id || id.contains('/')) {
            return Err(sessions.name());
        }
        if self.settings().checked().is_err() {
            return Err(self.settings.name());
        }
        self.sessions.rebuild();
        self.images.rebuild();
        self.tokens.rebuild();
        self.image_bytes = self.images.table().iter().map(|(_, image)| image.jpeg.len()).sum();
        self.start_tokens = SecretIndex::default();
        let mut first_end = Timestamp::MAX;
        self.last_number = 0;
        for (id, session) in self.sessions.table().iter() {
            self.last_number = self.last_number.max(session.number);
            first_end = first_end.min(session.kept_until);
            if let Some(token) = &session.start_token {
                self.start_tokens.insert(token, id.clone());
            }
        }
        self.first_end = first_end;
        Ok(())
    }
}
