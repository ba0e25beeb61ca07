//! An answer whose body is read piece by piece.

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use futures_core::Stream;

use super::{ApiResponse, TransportError, TransportErrorKind};

type Chunks = Pin<Box<dyn Stream<Item = Result<Bytes, TransportError>> + Send>>;

/// An answer whose body is read piece by piece: for files. A [`Stream`] of its pieces.
///
/// It ends with an error at the byte that is one too many. `Debug` shows the status: the body holds
/// personal data.
pub struct StreamedResponse {
    /// Without a body.
    head: ApiResponse,
    chunks: Option<Chunks>,
    remaining: usize,
}

impl StreamedResponse {
    /// Status and headers of `head`, and a body of at most `max_bytes`; for transports.
    pub fn new(
        head: ApiResponse,
        max_bytes: usize,
        chunks: impl Stream<Item = Result<Bytes, TransportError>> + Send + 'static,
    ) -> Self {
        let head = head.with_body(Bytes::new());
        Self { head, chunks: Some(Box::pin(chunks)), remaining: max_bytes }
    }

    /// An answer that has been received whole.
    pub fn whole(response: ApiResponse, max_bytes: usize) -> Self {
        let body = Some(response.body().clone()).filter(|body| !body.is_empty());
        Self::new(response, max_bytes, Once(body))
    }

    /// The HTTP status.
    pub fn status(&self) -> u16 {
        self.head.status()
    }

    /// The first value of a header; `name` in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.header(name)
    }

    /// The status and the headers, as an answer without a body.
    pub fn head(&self) -> &ApiResponse {
        &self.head
    }

    /// The next piece of the body; `None` at its end.
    ///
    /// # Errors
    ///
    /// [`TransportError`] when the body breaks off or is longer than allowed. Nothing follows.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, TransportError> {
        poll_fn(|cx| Pin::new(&mut *self).poll_next(cx)).await.transpose()
    }

    /// Reads the rest of the body.
    ///
    /// # Errors
    ///
    /// As [`chunk`](Self::chunk).
    pub async fn into_whole(mut self) -> Result<ApiResponse, TransportError> {
        let mut body = BytesMut::new();
        while let Some(chunk) = self.chunk().await? {
            body.extend_from_slice(&chunk);
        }
        Ok(self.head.with_body(body.freeze()))
    }
}

impl Stream for StreamedResponse {
    type Item = Result<Bytes, TransportError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Some(chunks) = &mut self.chunks else { return Poll::Ready(None) };
        let item = match ready!(chunks.as_mut().poll_next(cx)) {
            Some(Ok(chunk)) => match self.remaining.checked_sub(chunk.len()) {
                Some(remaining) => {
                    self.remaining = remaining;
                    return Poll::Ready(Some(Ok(chunk)));
                }
                None => Some(Err(TransportError::new(TransportErrorKind::TooLarge))),
            },
            other => other,
        };
        self.chunks = None;
        Poll::Ready(item)
    }
}

impl fmt::Debug for StreamedResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StreamedResponse").field("status", &self.status()).finish_non_exhaustive()
    }
}

struct Once(Option<Bytes>);

impl Stream for Once {
    type Item = Result<Bytes, TransportError>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Poll::Ready(self.0.take().map(Ok))
    }
}
