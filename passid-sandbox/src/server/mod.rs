//! The listener, its connections, and the way of a request through them.
//!
//! The connections are our own, on top of hyper, because a fault may have to take hold of the
//! socket.

mod connection;
mod door;
mod ending;
mod faulted;
mod message;
mod service;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::http::Uri;
use axum::{Router, extract};
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio::task::{JoinHandle, JoinSet};

use crate::api::ApiError;
use crate::clock::{pause, within};
use crate::control::{ControlToken, Guard};
use crate::openapi;
use crate::route::Api;
use crate::state::State;

pub(crate) use door::Door;

const MAX_CONNECTIONS: usize = 1_024;
/// What calls in progress get to end in when the sandbox is told to stop.
const STOP_GRACE: Duration = Duration::from_secs(2);
/// After the machine refused a connection, most likely for want of file descriptors.
const ACCEPT_BACK_OFF: Duration = Duration::from_millis(20);

/// What every connection needs.
pub(crate) struct Shared {
    pub(crate) state: Arc<State>,
    pub(crate) router: Router,
    pub(crate) guard: Guard,
}

/// A running server. Dropping it stops everything at once.
#[derive(Debug)]
pub(crate) struct Server {
    state: Arc<State>,
    stop: watch::Sender<()>,
    accepting: JoinHandle<()>,
}

impl Server {
    /// Serves on `listener`, which has `address`. With a token the control API asks for it.
    pub(crate) fn start(
        listener: TcpListener,
        address: SocketAddr,
        state: Arc<State>,
        control_token: Option<ControlToken>,
    ) -> Self {
        let (stop, stopping) = watch::channel(());
        let shared = Arc::new(Shared {
            router: router(Arc::clone(&state)),
            state: Arc::clone(&state),
            guard: Guard::new(address, control_token),
        });
        state.instruments.door.open(listener, address);
        Self { state, stop, accepting: tokio::spawn(accept(shared, stopping)) }
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
        self.state.instruments.door.close();
        self.accepting.abort();
    }
}

/// The APIs and the control API, and the usual error body where there is neither.
fn router(state: Arc<State>) -> Router {
    let (router, _) = openapi::routes().split_for_parts();
    type Held = extract::State<Arc<State>>;
    router
        .fallback(async |extract::State(state): Held, uri: Uri| {
            ApiError::not_found().answer_of(Api::of_path(uri.path()), &state)
        })
        .method_not_allowed_fallback(async |extract::State(state): Held, uri: Uri| {
            ApiError::method_not_allowed().answer_of(Api::of_path(uri.path()), &state)
        })
        .with_state(state)
}

async fn accept(shared: Arc<Shared>, mut stopping: watch::Receiver<()>) {
    let door = &shared.state.instruments.door;
    let free = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let mut connections = JoinSet::new();
    let accepting = async {
        loop {
            while connections.try_join_next().is_some() {}
            let Ok(permit) = Arc::clone(&free).acquire_owned().await else { return };
            match door.accept().await {
                Ok((stream, hang_up)) => {
                    let shared = Arc::clone(&shared);
                    connections.spawn(async move {
                        connection::serve(stream, shared, hang_up).await;
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
    door.close();
    let _ = within(STOP_GRACE, async { while connections.join_next().await.is_some() {} }).await;
    connections.shutdown().await;
}
