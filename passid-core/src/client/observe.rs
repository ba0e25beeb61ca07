//! What is told about calls: a span for each, and a report for whoever counts them.

use std::fmt;
use std::time::Duration;

use tracing::Span;
use tracing::field::Empty;

use super::endpoint::BaseUrl;
use super::operation::Operation;
use super::{ApiError, ErrorKind};

/// Is told about every call that has ended: a hook for metrics.
///
/// Set with [`PassidClientBuilder::observer`](super::PassidClientBuilder::observer). It is called on
/// the task of the call, before the result is handed out, so it must be quick, and it must not panic:
/// the result of the call would be lost with it. Not reported are a call whose future is dropped, and
/// one that is not made because its value cannot be sent ([`ErrorKind::Unsendable`]).
///
/// ```
/// use std::sync::atomic::{AtomicU64, Ordering};
/// use passid_core::client::{CallObserver, CallReport};
///
/// #[derive(Debug, Default)]
/// struct Failures(AtomicU64);
///
/// impl CallObserver for Failures {
///     fn called(&self, report: &CallReport) {
///         if report.error().is_some() {
///             self.0.fetch_add(1, Ordering::Relaxed);
///         }
///     }
/// }
/// ```
pub trait CallObserver: Send + Sync + 'static {
    /// A call has ended.
    fn called(&self, report: &CallReport);
}

/// What is known of a call that has ended. Holds nothing secret or personal.
#[derive(Clone, Debug)]
pub struct CallReport {
    operation: &'static str,
    method: &'static str,
    route: &'static str,
    status: Option<u16>,
    error: Option<ErrorKind>,
    attempts: u32,
    duration: Duration,
}

impl CallReport {
    /// The call, named as the method of [`PassidClient`](super::PassidClient): `verify_token`.
    pub fn operation(&self) -> &'static str {
        self.operation
    }

    /// The HTTP method.
    pub fn method(&self) -> &'static str {
        self.method
    }

    /// The route as a template, such as `/v1/sessions/{requestId}`.
    pub fn route(&self) -> &'static str {
        self.route
    }

    /// The HTTP status of the answer to the last try, if there was one.
    pub fn status(&self) -> Option<u16> {
        self.status
    }

    /// How the call failed; `None` when it succeeded.
    pub fn error(&self) -> Option<&ErrorKind> {
        self.error.as_ref()
    }

    /// How often the request was tried.
    pub fn attempts(&self) -> u32 {
        self.attempts
    }

    /// From the beginning of the call to its end, delays between tries included.
    pub fn duration(&self) -> Duration {
        self.duration
    }

    pub(super) fn new<T>(
        operation: &Operation<'_>,
        end: &Ended<'_, T>,
        duration: Duration,
    ) -> Self {
        Self {
            operation: operation.name,
            method: operation.method.as_str(),
            route: operation.route,
            status: end.status,
            error: end.result.as_ref().err().map(|error| error.kind().clone()),
            attempts: end.attempts,
            duration,
        }
    }
}

/// How a call ended.
pub(super) struct Ended<'a, T> {
    pub(super) attempts: u32,
    pub(super) status: Option<u16>,
    pub(super) result: &'a Result<T, ApiError>,
}

impl<T> Ended<'_, T> {
    /// Fills in what [`span`] left open.
    pub(super) fn record(&self, span: &Span) {
        if span.is_disabled() {
            return;
        }
        if let Some(status) = self.status {
            span.record("http.response.status_code", status);
        }
        if self.attempts > 1 {
            span.record("http.request.resend_count", self.attempts - 1);
        }
        if let Err(error) = self.result {
            span.record("error.type", error.kind().name());
        }
    }
}

/// The span of a call, with the field names of OpenTelemetry's HTTP client spans. The address itself
/// is not among them: it may hold a token.
pub(super) fn span(operation: &Operation<'_>, base_url: &BaseUrl) -> Span {
    let (method, route) = (operation.method.as_str(), operation.route);
    tracing::info_span!(
        target: "passid::client",
        "passid_call",
        otel.kind = "client",
        otel.name = %SpanName { method, route },
        http.request.method = method,
        url.template = route,
        server.address = base_url.host(),
        server.port = base_url.port(),
        http.response.status_code = Empty,
        http.request.resend_count = Empty,
        error.type = Empty,
    )
}

struct SpanName {
    method: &'static str,
    route: &'static str,
}

impl fmt::Display for SpanName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.route)
    }
}
