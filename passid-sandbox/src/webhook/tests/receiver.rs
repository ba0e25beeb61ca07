//! An application with a webhook endpoint, on a real socket.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::clock::within;

#[derive(Clone, Debug)]
pub(super) struct Received {
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl Received {
    pub(super) fn header(&self, name: &str) -> &str {
        let values: Vec<_> = self.headers.get_all(name).iter().collect();
        assert_eq!(values.len(), 1, "{name}");
        values[0].to_str().unwrap()
    }
}

type Answer = Arc<dyn Fn(usize) -> Option<Response> + Send + Sync>;

#[derive(Clone)]
struct Shared {
    answer: Answer,
    received: Arc<Mutex<Vec<Received>>>,
    count: watch::Sender<usize>,
}

pub(super) struct Receiver {
    pub(super) url: String,
    shared: Shared,
}

impl Receiver {
    /// Answers the nth request, counted from 0; never where there is no answer.
    pub(super) async fn start(
        answer: impl Fn(usize) -> Option<Response> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let shared = Shared {
            answer: Arc::new(answer),
            received: Arc::default(),
            count: watch::Sender::new(0),
        };
        let app = Router::new().fallback(receive).with_state(shared.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { url, shared }
    }

    pub(super) async fn with_status(status: u16) -> Self {
        Self::start(move |_| Some(StatusCode::from_u16(status).unwrap().into_response())).await
    }

    pub(super) fn received(&self) -> Vec<Received> {
        self.shared.received.lock().unwrap().clone()
    }

    pub(super) async fn until(&self, count: usize) {
        let mut watched = self.shared.count.subscribe();
        let arrived = watched.wait_for(|seen| *seen >= count);
        within(Duration::from_secs(20), arrived).await.expect("it arrives").unwrap();
    }
}

async fn receive(State(shared): State<Shared>, headers: HeaderMap, body: Bytes) -> Response {
    let number = {
        let mut received = shared.received.lock().unwrap();
        received.push(Received { headers, body });
        received.len()
    };
    shared.count.send_replace(number);
    match (shared.answer)(number - 1) {
        Some(answer) => answer,
        None => std::future::pending().await,
    }
}
