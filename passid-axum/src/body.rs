use std::error::Error;

use bytes::{Buf, BufMut, Bytes, BytesMut};
use http::Request;
use http_body::Body;
use http_body_util::BodyExt;
use passid_core::{BoxFuture, Guard, JsonBody, Reason, Verify};

use crate::view::{Absent, View};

/// What a layer receives of a body before the decision. Sealed: [`NoBody`] or [`BufferBody`].
pub trait ReceiveBody<B>: sealed::Sealed + Clone {
    #[doc(hidden)]
    fn receive<V: Verify>(&self, guard: &Guard<V>, request: Request<B>) -> Receiving<B>;

    #[doc(hidden)]
    fn source(&self) -> Option<&JsonBody>;
}

/// A request whose body is not needed, or one whose body is on its way.
#[doc(hidden)]
#[allow(missing_debug_implementations, reason = "not part of the interface")]
#[allow(clippy::large_enum_variant, reason = "a box would cost every request an allocation")]
pub enum Receiving<B> {
    Unread(Request<B>),
    Buffering(BoxFuture<'static, Result<(Request<B>, Bytes), Reason>>),
}

/// The body is left alone: the default.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoBody;

impl<B> ReceiveBody<B> for NoBody {
    fn receive<V: Verify>(&self, _: &Guard<V>, request: Request<B>) -> Receiving<B> {
        Receiving::Unread(request)
    }

    fn source(&self) -> Option<&JsonBody> {
        None
    }
}

/// A JSON body is received first, because the token may stand in it; see
/// [`PassidLayer::json_body`](crate::PassidLayer::json_body).
#[derive(Clone, Debug)]
pub struct BufferBody(pub(crate) JsonBody);

impl<B> ReceiveBody<B> for BufferBody
where
    B: Body + From<Bytes> + Send + Unpin + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    fn receive<V: Verify>(&self, guard: &Guard<V>, request: Request<B>) -> Receiving<B> {
        let (absent, peer_address) = (Absent::unknown(), None);
        if !guard.wants_body(&View { request: &request, names: &[], absent, peer_address }) {
            return Receiving::Unread(request);
        }
        let (guard, source) = (guard.clone(), self.0.clone());
        Receiving::Buffering(Box::pin(async move {
            let (head, body) = request.into_parts();
            let bytes = guard.receive_body(&source, buffer(body, source.max_bytes())).await?;
            Ok((Request::from_parts(head, B::from(bytes.clone())), bytes))
        }))
    }

    fn source(&self) -> Option<&JsonBody> {
        Some(&self.0)
    }
}

/// The announced length is checked first and the real one while reading: either may be missing or
/// false.
async fn buffer<B>(mut body: B, limit: usize) -> Result<Bytes, Reason>
where
    B: Body + Unpin,
{
    if body.size_hint().lower() > limit as u64 {
        return Err(Reason::BodyTooLarge);
    }
    let mut bytes = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| Reason::BodyUnreadable)?;
        if let Ok(data) = frame.into_data() {
            if bytes.len() + data.remaining() > limit {
                return Err(Reason::BodyTooLarge);
            }
            bytes.put(data);
        }
    }
    Ok(bytes.freeze())
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::NoBody {}
    impl Sealed for super::BufferBody {}
}
