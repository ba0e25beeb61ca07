//! The seam to the network: one HTTP exchange, without any rule.

use std::error::Error;
use std::fmt;

use bytes::Bytes;

use super::StreamedResponse;
use crate::BoxFuture;

/// Carries one HTTP exchange.
///
/// An implementation sends each request **at most once**, follows no redirect, and stops reading an
/// answer after [`ApiRequest::max_response_bytes`]. Deadlines are the client's: it drops the future
/// when one has passed.
///
/// The client ships one over reqwest (features `rustls`, `native-tls`); tests use
/// [`MockTransport`](crate::testing::MockTransport).
pub trait Transport: fmt::Debug + Send + Sync + 'static {
    /// Sends a request and receives the whole answer.
    ///
    /// # Errors
    ///
    /// [`TransportError`] with the phase it happened in: a one-time code may be redeemed again only
    /// when no byte of the request can have left.
    fn send(&self, request: ApiRequest) -> BoxFuture<'static, Result<ApiResponse, TransportError>>;

    /// Sends a request and receives the answer's status and headers; its body is read by whoever
    /// holds the [`StreamedResponse`], up to [`ApiRequest::max_response_bytes`]. For files.
    ///
    /// Unless implemented, the whole answer is received first, by [`send`](Self::send).
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    fn open(
        &self,
        request: ApiRequest,
    ) -> BoxFuture<'static, Result<StreamedResponse, TransportError>> {
        let max_bytes = request.max_response_bytes;
        let whole = self.send(request);
        Box::pin(async move { Ok(StreamedResponse::whole(whole.await?, max_bytes)) })
    }
}

/// One request, ready to be sent.
///
/// `Debug` shows method and route: the address, the headers and the body can hold secrets.
#[derive(Clone)]
pub struct ApiRequest {
    pub(super) method: &'static str,
    pub(super) route: &'static str,
    pub(super) url: String,
    pub(super) headers: Vec<RequestHeader>,
    pub(super) body: Bytes,
    pub(super) max_response_bytes: usize,
}

/// A header of a request.
#[derive(Clone)]
pub struct RequestHeader {
    /// The name, in lower case.
    pub name: &'static str,
    /// The value: printable ASCII.
    pub value: String,
    /// Whether the value is a secret, which a transport must keep out of its own logs.
    pub sensitive: bool,
}

impl ApiRequest {
    /// A request without headers and without a body; for clients of other providers.
    ///
    /// `route` is the template of the path, for logs and metrics. Not one byte of the answer's body
    /// may be read unless [`with_max_response_bytes`](Self::with_max_response_bytes) says so.
    ///
    /// ```
    /// use passid_core::client::ApiRequest;
    ///
    /// let request = ApiRequest::new("GET", "/identities/{id}", "https://api.example.com/identities/1")
    ///     .with_secret_header("x-api-key", "0f1e2d3c")
    ///     .with_max_response_bytes(64 * 1024);
    /// assert!(!format!("{request:?}").contains("0f1e2d3c"));
    /// ```
    pub fn new(method: &'static str, route: &'static str, url: impl Into<String>) -> Self {
        Self {
            method,
            route,
            url: url.into(),
            headers: Vec::new(),
            body: Bytes::new(),
            max_response_bytes: 0,
        }
    }

    /// Adds a header; its name in lower case.
    #[must_use]
    pub fn with_header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push(RequestHeader { name, value: value.into(), sensitive: false });
        self
    }

    /// Adds a header that a transport must keep out of its own logs; its name in lower case.
    #[must_use]
    pub fn with_secret_header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push(RequestHeader { name, value: value.into(), sensitive: true });
        self
    }

    /// Sets the body.
    #[must_use]
    pub fn with_body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self
    }

    /// Sets how many bytes of the answer's body may be read.
    #[must_use]
    pub fn with_max_response_bytes(mut self, bytes: usize) -> Self {
        self.max_response_bytes = bytes;
        self
    }

    /// The HTTP method.
    pub fn method(&self) -> &'static str {
        self.method
    }

    /// The route as a template, such as `/v1/verify`: for logs and metrics.
    pub fn route(&self) -> &'static str {
        self.route
    }

    /// The absolute address. May hold a token.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The headers.
    pub fn headers(&self) -> &[RequestHeader] {
        &self.headers
    }

    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        headers.find(|header| header.name == name).map(|header| &*header.value)
    }

    /// The body; JSON unless the headers say otherwise.
    pub fn body(&self) -> &Bytes {
        &self.body
    }

    /// How many bytes of the answer's body may be read.
    pub fn max_response_bytes(&self) -> usize {
        self.max_response_bytes
    }
}

impl fmt::Debug for ApiRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiRequest")
            .field("method", &self.method)
            .field("route", &self.route)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for RequestHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestHeader").field("name", &self.name).finish_non_exhaustive()
    }
}

/// One answer. `Debug` shows the status and the length: the body holds personal data.
#[derive(Clone)]
pub struct ApiResponse {
    status: u16,
    headers: Vec<(String, String)>,
    body: Bytes,
}

impl ApiResponse {
    /// An answer without headers.
    pub fn new(status: u16, body: impl Into<Bytes>) -> Self {
        Self { status, headers: Vec::new(), body: body.into() }
    }

    /// Adds a header.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_ascii_lowercase(), value.into()));
        self
    }

    /// The same answer with another body.
    #[must_use]
    pub fn with_body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self
    }

    /// The HTTP status.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The first value of a header; `name` in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        headers.find(|(header, _)| header == name).map(|(_, value)| &**value)
    }

    /// The body.
    pub fn body(&self) -> &Bytes {
        &self.body
    }
}

impl fmt::Debug for ApiResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiResponse")
            .field("status", &self.status)
            .field("body_len", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// Why an exchange failed.
#[derive(Debug, thiserror::Error)]
#[error("{kind}")]
pub struct TransportError {
    kind: TransportErrorKind,
    #[source]
    source: Option<Box<dyn Error + Send + Sync>>,
}

/// The kinds of failed exchanges.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TransportErrorKind {
    /// No connection came about: **no byte of the request has left**.
    #[error("no connection could be made")]
    Connect,
    /// The exchange broke off at some later point: the request may have been received and acted on.
    #[error("the connection broke before the answer was complete")]
    Interrupted,
    /// The answer is longer than allowed. The request was acted on.
    #[error("the answer is longer than allowed")]
    TooLarge,
}

impl TransportError {
    /// A failure of the given kind.
    pub fn new(kind: TransportErrorKind) -> Self {
        Self { kind, source: None }
    }

    /// The error behind it. It must hold no secret.
    #[must_use]
    pub fn because(mut self, source: impl Error + Send + Sync + 'static) -> Self {
        self.source = Some(Box::new(source));
        self
    }

    /// What kind of failure it is.
    pub fn kind(&self) -> TransportErrorKind {
        self.kind
    }

    /// Whether bytes of the request may have left.
    pub fn may_have_been_sent(&self) -> bool {
        self.kind != TransportErrorKind::Connect
    }
}
