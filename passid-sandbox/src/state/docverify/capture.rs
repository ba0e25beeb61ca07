//! How images come into a session: from a backend, and from a person on the page.

use jiff::Timestamp;
use url::Url;

use super::{DocumentImage, DocumentImageType, Documents, Ids, ImageRefused};

/// The oldest images leave first (decision P116). In base64 they still fit into an export that the
/// control API imports.
pub(super) const MAX_IMAGE_BYTES: usize = 32 * 1024 * 1024;
pub(super) const MAX_UPLOADS: u32 = 100;
/// What the stand-in for the hosted page captures.
const PICTURE: &[u8] = b"\xff\xd8\xff\xe0 a picture \xff\xd9";

/// What came of an image.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Captured {
    pub(crate) missing: Vec<DocumentImageType>,
}

/// Why nothing was captured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DocumentCaptureError {
    /// There is no such session.
    #[error("there is no such session; give the id of one that was created here")]
    NotFound,
    /// Everything was captured before, or the session is over.
    #[error("the session takes no images now; create another one, or let it recapture")]
    NotNow,
}

impl Documents {
    /// The images of a session, the oldest first.
    pub(crate) fn images(&self, session: &str) -> Vec<&DocumentImage> {
        let prefix = format!("{session}/");
        self.images.table().iter_prefix(&prefix).map(|(_, image)| image).collect()
    }

    /// The image of each kind that counts: the last one that was taken.
    pub(crate) fn counted_images(&self, session: &str) -> Vec<&DocumentImage> {
        let images = self.images(session);
        let taken = |image: &&&DocumentImage| !image.rejected && image.original_id.is_none();
        DocumentImageType::ALL
            .into_iter()
            .filter_map(|kind| {
                let mut newest_first = images.iter().rev().filter(taken);
                newest_first.find(|image| image.kind == kind).copied()
            })
            .collect()
    }

    /// Takes an image in, if the session takes one now; only then `is_rejected` is asked.
    pub(crate) fn add_image(
        &mut self,
        session: &str,
        (kind, jpeg): (DocumentImageType, Vec<u8>),
        is_rejected: impl FnOnce() -> bool,
        ids: Ids<'_>,
        now: Timestamp,
    ) -> Result<Captured, ImageRefused> {
        let refines = self.settings().refines();
        let known = self.sessions.get_mut(session).ok_or(ImageRefused::NotNow)?;
        known.takes_images(now)?;
        if known.uploads >= MAX_UPLOADS {
            return Err(ImageRefused::NotNow);
        }
        let rejected = is_rejected();
        let place = known.uploads;
        known.captured(kind, rejected, now);
        let missing = known.missing(now);
        let image =
            DocumentImage { id: ids(), kind, rejected, original_id: None, jpeg, added_at: now };
        let refined = (refines && !rejected).then(|| DocumentImage {
            id: ids(),
            original_id: Some(image.id.clone()),
            ..image.clone()
        });
        for (part, image) in [Some(image), refined].into_iter().flatten().enumerate() {
            self.keep_image(format!("{session}/{place:04}-{part}"), image);
        }
        Ok(Captured { missing })
    }

    fn keep_image(&mut self, key: String, image: DocumentImage) {
        self.image_bytes = self.image_bytes.saturating_add(image.jpeg.len());
        for gone in self.images.insert(key, image) {
            self.image_bytes = self.image_bytes.saturating_sub(gone.jpeg.len());
        }
        while self.image_bytes > MAX_IMAGE_BYTES {
            let Some(gone) = self.images.take_oldest() else { break };
            self.image_bytes = self.image_bytes.saturating_sub(gone.jpeg.len());
        }
    }

    /// A person opens the page with a start token, which is used up with it, consents and shows
    /// everything at once. Where they are sent, if anywhere; `None` for a token that opens nothing.
    pub(crate) fn visit(
        &mut self,
        token: &str,
        ids: Ids<'_>,
        now: Timestamp,
    ) -> Option<Option<Url>> {
        let id = self.start_tokens.get(token.as_bytes())?.clone();
        // A session that is over by then is none to a person either.
        self.session(&id, now).filter(|session| session.status(now) == "pending")?;
        self.capture(&id, None, Some(true), ids, now).ok()?;
        let parameter = self.settings().callback_parameter();
        let session = self.session(&id, now)?;
        let back = session.callback_url.as_deref().and_then(|url| Url::parse(url).ok());
        Some(back.map(|mut back| {
            back.query_pairs_mut().append_pair(parameter, &session.id);
            if let Some(state) = &session.state {
                back.query_pairs_mut().append_pair("state", state);
            }
            back
        }))
    }

    /// A person shows this much, or all that is missing, as on the hosted page.
    pub(crate) fn capture(
        &mut self,
        id: &str,
        kinds: Option<Vec<DocumentImageType>>,
        consent: Option<bool>,
        ids: Ids<'_>,
        now: Timestamp,
    ) -> Result<Captured, DocumentCaptureError> {
        self.session(id, now).ok_or(DocumentCaptureError::NotFound)?;
        let session = self.sessions.get_mut(id).ok_or(DocumentCaptureError::NotFound)?;
        match &*session.status(now) {
            "pending" => {
                if let Some(token) = session.start_token.take() {
                    self.start_tokens.remove(&token);
                }
                session.hosted = true;
                session.consent_to(consent, now);
                session.start();
            }
            "capturing" | "recapture" => session.consent_to(consent, now),
            _ => return Err(DocumentCaptureError::NotNow),
        }
        let mut captured = Captured { missing: session.missing(now) };
        let kinds = kinds.unwrap_or_else(|| captured.missing.clone());
        for kind in kinds {
            let picture = (kind, PICTURE.to_vec());
            let added = self.add_image(id, picture, || false, ids, now);
            captured = added.map_err(|_| DocumentCaptureError::NotNow)?;
        }
        Ok(captured)
    }
}
