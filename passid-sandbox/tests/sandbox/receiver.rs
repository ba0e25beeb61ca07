//! An application that receives webhooks, and checks their signatures for itself.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::Sha256;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

pub(crate) struct Receiver {
    address: SocketAddr,
    shared: Arc<Shared>,
    server: JoinHandle<()>,
}

#[derive(Default)]
struct Shared {
    received: Mutex<Vec<Received>>,
    /// What to answer next; 200 when nothing is left.
    answers: Mutex<VecDeque<u16>>,
}

#[derive(Clone, Debug)]
pub(crate) struct Received {
    pub(crate) body: String,
    pub(crate) signature: String,
    pub(crate) content_type: String,
    pub(crate) authorization: String,
}

impl Received {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    /// Whether the signature is that of the exact bytes under this secret.
    pub(crate) fn is_signed_with(&self, secret: &str) -> bool {
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
        mac.update(self.body.as_bytes());
        let hex: String =
            mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
        self.signature == format!("sha256={hex}")
    }
}

impl Receiver {
    pub(crate) async fn start() -> Self {
        let shared = Arc::<Shared>::default();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let app = Router::new().fallback(receive).with_state(Arc::clone(&shared));
        let server = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { address, shared, server }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/passid/webhook", self.address)
    }

    /// The next answers, before it is 200 again.
    pub(crate) fn answer(&self, statuses: impl IntoIterator<Item = u16>) {
        self.shared.answers.lock().unwrap().extend(statuses);
    }

    pub(crate) fn received(&self) -> Vec<Received> {
        self.shared.received.lock().unwrap().clone()
    }

    pub(crate) fn bodies(&self) -> Vec<String> {
        self.received().into_iter().map(|received| received.body).collect()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn receive(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let header = |name| headers.get(name).map_or("", |value| value.to_str().unwrap()).to_owned();
    shared.received.lock().unwrap().push(Received {
        body: String::from_utf8(body.to_vec()).unwrap(),
        signature: header("x-passid-signature"),
        content_type: header("content-type"),
        authorization: header("authorization"),
    });
    let status = shared.answers.lock().unwrap().pop_front().unwrap_or(200);
    StatusCode::from_u16(status).unwrap()
}
