use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::{Request, Response};
use passid_core::{Guard, JsonBody, Rejection, Verify};
use tower_layer::Layer;
use tower_service::Service;

use crate::body::{BufferBody, NoBody, ReceiveBody};
use crate::future::{Parts, ResponseFuture};
use crate::render::{FromAnswer, RenderRejection, RenderWith};
use crate::settings::Settings;

/// Puts a [`Guard`] before a service: requests that it refuses never reach the service.
///
/// The credential is handed on in the request's extensions as
/// [`VerifiedCredential`](passid_core::VerifiedCredential), for the extractor
/// [`Verified`](crate::Verified) or anyone else. Works with any body and any error type of the inner
/// service; refusals are responses, never errors. Headers that may hold a token are marked
/// sensitive.
///
/// Waiting for the verifier happens after the inner service has become ready, so a reserved place in
/// it stays taken meanwhile: put concurrency limits outside this layer.
#[must_use]
pub struct PassidLayer<V, R = FromAnswer, B = NoBody> {
    settings: Settings<V>,
    render: R,
    body: B,
}

impl<V: Verify> PassidLayer<V> {
    /// A layer that does what this guard decides.
    pub fn new(guard: Guard<V>) -> Self {
        Self { settings: Settings::new(guard), render: FromAnswer, body: NoBody }
    }
}

impl<V, R, B> PassidLayer<V, R, B> {
    /// Makes the whole response to a refusal in a closure, also for bodies that cannot be made from
    /// bytes, such as those of gRPC. Nothing is added: copy
    /// [`Rejection::headers`] where they fit.
    pub fn render_with<F, ResB>(self, render: F) -> PassidLayer<V, RenderWith<F>, B>
    where
        F: Fn(&Rejection) -> Response<ResB>,
    {
        PassidLayer { settings: self.settings, render: RenderWith(render), body: self.body }
    }

    /// Where the address of the connection stands among the extensions of a request, for a guard with
    /// an [`AttemptLimiter`](passid_core::AttemptLimiter). With axum's `ConnectInfo`:
    ///
    /// ```
    /// use std::net::SocketAddr;
    /// use axum::extract::ConnectInfo;
    /// # use passid_axum::PassidLayer;
    /// # fn layer<V: passid_core::Verify>(layer: PassidLayer<V>) -> PassidLayer<V> {
    /// layer.peer_address(|extensions| {
    ///     extensions.get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0.ip())
    /// })
    /// # }
    /// ```
    ///
    /// Serve the router with `into_make_service_with_connect_info::<SocketAddr>()` then.
    pub fn peer_address(
        mut self,
        find: impl Fn(&http::Extensions) -> Option<IpAddr> + Send + Sync + 'static,
    ) -> Self {
        self.settings.peer_address = Some(Arc::new(find));
        self
    }

    /// Looks for the token in a field of a JSON body too. For requests whose body can be made from
    /// bytes, such as axum's. Trailers of a body that was received are lost.
    pub fn json_body(self, source: JsonBody) -> PassidLayer<V, R, BufferBody> {
        PassidLayer { settings: self.settings, render: self.render, body: BufferBody(source) }
    }
}

impl<S, V, R: Clone, B: Clone> Layer<S> for PassidLayer<V, R, B> {
    type Service = PassidService<S, V, R, B>;

    fn layer(&self, inner: S) -> Self::Service {
        PassidService {
            inner,
            settings: self.settings.clone(),
            render: self.render.clone(),
            body: self.body.clone(),
        }
    }
}

impl<V, R: Clone, B: Clone> Clone for PassidLayer<V, R, B> {
    fn clone(&self) -> Self {
        Self {
            settings: self.settings.clone(),
            render: self.render.clone(),
            body: self.body.clone(),
        }
    }
}

impl<V, R, B> fmt::Debug for PassidLayer<V, R, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PassidLayer").field("guard", &self.settings.guard).finish_non_exhaustive()
    }
}

/// The service of a [`PassidLayer`].
pub struct PassidService<S, V, R = FromAnswer, B = NoBody> {
    inner: S,
    settings: Settings<V>,
    render: R,
    body: B,
}

impl<S: Clone, V, R: Clone, B: Clone> Clone for PassidService<S, V, R, B> {
    fn clone(&self) -> Self {
        Self {
            inner: self.inner.clone(),
            settings: self.settings.clone(),
            render: self.render.clone(),
            body: self.body.clone(),
        }
    }
}

impl<S, V, R, B, ReqB, ResB> Service<Request<ReqB>> for PassidService<S, V, R, B>
where
    S: Service<Request<ReqB>, Response = Response<ResB>> + Clone,
    V: Verify,
    R: RenderRejection<ResB> + Clone,
    B: ReceiveBody<ReqB>,
{
    type Response = Response<ResB>;
    type Error = S::Error;
    type Future = ResponseFuture<S, V, R, B, ReqB, ResB>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<ReqB>) -> Self::Future {
        ResponseFuture::start(
            Parts {
                inner: &mut self.inner,
                settings: &self.settings,
                render: &self.render,
                body: &self.body,
            },
            request,
        )
    }
}

impl<S, V, R, B> fmt::Debug for PassidService<S, V, R, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PassidService").field("guard", &self.settings.guard).finish_non_exhaustive()
    }
}
