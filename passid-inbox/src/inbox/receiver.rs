use std::fmt;

use bytes::Bytes;
use futures_util::Stream;
use passid_core::webhook::WebhookRejection;
use passid_core::{Answer, WebhookVerifier};

use super::{AcceptError, Inbox, Receipt};
use crate::store::Store;

/// Receives webhooks over any framework: verifies, stores, and only then answers 200.
///
/// | what happened | status | code |
/// |---|---|---|
/// | stored now, or stored before | 200 | |
/// | the signature does not hold, or the event is out of time | 401 | `SIGNATURE_INVALID` |
/// | the body is too large | 413 | `BODY_TOO_LARGE` |
/// | the body did not come in time | 408 | `BODY_TIMEOUT` |
/// | signed, and no event: kept as a dead letter | 400 | `EVENT_INVALID` |
/// | not known to be durable: PASSID sends it again | 503 | `INBOX_UNAVAILABLE` |
///
/// An event of a name that is not known is stored and answered 200 like any other.
pub struct Receiver<S = std::sync::Arc<dyn Store>> {
    inbox: Inbox<S>,
    verifier: WebhookVerifier,
}

impl<S: Store> Receiver<S> {
    /// Receives what this verifier passes into this inbox.
    pub fn new(inbox: Inbox<S>, verifier: WebhookVerifier) -> Self {
        Self { inbox, verifier }
    }

    /// Receives one webhook; see [`WebhookVerifier::receive`] for what is to be given.
    ///
    /// # Errors
    ///
    /// [`ReceiveError`], which knows its answer.
    pub async fn receive<E: Into<WebhookRejection>>(
        &self,
        header: impl IntoIterator<Item: AsRef<[u8]>>,
        announced: Option<u64>,
        pieces: impl Stream<Item = Result<Bytes, E>>,
    ) -> Result<Receipt, ReceiveError> {
        let body = self.verifier.receive(header, announced, pieces).await?;
        Ok(self.inbox.accept(&body).await?)
    }
}

impl Receipt {
    /// 200, whether it is new or not.
    pub fn answer(self) -> Answer {
        let body = match self {
            Self::New(_) => r#"{"received":true}"#,
            Self::Duplicate(_) => r#"{"received":true,"duplicate":true}"#,
        };
        answer(200, body.to_owned())
    }
}

/// Why a webhook was not received.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReceiveError {
    /// It did not get as far as the inbox.
    #[error("the webhook was refused")]
    Refused(#[from] WebhookRejection),
    /// The inbox did not accept it.
    #[error("the webhook was not accepted")]
    NotAccepted(#[from] AcceptError),
}

impl ReceiveError {
    /// The answer to PASSID. It says nothing about the reason that is not in the status.
    pub fn answer(&self) -> Answer {
        match self {
            Self::Refused(rejection) => rejection.answer(),
            Self::NotAccepted(AcceptError::Unreadable { source, .. }) => {
                WebhookRejection::Event(source.clone()).answer()
            }
            // To whoever repeats an old webhook it looks like any other refusal.
            Self::NotAccepted(AcceptError::OutOfTime) => {
                WebhookRejection::BodyUnreadable.answer()
            }
            Self::NotAccepted(AcceptError::Store(_) | AcceptError::Seal(_)) => answer(
                503,
                r#"{"error":{"code":"INBOX_UNAVAILABLE","message":"The webhook could not be stored. Send it again."}}"#
                    .to_owned(),
            ),
        }
    }
}

pub(crate) fn answer(status: u16, body: String) -> Answer {
    let headers = vec![
        ("content-type", "application/json".to_owned()),
        ("cache-control", "no-store".to_owned()),
    ];
    Answer { status, headers, body: body.into() }
}

impl<S> Clone for Receiver<S> {
    fn clone(&self) -> Self {
        Self { inbox: self.inbox.clone(), verifier: self.verifier.clone() }
    }
}

impl<S> fmt::Debug for Receiver<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver")
            .field("inbox", &self.inbox)
            .field("verifier", &self.verifier)
            .finish()
    }
}
