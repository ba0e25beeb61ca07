use std::fmt;

use bytes::{Bytes, BytesMut};
use sha2::{Digest, Sha256};

use super::event::{Event, EventError};
use super::keys::Keys;
use super::signature::{Claimed, SignatureError};

/// A body that PASSID signed, byte for byte. A [`WebhookVerifier`](super::WebhookVerifier) makes one,
/// and [`assume_verified`](Self::assume_verified) from a store of such bodies. `Debug` shows its length.
#[derive(Clone)]
pub struct VerifiedBody<'a> {
    bytes: Held<'a>,
    secret_index: usize,
}

#[derive(Clone)]
enum Held<'a> {
    Borrowed(&'a [u8]),
    Owned(Bytes),
}

impl<'a> VerifiedBody<'a> {
    pub(super) fn borrowed(bytes: &'a [u8], secret_index: usize) -> Self {
        Self { bytes: Held::Borrowed(bytes), secret_index }
    }

    pub(super) fn owned(bytes: Bytes, secret_index: usize) -> Self {
        Self { bytes: Held::Owned(bytes), secret_index }
    }

    /// A body whose signature was verified earlier, before it was stored. Nothing is checked here:
    /// whoever calls this answers for where the bytes have been since. Its
    /// [`secret_index`](Self::secret_index) is 0.
    ///
    /// ```
    /// # use passid_core::testing::webhook::envelope;
    /// use passid_core::webhook::VerifiedBody;
    ///
    /// # let stored = envelope("webhook.test", serde_json::json!({}));
    /// let event = VerifiedBody::assume_verified(stored).parse()?;
    /// assert_eq!(event.name(), "webhook.test");
    /// # Ok::<(), passid_core::webhook::EventError>(())
    /// ```
    pub fn assume_verified(bytes: impl Into<Bytes>) -> VerifiedBody<'static> {
        VerifiedBody::owned(bytes.into(), 0)
    }

    /// The bytes that were signed. Not necessarily UTF-8, and not necessarily an event.
    pub fn bytes(&self) -> &[u8] {
        match &self.bytes {
            Held::Borrowed(bytes) => bytes,
            Held::Owned(bytes) => bytes,
        }
    }

    /// The bytes to keep; copied only where they were borrowed.
    pub fn to_bytes(&self) -> Bytes {
        match &self.bytes {
            Held::Borrowed(bytes) => Bytes::copy_from_slice(bytes),
            Held::Owned(bytes) => bytes.clone(),
        }
    }

    /// Which secret signed: 0 is the current one, 1 the first previous one.
    pub fn secret_index(&self) -> usize {
        self.secret_index
    }

    /// SHA-256 of the body: the first of the two keys that tell a repetition (decision D26).
    /// Computed on each call.
    pub fn sha256(&self) -> [u8; 32] {
        Sha256::digest(self.bytes()).into()
    }

    /// Reads the event: the only way to one. An event of a name that is not known is read as
    /// [`EventData::Other`](super::EventData::Other).
    ///
    /// # Errors
    ///
    /// [`EventError`] when the bytes are no envelope, or say something else than such an event can.
    pub fn parse(&self) -> Result<Event, EventError> {
        Event::read(self.to_bytes())
    }
}

impl fmt::Debug for VerifiedBody<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifiedBody")
            .field("len", &self.bytes().len())
            .field("secret_index", &self.secret_index)
            .finish()
    }
}

/// The check of a body that comes in pieces; see
/// [`WebhookVerifier::begin`](super::WebhookVerifier::begin).
///
/// Each step gives the next, so that no piece can be forgotten after one was refused. `Debug` shows
/// how much has come.
#[must_use]
pub struct BodyCheck {
    claimed: Claimed,
    keys: Keys,
    limit: usize,
    received: Pieces,
}

/// One piece is kept as it came; more are joined.
#[derive(Default)]
struct Pieces {
    joined: BytesMut,
    only: Bytes,
}

impl BodyCheck {
    pub(super) fn new(claimed: Claimed, keys: Keys, limit: usize) -> Self {
        Self { claimed, keys, limit, received: Pieces::default() }
    }

    /// Takes the next piece.
    ///
    /// # Errors
    ///
    /// [`SignatureError::BodyTooLarge`] when the body is over the limit with it; it is not hashed.
    pub fn update(mut self, piece: impl Into<Bytes>) -> Result<Self, SignatureError> {
        let piece = piece.into();
        if piece.len() > self.limit.saturating_sub(self.received.len()) {
            return Err(SignatureError::BodyTooLarge { limit: self.limit });
        }
        self.keys.update(&piece);
        self.received.push(piece);
        Ok(self)
    }

    /// Ends the body.
    ///
    /// # Errors
    ///
    /// [`SignatureError::Mismatch`].
    pub fn finish(self) -> Result<VerifiedBody<'static>, SignatureError> {
        let secret_index = self.keys.finish(&self.claimed).ok_or(SignatureError::Mismatch)?;
        Ok(VerifiedBody::owned(self.received.into_bytes(), secret_index))
    }
}

impl Pieces {
    fn len(&self) -> usize {
        self.joined.len() + self.only.len()
    }

    fn push(&mut self, piece: Bytes) {
        if self.len() == 0 {
            self.only = piece;
            return;
        }
        if self.joined.is_empty() {
            self.joined.extend_from_slice(&std::mem::take(&mut self.only));
        }
        self.joined.extend_from_slice(&piece);
    }

    fn into_bytes(self) -> Bytes {
        if self.joined.is_empty() { self.only } else { self.joined.freeze() }
    }
}

impl fmt::Debug for BodyCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BodyCheck")
            .field("received", &self.received.len())
            .field("limit", &self.limit)
            .finish_non_exhaustive()
    }
}
