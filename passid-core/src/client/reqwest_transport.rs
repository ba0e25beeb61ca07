//! The transport over reqwest: one connection pool, no redirects, no proxy, no retry of its own.

use std::fmt;
use std::time::Duration;

use bytes::BytesMut;
use reqwest::header::{HeaderName, HeaderValue};
use reqwest::{Method, redirect};
use tokio::runtime::Handle;

use super::transport::{ApiRequest, ApiResponse, Transport, TransportError, TransportErrorKind};
use crate::BoxFuture;

/// Header fields of an answer that the client reads; nothing else is copied.
const READ_HEADERS: [&str; 5] = [
    "content-encoding",
    "retry-after",
    "transfer-encoding",
    "x-passid-api-version",
    "x-request-id",
];

pub(super) struct ReqwestTransport {
    client: reqwest::Client,
    runtime: Option<Handle>,
}

impl ReqwestTransport {
    pub(super) fn new(
        connect_timeout: Duration,
        user_agent: &str,
        https_only: bool,
        runtime: Option<Handle>,
    ) -> Result<Self, reqwest::Error> {
        let client = reqwest::Client::builder()
            .connect_timeout(connect_timeout)
            .user_agent(user_agent)
            .https_only(https_only)
            .redirect(redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            // P14: a proxy would see the key of a plain-text call; who needs one brings a transport.
            .no_proxy()
            .build()?;
        Ok(Self { client, runtime })
    }
}

impl Transport for ReqwestTransport {
    fn send(&self, request: ApiRequest) -> BoxFuture<'static, Result<ApiResponse, TransportError>> {
        let exchange = exchange(self.client.clone(), request);
        match &self.runtime {
            None => Box::pin(exchange),
            Some(runtime) => {
                let task = AbortOnDrop(runtime.spawn(exchange));
                Box::pin(task.join())
            }
        }
    }
}

async fn exchange(
    client: reqwest::Client,
    request: ApiRequest,
) -> Result<ApiResponse, TransportError> {
    let not_sent = || TransportError::new(TransportErrorKind::Connect);
    let method =
        Method::from_bytes(request.method.as_bytes()).map_err(|e| not_sent().because(e))?;
    let mut builder = client.request(method, &request.url);
    for header in &request.headers {
        let name = HeaderName::from_static(header.name);
        let mut value = HeaderValue::from_str(&header.value).map_err(|e| not_sent().because(e))?;
        value.set_sensitive(header.sensitive);
        builder = builder.header(name, value);
    }
    if !request.body.is_empty() {
        builder = builder.body(request.body);
    }
    let mut answer = builder.send().await.map_err(failed)?;

    let mut response = ApiResponse::new(answer.status().as_u16(), Vec::new());
    for name in READ_HEADERS {
        if let Some(value) = answer.headers().get(name).and_then(|value| value.to_str().ok()) {
            response = response.with_header(name, value);
        }
    }
    let mut body = BytesMut::new();
    while let Some(chunk) = answer.chunk().await.map_err(failed)? {
        if body.len() + chunk.len() > request.max_response_bytes {
            return Err(TransportError::new(TransportErrorKind::TooLarge));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(response.with_body(body.freeze()))
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

struct AbortOnDrop(tokio::task::JoinHandle<Result<ApiResponse, TransportError>>);

impl AbortOnDrop {
    async fn join(mut self) -> Result<ApiResponse, TransportError> {
        (&mut self.0).await.unwrap_or_else(|lost| {
            Err(TransportError::new(TransportErrorKind::Interrupted).because(lost))
        })
    }
}

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl fmt::Debug for ReqwestTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ReqwestTransport")
    }
}
