use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::body::BoxBody;
use actix_web::dev::Payload;
use actix_web::error::PayloadError;
use actix_web::http::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, Responder};
use bytes::Bytes;
use futures_util::Stream;
use passid_core::Answer;
use passid_core::webhook::{SIGNATURE_HEADER, WebhookRejection};

use crate::render::response;

/// A request, taken apart into what
/// [`WebhookVerifier::receive`](passid_core::webhook::WebhookVerifier::receive) asks for. Nothing of
/// the body has been read yet.
///
/// [`PassidWebhook`](crate::PassidWebhook) does all of it in one step. This is for code that stands
/// between the signature and the event, such as an inbox.
#[derive(Debug)]
#[non_exhaustive]
pub struct IncomingWebhook {
    /// Every value of the signature's header, in order. Copied out: a request that is kept while
    /// waiting would be in the way of others.
    pub signatures: Vec<HeaderValue>,
    /// Every value of `Content-Type`: a webhook of another provider may say by it how it is sealed.
    pub content_types: Vec<HeaderValue>,
    /// The length that the request says its body has, in bytes.
    pub announced: Option<u64>,
    /// The body.
    pub pieces: WebhookPieces,
}

impl IncomingWebhook {
    /// Takes the body out of a payload, and the rest out of its request.
    pub fn take(request: &HttpRequest, payload: &mut Payload) -> Self {
        let headers = request.headers();
        let announced = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok());
        Self {
            signatures: headers.get_all(SIGNATURE_HEADER).cloned().collect(),
            content_types: headers.get_all(CONTENT_TYPE).cloned().collect(),
            announced: announced.and_then(|value| value.parse().ok()),
            pieces: WebhookPieces(payload.take()),
        }
    }
}

/// The body of an [`IncomingWebhook`], piece by piece. `Debug` shows nothing of it.
pub struct WebhookPieces(Payload);

impl Stream for WebhookPieces {
    type Item = Result<Bytes, WebhookRejection>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let piece = Pin::new(&mut self.0).poll_next(context);
        piece.map(|piece| piece.map(|piece| piece.map_err(|error| broken(&error))))
    }
}

impl fmt::Debug for WebhookPieces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WebhookPieces")
    }
}

/// A limit of something before is still a limit.
fn broken(error: &PayloadError) -> WebhookRejection {
    match error {
        PayloadError::Overflow => WebhookRejection::BodyTooLarge,
        _ => WebhookRejection::BodyUnreadable,
    }
}

/// An [`Answer`] of the core as an actix-web response.
///
/// What HTTP does not allow in a header is left out, and a status that is none becomes 500: never a
/// success by accident.
#[derive(Clone, Debug)]
pub struct AnswerResponse(pub Answer);

impl Responder for AnswerResponse {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        response(self.0)
    }
}
