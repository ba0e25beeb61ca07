use std::future::{Ready, ready};
use std::sync::Arc;

use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use http::StatusCode;
use http::header::AUTHORIZATION;
use tower_http::auth::{AsyncAuthorizeRequest, AsyncRequireAuthorizationLayer};

use super::{JsonWebToken, SameWork};

/// Hands an extension on or answers 401. The future is ready and not boxed: the cheapest that this
/// layer can be had for.
trait Check: Send + Sync + 'static {
    /// Whether the request may go on, with what was found among its extensions.
    fn admit(&self, request: &mut Request) -> Option<()>;
}

impl Check for SameWork {
    fn admit(&self, request: &mut Request) -> Option<()> {
        let presented = request.headers().get(passid_core::TOKEN_HEADER)?.to_str().ok()?;
        let credential = self.credential(presented)?;
        request.extensions_mut().insert(credential);
        Some(())
    }
}

impl Check for JsonWebToken {
    fn admit(&self, request: &mut Request) -> Option<()> {
        let presented = request.headers().get(AUTHORIZATION)?.to_str().ok()?;
        let claims = self.claims(presented.strip_prefix("Bearer ")?)?;
        request.extensions_mut().insert(claims);
        Some(())
    }
}

/// A [`Check`] as tower-http wants it.
#[derive(Debug)]
pub(crate) struct Authorize<C>(Arc<C>);

impl<C> Clone for Authorize<C> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<C: Check> AsyncAuthorizeRequest<Body> for Authorize<C> {
    type RequestBody = Body;
    type ResponseBody = Body;
    type Future = Ready<Result<Request, Response>>;

    fn authorize(&mut self, mut request: Request) -> Self::Future {
        ready(match self.0.admit(&mut request) {
            Some(()) => Ok(request),
            None => {
                let mut response = Response::new(Body::empty());
                *response.status_mut() = StatusCode::UNAUTHORIZED;
                Err(response)
            }
        })
    }
}

pub(crate) fn same_work() -> AsyncRequireAuthorizationLayer<Authorize<SameWork>> {
    AsyncRequireAuthorizationLayer::new(Authorize(Arc::new(SameWork::new())))
}

pub(crate) fn json_web_token() -> AsyncRequireAuthorizationLayer<Authorize<JsonWebToken>> {
    AsyncRequireAuthorizationLayer::new(Authorize(Arc::new(JsonWebToken::new())))
}
