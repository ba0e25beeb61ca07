//! What is told about calls: a span for each, and a report for whoever counts them.

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tracing::field::Empty;
use tracing::{Instrument, Span};

use super::BaseUrl;
use crate::{Clock, ErrorKind};

/// Is told about every call that has ended: a hook for metrics.
///
/// Set where a client is built. It is called on the task of the call, before the result is handed out,
/// so it must be quick, and it must not panic: the result of the call would be lost with it. Not
/// reported are a call whose future is dropped, and one that is refused before it is made, because its
/// value cannot be sent, say. A file counts as answered with its headers.
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
///
/// That counts the calls of a [`PassidClient`](crate::PassidClient). Clients of other providers have
/// kinds of errors of their own; one observer can be told about all of them:
///
/// ```
/// use passid_core::client::{CallObserver, CallReport};
/// use passid_core::provider::CallErrorKind;
///
/// struct Metrics;
///
/// impl<K: CallErrorKind> CallObserver<K> for Metrics {
///     fn called(&self, report: &CallReport<K>) {
///         let error = report.error().map_or("", CallErrorKind::name);
///         println!("{} {} {error}", report.provider(), report.operation());
///     }
/// }
/// ```
pub trait CallObserver<K = ErrorKind>: Send + Sync + 'static {
    /// A call has ended.
    fn called(&self, report: &CallReport<K>);
}

/// A kind of failed calls, of one provider.
pub trait CallErrorKind: Clone + fmt::Debug + Send + Sync + 'static {
    /// One word for the kind, such as `rate_limited`: for metrics, and for `error.type` of spans.
    fn name(&self) -> &'static str;
}

impl CallErrorKind for ErrorKind {
    fn name(&self) -> &'static str {
        Self::name(self)
    }
}

/// What a client's calls fail with.
pub trait CallError: Error {
    /// The kinds of failures.
    type Kind: CallErrorKind;

    /// What kind of failure it is.
    fn call_error_kind(&self) -> &Self::Kind;
}

/// What is known of a call that has ended. Holds nothing secret or personal.
#[derive(Clone, Debug)]
pub struct CallReport<K = ErrorKind> {
    call: CallName,
    status: Option<u16>,
    error: Option<K>,
    attempts: u32,
    duration: Duration,
}

impl<K> CallReport<K> {
    /// The provider's name, as in credentials: `passid`.
    pub fn provider(&self) -> &'static str {
        self.call.provider
    }

    /// The call, named as the method of the client, such as `verify_token`.
    pub fn operation(&self) -> &'static str {
        self.call.operation
    }

    /// The HTTP method.
    pub fn method(&self) -> &'static str {
        self.call.method
    }

    /// The route as a template, such as `/v1/sessions/{requestId}`.
    pub fn route(&self) -> &'static str {
        self.call.route
    }

    /// The HTTP status of the answer to the last try, if there was one.
    pub fn status(&self) -> Option<u16> {
        self.status
    }

    /// How the call failed; `None` when it succeeded.
    pub fn error(&self) -> Option<&K> {
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
}

/// A call, as spans and reports name it.
#[derive(Clone, Copy, Debug)]
pub struct CallName {
    /// The provider's name, as in credentials.
    pub provider: &'static str,
    /// The method of the client.
    pub operation: &'static str,
    /// The HTTP method.
    pub method: &'static str,
    /// The path as a template: a value in it would be an id or a token.
    pub route: &'static str,
}

/// How a call ended.
#[derive(Debug)]
pub struct Ended<T, E> {
    /// What came of it.
    pub result: Result<T, E>,
    /// The HTTP status of the answer to the last try, if there was one.
    pub status: Option<u16>,
    /// How often the request was tried.
    pub attempts: u32,
}

/// Carries a call out in its span and under the eyes of the observer. `work` is given the clock's
/// [`elapsed`](Clock::elapsed) at its beginning.
///
/// The span is `passid_call`, target `passid::client`, with the field names of OpenTelemetry's HTTP
/// client spans, and `passid.provider`. The address itself is not among them: it may hold a token.
///
/// # Errors
///
/// What the call fails with.
pub async fn observed<T, E: CallError, F>(
    call: CallName,
    server: &BaseUrl,
    clock: &dyn Clock,
    observer: Option<&Arc<dyn CallObserver<E::Kind>>>,
    work: impl FnOnce(Duration) -> F,
) -> Result<T, E>
where
    F: Future<Output = Ended<T, E>>,
{
    let began = clock.elapsed();
    let span = span(&call, server);
    let Ended { result, status, attempts } = work(began).instrument(span.clone()).await;
    let error = result.as_ref().err().map(CallError::call_error_kind);
    if !span.is_disabled() {
        record(&span, status, attempts, error.map(CallErrorKind::name));
    }
    if let Some(observer) = observer {
        let duration = clock.elapsed().saturating_sub(began);
        let error = error.cloned();
        observer.called(&CallReport { call, status, error, attempts, duration });
    }
    result
}

fn span(call: &CallName, server: &BaseUrl) -> Span {
    tracing::info_span!(
        target: "passid::client",
        "passid_call",
        otel.kind = "client",
        otel.name = %SpanName(call),
        passid.provider = call.provider,
        http.request.method = call.method,
        url.template = call.route,
        server.address = server.host(),
        server.port = server.port(),
        http.response.status_code = Empty,
        http.request.resend_count = Empty,
        error.type = Empty,
    )
}

/// Fills in what [`span`] left open.
fn record(span: &Span, status: Option<u16>, attempts: u32, error: Option<&'static str>) {
    if let Some(status) = status {
        span.record("http.response.status_code", status);
    }
    if attempts > 1 {
        span.record("http.request.resend_count", attempts - 1);
    }
    if let Some(error) = error {
        span.record("error.type", error);
    }
}

struct SpanName<'a>(&'a CallName);

impl fmt::Display for SpanName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.0.method, self.0.route)
    }
}
