use std::collections::VecDeque;
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::Body;
use axum::http::{HeaderValue, Response, header};
use bytes::{BufMut, Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::body::Frame;

/// An answer as it looks on the wire, for the faults that write to the socket themselves: the head
/// with the full `Content-Length`, and the body.
pub(super) async fn serialised(response: Response<Body>) -> (Bytes, Bytes) {
    let (mut parts, body) = response.into_parts();
    let body = whole_body(body).await;
    parts.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(body.len()));
    parts.headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    let mut head = BytesMut::with_capacity(512);
    head.put_slice(format!("HTTP/1.1 {}\r\n", parts.status).as_bytes());
    for (name, value) in &parts.headers {
        for part in [name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"] {
            head.put_slice(part);
        }
    }
    head.put_slice(b"\r\n");
    (head.freeze(), body)
}

/// The bytes of an answer of our own, which are all in memory already.
pub(super) async fn whole_body(body: Body) -> Bytes {
    body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default()
}

/// A body whose length is not told beforehand.
pub(super) fn in_pieces(pieces: Vec<Bytes>) -> Body {
    Body::new(Pieces(pieces.into()))
}

struct Pieces(VecDeque<Bytes>);

impl hyper::body::Body for Pieces {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.0.pop_front().map(|piece| Ok(Frame::data(piece))))
    }
}
