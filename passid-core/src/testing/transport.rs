use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::BoxFuture;
use crate::client::{ApiRequest, ApiResponse, Transport, TransportError, TransportErrorKind};

/// A transport that answers from a script and records what was sent. Clones share both.
///
/// When the script has run out, requests fail as if no connection could be made.
///
/// ```
/// use passid_core::client::ApiResponse;
/// use passid_core::testing::MockTransport;
/// use passid_core::{ApiKey, PassidClient};
///
/// let transport = MockTransport::new();
/// transport.answer(ApiResponse::new(503, "busy"));
/// transport.answer(ApiResponse::new(200, r#"{"credential_valid": true}"#));
/// let client = PassidClient::builder(ApiKey::parse("pk_sandbox_test")?)
///     .transport(transport.clone())
///     .build()?;
/// # let _ = client;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct MockTransport {
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    script: VecDeque<Step>,
    requests: Vec<ApiRequest>,
}

#[derive(Debug)]
enum Step {
    Answer(ApiResponse),
    Fail(TransportErrorKind),
    Hang,
}

impl MockTransport {
    /// An empty script.
    pub fn new() -> Self {
        Self::default()
    }

    /// The next request is answered like this.
    pub fn answer(&self, response: ApiResponse) {
        self.lock().script.push_back(Step::Answer(response));
    }

    /// The next request fails like this.
    pub fn fail(&self, kind: TransportErrorKind) {
        self.lock().script.push_back(Step::Fail(kind));
    }

    /// The next request is never answered.
    pub fn hang(&self) {
        self.lock().script.push_back(Step::Hang);
    }

    /// What was sent so far.
    pub fn requests(&self) -> Vec<ApiRequest> {
        self.lock().requests.clone()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Transport for MockTransport {
    fn send(&self, request: ApiRequest) -> BoxFuture<'static, Result<ApiResponse, TransportError>> {
        let step = {
            let mut state = self.lock();
            state.requests.push(request);
            state.script.pop_front().unwrap_or(Step::Fail(TransportErrorKind::Connect))
        };
        Box::pin(async move {
            match step {
                Step::Answer(response) => Ok(response),
                Step::Fail(kind) => Err(TransportError::new(kind)),
                Step::Hang => std::future::pending().await,
            }
        })
    }
}
