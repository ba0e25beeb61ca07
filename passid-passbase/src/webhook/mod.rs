//! Webhooks: what they may look like, and what they are worth.
//!
//! With a secret the body is `base64(IV ‖ AES-256-CBC)` as `text/plain`. There is no signature:
//! that the body can be opened is the only sign of where it comes from, and whoever changes it on the
//! way can change what comes out. So an [`Event`] is a hint: see
//! [`PassbaseClient::identity_of`](crate::PassbaseClient::identity_of).

mod cipher;
mod event;
mod hint;
mod refetch;
mod secret;

pub use event::{Event, EventName};
pub use refetch::Refetched;
pub use secret::{WebhookSecret, WebhookSecretError};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use passid_core::provider::json_object;

/// Opens webhooks.
///
/// ```
/// use passid_passbase::webhook::{WebhookOpener, WebhookSecret};
///
/// let secret = WebhookSecret::parse("0123456789abcdef0123456789abcdef")?;
/// let opener = WebhookOpener::encrypted(secret);
/// let body = "AAECAwQFBgcICQoLDA0OD4J3M6iwm33/4/j96+uHliCeXvU5Qj+DpqpU/xA+YhShjo5j9nJ4gMAE/abSHlRi\
///             /WJ4FWEsY3r71ZfpjP5vXF0Oi81wc0IUzNhrJbE2N6URYpa7XbjwTJlHRuPJXh+wdhYV7QIYvbo9uWhZJYZB\
///             +rV2BQi7dPvoQ7SkL1ZV6G2+nQuzGP/lO7gEuxgWwfu2djib88/pqrIHz50Xdwuom0qiKY5wDUtTu0ALoneI\
///             xItY";
/// let event = opener.open(Some("text/plain"), body.as_bytes())?;
/// assert_eq!(event.event.as_str(), "VERIFICATION_REVIEWED");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct WebhookOpener {
    /// None: plain webhooks are taken.
    secrets: Vec<WebhookSecret>,
}

/// A webhook cannot be opened or read. What is wrong with it is not told: the answer to each must be
/// the same, or whoever sends can find out the plain text byte by byte. Answer 400 and do nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the webhook cannot be opened or read; answer 400, and check the secret if it came from Passbase"
)]
pub struct WebhookError;

impl WebhookOpener {
    /// The longest body that is looked at, in bytes. Ours; the printed events have about 200.
    pub const MAX_BYTES: usize = 64 * 1024;
    /// The most secrets that are tried. Ours.
    pub const MAX_SECRETS: usize = 4;

    /// Takes what this secret opens, and nothing in plain text.
    pub fn encrypted(secret: WebhookSecret) -> Self {
        Self { secrets: vec![secret] }
    }

    /// Opens with this secret too, while one is being changed. Beyond
    /// [`MAX_SECRETS`](Self::MAX_SECRETS) it is left out. Once there is a secret nothing in plain text is
    /// taken any more.
    #[must_use]
    pub fn or_with(mut self, previous: WebhookSecret) -> Self {
        if self.secrets.len() < Self::MAX_SECRETS {
            self.secrets.push(previous);
        }
        self
    }

    /// Takes plain JSON, for a project without a webhook secret. **Anybody can send it**: use it to
    /// read an identity again, and for nothing else. Who guesses what is to come can even send it first,
    /// and what then comes from the vendor is taken for a repetition.
    pub fn plain_and_forgeable() -> Self {
        Self { secrets: Vec::new() }
    }

    /// Opens and reads the body of a webhook.
    ///
    /// Answer 200 to every event that comes out, also to one that is not known: other answers can make
    /// the vendor turn the webhook off.
    ///
    /// # Errors
    ///
    /// [`WebhookError`] for whatever is wrong (decision P85).
    pub fn open(&self, content_type: Option<&str>, body: &[u8]) -> Result<Event, WebhookError> {
        self.open_bytes(content_type, body).map(|(event, _)| event)
    }

    /// The event, and the bytes that say it.
    fn open_bytes(
        &self,
        content_type: Option<&str>,
        body: &[u8],
    ) -> Result<(Event, Bytes), WebhookError> {
        let kind = content_type.unwrap_or_default().split(';').next().unwrap_or_default().trim();
        if body.len() > Self::MAX_BYTES {
            return Err(WebhookError);
        }
        if self.secrets.is_empty() {
            let json = kind.eq_ignore_ascii_case("application/json");
            let event = read(body).filter(|_| json).ok_or(WebhookError)?;
            return Ok((event, Bytes::copy_from_slice(body)));
        }
        if !kind.eq_ignore_ascii_case("text/plain") {
            return Err(WebhookError);
        }
        let sealed = STANDARD.decode(body.trim_ascii()).map_err(|_| WebhookError)?;
        let mut found = None;
        for secret in &self.secrets {
            // What has no good padding is read all the same, so that both take about as long.
            let plain = cipher::decrypt(secret, &sealed).ok_or(WebhookError)?;
            let event = read(plain.bytes());
            let event = event.filter(|_| plain.is_padded());
            found = found.or(event.map(|event| (event, Bytes::copy_from_slice(plain.bytes()))));
        }
        found.ok_or(WebhookError)
    }
}

fn read(body: &[u8]) -> Option<Event> {
    Event::read(json_object(body).ok()?)
}
