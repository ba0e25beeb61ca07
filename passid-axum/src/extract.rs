use std::fmt;
use std::ops::Deref;

use axum_core::body::Body;
use axum_core::extract::{FromRequestParts, OptionalFromRequestParts};
use axum_core::response::{IntoResponse, Response};
use http::request::Parts;
use passid_core::{Answers, Rejection, VerifiedCredential};

use crate::render::response;
use crate::view::passed;

/// Extracts the credential that a [`PassidLayer`](crate::PassidLayer) let pass.
///
/// `Option<Verified>` is for routes behind an optional guard: `None` means that no token was
/// presented. An invalid one has been refused by the layer already.
///
/// ```
/// use passid_axum::Verified;
///
/// async fn greeting(verified: Option<Verified>) -> &'static str {
///     if verified.is_some() { "Hello, verified caller." } else { "Hello." }
/// }
/// # let _ = greeting;
/// ```
///
/// # Rejections
///
/// 401 `TOKEN_MISSING` behind an optional guard without a token, in terse JSON; 500 with an error in
/// the log where no layer stands before the route, for `Option<Verified>` too.
#[derive(Clone, Debug)]
pub struct Verified(pub VerifiedCredential);

impl Deref for Verified {
    type Target = VerifiedCredential;

    fn deref(&self) -> &VerifiedCredential {
        &self.0
    }
}

impl<S: Sync> FromRequestParts<S> for Verified {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refused> {
        passed(&parts.extensions)
            .required()
            .map(|credential| Self(credential.clone()))
            .map_err(Refused)
    }
}

impl<S: Sync> OptionalFromRequestParts<S> for Verified {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Refused> {
        let credential = passed(&parts.extensions).optional().map_err(Refused)?;
        Ok(credential.map(|credential| Self(credential.clone())))
    }
}

/// A [`Rejection`] as an axum response: terse JSON.
///
/// ```
/// use passid_axum::Refused;
/// use passid_core::{Reason, Rejection};
///
/// async fn handler() -> Result<&'static str, Refused> {
///     Err(Refused(Rejection::bare(Reason::Missing)))
/// }
/// # let _ = handler;
/// ```
#[derive(Clone, Debug)]
pub struct Refused(pub Rejection);

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        response::<Body>(Answers::json().render(&self.0))
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
