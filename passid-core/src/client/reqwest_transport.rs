//! The transport over reqwest: one connection pool, no redirects, no proxy, no retry of its own.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use futures_core::Stream;
use reqwest::header::{HeaderName, HeaderValue};
use reqwest::{Method, redirect};
use tokio::runtime::Handle;

use super::transport::{ApiRequest, ApiResponse, Transport, TransportError, TransportErrorKind};
use super::{BuildError, PassidClientBuilder, StreamedResponse};
use crate::BoxFuture;

/// Header fields of an answer that are read; nothing else is copied.
const READ_HEADERS: [&str; 6] = [
    "content-encoding",
    "content-type",
    "retry-after",
    "transfer-encoding",
    "x-passid-api-version",
    "x-request-id",
];

/// Carries requests over one pool of connections: no redirects, no proxy (decision P14), no retry of
/// its own. Needs the feature `rustls` or `native-tls`, or `reqwest` for plain `http`.
///
/// ```
/// use std::time::Duration;
/// use passid_core::provider::ReqwestTransport;
///
/// let transport = ReqwestTransport::builder()
///     .connect_timeout(Duration::from_secs(2))
///     .user_agent("our-service/1.0")
///     .build()?;
/// # let _ = transport;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct ReqwestTransport {
    client: reqwest::Client,
    runtime: Option<Handle>,
}

impl ReqwestTransport {
    /// Starts a transport.
    pub fn builder() -> ReqwestTransportBuilder {
        ReqwestTransportBuilder {
            connect_timeout: PassidClientBuilder::DEFAULT_CONNECT_TIMEOUT,
            user_agent: concat!("passid-rust/", env!("CARGO_PKG_VERSION")).to_owned(),
            https_only: true,
            runtime: None,
        }
    }
}

/// Sets a [`ReqwestTransport`] up.
#[derive(Debug)]
#[must_use]
pub struct ReqwestTransportBuilder {
    connect_timeout: Duration,
    user_agent: String,
    https_only: bool,
    runtime: Option<Handle>,
}

impl ReqwestTransportBuilder {
    /// Longest time for a connection to come about; 3 s unless set.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// The `User-Agent`; `passid-rust/VERSION` unless set.
    pub fn user_agent(mut self, name: impl Into<String>) -> Self {
        self.user_agent = name.into();
        self
    }

    /// Whether plain `http` is refused; it is, unless set.
    pub fn https_only(mut self, only: bool) -> Self {
        self.https_only = only;
        self
    }

    /// The tokio runtime that drives connections; that of the request that opens one unless set.
    pub fn runtime(mut self, runtime: Handle) -> Self {
        self.runtime = Some(runtime);
        self
    }

    /// The transport.
    ///
    /// # Errors
    ///
    /// [`BuildError::Transport`] when the TLS library or the user agent does not allow it.
    pub fn build(self) -> Result<ReqwestTransport, BuildError> {
        let client = reqwest::Client::builder()
            .connect_timeout(self.connect_timeout)
            .user_agent(self.user_agent)
            .https_only(self.https_only)
            .redirect(redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            // P14: a proxy would see the key of a plain-text call; who needs one brings a transport.
            .no_proxy()
            .build()
            .map_err(|error| BuildError::Transport(Box::new(error)))?;
        Ok(ReqwestTransport { client, runtime: self.runtime })
    }
}

impl ReqwestTransport {
    /// On the runtime that drives the connections, if there is one.
    fn run<T: Send + 'static>(
        &self,
        exchange: impl Future<Output = Result<T, TransportError>> + Send + 'static,
    ) -> BoxFuture<'static, Result<T, TransportError>> {
        match &self.runtime {
            None => Box::pin(exchange),
            Some(runtime) => {
                let task = AbortOnDrop(runtime.spawn(exchange));
                Box::pin(task.join())
            }
        }
    }
}

impl Transport for ReqwestTransport {
    fn send(&self, request: ApiRequest) -> BoxFuture<'static, Result<ApiResponse, TransportError>> {
        let client = self.client.clone();
        self.run(async move { open(client, request).await?.into_whole().await })
    }

    fn open(
        &self,
        request: ApiRequest,
    ) -> BoxFuture<'static, Result<StreamedResponse, TransportError>> {
        self.run(open(self.client.clone(), request))
    }
}

async fn open(
    client: reqwest::Client,
    request: ApiRequest,
) -> Result<StreamedResponse, TransportError> {
    let not_sent = || TransportError::new(TransportErrorKind::Connect);
    let method =
        Method::from_bytes(request.method.as_bytes()).map_err(|e| not_sent().because(e))?;
    let mut builder = client.request(method, &request.url);
    for header in &request.headers {
        let name =
            HeaderName::from_bytes(header.name.as_bytes()).map_err(|e| not_sent().because(e))?;
        let mut value = HeaderValue::from_str(&header.value).map_err(|e| not_sent().because(e))?;
        value.set_sensitive(header.sensitive);
        builder = builder.header(name, value);
    }
    if !request.body.is_empty() {
        builder = builder.body(request.body);
    }
    let answer = builder.send().await.map_err(failed)?;

    let mut head = ApiResponse::new(answer.status().as_u16(), Vec::new());
    for name in READ_HEADERS {
        if let Some(value) = answer.headers().get(name).and_then(|value| value.to_str().ok()) {
            head = head.with_header(name, value);
        }
    }
    Ok(StreamedResponse::new(head, request.max_response_bytes, Chunks(next(answer))))
}

/// What is left of an answer, and its next piece.
type Next = (reqwest::Response, Result<Option<Bytes>, reqwest::Error>);

fn next(mut answer: reqwest::Response) -> BoxFuture<'static, Next> {
    Box::pin(async move {
        let chunk = answer.chunk().await;
        (answer, chunk)
    })
}

/// The body of an answer. Not polled again after its end: [`StreamedResponse`] sees to it.
struct Chunks(BoxFuture<'static, Next>);

impl Stream for Chunks {
    type Item = Result<Bytes, TransportError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let (answer, chunk) = ready!(self.0.as_mut().poll(cx));
        Poll::Ready(match chunk {
            Ok(Some(chunk)) => {
                self.0 = next(answer);
                Some(Ok(chunk))
            }
            Ok(None) => None,
            Err(error) => Some(Err(failed(error))),
        })
    }
}

/// The address is taken out of the error: it may hold a token.
fn failed(error: reqwest::Error) -> TransportError {
    let kind = if error.is_connect() || error.is_builder() {
        TransportErrorKind::Connect
    } else {
        TransportErrorKind::Interrupted
    };
    TransportError::new(kind).because(error.without_url())
}

struct AbortOnDrop<T>(tokio::task::JoinHandle<Result<T, TransportError>>);

impl<T> AbortOnDrop<T> {
    async fn join(mut self) -> Result<T, TransportError> {
        (&mut self.0).await.unwrap_or_else(|lost| {
            Err(TransportError::new(TransportErrorKind::Interrupted).because(lost))
        })
    }
}

impl<T> Drop for AbortOnDrop<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl fmt::Debug for ReqwestTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ReqwestTransport")
    }
}
