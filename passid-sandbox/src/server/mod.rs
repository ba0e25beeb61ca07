//! The listener, its connections, and the way of a request through them.
//!
//! The connections are our own, on top of hyper, because a fault may have to take hold of the
//! socket.

mod connection;
mod ending;
mod faulted;
mod message;
mod service;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio::task::{JoinHandle, JoinSet};

use crate::api::{self, ApiError};
use crate::clock::{pause, within};
use crate::control;
use crate::state::State;

const MAX_CONNECTIONS: usize = 1_024;
/// What calls in progress get to end in when the sandbox is told to stop.
const STOP_GRACE: Duration = Duration::from_secs(2);
/// After the machine refused a connection, most likely for want of file descriptors.
const ACCEPT_BACK_OFF: Duration = Duration::from_millis(20);

/// What every connection needs.
pub(crate) struct Shared {
    pub(crate) state: Arc<State>,
    pub(crate) router: Router,
    pub(crate) control_allowed: bool,
}

/// A running server. Dropping it stops everything at once.
#[derive(Debug)]
pub(crate) struct Server {
    stop: watch::Sender<()>,
    accepting: JoinHandle<()>,
}

impl Server {
    pub(crate) fn start(listener: TcpListener, address: SocketAddr, state: Arc<State>) -> Self {
        let (stop, stopping) = watch::channel(());
        let shared = Arc::new(Shared {
            router: router(Arc::clone(&state)),
            state,
            control_allowed: address.ip().to_canonical().is_loopback(),
        });
        Self { stop, accepting: tokio::spawn(accept(listener, shared, stopping)) }
    }

    /// Takes no further connection, lets calls in progress end, and returns when all is closed.
    pub(crate) async fn stop(mut self) {
        self.stop.send_replace(());
        // Ends by itself; an error could only be a panic, of which there is nothing to clean up.
        let _ = (&mut self.accepting).await;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// The API and its control API, and the usual error body where there is neither.
fn router(state: Arc<State>) -> Router {
    api::routes()
        .merge(control::routes())
        .fallback(async || ApiError::not_found())
        .method_not_allowed_fallback(async || ApiError::method_not_allowed())
        .with_state(state)
}

async fn accept(listener: TcpListener, shared: Arc<Shared>, mut stopping: watch::Receiver<()>) {
    let free = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let mut connections = JoinSet::new();
    let connection_stopping = stopping.clone();
    let accepting = async {
        loop {
            while connections.try_join_next().is_some() {}
            let Ok(permit) = Arc::clone(&free).acquire_owned().await else { return };
            match listener.accept().await {
                Ok((stream, _)) => {
                    let shared = Arc::clone(&shared);
                    let stopping = connection_stopping.clone();
                    connections.spawn(async move {
                        connection::serve(stream, shared, stopping).await;
                        drop(permit);
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    pause(ACCEPT_BACK_OFF).await;
                }
            }
        }
    };
    tokio::select! {
        () = accepting => {}
        _ = stopping.changed() => {}
    }
    drop(listener);
    let _ = within(STOP_GRACE, async { while connections.join_next().await.is_some() {} }).await;
    connections.shutdown().await;
}
