use std::fmt;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Response, StatusCode};
use passid_core::{Answer, Rejection};

/// Turns a refusal into a response with a body of type `B`.
pub trait RenderRejection<B> {
    /// The response. `answer` renders the refusal in the form that the guard was set to.
    fn render(&self, rejection: &Rejection, answer: impl FnOnce() -> Answer) -> Response<B>;
}

/// The guard's own form of answer, for every body that can be made from bytes.
#[derive(Clone, Copy, Debug, Default)]
pub struct FromAnswer;

impl<B: From<Bytes>> RenderRejection<B> for FromAnswer {
    fn render(&self, _: &Rejection, answer: impl FnOnce() -> Answer) -> Response<B> {
        response(answer())
    }
}

/// A closure that makes the whole response; see
/// [`PassidLayer::render_with`](crate::PassidLayer::render_with).
#[derive(Clone, Copy)]
pub struct RenderWith<F>(pub(crate) F);

impl<F, B> RenderRejection<B> for RenderWith<F>
where
    F: Fn(&Rejection) -> Response<B>,
{
    fn render(&self, rejection: &Rejection, _: impl FnOnce() -> Answer) -> Response<B> {
        (self.0)(rejection)
    }
}

impl<F> fmt::Debug for RenderWith<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RenderWith")
    }
}

/// An answer as a response. What HTTP does not allow in a custom answer is left out, and a status
/// that is none becomes 500: never a success by accident.
pub(crate) fn response<B: From<Bytes>>(answer: Answer) -> Response<B> {
    let mut response = Response::new(B::from(answer.body));
    *response.status_mut() =
        StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in answer.headers {
        if let (Ok(name), Ok(value)) =
            (HeaderName::from_bytes(name.as_bytes()), HeaderValue::try_from(value))
        {
            response.headers_mut().append(name, value);
        }
    }
    response
}
