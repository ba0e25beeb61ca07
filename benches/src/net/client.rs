use std::fmt;

use bytes::Bytes;
use http::{Method, Request, Uri};
use http_body_util::{BodyExt, Full, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use passid_core::BoxFuture;
use passid_core::client::{ApiRequest, ApiResponse, Transport, TransportError, TransportErrorKind};

use super::Upstream;

type Error = Box<dyn std::error::Error + Send + Sync>;

fn hyper_client() -> Client<HttpConnector, Full<Bytes>> {
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    Client::builder(TokioExecutor::new()).build(connector)
}

/// hyper-util's client and nothing around it: the bytes of a verification go out, those of the answer
/// come in, and nobody reads them.
#[derive(Clone, Debug)]
pub struct BareClient {
    client: Client<HttpConnector, Full<Bytes>>,
    address: Uri,
}

impl BareClient {
    /// For this upstream.
    ///
    /// # Errors
    ///
    /// When its address is none.
    pub fn new(upstream: &Upstream) -> Result<Self, Error> {
        let address = format!("{}/v1/verify", upstream.url()).parse()?;
        Ok(Self { client: hyper_client(), address })
    }

    /// Sends the request of a verification and receives the whole answer.
    ///
    /// # Errors
    ///
    /// When there is no answer.
    pub async fn verify(&self, token: &str) -> Result<Bytes, Error> {
        let request = Request::post(self.address.clone())
            .header("accept", "application/json")
            .header("content-type", "application/json")
            .header("x-institution-key", "pk_sandbox_measurements")
            .header("idempotency-key", "5f0c8e0a-6a3c-4b57-9d6e-2f4f1f4b8f6e")
            .header("user-agent", "passid/0.1.0")
            .body(Full::from(format!(r#"{{"token":"{token}"}}"#)))?;
        Ok(self.client.request(request).await?.into_body().collect().await?.to_bytes())
    }
}

/// A transport over hyper-util, to see what ours over reqwest takes for itself: no TLS, no proxy, no
/// redirect.
pub struct HyperTransport(Client<HttpConnector, Full<Bytes>>);

impl HyperTransport {
    /// With a pool of its own.
    pub fn new() -> Self {
        Self(hyper_client())
    }
}

impl Default for HyperTransport {
    fn default() -> Self {
        Self::new()
    }
}

impl Transport for HyperTransport {
    fn send(&self, request: ApiRequest) -> BoxFuture<'static, Result<ApiResponse, TransportError>> {
        let client = self.0.clone();
        Box::pin(async move {
            let failed =
                |kind| move |error: Error| TransportError::new(kind).because(Opaque(error));
            let limit = request.max_response_bytes();
            let outgoing = outgoing(&request).map_err(failed(TransportErrorKind::Connect))?;
            let answer = client.request(outgoing).await.map_err(|error| {
                let kind = match error.is_connect() {
                    true => TransportErrorKind::Connect,
                    false => TransportErrorKind::Interrupted,
                };
                TransportError::new(kind).because(error)
            })?;
            let mut response = ApiResponse::new(answer.status().as_u16(), Bytes::new());
            for name in ["content-encoding", "retry-after", "x-passid-api-version", "x-request-id"]
            {
                if let Some(value) = answer.headers().get(name).and_then(|it| it.to_str().ok()) {
                    response = response.with_header(name, value);
                }
            }
            let body = Limited::new(answer.into_body(), limit).collect().await;
            let body = body.map_err(failed(TransportErrorKind::Interrupted))?;
            Ok(response.with_body(body.to_bytes()))
        })
    }
}

fn outgoing(request: &ApiRequest) -> Result<Request<Full<Bytes>>, Error> {
    let mut builder = Request::builder()
        .method(Method::from_bytes(request.method().as_bytes())?)
        .uri(request.url());
    for header in request.headers() {
        builder = builder.header(header.name, &header.value);
    }
    Ok(builder.body(Full::new(request.body().clone()))?)
}

impl fmt::Debug for HyperTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HyperTransport")
    }
}

/// An error of any type, as a source.
#[derive(Debug)]
struct Opaque(Error);

impl fmt::Display for Opaque {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Opaque {}
