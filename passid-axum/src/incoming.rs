use std::error::Error;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum_core::body::BodyDataStream;
use axum_core::extract::Request;
use axum_core::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_core::Stream;
use http::HeaderValue;
use http::header::CONTENT_TYPE;
use http_body::Body as _;
use http_body_util::LengthLimitError;
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
    /// Every value of the signature's header, in order.
    pub signatures: Vec<HeaderValue>,
    /// Every value of `Content-Type`: a webhook of another provider may say by it how it is sealed.
    pub content_types: Vec<HeaderValue>,
    /// The least length that the body says it has, in bytes.
    pub announced: Option<u64>,
    /// The body.
    pub pieces: WebhookPieces,
}

impl From<Request> for IncomingWebhook {
    fn from(request: Request) -> Self {
        let (head, body) = request.into_parts();
        Self {
            signatures: head.headers.get_all(SIGNATURE_HEADER).iter().cloned().collect(),
            content_types: head.headers.get_all(CONTENT_TYPE).iter().cloned().collect(),
            announced: Some(body.size_hint().lower()),
            pieces: WebhookPieces(body.into_data_stream()),
        }
    }
}

/// The body of an [`IncomingWebhook`], piece by piece. `Debug` shows nothing of it.
pub struct WebhookPieces(BodyDataStream);

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

/// A limit of a layer before is still a limit.
fn broken(error: &axum_core::Error) -> WebhookRejection {
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if error.is::<LengthLimitError>() {
            return WebhookRejection::BodyTooLarge;
        }
        cause = error.source();
    }
    WebhookRejection::BodyUnreadable
}

/// An [`Answer`] of the core as an axum response.
///
/// What HTTP does not allow in a header is left out, and a status that is none becomes 500: never a
/// success by accident.
#[derive(Clone, Debug)]
pub struct AnswerResponse(pub Answer);

impl IntoResponse for AnswerResponse {
    fn into_response(self) -> Response {
        response(self.0)
    }
}
