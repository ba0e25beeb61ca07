use std::fmt;
use std::future::{Ready, ready};
use std::ops::Deref;

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::{FromRequest, HttpRequest, HttpResponse, ResponseError};
use passid_core::{Answers, Rejection, VerifiedCredential};

use crate::render::response;
use crate::view::passed;

/// Extracts the credential that a [`PassidMiddleware`](crate::PassidMiddleware) let pass.
///
/// Behind an optional guard use [`MaybeVerified`]: `Option<Verified>` would hide a missing
/// middleware.
///
/// # Errors
///
/// 401 `TOKEN_MISSING` behind an optional guard without a token, in terse JSON; 500 with an error in
/// the log where no middleware stands before the route.
#[derive(Clone, Debug)]
pub struct Verified(pub VerifiedCredential);

impl Deref for Verified {
    type Target = VerifiedCredential;

    fn deref(&self) -> &VerifiedCredential {
        &self.0
    }
}

impl FromRequest for Verified {
    type Error = Refused;
    type Future = Ready<Result<Self, Refused>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let credential = passed(request, |passed| passed.required().cloned());
        ready(credential.map(Self).map_err(Refused))
    }
}

/// Extracts the credential behind an optional guard: `None` means that no token was presented. An
/// invalid one has been refused already.
///
/// ```
/// use passid_actix::MaybeVerified;
///
/// async fn greeting(MaybeVerified(credential): MaybeVerified) -> &'static str {
///     if credential.is_some() { "Hello, verified caller." } else { "Hello." }
/// }
/// # let _ = greeting;
/// ```
///
/// # Errors
///
/// 500 with an error in the log where no middleware stands before the route.
#[derive(Clone, Debug)]
pub struct MaybeVerified(pub Option<VerifiedCredential>);

impl FromRequest for MaybeVerified {
    type Error = Refused;
    type Future = Ready<Result<Self, Refused>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let credential = passed(request, |passed| Ok(passed.optional()?.cloned()));
        ready(credential.map(Self).map_err(Refused))
    }
}

/// A [`Rejection`] as an actix-web error: terse JSON.
#[derive(Clone, Debug)]
pub struct Refused(pub Rejection);

impl ResponseError for Refused {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.0.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse {
        response(Answers::json().render(&self.0))
    }
}

impl From<Rejection> for Refused {
    fn from(rejection: Rejection) -> Self {
        Self(rejection)
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Refused {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source()
    }
}
