//! One read, in a span and under the eyes of the observer.

use passid_core::client::{ApiRequest, ApiResponse, StreamedResponse};
use passid_core::provider::{CallName, Ended, Exchanged, json_object, observed};

use super::{ApiError, ErrorKind, PROVIDER, PassbaseClient};
use crate::DecodeError;
use crate::model::Fields;

/// The API is for reading.
const METHOD: &str = "GET";

/// What is read.
pub(super) struct Call {
    /// The name of the call, for metrics.
    pub(super) name: &'static str,
    /// Template of the path, for logs.
    pub(super) route: &'static str,
    /// The path itself with its query; every value in it is encoded or a UUID.
    pub(super) path: String,
}

/// What a call came to, with what errors about it say.
pub(super) struct Received<T> {
    pub(super) response: T,
    attempts: u32,
    status: u16,
}

impl<T> Received<T> {
    pub(super) fn undecodable(&self, error: DecodeError) -> ApiError {
        let base = ApiError::new(ErrorKind::Undecodable, self.attempts);
        base.with_status(self.status).because(error)
    }
}

impl PassbaseClient {
    /// Reads a JSON object.
    pub(super) async fn read<T>(
        &self,
        call: Call,
        decode: impl FnOnce(Fields) -> Result<T, DecodeError> + Send,
    ) -> Result<T, ApiError> {
        let request = self.request(&call, self.shared.max_response_bytes);
        self.observed(&call, async {
            let exchanged = self.shared.exchange.read(&request).await;
            let attempts = exchanged.attempts;
            let received = received(exchanged, ApiResponse::status, ErrorKind::of_status);
            let result = received.and_then(|received| {
                decode_json(&received.response, decode).map_err(|e| received.undecodable(e))
            });
            (attempts, result)
        })
        .await
    }

    /// Reads a file up to its headers, and gives when the call must have ended.
    pub(super) async fn open<T, F>(
        &self,
        call: Call,
        finish: impl FnOnce(Received<StreamedResponse>, std::time::Duration) -> F + Send,
    ) -> Result<T, ApiError>
    where
        F: Future<Output = Result<T, ApiError>> + Send,
    {
        let request = self.request(&call, self.shared.max_file_bytes);
        self.observed(&call, async {
            let exchanged = self.shared.exchange.open(&request).await;
            let (attempts, deadline) = (exchanged.attempts, exchanged.deadline);
            let kind = |status| match status {
                403 | 404 => ErrorKind::FileNotAvailable,
                other => ErrorKind::of_status(other),
            };
            let result = match received(exchanged, StreamedResponse::status, kind) {
                Ok(received) => finish(received, deadline).await,
                Err(error) => Err(error),
            };
            (attempts, result)
        })
        .await
    }

    fn request(&self, call: &Call, max_bytes: usize) -> ApiRequest {
        ApiRequest::new(METHOD, call.route, self.shared.base_url.join(&call.path))
            .with_header("accept", "application/json")
            .with_secret_header("x-api-key", self.shared.key.expose())
            .with_max_response_bytes(max_bytes)
    }

    async fn observed<T>(
        &self,
        call: &Call,
        work: impl Future<Output = (u32, Result<T, ApiError>)> + Send,
    ) -> Result<T, ApiError> {
        let shared = &*self.shared;
        let name = CallName {
            provider: PROVIDER,
            operation: call.name,
            method: METHOD,
            route: call.route,
        };
        observed(name, &shared.base_url, self.clock(), shared.observer.as_ref(), async |_| {
            let (attempts, result) = work.await;
            let status = result.as_ref().map_or_else(ApiError::status, |_| Some(200));
            Ended { result, status, attempts }
        })
        .await
    }
}

/// An answer of 200, or the error that another status is (decision P82).
fn received<T>(
    exchanged: Exchanged<T>,
    status: impl Fn(&T) -> u16,
    kind: impl Fn(u16) -> ErrorKind,
) -> Result<Received<T>, ApiError> {
    let attempts = exchanged.attempts;
    let response = match exchanged.result {
        Ok(response) => response,
        Err(error) => return Err(ApiError::of_exchange(error, attempts)),
    };
    let status = status(&response);
    if status == 200 {
        return Ok(Received { response, attempts, status });
    }
    Err(ApiError::new(kind(status), attempts)
        .with_status(status)
        .with_retry_after(exchanged.retry_after))
}

/// A content type, where there is one, must say JSON: a page of a proxy is no answer.
fn decode_json<T>(
    response: &ApiResponse,
    decode: impl FnOnce(Fields) -> Result<T, DecodeError>,
) -> Result<T, DecodeError> {
    if response.header("content-type").is_some_and(|kind| !is_json(kind)) {
        return Err(DecodeError::ContentType);
    }
    let object = json_object(response.body()).map_err(|_| DecodeError::Malformed)?;
    decode(Fields::new(object))
}

/// The type of a content type, without its parameters.
pub(super) fn essence(content_type: &str) -> String {
    let essence = content_type.split(';').next().unwrap_or_default();
    essence.trim().to_ascii_lowercase()
}

pub(super) fn is_json(content_type: &str) -> bool {
    essence(content_type) == "application/json"
}
