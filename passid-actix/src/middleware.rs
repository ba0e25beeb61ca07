use std::fmt;
use std::future::{Ready, ready};
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform};
use actix_web::{Error, HttpRequest, HttpResponse};
use passid_core::{Guard, JsonBody, Rejection, Verify};

use crate::future::ResponseFuture;
use crate::render::Render;
use crate::settings::Settings;

/// Puts a [`Guard`] before an `App`, a `Scope` or a `Resource`: requests that it refuses never reach
/// a handler.
///
/// The credential is handed on in the request's extensions as
/// [`VerifiedCredential`](passid_core::VerifiedCredential), for the extractors
/// [`Verified`](crate::Verified) and [`MaybeVerified`](crate::MaybeVerified) or anyone else. Headers
/// that may hold a token are marked sensitive.
#[must_use]
pub struct PassidMiddleware<V> {
    settings: Arc<Settings<V>>,
}

impl<V: Verify> PassidMiddleware<V> {
    /// A middleware that does what this guard decides.
    pub fn new(guard: Guard<V>) -> Self {
        Self { settings: Arc::new(Settings::new(guard)) }
    }

    fn with(self, change: impl FnOnce(&mut Settings<V>)) -> Self {
        let mut settings = (*self.settings).clone();
        change(&mut settings);
        Self { settings: Arc::new(settings) }
    }

    /// Makes the whole response to a refusal in a closure. Nothing is added: copy
    /// [`Rejection::headers`] where they fit.
    pub fn render_with(
        self,
        render: impl Fn(&Rejection, &HttpRequest) -> HttpResponse + Send + Sync + 'static,
    ) -> Self {
        self.with(|settings| settings.render = Render::With(Arc::new(render)))
    }

    /// Leaves the values of token headers unmarked.
    ///
    /// Marking them sensitive changes the request, which actix-web allows only while nobody else
    /// holds it: an outer middleware that keeps a clone of the `HttpRequest` while it calls on makes
    /// the worker panic, here as in actix-web's own routing. If you have such a middleware and wrap a
    /// resource or a route, this is the way out.
    pub fn leave_token_headers(self) -> Self {
        self.with(|settings| settings.mark_token_headers = false)
    }

    /// Looks for the token in a field of a JSON body too.
    pub fn json_body(self, source: JsonBody) -> Self {
        self.with(|settings| settings.body = Some(source))
    }
}

impl<V> Clone for PassidMiddleware<V> {
    fn clone(&self) -> Self {
        Self { settings: self.settings.clone() }
    }
}

impl<V> fmt::Debug for PassidMiddleware<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PassidMiddleware")
            .field("guard", &self.settings.guard)
            .finish_non_exhaustive()
    }
}

impl<S, V, B> Transform<S, ServiceRequest> for PassidMiddleware<V>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    V: Verify,
    B: MessageBody,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type Transform = PassidService<S, V>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, ()>>;

    fn new_transform(&self, inner: S) -> Self::Future {
        ready(Ok(PassidService { inner: Rc::new(inner), settings: self.settings.clone() }))
    }
}

/// The service of a [`PassidMiddleware`].
pub struct PassidService<S, V> {
    inner: Rc<S>,
    settings: Arc<Settings<V>>,
}

impl<S, V, B> Service<ServiceRequest> for PassidService<S, V>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    V: Verify,
    B: MessageBody,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type Future = ResponseFuture<S, V, B>;

    fn poll_ready(&self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&self, request: ServiceRequest) -> Self::Future {
        ResponseFuture::start(&self.inner, &self.settings, request)
    }
}

impl<S, V> fmt::Debug for PassidService<S, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PassidService").field("guard", &self.settings.guard).finish_non_exhaustive()
    }
}
