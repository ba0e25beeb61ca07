//! Receiving over any framework: the two adapters do nothing else.

use std::error::Error;
use std::pin::pin;

use bytes::Bytes;
use futures_core::Stream;

use super::body::{BodyCheck, VerifiedBody};
use super::event::Event;
use super::rejection::WebhookRejection;
use super::signature::SignatureError;
use super::verifier::WebhookVerifier;
use crate::clock::within;

/// An event of PASSID's with the body that was signed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ReceivedWebhook {
    /// What happened.
    pub event: Event,
    /// The raw bytes, and which secret signed them.
    pub body: VerifiedBody<'static>,
}

impl WebhookVerifier {
    /// Receives a body from a stream of pieces and checks its signature, for a framework that has no
    /// adapter here. Refusals are logged.
    ///
    /// `announced` is the body's length as the request announces it. It is checked first and the real
    /// one while receiving: either may be missing or false. A request with a malformed header is not
    /// received at all. A stream that fails says which refusal that is:
    /// [`BodyUnreadable`](WebhookRejection::BodyUnreadable), or
    /// [`BodyTooLarge`](WebhookRejection::BodyTooLarge) where a layer before has a limit of its own.
    ///
    /// # Errors
    ///
    /// [`WebhookRejection`], which knows its answer. Never [`WebhookRejection::Event`].
    pub async fn receive<E: Into<WebhookRejection>>(
        &self,
        header: impl IntoIterator<Item: AsRef<[u8]>>,
        announced: Option<u64>,
        pieces: impl Stream<Item = Result<Bytes, E>>,
    ) -> Result<VerifiedBody<'static>, WebhookRejection> {
        let begun = self.admit(header, announced);
        let received = match begun {
            Ok(check) => self.receive_pieces(check, pieces).await,
            Err(error) => Err(error.into()),
        };
        match &received {
            Ok(body) => tracing::debug!(
                target: TARGET,
                secret = body.secret_index(),
                length = body.bytes().len(),
                "signed webhook received"
            ),
            Err(rejection) => self.log(rejection),
        }
        received
    }

    /// [`receive`](Self::receive), and then the event.
    ///
    /// # Errors
    ///
    /// [`WebhookRejection`], which knows its answer.
    pub async fn receive_event<E: Into<WebhookRejection>>(
        &self,
        header: impl IntoIterator<Item: AsRef<[u8]>>,
        announced: Option<u64>,
        pieces: impl Stream<Item = Result<Bytes, E>>,
    ) -> Result<ReceivedWebhook, WebhookRejection> {
        let body = self.receive(header, announced, pieces).await?;
        match body.parse() {
            Ok(event) => Ok(ReceivedWebhook { event, body }),
            Err(error) => {
                let rejection = WebhookRejection::Event(error);
                self.log(&rejection);
                Err(rejection)
            }
        }
    }

    fn admit(
        &self,
        header: impl IntoIterator<Item: AsRef<[u8]>>,
        announced: Option<u64>,
    ) -> Result<BodyCheck, SignatureError> {
        let check = self.begin(header)?;
        let limit = self.shared.max_body;
        if announced.is_some_and(|length| length > limit as u64) {
            return Err(SignatureError::BodyTooLarge { limit });
        }
        Ok(check)
    }

    async fn receive_pieces<E: Into<WebhookRejection>>(
        &self,
        mut check: BodyCheck,
        pieces: impl Stream<Item = Result<Bytes, E>>,
    ) -> Result<VerifiedBody<'static>, WebhookRejection> {
        let receiving = async {
            let mut pieces = pin!(pieces);
            while let Some(piece) =
                std::future::poll_fn(|context| pieces.as_mut().poll_next(context)).await
            {
                let piece = piece.map_err(Into::into)?;
                check = check.update(piece)?;
            }
            Ok(check.finish()?)
        };
        within(&*self.shared.clock, self.shared.body_timeout, receiving)
            .await
            .unwrap_or(Err(WebhookRejection::BodyTimeout))
    }

    /// Anybody can send what is not signed, so that is quiet. A good form with a wrong signature may
    /// be PASSID after a change of the secret: loud, but not once per request.
    fn log(&self, rejection: &WebhookRejection) {
        let code = rejection.code();
        match rejection {
            WebhookRejection::Signature(error @ SignatureError::Mismatch) => {
                let elapsed = self.shared.clock.elapsed();
                if let Some(suppressed) = self.shared.mismatches.admit(elapsed) {
                    tracing::warn!(target: TARGET, code, suppressed, cause = %error, "webhook refused");
                }
            }
            WebhookRejection::Signature(error) => {
                tracing::debug!(target: TARGET, code, cause = %error, "webhook refused");
            }
            WebhookRejection::Event(error) => {
                let why = error.source().map(ToString::to_string);
                tracing::warn!(target: TARGET, code, cause = %error, why, "signed webhook refused");
            }
            WebhookRejection::BodyTooLarge
            | WebhookRejection::BodyUnreadable
            | WebhookRejection::BodyTimeout
            | WebhookRejection::NoVerifier => {
                tracing::debug!(target: TARGET, code, cause = %rejection, "webhook refused");
            }
        }
    }
}

const TARGET: &str = "passid::webhook";
