//! What is told about calls: a span for each, and a report for whoever counts them.

use std::fmt;
use std::time::Duration;

use passid_core::provider::BaseUrl;
use tracing::Span;
use tracing::field::Empty;

use super::ErrorKind;
use super::call::Call;

/// Is told about every call that has ended: a hook for metrics.
///
/// It is called on the task of the call, so it must be quick, and it must not panic. A call whose
/// future is dropped is not reported. A file counts as answered with its headers.
pub trait CallObserver: fmt::Debug + Send + Sync + 'static {
    /// A call has ended.
    fn called(&self, report: &CallReport);
}

/// What is known of a call that has ended. Holds nothing secret or personal.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct CallReport {
    /// The call, named as the method of [`PassbaseClient`](crate::PassbaseClient): `identity`.
    pub operation: &'static str,
    /// The route as a template, such as `/identities/{id}`.
    pub route: &'static str,
    /// The HTTP status of the answer to the last try, if there was one.
    pub status: Option<u16>,
    /// How the call failed; `None` when it succeeded.
    pub error: Option<ErrorKind>,
    /// How often the request was tried.
    pub attempts: u32,
    /// From the beginning of the call to its end, delays between tries included.
    pub duration: Duration,
}

impl CallReport {
    /// Fills in what [`span`] left open.
    pub(super) fn record(&self, span: &Span) {
        if let Some(status) = self.status {
            span.record("http.response.status_code", status);
        }
        if self.attempts > 1 {
            span.record("http.request.resend_count", self.attempts - 1);
        }
        if let Some(error) = self.error {
            span.record("error.type", error.name());
        }
    }
}

/// The span of a call. The address itself is not among its fields: it holds ids.
pub(super) fn span(call: &Call, base_url: &BaseUrl) -> Span {
    tracing::info_span!(
        target: "passid::client",
        "passbase_call",
        otel.kind = "client",
        http.request.method = "GET",
        url.template = call.route,
        server.address = base_url.host(),
        server.port = base_url.port(),
        http.response.status_code = Empty,
        http.request.resend_count = Empty,
        error.type = Empty,
    )
}
