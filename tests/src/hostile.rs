//! A server that answers whatever it is told.

use std::net::SocketAddr;

use passid_core::Verify;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::apps::{self, Setup};
use crate::http::{Request, Response, send};
use crate::soon;

/// Answers every connection with the bytes it was last told, then closes it. Access tokens it gives to
/// everybody.
#[derive(Debug)]
pub struct Hostile {
    address: SocketAddr,
    answer: watch::Sender<Vec<u8>>,
    task: JoinHandle<()>,
}

impl Hostile {
    /// Starts one on a free port.
    ///
    /// # Panics
    ///
    /// When no port is free.
    #[expect(clippy::expect_used, reason = "a test cannot go on without it")]
    pub async fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let (answer, answers) = watch::channel(Vec::new());
        let task = tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let told = answers.borrow().clone();
                tokio::spawn(async move {
                    let mut request = [0; 4096];
                    let read = stream.read(&mut request).await.unwrap_or_default();
                    let request = request.get(..read).unwrap_or_default();
                    let grants = request.starts_with(b"POST /oidc/token ");
                    let bytes = if grants { http(GRANT) } else { told };
                    let _ = stream.write_all(&bytes).await;
                    let _ = stream.shutdown().await;
                });
            }
        });
        Self { address, answer, task }
    }

    /// Its address.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What it answers from now on.
    pub fn tell(&self, answer: &[u8]) {
        self.answer.send_replace(answer.to_vec());
    }
}

const GRANT: &str = r#"{"access_token":"access-marker","token_type":"Bearer","expires_in":3600}"#;

impl Drop for Hostile {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A 200 with this body as JSON.
pub fn http(body: &str) -> Vec<u8> {
    let length = body.len();
    format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}

/// Both apps before one hostile API.
#[derive(Debug)]
pub struct Stage {
    hostile: Hostile,
    axum: apps::axum::Running,
    actix: apps::actix::Running,
    token: String,
}

impl Stage {
    /// Both apps behind verifiers that ask the hostile API about this token.
    ///
    /// # Panics
    ///
    /// When no port is free.
    pub async fn set<V: Verify + Clone>(verifier: impl Fn(&Hostile) -> V, token: &str) -> Self {
        let hostile = Hostile::start().await;
        // The loosest policy: whatever passes verification passes.
        let setup = Setup::VerifiedOnly;
        let axum = apps::axum::start(setup, verifier(&hostile)).await;
        let actix = apps::actix::start(setup, verifier(&hostile)).await;
        Self { hostile, axum, actix, token: token.to_owned() }
    }

    /// The answer of a protected route, the same from both apps.
    ///
    /// # Panics
    ///
    /// When they differ, or one of them does not answer.
    #[expect(clippy::expect_used, reason = "a test cannot go on without it")]
    pub async fn ask(&self, answer: &[u8]) -> Response {
        self.hostile.tell(answer);
        let request = Request::new("POST", "/api/apply").header("X-PASSID-Token", &*self.token);
        let axum = soon("axum's answer", send(self.axum.address, &request)).await;
        let axum = axum.expect("axum's answer");
        let actix = soon("actix-web's answer", send(self.actix.address, &request)).await;
        let actix = actix.expect("actix-web's answer");
        assert_eq!((axum.status, &axum.body), (actix.status, &actix.body));
        axum
    }
}
