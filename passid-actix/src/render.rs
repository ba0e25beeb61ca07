use std::fmt;
use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::{HttpRequest, HttpResponse};
use passid_core::{Answer, Rejection};

/// How a refusal becomes a response: the guard's own form, or a closure.
#[derive(Clone, Default)]
pub(crate) enum Render {
    #[default]
    FromAnswer,
    With(Arc<RenderWith>),
}

type RenderWith = dyn Fn(&Rejection, &HttpRequest) -> HttpResponse + Send + Sync;

impl Render {
    pub(crate) fn response(
        &self,
        rejection: &Rejection,
        request: &HttpRequest,
        answer: impl FnOnce() -> Answer,
    ) -> HttpResponse {
        match self {
            Self::FromAnswer => response(answer()),
            Self::With(render) => render(rejection, request),
        }
    }
}

impl fmt::Debug for Render {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::FromAnswer => "FromAnswer",
            Self::With(_) => "With",
        })
    }
}

/// An answer as a response. What HTTP does not allow in a custom answer is left out, and a status
/// that is none becomes 500: never a success by accident.
pub(crate) fn response(answer: Answer) -> HttpResponse {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut builder = HttpResponse::build(status);
    for (name, value) in answer.headers {
        if let (Ok(name), Ok(value)) =
            (HeaderName::from_bytes(name.as_bytes()), HeaderValue::try_from(value))
        {
            builder.append_header((name, value));
        }
    }
    builder.body(answer.body)
}
