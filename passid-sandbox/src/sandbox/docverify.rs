//! Document Verification of a running sandbox, from the side of persons, the vendor and a test.

use std::fmt;

use super::Sandbox;
use crate::instruments::{DocumentFeedback, DocumentFeedbackError};
use crate::state::docverify::{
    DocumentCaptureError, DocumentEnding, DocumentEndingError, DocumentImageType, DocumentSettings,
    DocumentSettingsError, DocumentStatusError, RecordedDocumentSession,
};

/// The Document Verification API of a [`Sandbox`].
#[derive(Clone, Copy)]
pub struct Docverify<'a> {
    sandbox: &'a Sandbox,
}

impl Sandbox {
    /// The Document Verification API beside this one: same listener, clock, faults and journal.
    pub fn docverify(&self) -> Docverify<'_> {
        Docverify { sandbox: self }
    }
}

impl<'a> Docverify<'a> {
    /// Its address: the `host_url` of a client. `/verify` and `/oidc/token` are below it.
    pub fn url(&self) -> &'a str {
        self.sandbox.docverify_url.as_str()
    }

    /// The client id that it takes.
    pub fn client_id(&self) -> &'a str {
        self.sandbox.state.docverify_client().0
    }

    /// The client secret that it takes.
    pub fn client_secret(&self) -> &'a str {
        self.sandbox.state.docverify_client().1
    }

    /// How it is set up.
    pub fn settings(&self) -> DocumentSettings {
        self.sandbox.state.read(|world, _| world.docverify.settings())
    }

    /// Sets it up anew. Sessions that exist keep their window and what they come to.
    ///
    /// # Errors
    ///
    /// [`DocumentSettingsError`] for settings that cannot be; the old ones stay.
    pub fn set(&self, settings: DocumentSettings) -> Result<(), DocumentSettingsError> {
        let settings = settings.checked()?;
        // Safe on disk with the next change that is waited for, at the latest.
        drop(self.sandbox.state.change_now(|world, _| world.docverify.set(settings)));
        Ok(())
    }

    /// What the next session that is created comes to. Goes before what its mock says.
    ///
    /// # Errors
    ///
    /// [`DocumentEndingError`] for an ending that cannot be, and when 1,000 wait already.
    pub fn end_next(&self, ending: DocumentEnding) -> Result<(), DocumentEndingError> {
        self.sandbox.state.instruments.docverify.end_next(ending).map(drop)
    }

    /// What is said of the next image that is added, in place of `ok`: then it is rejected.
    ///
    /// # Errors
    ///
    /// [`DocumentFeedbackError`] for no word, and when 1,000 wait already.
    pub fn feedback_next(
        &self,
        feedback: impl Into<DocumentFeedback>,
    ) -> Result<(), DocumentFeedbackError> {
        self.sandbox.state.instruments.docverify.say_next(feedback.into()).map(drop)
    }

    /// Refuses every access token that was given so far.
    pub fn revoke_tokens(&self) {
        drop(self.sandbox.state.change_now(|world, _| world.docverify.revoke_tokens()));
    }

    /// Every session, the oldest first.
    pub fn sessions(&self) -> Vec<RecordedDocumentSession> {
        self.sandbox.state.read(|world, now| world.docverify.last_recorded(usize::MAX, None, now))
    }

    /// One session.
    pub fn session(&self, id: &str) -> Option<RecordedDocumentSession> {
        self.sandbox.state.read(|world, now| world.docverify.recorded(id, now))
    }

    /// A person consents and shows everything that is missing, as on the hosted page, also after a
    /// recapture.
    ///
    /// # Errors
    ///
    /// [`DocumentCaptureError`] for an unknown session, and for one that takes no images now.
    pub fn capture(&self, id: &str) -> Result<(), DocumentCaptureError> {
        self.capture_with(id, None)
    }

    /// A person consents and shows so much only.
    ///
    /// # Errors
    ///
    /// As [`capture`](Self::capture).
    pub fn capture_only(
        &self,
        id: &str,
        images: impl IntoIterator<Item = DocumentImageType>,
    ) -> Result<(), DocumentCaptureError> {
        self.capture_with(id, Some(images.into_iter().collect()))
    }

    fn capture_with(
        &self,
        id: &str,
        images: Option<Vec<DocumentImageType>>,
    ) -> Result<(), DocumentCaptureError> {
        let capture = self.sandbox.state.change_now(|world, now| {
            world.with_docverify(|documents, ids| {
                documents.capture(id, images, Some(true), ids, now)
            })
        });
        capture.0.map(drop)
    }

    /// Puts an unfinished session into `recapture`, `expired`, `error`, or a word of your own such as
    /// `cancelled`.
    ///
    /// # Errors
    ///
    /// [`DocumentStatusError`] for an unknown session, one that is over, and another status.
    pub fn set_status(&self, id: &str, status: &str) -> Result<(), DocumentStatusError> {
        self.sandbox.state.change_now(|world, now| world.docverify.force(id, status, now)).0
    }
}

impl fmt::Debug for Docverify<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Docverify").field("url", &self.url()).finish_non_exhaustive()
    }
}
