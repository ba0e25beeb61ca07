//! One connection pool: calls share connections, whichever runtime they come from.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use passid_core::client::PassidClientBuilder;
use passid_core::{ApiKey, PassidClient, Token};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Runtime};

/// Answers every request on every connection, and counts both.
struct KeepAlive {
    address: SocketAddr,
    connections: Arc<AtomicUsize>,
    requests: Arc<AtomicUsize>,
    _runtime: Runtime,
}

fn multi_thread() -> Runtime {
    Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
}

impl KeepAlive {
    fn start() -> Self {
        let runtime = multi_thread();
        let listener = runtime.block_on(TcpListener::bind(("127.0.0.1", 0))).unwrap();
        let address = listener.local_addr().unwrap();
        let (connections, requests) =
            (Arc::<AtomicUsize>::default(), Arc::<AtomicUsize>::default());
        let counts = (connections.clone(), requests.clone());
        runtime.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                counts.0.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(serve(stream, counts.1.clone()));
            }
        });
        Self { address, connections, requests, _runtime: runtime }
    }

    fn client(
        &self,
        finish: impl FnOnce(PassidClientBuilder) -> PassidClientBuilder,
    ) -> PassidClient {
        let key = ApiKey::parse("pk_sandbox_keepalive").unwrap();
        finish(PassidClient::builder(key).base_url(format!("http://{}", self.address)))
            .build()
            .unwrap()
    }

    fn counts(&self) -> (usize, usize) {
        (self.connections.load(Ordering::SeqCst), self.requests.load(Ordering::SeqCst))
    }
}

/// Each request of the client is short enough to come in one piece, and ends with its JSON body.
async fn serve(mut stream: TcpStream, requests: Arc<AtomicUsize>) {
    let mut buffer = Vec::new();
    loop {
        let mut piece = [0; 4096];
        match stream.read(&mut piece).await {
            Ok(0) | Err(_) => return,
            Ok(count) => buffer.extend_from_slice(&piece[..count]),
        }
        if !buffer.ends_with(b"}") {
            continue;
        }
        buffer.clear();
        requests.fetch_add(1, Ordering::SeqCst);
        let body = r#"{"credential_valid":true}"#;
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        stream.write_all(head.as_bytes()).await.unwrap();
    }
}

async fn verify(client: &PassidClient) {
    client.verify_token(&Token::parse("PASSID-KEEP-ALIVE").unwrap()).await.unwrap();
}

#[test]
fn calls_one_after_the_other_share_connections_also_through_clones() {
    let server = KeepAlive::start();
    let client = server.client(|client| client);
    multi_thread().block_on(async {
        for _ in 0..10 {
            verify(&client).await;
            verify(&client.clone()).await;
        }
    });
    let (connections, requests) = server.counts();
    assert_eq!(requests, 20);
    // A connection comes back to the pool a moment after its answer; a call that is faster than that
    // opens another.
    assert!(connections <= 4, "{connections} connections");
}

#[test]
fn with_a_runtime_of_its_own_a_client_outlives_the_runtimes_that_call_it() {
    let server = KeepAlive::start();
    let connections = multi_thread();
    let client = server.client(|client| client.runtime(connections.handle().clone()));
    for _ in 0..5 {
        // As actix-web's workers: one single-threaded runtime each.
        let caller = Builder::new_current_thread().enable_all().build().unwrap();
        caller.block_on(verify(&client));
        drop(caller);
    }
    let (connections, requests) = server.counts();
    assert_eq!(requests, 5);
    assert!(connections <= 4, "{connections} connections");
}
