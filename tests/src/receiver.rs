//! An application that receives webhooks: it writes down what comes, byte for byte, and computes
//! signatures for itself.

use std::collections::VecDeque;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode};
use serde_json::Value;
use sha2::{Digest, Sha256};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// The application, serving until it is dropped.
#[derive(Debug)]
pub struct Receiver {
    address: SocketAddr,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

#[derive(Debug, Default)]
struct Shared {
    received: Mutex<Vec<Received>>,
    /// What to answer next; 200 when nothing is left.
    answers: Mutex<VecDeque<u16>>,
}

/// One webhook as it came.
#[derive(Clone, Debug)]
pub struct Received {
    /// The method.
    pub method: Method,
    /// The header fields.
    pub headers: HeaderMap,
    /// The bytes that are signed.
    pub body: Vec<u8>,
}

impl Received {
    /// The body, read only after the bytes were kept (guide, step 8).
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// A header as text; empty when it is absent or no text.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// Whether the signature header is that of these very bytes under this secret.
    pub fn is_signed_with(&self, secret: &str) -> bool {
        self.header("x-passid-signature") == signature(secret, &self.body)
    }
}

impl Receiver {
    /// Starts on a free port.
    ///
    /// # Panics
    ///
    /// When no port is free.
    #[expect(clippy::expect_used, reason = "a test cannot go on without it")]
    pub async fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let shared = Arc::<Shared>::default();
        let app = Router::new().fallback(receive).with_state(Arc::clone(&shared));
        let task = tokio::spawn(async move {
            let _ = axum::serve(listener, app).await;
        });
        Self { address, shared, task }
    }

    /// Where webhooks should go.
    pub fn url(&self) -> String {
        format!("http://{}/passid/webhook", self.address)
    }

    /// The next answers, before it is 200 again.
    pub fn answer(&self, statuses: impl IntoIterator<Item = u16>) {
        locked(&self.shared.answers).extend(statuses);
    }

    /// What has come so far.
    pub fn received(&self) -> Vec<Received> {
        locked(&self.shared.received).clone()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn receive(
    State(shared): State<Arc<Shared>>,
    method: Method,
    headers: HeaderMap,
    body: Bytes,
) -> StatusCode {
    locked(&shared.received).push(Received { method, headers, body: body.to_vec() });
    let status = locked(&shared.answers).pop_front().unwrap_or(200);
    StatusCode::from_u16(status).unwrap_or_default()
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The header that the guide describes in step 8. HMAC as RFC 2104 defines it, written out here so
/// that it shares no code with the sandbox.
pub fn signature(secret: &str, body: &[u8]) -> String {
    const BLOCK: usize = 64;
    let mut key = if secret.len() > BLOCK {
        Sha256::digest(secret).to_vec()
    } else {
        secret.as_bytes().to_vec()
    };
    key.resize(BLOCK, 0);
    let padded = |with: u8| key.iter().map(|byte| byte ^ with).collect::<Vec<_>>();
    let inner = Sha256::digest([padded(0x36).as_slice(), body].concat());
    let outer = Sha256::digest([padded(0x5c).as_slice(), inner.as_slice()].concat());
    let hex: String = outer.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256={hex}")
}

#[cfg(test)]
mod tests {
    use super::signature;

    #[test]
    fn the_signature_agrees_with_rfc_4231_and_with_other_tools() {
        assert_eq!(
            signature("Jefe", b"what do ya want for nothing?"),
            "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
        // Longer than a block, so that the key is hashed first; computed by another program.
        let key = "whsec_".repeat(20);
        assert_eq!(
            signature(&key, b"{}"),
            "sha256=4f2543038a64bae91f84eaf24d2b068267504135c9f0baff31db99e443cc0249"
        );
    }
}
