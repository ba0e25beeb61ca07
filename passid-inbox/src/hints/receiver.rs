use std::fmt;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::{Stream, StreamExt};
use passid_core::provider::{Hint, HintOpener};
use passid_core::webhook::WebhookRejection;
use passid_core::{Answer, WebhookVerifier};

use super::Hints;
use crate::clock::within;
use crate::inbox::{AcceptError, Receipt, answer};
use crate::observe::InboxEvent;
use crate::store::Store;

/// How often the log says that webhooks cannot be opened.
const QUIET: Duration = Duration::from_secs(60);

/// Receives the webhooks of one provider over any framework: opens, stores, and only then answers 200.
///
/// | what happened | status | code |
/// |---|---|---|
/// | stored now, or stored before | 200 | |
/// | it cannot be opened, whatever is wrong, or the body broke off | 400 | `WEBHOOK_INVALID` |
/// | the body is too large | 413 | `BODY_TOO_LARGE` |
/// | the body did not come in time | 408 | `BODY_TIMEOUT` |
/// | not known to be durable | 503 | `INBOX_UNAVAILABLE` |
///
/// An event whose name is not known is stored and answered 200 like any other.
pub struct HintReceiver<S = Arc<dyn Store>> {
    hints: Hints<S>,
    opener: Arc<dyn HintOpener>,
    /// Milliseconds of the clock that does not go back, from which on the log may speak again.
    silent_until: Arc<AtomicU64>,
}

impl<S: Store> HintReceiver<S> {
    /// Receives what this opener opens into these hints.
    pub fn new(hints: Hints<S>, opener: impl HintOpener) -> Self {
        Self { hints, opener: Arc::new(opener), silent_until: Arc::default() }
    }

    /// Receives one webhook: every value of `Content-Type`, the length that the request announces, and
    /// the body piece by piece.
    ///
    /// # Errors
    ///
    /// [`HintRefusal`], which knows its answer.
    pub async fn receive<E: Into<WebhookRejection>>(
        &self,
        content_types: impl IntoIterator<Item: AsRef<[u8]>>,
        announced: Option<u64>,
        pieces: impl Stream<Item = Result<Bytes, E>>,
    ) -> Result<Receipt, HintRefusal> {
        let opened = self.open(content_types, announced, pieces).await;
        let hint = opened.inspect_err(|refusal| self.tell(refusal))?;
        Ok(self.hints.accept(self.opener.provider(), &hint).await?)
    }

    async fn open<E: Into<WebhookRejection>>(
        &self,
        content_types: impl IntoIterator<Item: AsRef<[u8]>>,
        announced: Option<u64>,
        pieces: impl Stream<Item = Result<Bytes, E>>,
    ) -> Result<Hint, HintRefusal> {
        let most = self.opener.max_bytes();
        if announced.is_some_and(|length| length > most as u64) {
            return Err(HintRefusal::BodyTooLarge);
        }
        let content_type = only(content_types);
        let clock = &*self.hints.inbox.shared.clock;
        let limit = WebhookVerifier::DEFAULT_BODY_TIMEOUT;
        let body = within(clock, limit, whole(pieces, most)).await;
        let body = body.ok_or(HintRefusal::BodyTimeout)??;
        let opened = self.opener.open_hint(content_type.as_deref(), body);
        opened.map_err(|_| HintRefusal::Unopened)
    }

    /// Anybody can send what cannot be opened, so that is not said once per request.
    fn tell(&self, refusal: &HintRefusal) {
        let provider = self.opener.provider();
        self.hints.inbox.observe(&InboxEvent::HintRefused { provider, refusal });
        let HintRefusal::Unopened = refusal else { return };
        let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        let now = self.hints.inbox.shared.clock.elapsed();
        let (now, until) = (millis(now), millis(now.saturating_add(QUIET)));
        let speaks = |silent: u64| (silent <= now).then_some(until);
        let order = Ordering::Relaxed;
        if self.silent_until.fetch_update(order, order, speaks).is_ok() {
            tracing::warn!(
                target: "passid::inbox",
                provider,
                "webhooks cannot be opened; check the secret if they came from the provider"
            );
        }
    }
}

/// The value of a header that stands once, if it is text.
fn only(values: impl IntoIterator<Item: AsRef<[u8]>>) -> Option<String> {
    let mut values = values.into_iter();
    let (only, None) = (values.next()?, values.next()) else { return None };
    std::str::from_utf8(only.as_ref()).ok().map(str::to_owned)
}

async fn whole<E: Into<WebhookRejection>>(
    pieces: impl Stream<Item = Result<Bytes, E>>,
    most: usize,
) -> Result<Bytes, HintRefusal> {
    let mut pieces = pin!(pieces);
    let mut body = BytesMut::new();
    while let Some(piece) = pieces.next().await {
        let piece = piece.map_err(|error| match error.into() {
            WebhookRejection::BodyTooLarge => HintRefusal::BodyTooLarge,
            WebhookRejection::BodyTimeout => HintRefusal::BodyTimeout,
            _ => HintRefusal::Unopened,
        })?;
        if piece.len() > most.saturating_sub(body.len()) {
            return Err(HintRefusal::BodyTooLarge);
        }
        body.extend_from_slice(&piece);
    }
    Ok(body.freeze())
}

/// Why a webhook of another provider was not received.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HintRefusal {
    /// It cannot be opened, or broke off. What is wrong is not told, or whoever sends could find out
    /// what is sealed.
    #[error("the webhook cannot be opened; check the secret if it came from the provider")]
    Unopened,
    /// The body is over the limit, or over that of a layer before.
    #[error("the body of the webhook is longer than allowed")]
    BodyTooLarge,
    /// The body did not come in time.
    #[error("the body of the webhook did not come in time")]
    BodyTimeout,
    /// It is not known to be durable.
    #[error("the webhook was not accepted")]
    NotAccepted(#[from] AcceptError),
}

impl HintRefusal {
    /// The code in the answer.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unopened => "WEBHOOK_INVALID",
            Self::BodyTooLarge => "BODY_TOO_LARGE",
            Self::BodyTimeout => "BODY_TIMEOUT",
            Self::NotAccepted(_) => "INBOX_UNAVAILABLE",
        }
    }

    /// The answer to the provider: the same for whatever cannot be opened.
    pub fn answer(&self) -> Answer {
        let (status, message) = match self {
            Self::Unopened => (400, "The webhook cannot be read."),
            Self::BodyTooLarge => (413, "The request body is too large."),
            Self::BodyTimeout => (408, "The request body did not arrive in time."),
            Self::NotAccepted(_) => (503, "The webhook could not be stored. Send it again."),
        };
        let code = self.code();
        answer(status, format!(r#"{{"error":{{"code":"{code}","message":"{message}"}}}}"#))
    }
}

impl<S> Clone for HintReceiver<S> {
    fn clone(&self) -> Self {
        Self {
            hints: self.hints.clone(),
            opener: Arc::clone(&self.opener),
            silent_until: Arc::clone(&self.silent_until),
        }
    }
}

impl<S> fmt::Debug for HintReceiver<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HintReceiver")
            .field("hints", &self.hints)
            .field("provider", &self.opener.provider())
            .finish()
    }
}
